import { DAY_MS } from '../../../kernel/time.ts';
import type { Span } from '../history-store.ts';

/** Inputs end with the last bar of a Friday and go on with the first of a Tuesday: what lies between was meant to be known. */
const BRIDGED_MS = 4 * DAY_MS;

/** Spans as few as possible: those that touch, or are not further apart than a long weekend, are one. */
export function bridged(spans: readonly Span[]): readonly Span[] {
  const result: Span[] = [];
  for (const { fromMs, toMs } of [...spans].sort((a, b) => a.fromMs - b.fromMs)) {
    const last = result.at(-1);
    if (last !== undefined && fromMs - last.toMs <= BRIDGED_MS) result[result.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, toMs) };
    else result.push({ fromMs, toMs });
  }
  return result;
}
