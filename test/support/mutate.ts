import type { Rng } from '../../shared/kernel/rng.ts';

/** What is put into a text at any place. */
const SPLICES = [
  '',
  '0',
  '-',
  '"',
  'NaN',
  'null',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\',
  '1e400',
  '\u0000',
  '💥',
  '\uD800',
  'true',
  '.',
  '9'.repeat(19),
];
const NUMBERS = [
  '1e400',
  '-1e400',
  '-0',
  '0',
  '-1',
  '1e-400',
  '0.1',
  '1e5',
  '9007199254740993',
  '99999999999999999999',
  '5e-324',
  '1.7976931348623157e308',
];
const TEXTS = [
  '',
  '0',
  '-0',
  '-1',
  'NaN',
  'Infinity',
  '1e5',
  '1e400',
  '0x10',
  ' 1',
  '1 ',
  '1.',
  '.5',
  '1.2.3',
  '00',
  '1_0',
  '١٢',
  '1\u0000',
  '💥',
  '\uD800',
];
const KEYS = ['e', 's', 'p', 'T', 'x', 'data', 'stream', '__proto__', 'constructor', 'length'];
const SPACES = [' ', '\n', '\t', '\r', '\u00a0', '\ufeff'];
const HUGE_DIGITS = '9'.repeat(100_000);
const LONG_FRACTION = `1.${'0'.repeat(60)}`;
const DEPTHS = [100, 1_000, 100_000];
/** One in so many of the costly mutations. */
const SELDOM = 200;

const VALUE = /(?<=[:,[])(?:"[^"\\]*"|-?\d[\d.]*)(?!:)/g;
const STRING = /(?<=[:,[])"[^"\\]*"(?!:)/g;
const NUMBER = /(?<=[:,[])-?\d[\d.eE+-]*/g;
const KEY = /"[^"\\]*":/g;
const MEMBER = /"[^"\\]*":(?:"[^"\\]*"|[-\d.a-z]+),/g;
const TWO_MEMBERS = /"[^"\\]*":(?:"[^"\\]*"|[-\d.a-z]+),"[^"\\]*":(?:"[^"\\]*"|[-\d.a-z]+)/g;
const LETTER_IN_STRING = /[A-Za-z](?=[A-Za-z]*")/g;
const PUNCTUATION = /[,:{}[\]]/g;

type Draw = (below: number) => number;
type Mutation = (text: string, below: Draw) => string;

const drawFrom =
  (random: Rng): Draw =>
  (below) =>
    Math.floor(random.next() * below);
const oneOf = <Item>(items: readonly Item[], below: Draw): Item => items[below(items.length)] as Item;

/** The JSON text with one to three things wrong with it, or written differently; most of them are JSON still. */
export function mutatedText(text: string, random: Rng): string {
  const below = drawFrom(random);
  let mutated = text;
  for (let left = 1 + below(3); left > 0; left--) mutated = oneOf(below(3) === 0 ? TORN : ALTERED, below)(mutated, below);
  return mutated;
}

/** What a line or a disk does to a text. */
const TORN: readonly Mutation[] = [
  (text, below) => text.slice(0, below(text.length + 1)),
  (text, below) => text.slice(below(text.length + 1)),
  (text) => text + text,
  spliced,
  flipped,
  repeated,
];

/** What a program that errs does to a value. */
const ALTERED: readonly Mutation[] = [
  otherDigits,
  replacing(NUMBER, (_, below) => oneOf(NUMBERS, below)),
  replacing(STRING, (_, below) => JSON.stringify(oneOf(TEXTS, below))),
  replacing(STRING, (was, below) => oneOf([was.slice(1, -1), 'null', 'true', '[]', '{}', `[${was}]`], below)),
  replacing(NUMBER, (was, below) => oneOf([`"${was}"`, 'null', 'false', '[]', '{}', `[${was}]`, `${was}.5`], below)),
  replacing(STRING, (_, below) => `"${below(SELDOM) === 0 ? HUGE_DIGITS : LONG_FRACTION}"`),
  replacing(VALUE, (_, below) => nested(below(SELDOM) === 0 ? oneOf(DEPTHS, below) : below(6), below)),
  replacing(MEMBER, () => ''),
  replacing(MEMBER, (was, below) => was + was.replace(/\d(?!.*:)/, String(below(10)))),
  replacing(KEY, (_, below) => `"${oneOf(KEYS, below)}":`),
  replacing(TWO_MEMBERS, (was) => `${was.slice(was.indexOf(',"') + 1)},${was.slice(0, was.indexOf(',"'))}`),
  replacing(LETTER_IN_STRING, (was) => `\\u00${was.charCodeAt(0).toString(16)}`),
  replacing(PUNCTUATION, (was, below) => oneOf(SPACES, below) + was),
];

function spliced(text: string, below: Draw): string {
  const at = below(text.length + 1);
  return text.slice(0, at) + oneOf(SPLICES, below) + text.slice(at + below(4));
}

function flipped(text: string, below: Draw): string {
  if (text === '') return text;
  const at = below(text.length);
  return text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << below(8))) + text.slice(at + 1);
}

function repeated(text: string, below: Draw): string {
  const from = below(text.length + 1);
  return text.slice(0, from + below(40)) + text.slice(from);
}

function otherDigits(text: string, below: Draw): string {
  const oneIn = 4 + below(60);
  return text.replace(/\d/g, (digit) => (below(oneIn) === 0 ? String(below(10)) : digit));
}

/** Replaces one of the places that match, drawn. */
function replacing(pattern: RegExp, by: (was: string, below: Draw) => string): Mutation {
  return (text, below) => {
    const places = [...text.matchAll(pattern)];
    if (places.length === 0) return text;
    const place = oneOf(places, below);
    return text.slice(0, place.index) + by(place[0], below) + text.slice(place.index + place[0].length);
  };
}

const nested = (depth: number, below: Draw): string =>
  below(2) === 0 ? '['.repeat(depth) + ']'.repeat(depth) : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

/** The bytes with one to three things wrong with them: flipped, cut, repeated, put in. */
export function mutatedBytes(bytes: Uint8Array, random: Rng): Uint8Array {
  const below = drawFrom(random);
  let mutated: Uint8Array = bytes;
  for (let left = 1 + below(3); left > 0; left--) {
    const at = below(mutated.length + 1);
    mutated = Buffer.concat(oneOf(RECUT, below)(mutated.subarray(0, at), mutated.subarray(at), below));
  }
  return mutated;
}

const drawnBytes = (below: Draw): Uint8Array => Uint8Array.from({ length: 1 + below(9) }, () => below(256));

type Recut = (head: Uint8Array, tail: Uint8Array, below: Draw) => readonly Uint8Array[];

const flippedBit: Recut = (head, tail, below) => [head, Uint8Array.of((tail[0] ?? 0) ^ (1 << below(8))), tail.subarray(1)];
const overwritten: Recut = (head, tail, below) => {
  const drawn = drawnBytes(below);
  return [head, drawn, tail.subarray(drawn.length)];
};

/** What keeps the length is drawn more often: it changes values, where the others break the frame. */
const RECUT: readonly Recut[] = [
  ...[flippedBit, flippedBit, flippedBit, flippedBit, overwritten, overwritten, overwritten],
  (head) => [head],
  (_, tail) => [tail],
  (head, tail, below) => [head, drawnBytes(below), tail],
  (head, tail, below) => [head, tail.subarray(1 + below(9))],
  (head, tail) => [head, tail.subarray(0, 16), tail],
  // A length or a number of ten bytes that never ends.
  (head, tail) => [head, new Uint8Array(9).fill(0xff), tail],
];
