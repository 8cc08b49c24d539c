import { lambdaContext } from '../middleware/lambda-context.ts';
import { scheduledFunction } from '../middleware/scheduled-function.ts';
import { measuredScan, runScan, toldScan } from './scan.ts';

export const handler = scheduledFunction('scan', lambdaContext, runScan, { told: toldScan, measured: measuredScan });
