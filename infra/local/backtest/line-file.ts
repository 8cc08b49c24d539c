import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';

/** A text file of lines that are written one after the other. */
export interface LineFile {
  readonly write: (line: string) => void;
  /** Writes what is left. @returns the SHA-256 of the file, hex */
  readonly close: () => string;
}

const BUFFERED_CHARACTERS = 1 << 16;

/** Begins a file; one of that name is replaced. Written in large pieces and without awaiting: a backtest has no time to wait. */
export function createLineFile(path: string): LineFile {
  const file = openSync(path, 'w');
  const hash = createHash('sha256');
  let waiting = '';
  const flush = (): void => {
    const bytes = Buffer.from(waiting);
    hash.update(bytes);
    for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
    waiting = '';
  };
  return {
    write: (line) => {
      waiting += `${line}\n`;
      if (waiting.length > BUFFERED_CHARACTERS) flush();
    },
    close: () => {
      flush();
      closeSync(file);
      return hash.digest('hex');
    },
  };
}
