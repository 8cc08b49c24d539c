import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NightdeskError } from '../../shared/kernel/errors.ts';
import { type OutsideModel, readOutsideModel } from '../../shared/ml/onnx/outside-model.ts';

class BroughtModelError extends NightdeskError<'refused' | 'no_runtime'> {}

/**
 * The ONNX models of a folder. One that would not be asked is an error of the deployment: nobody would look for it later.
 * @throws BroughtModelError `refused`
 */
export function modelsBrought(folder: string): readonly OutsideModel[] {
  return onnxIn(folder).map((path) => {
    const read = readOutsideModel(readFileSync(path));
    if ('version' in read) return read;
    throw new BroughtModelError('refused', `${path}: ${read.why}`, { path });
  });
}

function onnxIn(folder: string): readonly string[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names
    .filter((name) => name.endsWith('.onnx'))
    .sort()
    .map((name) => join(folder, name));
}

/** What of the runtime's packages the function needs: their code, and the native library for Linux on ARM. */
const RUNTIME = [
  ['onnxruntime-node', ['package.json', 'dist', 'bin/napi-v6/linux/arm64']],
  ['onnxruntime-common', ['package.json', 'dist/cjs']],
] as const;

/**
 * Puts ONNX models, and what runs them, beside the code of the function. Without models nothing is put there.
 * @throws BroughtModelError `no_runtime` when onnxruntime-node, an optional package, is not installed
 */
export function addRuntime(models: string, packages: string, folder: string): void {
  const files = onnxIn(models);
  if (files.length === 0) return;
  for (const [name, parts] of RUNTIME) {
    for (const part of parts) {
      const from = join(packages, name, part);
      if (!existsSync(from)) {
        throw new BroughtModelError(
          'no_runtime',
          `${models} holds an ONNX model, and ${from} is not there: npm install --no-save --ignore-scripts onnxruntime-node@1.30.0`,
        );
      }
      cpSync(from, join(folder, 'node_modules', name, part), { recursive: true, dereference: true, filter: (path) => !path.endsWith('.map') });
    }
  }
  mkdirSync(join(folder, 'models'), { recursive: true });
  for (const file of files) cpSync(file, join(folder, 'models', file.slice(file.lastIndexOf('/') + 1)));
}
