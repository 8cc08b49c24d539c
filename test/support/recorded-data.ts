import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of recorded data: `NIGHTDESK_DATA`, else `../shared/data` beside the repository. Null where there is none. */
export function recordedDataFolder(): string | null {
  const folder = process.env.NIGHTDESK_DATA ?? join(import.meta.dirname, '../../../shared/data');
  return existsSync(folder) ? folder : null;
}

/** What a suite says instead of running when the recorded data is not here. */
export const NO_RECORDED_DATA = 'not run: no recorded data here (set NIGHTDESK_DATA)';

/** Files of a folder of the recorded data whose names match, in order; empty where the data is absent. */
export function recordedFiles(folder: string, name: RegExp): readonly string[] {
  const root = recordedDataFolder();
  const path = root === null ? null : join(root, folder);
  if (path === null || !existsSync(path)) return [];
  return readdirSync(path)
    .filter((file) => name.test(file))
    .sort()
    .map((file) => join(path, file));
}
