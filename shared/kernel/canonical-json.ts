import { type Decimal, text } from './decimal.ts';

const MOST_INSERTED = 40;

/**
 * JSON with sorted keys, decimals as decimal strings and `undefined` members left out: equal values give equal bytes,
 * so that a hash over it is a hash over the value. Every BigInt of Nightdesk is a Decimal.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(wire(value));
}

/** The same value with decimals as strings and keys sorted: what is stored and sent. */
export function wire(value: unknown): unknown {
  if (typeof value === 'bigint') return text(value as Decimal);
  if (Array.isArray(value)) return value.map(wire);
  if (value === null || typeof value !== 'object') return value;
  const source = value as Record<string, unknown>;
  const sorted: Record<string, unknown> = {};
  for (const key of sortedKeys(source)) {
    if (source[key] === undefined) continue;
    // Assigned, this one name would set the object's prototype and be lost.
    if (key === '__proto__') Object.defineProperty(sorted, key, { value: wire(source[key]), enumerable: true });
    else sorted[key] = wire(source[key]);
  }
  return sorted;
}

/** Keys in the order of their UTF-16 code units. Members are few, and every fill is written ten times: `sort` took a seventh of it. */
function sortedKeys(source: Record<string, unknown>): readonly string[] {
  const keys = Object.keys(source);
  if (keys.length > MOST_INSERTED) return keys.sort();
  for (let index = 1; index < keys.length; index++) {
    const key = keys[index] as string;
    let place = index;
    for (; place > 0 && (keys[place - 1] as string) > key; place--) keys[place] = keys[place - 1] as string;
    keys[place] = key;
  }
  return keys;
}
