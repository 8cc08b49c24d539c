import { App } from 'aws-cdk-lib';
import { nightdesk } from './nightdesk.ts';

nightdesk(new App());
