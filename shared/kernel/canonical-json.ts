import { type Decimal, text } from './decimal.ts';

const MOST_INSERTED = 40;

/**
 * JSON with sorted keys, decimals as decimal strings and `undefined` members left out: equal values give equal bytes,
 * so that a hash over it is a hash over the value. Every BigInt of Nightdesk is a Decimal.
 */
export function canonicalJson(value: unknown): string {
  // What JSON does not know has no text, as with `JSON.stringify`.
  if (isUnknown(value)) return JSON.stringify(value);
  // Whatever a writing that failed has left.
  top = 0;
  out = '';
  write(value, OUTERMOST, 0);
  const made = out;
  out = '';
  return made;
}

// Written straight away, into one text that grows at its end: to build the sorted value first and to have it written then took twice
// as long, texts put together of texts half as long again, and every commit of a ledger is mostly this.
let out = '';

/** The names of an object's members, as they stand in it and as they are written. */
interface Shape {
  readonly keys: readonly string[];
  /** Places among the keys, in the order in which they are written. */
  readonly order: readonly number[];
  /** Each key as it is written first, with its colon. */
  readonly heads: readonly string[];
  /** With a comma before it. */
  readonly laterHeads: readonly string[];
  readonly hasWholeNumbers: boolean;
  /** The shape that was last seen in each member, or in the items of its list: mostly that of the next one. */
  readonly seen: (Shape | null)[];
}

/**
 * What is written has few shapes, and comes again and again: to sort the names of each object took half of the time. By how many
 * names they have and by the first of them.
 */
const SHAPES = new Map<number, Map<string, Shape[]>>();
/** A map with ids for names must not fill the memory. */
const MOST_FIRST_NAMES = 200;
const MOST_OF_ONE_NAME = 20;
const NO_SHAPE: Shape = { keys: [], order: [], heads: [], laterHeads: [], hasWholeNumbers: false, seen: [] };
const OUTERMOST: Shape = { ...NO_SHAPE, seen: [null] };

/** The members of the objects that are being written, an object's above those of what it stands in. */
const members: unknown[] = [];
let top = 0;

/** @param place of the value among the members of the shape */
function write(value: unknown, shape: Shape, place: number): void {
  switch (typeof value) {
    case 'string':
      writeText(value);
      return;
    case 'number':
      out += Number.isFinite(value) ? `${value}` : 'null';
      return;
    case 'boolean':
      out += value ? 'true' : 'false';
      return;
    case 'bigint':
      writePlain(text(value as Decimal));
      return;
    case 'object':
      if (value === null) out += 'null';
      else if (Array.isArray(value)) writeList(value, shape, place);
      else writeMembers(value as Record<string, unknown>, shape, place);
      return;
    default:
      // What JSON does not know: undefined, a function.
      out += 'null';
  }
}

/** Names, ids and words have nothing to be escaped. */
const PLAIN = /^[ !#-[\]-~]*$/;

function writeText(value: string): void {
  if (PLAIN.test(value)) writePlain(value);
  else out += JSON.stringify(value);
}

function writePlain(value: string): void {
  out += '"';
  out += value;
  out += '"';
}

function writeList(values: readonly unknown[], shape: Shape, place: number): void {
  out += '[';
  for (let index = 0; index < values.length; index++) {
    if (index > 0) out += ',';
    write(values[index], shape, place);
  }
  out += ']';
}

function writeMembers(source: Record<string, unknown>, outer: Shape, place: number): void {
  const known = outer.seen[place];
  const shape = known !== null && known !== undefined && isTaken(source, known) ? known : takenAnew(source);
  outer.seen[place] = shape;
  if (shape.hasWholeNumbers) {
    // Objects tell whole numbers before all other names, by size: where one may be the sorted object has the last word.
    out += JSON.stringify(wire(source));
    return;
  }
  const base = top;
  top += shape.keys.length;
  let isFirst = true;
  out += '{';
  for (let index = 0; index < shape.order.length; index++) {
    const at = shape.order[index] as number;
    const member = members[base + at];
    if (isUnknown(member)) continue;
    out += isFirst ? shape.heads[at] : shape.laterHeads[at];
    isFirst = false;
    write(member, shape, at);
  }
  top = base;
  out += '}';
}

/** Whether JSON leaves a member out. */
const isUnknown = (member: unknown): boolean => member === undefined || typeof member === 'function' || typeof member === 'symbol';

/** Takes up the members of an object, if it has the shape: a loop over its names reads them twice as fast as they are asked for one by one. */
function isTaken(source: Record<string, unknown>, { keys }: Shape): boolean {
  let count = 0;
  for (const key in source) {
    if (keys[count] !== key) return false;
    members[top + count] = source[key];
    count += 1;
  }
  return count === keys.length;
}

function takenAnew(source: Record<string, unknown>): Shape {
  const keys = Object.keys(source);
  for (let index = 0; index < keys.length; index++) members[top + index] = source[keys[index] as string];
  return shapeOf(keys);
}

function shapeOf(keys: readonly string[]): Shape {
  const [first] = keys;
  if (first === undefined) return NO_SHAPE;
  const ofLength = SHAPES.get(keys.length) ?? new Map<string, Shape[]>();
  SHAPES.set(keys.length, ofLength);
  const known = ofLength.get(first);
  const same = known?.find((shape) => isOfShape(keys, shape));
  if (same !== undefined) return same;
  const sorted = sortedKeys(keys);
  const shape: Shape = {
    keys,
    order: sorted.map((key) => keys.indexOf(key)),
    heads: keys.map((key) => `${JSON.stringify(key)}:`),
    laterHeads: keys.map((key) => `,${JSON.stringify(key)}:`),
    hasWholeNumbers: keys.some((key) => key < ':' && key >= '0'),
    seen: keys.map(() => null),
  };
  if (keys.length > MOST_INSERTED) return shape;
  if (known !== undefined && known.length < MOST_OF_ONE_NAME) known.push(shape);
  if (known === undefined && ofLength.size < MOST_FIRST_NAMES) ofLength.set(first, [shape]);
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
