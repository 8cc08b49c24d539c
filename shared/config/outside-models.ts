import * as z from 'zod';
import { strategyNameSchema } from '../contracts/terms.ts';
import { EnvironmentError } from './environment-error.ts';
import { OUTSIDE_MODELS_VARIABLE } from './outside-models-variable.ts';

const model = z.strictObject({ strategy: strategyNameSchema, version: z.string().min(1) }).readonly();
const setting = z.strictObject({ functionName: z.string().min(1), models: z.array(model).min(1).readonly() }).readonly();
export type OutsideSetting = z.infer<typeof setting>;

/** As a host hands it to a process. */
export const outsideModelsText = ({ functionName, models }: OutsideSetting): string =>
  `${functionName} ${models.map(({ strategy, version }) => `${strategy}:${version}`).join(',')}`;

/** @throws EnvironmentError `bad_environment` */
export function outsideModelsOf(text: string): OutsideSetting {
  const [functionName, list = ''] = text.split(' ');
  const models = list.split(',').map((each) => {
    const [strategy, version] = each.split(':');
    return { strategy, version };
  });
  const parsed = setting.safeParse({ functionName, models });
  if (parsed.success) return parsed.data;
  throw new EnvironmentError('bad_environment', `${OUTSIDE_MODELS_VARIABLE}: expected <function> <strategy>:<version>,..., received ${text}`);
}
