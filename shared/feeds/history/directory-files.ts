import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { HistoryError } from './history-error.ts';
import type { ByteRanges, HistoryFile, HistoryFiles } from './history-files.ts';

const KEY_FORM = /^[A-Za-z0-9][\w.@+-]*(?:\/[A-Za-z0-9][\w.@+-]*)*$/;

/** The history in a folder, which need not exist yet. Files appear whole or not at all, also after a power cut. */
export function directoryFiles(root: string): HistoryFiles {
  return {
    async list(prefix) {
      const files: HistoryFile[] = [];
      // Only the folder that the prefix names is walked: the last part of a prefix may be half a name.
      await walk(root, prefix.slice(0, prefix.lastIndexOf('/') + 1), files);
      return files.filter(({ key }) => key.startsWith(prefix)).sort((a, b) => (a.key < b.key ? -1 : 1));
    },
    async open(key) {
      const path = pathOf(root, key);
      const size = await sizeOf(path);
      return size === null ? null : rangesOf(path, size);
    },
    async write(key, bytes) {
      const path = pathOf(root, key);
      const draft = join(dirname(path), `.${process.pid}.${key.slice(key.lastIndexOf('/') + 1)}.draft`);
      await mkdir(dirname(path), { recursive: true });
      try {
        await writeSynced(draft, bytes);
        await rename(draft, path);
      } finally {
        await rm(draft, { force: true });
      }
    },
  };
}

/** A file anywhere on this machine, read by ranges. @throws HistoryError `not_found` */
export async function fileRanges(path: string): Promise<ByteRanges> {
  const size = await sizeOf(path);
  if (size === null) throw new HistoryError('not_found', `No such file: ${path}`, { path });
  return rangesOf(path, size);
}

function pathOf(root: string, key: string): string {
  if (!KEY_FORM.test(key)) throw new HistoryError('bad_key', `Not a key of the history: ${JSON.stringify(key)}`, { key });
  return join(root, ...key.split('/'));
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    const entry = await stat(path);
    return entry.isFile() ? entry.size : null;
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}

function rangesOf(path: string, byteLength: number): ByteRanges {
  return {
    byteLength,
    async slice(start, end = byteLength) {
      const bytes = new Uint8Array(Math.max(0, Math.min(end, byteLength) - start));
      const handle = await open(path);
      try {
        let done = 0;
        while (done < bytes.length) {
          const { bytesRead } = await handle.read(bytes, done, bytes.length - done, start + done);
          if (bytesRead === 0) throw new HistoryError('bad_file', `${path} became shorter while it was read`, { path });
          done += bytesRead;
        }
      } finally {
        await handle.close();
      }
      return bytes.buffer;
    },
  };
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'w');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function walk(root: string, folder: string, files: HistoryFile[]): Promise<void> {
  const path = join(root, folder.replaceAll('/', sep));
  const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
    if (isAbsent(error)) return [];
    throw error;
  });
  for (const entry of entries) {
    // Drafts of a killed writer, locks and what a person may have put here.
    if (entry.name.startsWith('.')) continue;
    if (entry.isDirectory()) await walk(root, `${folder}${entry.name}/`, files);
    else if (entry.isFile()) files.push({ key: `${folder}${entry.name}`, bytes: (await stat(join(path, entry.name))).size });
  }
}

const isAbsent = (error: unknown): boolean => error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
