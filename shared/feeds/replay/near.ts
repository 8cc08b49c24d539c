import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** How far up from the data what belongs to it is looked for: a history keeps rates beside its venues. */
const LEVELS = 4;

/**
 * The files that lie in the folders of paths, and those of the named folders in them or beside them: what was recorded together is
 * kept together. In the order of their names, none twice.
 */
export async function filesNear(paths: readonly string[], names: readonly string[]): Promise<readonly string[]> {
  const folders = await Promise.all(paths.map(folderOf));
  const near = folders.flatMap((folder) => [folder, ...above(folder).flatMap((each) => names.map((name) => join(each, name)))]);
  return [...new Set((await Promise.all([...new Set(near)].map(filesIn))).flat())];
}

/** A folder and those that it lies in, nearest first. */
function above(folder: string): readonly string[] {
  const found = [folder];
  for (let level = 1; level < LEVELS; level++) found.push(dirname(found.at(-1) ?? folder));
  return [...new Set(found)];
}

async function folderOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => null);
  return found?.isDirectory() === true ? path : dirname(path);
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .flatMap((entry) => (entry.isDirectory() ? [] : entry.name))
    .sort()
    .map((name) => join(folder, name));
}
