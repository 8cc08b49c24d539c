import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReportStore } from '../../engine/ports.ts';
import { jsonOf, NEWEST, namesOf, readReport } from './kept-report.ts';

/** Reports in a folder, which need not exist yet: a file for programs and one for people a day. */
export function fileReports(folder: string): ReportStore {
  const write = async (name: string, content: string): Promise<void> => {
    const draft = join(folder, `.${process.pid}.${name}`);
    await writeFile(draft, content);
    await rename(draft, join(folder, name));
  };
  return {
    keep: async (kept) => {
      await mkdir(folder, { recursive: true });
      const json = jsonOf(kept);
      // The newest last: who finds it finds its day too.
      for (const date of [kept.report.date, NEWEST]) {
        const names = namesOf(date);
        await write(names.page, kept.page);
        await write(names.json, json);
      }
      return join(folder, namesOf(kept.report.date).page);
    },
    read: async (date) => {
      const names = namesOf(date);
      const [json, page] = [await contentOf(join(folder, names.json)), await contentOf(join(folder, names.page))];
      return json === null || page === null ? null : readReport(json, page);
    },
  };
}

async function contentOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
