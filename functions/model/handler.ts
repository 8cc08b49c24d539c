import { join } from 'node:path';
import type * as z from 'zod';
import type { OutsideModels } from '../../shared/engine/ports.ts';
import { modelFilesAt } from '../middleware/model-files.ts';
import { MODEL_FOLDER } from '../middleware/model-folder.ts';
import type { modelAnswer } from './answer.ts';
import { modelRequest, openOutsideModels } from './model.ts';

const folder = join(import.meta.dirname, MODEL_FOLDER);

let models: OutsideModels | undefined;

/** The odds that somebody else's models give to rows of features. In a function of its own: what goes wrong in their code, or its native runtime, ends here. */
export async function handler(event: unknown): Promise<z.infer<typeof modelAnswer>> {
  const { strategy, rows } = modelRequest.parse(event);
  models ??= openOutsideModels(modelFilesAt(folder, '.onnx'));
  return { odds: [...(await models.odds(strategy, rows))] };
}
