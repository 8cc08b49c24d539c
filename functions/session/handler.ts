import { lambdaContext } from '../middleware/lambda-context.ts';
import { scheduledFunction } from '../middleware/scheduled-function.ts';
import { LATEST_ROLL_MS, runSession } from './session.ts';

export const handler = scheduledFunction('session', lambdaContext, runSession, { latestMs: LATEST_ROLL_MS });
