import type { SignalPart } from './strategy.ts';

/** What a component says: a score in [0, 1], or null where its source does not exist or is not warm; why in words. */
export interface Reading {
  readonly score: number | null;
  readonly why: string;
}

export const absent = (why: string): Reading => ({ score: null, why });

export interface Confidence {
  /** Weighted mean of the present scores, in [0, 1]; 0 when nothing is present. */
  readonly confidence: number;
  readonly parts: readonly SignalPart[];
}

/**
 * Weighs the readings. The weights of absent components are shared out among the present ones in proportion, so that the
 * present weights sum to 1 and nothing is filled with a constant.
 *
 *   confidence = sum over present (w / sum of present w) * score
 */
export function weigh<Name extends string>(weights: Readonly<Record<Name, number>>, readings: Readonly<Record<Name, Reading>>): Confidence {
  const names = Object.keys(weights) as Name[];
  let present = 0;
  for (const name of names) if (readings[name].score !== null) present += weights[name];
  const parts = names.map((name): SignalPart => {
    const { score, why } = readings[name];
    return { name, score, weight: score === null || present === 0 ? 0 : weights[name] / present, why };
  });
  let confidence = 0;
  for (const part of parts) confidence += part.weight * (part.score ?? 0);
  return { confidence: Math.min(1, confidence), parts };
}

/** Mean of the readings that are there; absent when none is. */
export function meanReading(readings: readonly Reading[], whenNone: string): Reading {
  const present = readings.filter((reading): reading is Reading & { score: number } => reading.score !== null);
  if (present.length === 0) return absent(whenNone);
  const sum = present.reduce((total, { score }) => total + score, 0);
  return { score: sum / present.length, why: present.map(({ why }) => why).join('; ') };
}
