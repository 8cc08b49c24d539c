import { absent, type Reading } from '../confidence.ts';

/** A pattern as it was found: how clearly, in [0, 1], 0 when it is not there. */
export interface Pattern {
  readonly name: string;
  readonly score: number;
}

/** The clearest pattern speaks for all: patterns of one bar overlap, so adding them up would count one move twice. */
export function strongest(patterns: readonly Pattern[]): Pattern {
  return patterns.reduce((best, pattern) => (pattern.score > best.score ? pattern : best), { name: 'no pattern', score: 0 });
}

/** The pattern component of a confidence: the clearest of the patterns; absent when none could be looked for. */
export function patternReading(patterns: readonly Pattern[]): Reading {
  if (patterns.length === 0) return absent('too few candles for a pattern');
  const { name, score } = strongest(patterns);
  return { score, why: score > 0 ? `${name} (${score.toFixed(2)})` : name };
}
