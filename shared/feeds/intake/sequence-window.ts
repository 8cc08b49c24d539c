/**
 * Which of a venue's rising numbers were seen, in little memory: the highest, and the ranges below it that are still
 * missing. Two overlapping connections deliver the same trades in any interleaving; a late one that fills a hole is
 * new, everything else at or below the highest is a repetition.
 */
export interface SequenceWindow {
  readonly highest: number | null;
  readonly holes: readonly (readonly [from: number, to: number])[];
}

export const EMPTY_WINDOW: SequenceWindow = { highest: null, holes: [] };

/** Ranges remembered. Where numbers are not contiguous (aggregated trades) the oldest holes are forgotten. */
const MOST_HOLES = 16;

export function hasSeen({ highest, holes }: SequenceWindow, sequence: number): boolean {
  if (highest === null || sequence > highest) return false;
  return !holes.some(([from, to]) => from <= sequence && sequence <= to);
}

/** The window after a number that it has not seen. */
export function withSeen(window: SequenceWindow, sequence: number): SequenceWindow {
  const { highest, holes } = window;
  if (highest === null) return { highest: sequence, holes };
  if (sequence === highest + 1) return { highest: sequence, holes };
  if (sequence > highest) return { highest: sequence, holes: [...holes, [highest + 1, sequence - 1] as const].slice(-MOST_HOLES) };
  return { highest, holes: holes.flatMap((hole) => split(hole, sequence)) };
}

function split([from, to]: readonly [number, number], sequence: number): readonly (readonly [number, number])[] {
  if (sequence < from || sequence > to) return [[from, to]];
  const parts: (readonly [number, number])[] = [];
  if (from < sequence) parts.push([from, sequence - 1]);
  if (sequence < to) parts.push([sequence + 1, to]);
  return parts;
}
