/** One file of the history: its key (`binance/spot/BTCUSDT/1m/2025-01.parquet`, slashes on every system) and its size. */
export interface HistoryFile {
  readonly key: string;
  readonly bytes: number;
}

/** A file opened for reading by byte ranges, as an object store answers them. */
export interface ByteRanges {
  readonly byteLength: number;
  /** The bytes from `start` to `end` (exclusive; default: the end of the file). */
  readonly slice: (start: number, end?: number) => Promise<ArrayBuffer>;
}

/**
 * Where the history is kept: a folder here, a bucket elsewhere. Keys are the same in both, a file is replaced as a whole,
 * and a reader sees either the old file or the new one.
 */
export interface HistoryFiles {
  /** The files whose keys begin with the prefix, in the order of their keys. */
  readonly list: (prefix: string) => Promise<readonly HistoryFile[]>;
  /** Null where there is no such file. */
  readonly open: (key: string) => Promise<ByteRanges | null>;
  readonly write: (key: string, bytes: Uint8Array) => Promise<void>;
}

/** The whole of a file, or null where there is none. */
export async function readWhole(files: HistoryFiles, key: string): Promise<Uint8Array | null> {
  const file = await files.open(key);
  return file === null ? null : new Uint8Array(await file.slice(0));
}
