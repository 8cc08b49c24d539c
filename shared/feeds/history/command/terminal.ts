import type { Clock } from '../../../kernel/clock.ts';

/** Where a command writes, what it reads of its surroundings, and its clock. */
export interface HistoryTerminal {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  /** Writes without an end of line, for the progress bar; null where nobody watches. */
  readonly draw: ((text: string) => void) | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Makes a folder this process's own until the returned function is called; throws when another has it. */
  readonly lock: (folder: string) => () => void;
}
