import { lambdaContext } from '../middleware/lambda-context.ts';
import { scheduledFunction } from '../middleware/scheduled-function.ts';
import { runMonitor } from './monitor.ts';

export const handler = scheduledFunction('monitor', lambdaContext, runMonitor);
