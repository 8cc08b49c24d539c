import { open } from 'node:fs/promises';
import { messageOf } from '../../kernel/errors.ts';
import { RecordedDataError } from './recorded-data-error.ts';
import { byteStream, LONGEST_LINE } from './recorded-lines.ts';

/** A text file as blocks of whole lines. */
export interface LineBlocks {
  /**
   * The next lines with what ends them (the last one of a file may have nothing), good until the next call; null at the end.
   * @throws RecordedDataError `unreadable` for a file that cannot be read or unzipped, or has a line no text file would have
   */
  more(): Promise<Uint8Array | null>;
  close(): Promise<void>;
}

const BLOCK_BYTES = 128 * 1024;
const NEWLINE = 10;

/** Reads a file, plain or (when its name ends in `.gz`) gzipped, into one piece of memory again and again: one await a block, nothing to collect. */
export function lineBlocks(path: string): LineBlocks {
  const source = path.endsWith('.gz') ? unzipped(path) : plain(path);
  let buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  let [told, filled] = [0, 0];

  async function next(): Promise<Uint8Array | null> {
    buffer.copyWithin(0, told, filled);
    filled -= told;
    for (;;) {
      if (filled === buffer.length) buffer = twice(buffer);
      const read = await source.read(buffer.subarray(filled));
      const newline = buffer.subarray(filled, filled + read).lastIndexOf(NEWLINE);
      told = read === 0 ? filled : newline < 0 ? 0 : filled + newline + 1;
      filled += read;
      if (told > 0) return buffer.subarray(0, told);
      if (read === 0) return null;
    }
  }

  return {
    async more() {
      try {
        return await next();
      } catch (error) {
        throw new RecordedDataError('unreadable', `Cannot read ${path}: ${messageOf(error)}`, { path }, { cause: error });
      }
    },
    close: source.close,
  };
}

function twice(buffer: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
  if (buffer.length >= LONGEST_LINE) throw new Error(`a line of more than ${LONGEST_LINE} characters`);
  const grown = Buffer.allocUnsafeSlow(2 * buffer.length);
  buffer.copy(grown);
  return grown;
}

interface ByteSource {
  /** How many bytes were put there; 0 at the end. */
  read(into: Uint8Array): Promise<number>;
  close(): Promise<void>;
}

/** Holds no descriptor between two reads: there may be many files, and who reads them may stop anywhere. */
function plain(path: string): ByteSource {
  let position = 0;
  return {
    async read(into) {
      const file = await open(path);
      try {
        const { bytesRead } = await file.read(into, 0, into.length, position);
        position += bytesRead;
        return bytesRead;
      } finally {
        await file.close();
      }
    },
    close: async () => undefined,
  };
}

function unzipped(path: string): ByteSource {
  const stream = byteStream(path);
  const chunks = (stream as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array();
  return {
    async read(into) {
      if (rest.length === 0) {
        const next = await chunks.next();
        if (next.done === true) return 0;
        rest = next.value;
      }
      const part = rest.subarray(0, into.length);
      into.set(part);
      rest = rest.subarray(part.length);
      return part.length;
    },
    close: async () => void stream.destroy(),
  };
}

/** The lines of a block. */
export const linesIn = (block: Uint8Array): readonly string[] => textOf(block).split('\n');

/** The lines of a block from its last one back, each made when it is asked for. */
export function* linesBackIn(block: Uint8Array): Generator<string> {
  for (let end = block.length; end > 0; ) {
    const before = end === 1 ? -1 : block.lastIndexOf(NEWLINE, end - 2);
    yield textOf(block.subarray(before + 1, block[end - 1] === NEWLINE ? end - 1 : end));
    end = before + 1;
  }
}

/** Bytes as text. */
export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
