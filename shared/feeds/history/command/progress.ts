import type { HistoryTerminal } from './terminal.ts';

export interface Progress {
  /** Before each step, and once at the end with `done` equal to `of`. */
  readonly step: (done: number, of: number, name: string) => void;
}

const BAR_CELLS = 24;
const LINE_CELLS = 100;
const CLEAR_LINE = '\r\u001b[2K';
/** Without a terminal a line for each tenth. */
const TENTHS = 10;

/** How far a long task is: one line that is drawn over on a terminal, a few plain lines elsewhere. */
export function createProgress({ draw, err }: Pick<HistoryTerminal, 'draw' | 'err'>): Progress {
  let told = -1;
  return {
    step(done, of, name) {
      if (of === 0) return;
      const isOver = done >= of;
      if (draw !== null) draw(`${CLEAR_LINE}${isOver ? '' : barLine(done, of, name)}`);
      else if (Math.floor((done * TENTHS) / of) !== told) {
        told = Math.floor((done * TENTHS) / of);
        err(`${done} of ${of}${name === '' ? '' : `: ${name}`}`);
      }
    },
  };
}

function barLine(done: number, of: number, name: string): string {
  const filled = Math.round((done * BAR_CELLS) / of);
  return `[${'#'.repeat(filled)}${'-'.repeat(BAR_CELLS - filled)}] ${done}/${of} ${name}`.slice(0, LINE_CELLS);
}
