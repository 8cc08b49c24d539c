import * as z from 'zod';
import { instant } from './common.ts';
import { component } from './status.ts';

/** `degraded` is answered with 503: a store could not be read. A feed that is down is no fault of this function. */
export const healthAnswer = z.strictObject({
  status: z.enum(['ok', 'degraded']),
  components: z.record(z.string(), component),
  version: z.string(),
  timestamp: instant,
});
export type HealthAnswer = z.infer<typeof healthAnswer>;
