import { App } from 'aws-cdk-lib';
import { messageOf } from '../../shared/kernel/errors.ts';
import { type ReadConfig, readConfigFile } from '../config/config-file.ts';
import { nightdesk } from './nightdesk.ts';

nightdesk(new App(), configuration().deployment);

/** A person reads what is wrong with the file: one line, no stack. */
function configuration(): ReadConfig {
  try {
    return readConfigFile(process.env);
  } catch (error) {
    console.error(messageOf(error));
    process.exit(1);
  }
}
