const QUOTE = 34;
const DOT = 46;
const ZERO = 48;
const NINE = 57;
const UPPER_A = 65;
const UPPER_Z = 90;
const LOWEST_PLAIN = 32;
const HIGHEST_PLAIN = 126;
const BACKSLASH = 92;

/** A float holds every whole number of this many digits. */
const EXACT_DIGITS = 15;
/** As `decimalText`: a longer one is no price. */
const LONGEST_DECIMAL = 40;
/** Powers of ten up to 1e22 are exact floats; no more places than a longest decimal of exact digits has. */
const POWERS = Array.from({ length: EXACT_DIGITS + 1 }, (_, places) => 10 ** places);

/**
 * Walks along a JSON text whose form is known in advance, without building objects or strings. Every step says whether the
 * text goes on as expected; after a step that failed the position means nothing.
 */
export interface TextScanner {
  begin(text: string): void;
  /** Whether the text goes on with exactly these characters. */
  passes(literal: string): boolean;
  /** A whole number without sign, fraction or exponent, of at most 15 digits; -1 for anything else. */
  whole(): number;
  /** The content of a string that holds a decimal (as `decimalText` reads it), and its closing quote; NaN for anything else. */
  decimal(): number;
  /** The content of a string of capitals and digits, and its closing quote; null for anything else. */
  capitals(): string | null;
  /** The content of a string of plain ASCII without escapes, and its closing quote. */
  skipString(): boolean;
  /** Whether the text goes on with what a sticky pattern matches: for what is checked and not read. */
  matches(sticky: RegExp): boolean;
  /** Whether nothing follows. */
  isAtEnd(): boolean;
}

export function textScanner(): TextScanner {
  let text = '';
  let at = 0;

  function passes(literal: string): boolean {
    const { length } = literal;
    for (let i = 0; i < length; i++) if (text.charCodeAt(at + i) !== literal.charCodeAt(i)) return false;
    at += length;
    return true;
  }

  function whole(): number {
    const from = at;
    let value = 0;
    for (let code = text.charCodeAt(at); code >= ZERO && code <= NINE; code = text.charCodeAt(++at)) value = value * 10 + (code - ZERO);
    const digits = at - from;
    const hasLeadingZero = digits > 1 && text.charCodeAt(from) === ZERO;
    return digits === 0 || digits > EXACT_DIGITS || hasLeadingZero ? -1 : value;
  }

  function decimal(): number {
    const from = at;
    let digits = 0;
    let value = 0;
    let point = -1;
    let code = text.charCodeAt(at);
    for (; code !== QUOTE; code = text.charCodeAt(++at)) {
      if (code >= ZERO && code <= NINE) {
        value = value * 10 + (code - ZERO);
        digits++;
      } else if (code === DOT && point < 0 && at > from) point = at;
      else return Number.NaN;
    }
    const end = at++;
    if (digits === 0 || end - from > LONGEST_DECIMAL || point === end - 1) return Number.NaN;
    // Two exact floats divided give the float nearest to the quotient: the same that `Number` reads.
    if (digits <= EXACT_DIGITS) return point < 0 ? value : value / (POWERS[end - point - 1] as number);
    return Number(text.slice(from, end));
  }

  function matches(sticky: RegExp): boolean {
    sticky.lastIndex = at;
    const isMatch = sticky.test(text);
    at = sticky.lastIndex;
    return isMatch;
  }

  function capitals(): string | null {
    const from = at;
    let code = text.charCodeAt(at);
    while ((code >= UPPER_A && code <= UPPER_Z) || (code >= ZERO && code <= NINE)) code = text.charCodeAt(++at);
    return code === QUOTE ? text.slice(from, at++) : null;
  }

  function skipString(): boolean {
    let code = text.charCodeAt(at);
    while (code >= LOWEST_PLAIN && code <= HIGHEST_PLAIN && code !== QUOTE && code !== BACKSLASH) code = text.charCodeAt(++at);
    at++;
    return code === QUOTE;
  }

  return {
    begin(next) {
      text = next;
      at = 0;
    },
    passes,
    whole,
    decimal,
    capitals,
    skipString,
    matches,
    isAtEnd: () => at === text.length,
  };
}
