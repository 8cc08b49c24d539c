import type { EpochMs } from '../../../kernel/time.ts';

/**
 * What is made of an underlying for a span of time, as it stands when the span begins: whoever asks within it gets the same, which
 * is made once. Spans are counted from 1970 in UTC; the last one of each underlying is kept.
 */
export function onceFor<Made>(spanMs: number, make: (underlying: string, startMs: EpochMs) => Made): (underlying: string, atMs: EpochMs) => Made {
  const kept = new Map<string, { readonly startMs: EpochMs; readonly made: Made }>();
  return (underlying, atMs) => {
    const startMs = atMs - (atMs % spanMs);
    const known = kept.get(underlying);
    if (known?.startMs === startMs) return known.made;
    const made = make(underlying, startMs);
    kept.set(underlying, { startMs, made });
    return made;
  };
}
