import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { constants, createGunzip } from 'node:zlib';
import { messageOf } from '../../kernel/errors.ts';
import { RecordedDataError } from './recorded-data-error.ts';

const CHUNK_BYTES = 64 * 1024;
/** The longest frame Binance is known to send (all tickers at once) has 0.4 MB. */
export const LONGEST_LINE = 4 * 1024 * 1024;

/**
 * The lines of a text file, plain or (when its name ends in `.gz`) gzipped, in batches of one chunk each: whatever the size
 * of the file, little of it is in memory. A gzip file whose end is cut off, as a killed recorder leaves it, ends where it ends.
 * @throws RecordedDataError `unreadable` for a file that cannot be read or unzipped, or has a line no text file would have
 */
export async function* recordedLines(path: string): AsyncGenerator<readonly string[]> {
  const stream = byteStream(path).setEncoding('utf8');
  let rest = '';
  try {
    for await (const chunk of stream as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > LONGEST_LINE) throw new Error(`a line of more than ${LONGEST_LINE} characters`);
      if (lines.length > 0) yield lines;
    }
  } catch (error) {
    throw new RecordedDataError('unreadable', `Cannot read ${path}: ${messageOf(error)}`, { path }, { cause: error });
  } finally {
    stream.destroy();
  }
  if (rest !== '') yield [rest];
}

/** The bytes of a file, unzipped when its name ends in `.gz`. */
export function byteStream(path: string): Readable {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  if (!path.endsWith('.gz')) return file;
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES, finishFlush: constants.Z_SYNC_FLUSH });
  file.on('error', (error) => gunzip.destroy(error));
  gunzip.on('close', () => file.destroy());
  return file.pipe(gunzip);
}

/** Reads a file's lines one at a time, asking for the next chunk only when the last one is used up. */
export interface LineCursor {
  /** The next line if it is in memory; null when `more` must be awaited first. */
  next(): string | null;
  /** Loads the next chunk; false at the end of the file. */
  more(): Promise<boolean>;
  close(): Promise<void>;
}

export function lineCursor(path: string): LineCursor {
  const batches = recordedLines(path);
  let lines: readonly string[] = [];
  let at = 0;
  return {
    next: () => (at < lines.length ? (lines[at++] ?? null) : null),
    async more() {
      const batch = await batches.next();
      lines = batch.done === true ? [] : batch.value;
      at = 0;
      return batch.done !== true;
    },
    async close() {
      await batches.return(undefined);
    },
  };
}
