import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { modelFilesAt, readModels } from '../../functions/middleware/model-files.ts';
import { MODEL_FOLDER } from '../../functions/middleware/model-folder.ts';
import { openOutsideModels, outsideModelAt } from '../../functions/model/model.ts';
import type { OutsideModels } from '../../shared/engine/ports.ts';
import type { ModelSet } from '../../shared/ml/model-set.ts';
import { OptionError } from './options.ts';

/** Models of ours, and who asks those of somebody else, if there are any. */
export interface LocalModels {
  readonly model: ModelSet;
  readonly outside?: OutsideModels;
}

/**
 * The models that were named; where none was, what lies in the state's own folder, if there is a state.
 * @throws OptionError `bad_option` when a named path is not there
 */
export function loadModels(named: readonly string[], stateDir: string | null): LocalModels {
  const absent = named.find((path) => !existsSync(path));
  if (absent !== undefined) throw new OptionError('bad_option', `--model: there is no ${absent}`);
  const own = stateDir === null ? [] : [join(stateDir, MODEL_FOLDER)];
  const paths = named.length > 0 ? named : own;
  const brought = paths.flatMap((path) => modelFilesAt(path, '.onnx'));
  if (brought.length === 0) return { model: readModels(paths) };
  const files = brought.map((source) => ({ source, outside: outsideModelAt(source) }));
  return { model: readModels(paths, files), outside: openOutsideModels(brought) };
}
