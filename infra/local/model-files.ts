import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readModels } from '../../functions/middleware/model-files.ts';
import { MODEL_FOLDER } from '../../functions/middleware/model-folder.ts';
import type { ModelSet } from '../../shared/ml/model-set.ts';
import { OptionError } from './options.ts';

/**
 * The models that were named; where none was, what lies in the state's own folder, if there is a state.
 * @throws OptionError `bad_option` when a named path is not there
 */
export function loadModels(named: readonly string[], stateDir: string | null): ModelSet {
  const absent = named.find((path) => !existsSync(path));
  if (absent !== undefined) throw new OptionError('bad_option', `--model: there is no ${absent}`);
  const own = stateDir === null ? [] : [join(stateDir, MODEL_FOLDER)];
  return readModels(named.length > 0 ? named : own);
}
