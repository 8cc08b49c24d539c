import { type Decimal, text } from './decimal.ts';

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
  for (const key of Object.keys(source).sort()) {
    if (source[key] === undefined) continue;
    // Assigned, this one name would set the object's prototype and be lost.
    if (key === '__proto__') Object.defineProperty(sorted, key, { value: wire(source[key]), enumerable: true });
    else sorted[key] = wire(source[key]);
  }
  return sorted;
}
