import { type Decimal, text } from './decimal.ts';

const MOST_INSERTED = 40;

/**
 * JSON with sorted keys, decimals as decimal strings and `undefined` members left out: equal values give equal bytes,
 * so that a hash over it is a hash over the value. Every BigInt of Nightdesk is a Decimal.
 */
export function canonicalJson(value: unknown): string {
  // What JSON does not know (a function, undefined) has no text, as with `JSON.stringify`.
  return written(value) as string;
}

// Written straight away: to build the sorted value first and to have it written then took twice as long, and every commit
// of a ledger is mostly this.
function written(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      return Number.isFinite(value) ? `${value}` : 'null';
    case 'boolean':
      return value ? 'true' : 'false';
    case 'bigint':
      return `"${text(value as Decimal)}"`;
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? writtenList(value) : writtenMembers(value as Record<string, unknown>);
    default:
      return undefined;
  }
}

function writtenList(values: readonly unknown[]): string {
  let body = '';
  for (let index = 0; index < values.length; index++) body += `${index === 0 ? '' : ','}${written(values[index]) ?? 'null'}`;
  return `[${body}]`;
}

function writtenMembers(source: Record<string, unknown>): string {
  let body = '';
  for (const key of sortedKeys(source)) {
    // Objects tell whole numbers before all other names, by size: where one may be the sorted object has the last word.
    if (key < ':' && key >= '0') return JSON.stringify(wire(source));
    const member = written(source[key]);
    if (member !== undefined) body += `${body === '' ? '' : ','}${writtenKey(key)}:${member}`;
  }
  return `{${body}}`;
}

function writtenKey(key: string): string {
  const known = KEYS.get(key);
  if (known !== undefined) return known;
  const made = JSON.stringify(key);
  if (KEYS.size < MOST_KEYS) KEYS.set(key, made);
  return made;
}

/** The names of members are few and come again; a map with ids for names must not fill the memory. */
const KEYS = new Map<string, string>();
const MOST_KEYS = 2_000;

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
