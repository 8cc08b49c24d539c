import { wire } from './canonical-json.ts';

/** One leaf in which two values differ; `undefined` where one of them has nothing. */
export interface ValueDifference {
  /** Where it is, as `fill.charges[0].amount`; empty for the values themselves. */
  readonly path: string;
  readonly one: unknown;
  readonly other: unknown;
}

/** The leaves in which two values differ, in the order of their keys; none when they are written alike. */
export function valueDifferences(one: unknown, other: unknown): readonly ValueDifference[] {
  return differences('', wire(one), wire(other));
}

function differences(path: string, one: unknown, other: unknown): readonly ValueDifference[] {
  if (one === other) return [];
  if (!isBranch(one) || !isBranch(other) || Array.isArray(one) !== Array.isArray(other)) return [{ path, one, other }];
  const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return keys.flatMap((key) => differences(stepTo(path, key, Array.isArray(one)), one[key], other[key]));
}

const isBranch = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const stepTo = (path: string, key: string, isIndex: boolean): string => (isIndex ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`);
