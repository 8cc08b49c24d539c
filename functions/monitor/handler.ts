import { lambdaContext } from '../middleware/lambda-context.ts';
import { scheduledFunction } from '../middleware/scheduled-function.ts';
import { measuredMonitor, runMonitor, toldMonitor } from './monitor.ts';

export const handler = scheduledFunction('monitor', lambdaContext, runMonitor, { told: toldMonitor, measured: measuredMonitor });
