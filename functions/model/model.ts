import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { strategyNameSchema } from '../../shared/contracts/terms.ts';
import type { OutsideModels } from '../../shared/engine/ports.ts';
import { NightdeskError } from '../../shared/kernel/errors.ts';
import { type OutsideModel, type RefusedOutside, readOutsideModel } from '../../shared/ml/onnx/outside-model.ts';
import type { StrategyName } from '../../shared/strategies/strategy.ts';
import { type OnnxModel, openOnnx } from './onnx-runtime.ts';

class ModelFunctionError extends NightdeskError<'no_model'> {}

/** What the function is asked. */
export const modelRequest = z.strictObject({
  strategy: strategyNameSchema,
  rows: z.array(z.array(z.number().nullable())).max(1_000),
});

/** Judges a model file of somebody else's by what it says of itself. */
export function outsideModelAt(path: string): OutsideModel | RefusedOutside {
  const bytes = readFileSync(path);
  return readOutsideModel(bytes, createHash('sha256').update(bytes).digest('hex'));
}

/** Models of files, each opened when it is asked first; one that could not be opened is tried again. Of two for one strategy the first counts. */
export function openOutsideModels(paths: readonly string[]): OutsideModels {
  const known = new Map<StrategyName, { readonly path: string; readonly version: string }>();
  for (const path of paths) {
    const read = outsideModelAt(path);
    if ('version' in read && !known.has(read.strategy)) known.set(read.strategy, { path, version: read.version });
  }
  const opened = new Map<StrategyName, Promise<OnnxModel>>();
  return {
    versions: Object.fromEntries([...known].map(([strategy, { version }]) => [strategy, version])),
    odds: async (strategy, rows) => {
      const path = known.get(strategy)?.path;
      if (path === undefined) throw new ModelFunctionError('no_model', `There is no model of ${strategy} here`, { strategy });
      const model = opened.get(strategy) ?? openOnnx(path);
      opened.set(strategy, model);
      try {
        return await (await model).odds(rows);
      } catch (error) {
        opened.delete(strategy);
        throw error;
      }
    },
  };
}
