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
  const { sorted, heads, hasWholeNumbers } = shapeOf(Object.keys(source));
  // Objects tell whole numbers before all other names, by size: where one may be the sorted object has the last word.
  if (hasWholeNumbers) return JSON.stringify(wire(source));
  let body = '';
  for (let index = 0; index < sorted.length; index++) {
    const member = written(source[sorted[index] as string]);
    if (member !== undefined) body += body === '' ? `${heads[index]}${member}` : `,${heads[index]}${member}`;
  }
  return `{${body}}`;
}

/** The names of an object's members, as they stand in it and as they are written. */
interface Shape {
  readonly keys: readonly string[];
  readonly sorted: readonly string[];
  /** Each sorted name as it is written, with its colon. */
  readonly heads: readonly string[];
  readonly hasWholeNumbers: boolean;
}

/** What is written has few shapes, and comes again and again: to sort the names of each object took half of the time. */
const SHAPES = new Map<string, Shape[]>();
/** A map with ids for names must not fill the memory. */
const MOST_FIRST_NAMES = 2_000;
const MOST_OF_ONE_NAME = 20;
const NO_SHAPE: Shape = { keys: [], sorted: [], heads: [], hasWholeNumbers: false };

function shapeOf(keys: readonly string[]): Shape {
  const [first] = keys;
  if (first === undefined) return NO_SHAPE;
  const known = SHAPES.get(first);
  const same = known?.find((shape) => isOfShape(keys, shape));
  if (same !== undefined) return same;
  const sorted = sortedKeys(keys);
  const heads = sorted.map((key) => `${JSON.stringify(key)}:`);
  const shape = { keys, sorted, heads, hasWholeNumbers: sorted.some((key) => key < ':' && key >= '0') };
  if (known !== undefined && known.length < MOST_OF_ONE_NAME && keys.length <= MOST_INSERTED) known.push(shape);
  if (known === undefined && SHAPES.size < MOST_FIRST_NAMES && keys.length <= MOST_INSERTED) SHAPES.set(first, [shape]);
  return shape;
}

function isOfShape(keys: readonly string[], shape: Shape): boolean {
  if (keys.length !== shape.keys.length) return false;
  for (let index = keys.length - 1; index > 0; index--) if (keys[index] !== shape.keys[index]) return false;
  return true;
}

/** The same value with decimals as strings and keys sorted: what is stored and sent. */
export function wire(value: unknown): unknown {
  if (typeof value === 'bigint') return text(value as Decimal);
  if (Array.isArray(value)) return value.map(wire);
  if (value === null || typeof value !== 'object') return value;
  const source = value as Record<string, unknown>;
  const sorted: Record<string, unknown> = {};
  for (const key of sortedKeys(Object.keys(source))) {
    if (source[key] === undefined) continue;
    // Assigned, this one name would set the object's prototype and be lost.
    if (key === '__proto__') Object.defineProperty(sorted, key, { value: wire(source[key]), enumerable: true });
    else sorted[key] = wire(source[key]);
  }
  return sorted;
}

/** Keys in the order of their UTF-16 code units. Members are few: `sort` took a seventh of the time of a fill. */
function sortedKeys(names: readonly string[]): readonly string[] {
  const keys = [...names];
  if (keys.length > MOST_INSERTED) return keys.sort();
  for (let index = 1; index < keys.length; index++) {
    const key = keys[index] as string;
    let place = index;
    for (; place > 0 && (keys[place - 1] as string) > key; place--) keys[place] = keys[place - 1] as string;
    keys[place] = key;
  }
  return keys;
}
