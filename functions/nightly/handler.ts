import { reportSettings } from '../../shared/config/reports.ts';
import { s3Reports } from '../../shared/store/reports/s3-reports.ts';
import { lambdaContext } from '../middleware/lambda-context.ts';
import { scheduledFunction } from '../middleware/scheduled-function.ts';
import { LATEST_NIGHTLY_MS, measuredNightly, runNightly } from './nightly.ts';

// Credentials of a function are renewed with its process: they are read anew for each night.
export const handler = scheduledFunction(
  'nightly',
  lambdaContext,
  (context, run) => runNightly(context, s3Reports({ ...reportSettings(process.env), now: Date.now }), run),
  { latestMs: LATEST_NIGHTLY_MS, measured: measuredNightly },
);
