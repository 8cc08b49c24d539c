import type { EpochMs } from '../../kernel/time.ts';
import { type LineCursor, lineCursor } from './recorded-lines.ts';

/** One line of a recording. */
export interface RecordedFrame {
  /** The recorder's clock. */
  readonly receivedMs: EpochMs;
  /** The frame as it came from the venue, or the whole line where it has no stamp: the parser refuses and counts it. */
  readonly text: string;
  /** How many frames of the recording have been read with this one: with the same paths in the same order it is always the same. */
  readonly position: number;
}

interface Line {
  readonly receivedNs: number;
  readonly receivedMs: EpochMs;
  readonly text: string;
}

interface Recording {
  readonly cursor: LineCursor;
  head: Line | null;
  lastMs: EpochMs;
  lastNs: number;
}

const NS_PER_MS = 1_000_000;
const STAMP_DIGITS = 19;

/**
 * The frames of one or several recordings (`<local ns> {json}` a line, plain or gzipped), merged by the recorder's stamp;
 * at the same stamp in the order of `paths`. Streams: memory does not grow with the files.
 * @throws RecordedDataError `unreadable`
 */
export async function* readRecordedFrames(paths: readonly string[]): AsyncGenerator<RecordedFrame> {
  const recordings: Recording[] = paths.map((path) => ({ cursor: lineCursor(path), head: null, lastMs: 0, lastNs: 0 }));
  let position = 0;
  try {
    for (const recording of recordings) await advance(recording);
    for (let earliest = earliestOf(recordings); earliest !== null; earliest = earliestOf(recordings)) {
      const line = earliest.head;
      if (line === null) return;
      position++;
      yield { receivedMs: line.receivedMs, text: line.text, position };
      if (!step(earliest)) await advance(earliest);
    }
  } finally {
    for (const { cursor } of recordings) await cursor.close();
  }
}

/** The stamp and the frame of a recorded line, or null for a line without them. */
export function recordedLine(text: string): { readonly receivedMs: EpochMs; readonly ns: number; readonly frame: string } | null {
  const space = text.indexOf(' ');
  if (space !== STAMP_DIGITS) return null;
  const receivedMs = Number(text.slice(0, STAMP_DIGITS - 6));
  const ns = Number(text.slice(STAMP_DIGITS - 6, STAMP_DIGITS));
  if (!Number.isSafeInteger(receivedMs) || !Number.isInteger(ns)) return null;
  return { receivedMs, ns, frame: text.slice(space + 1) };
}

function earliestOf(recordings: readonly Recording[]): Recording | null {
  let earliest: Recording | null = null;
  for (const recording of recordings) {
    if (recording.head === null) continue;
    if (earliest?.head == null || isBefore(recording.head, earliest.head)) earliest = recording;
  }
  return earliest;
}

const isBefore = (a: Line, b: Line): boolean => a.receivedMs < b.receivedMs || (a.receivedMs === b.receivedMs && a.receivedNs < b.receivedNs);

/** Moves to the next line in memory; false when the next chunk must be loaded. */
function step(recording: Recording): boolean {
  for (let text = recording.cursor.next(); text !== null; text = recording.cursor.next()) {
    if (text.trim() === '') continue;
    const line = recordedLine(text);
    if (line !== null) {
      recording.lastMs = line.receivedMs;
      recording.lastNs = line.ns;
    }
    // A line without a stamp keeps its place after the line before it.
    recording.head = { receivedMs: recording.lastMs, receivedNs: recording.lastNs % NS_PER_MS, text: line?.frame ?? text };
    return true;
  }
  recording.head = null;
  return false;
}

async function advance(recording: Recording): Promise<void> {
  while (await recording.cursor.more()) {
    if (step(recording)) return;
  }
  recording.head = null;
}
