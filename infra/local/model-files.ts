import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../shared/kernel/errors.ts';
import { type ModelFile, type ModelSet, modelSet } from '../../shared/ml/model-set.ts';
import { OptionError } from './options.ts';

/** Where models lie that nobody has named: a folder of the state. */
const OWN_FOLDER = 'models';

/**
 * The models of the named files and folders (the JSON files in them), in the order of their names; where none is named, what lies in the
 * state's own folder. A file that cannot be read as JSON is told as one that is no model.
 * @throws OptionError `bad_option` when a path is not there
 */
export function loadModels(named: readonly string[], stateDir: string): ModelSet {
  const own = join(stateDir, OWN_FOLDER);
  const paths = named.length > 0 ? named : existsSync(own) ? [own] : [];
  return modelSet(paths.flatMap(filesAt).map(readModel));
}

function filesAt(path: string): readonly string[] {
  if (!existsSync(path)) throw new OptionError('bad_option', `--model: there is no ${path}`);
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => join(path, name));
}

function readModel(source: string): ModelFile {
  try {
    return { source, value: JSON.parse(readFileSync(source, 'utf8')) };
  } catch (error) {
    return { source, value: `not JSON: ${messageOf(error)}` };
  }
}
