import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../shared/kernel/errors.ts';
import { type ModelFile, type ModelSet, modelSet } from '../../shared/ml/model-set.ts';

/**
 * The models of files and folders (the JSON files in them), in the order of their names. A file that cannot be read as JSON is told as one
 * that is no model; a path that is not there has none. Models of ours come before those that are given besides.
 */
export const readModels = (paths: readonly string[], more: readonly ModelFile[] = []): ModelSet =>
  modelSet([...paths.flatMap((path) => modelFilesAt(path, '.json')).map(readModel), ...more]);

/** The files of a kind at a path: itself, or what lies in the folder that it is. */
export function modelFilesAt(path: string, ending: '.json' | '.onnx'): readonly string[] {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return path.endsWith('.onnx') === (ending === '.onnx') ? [path] : [];
  return readdirSync(path)
    .filter((name) => name.endsWith(ending))
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
