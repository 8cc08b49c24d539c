import * as z from 'zod';
import type { ClosedBar, FrameFault, ParsedFrame } from '../../shared/feeds/binance/binance-frame.ts';
import type { EpochMs } from '../../shared/kernel/time.ts';
import type { BookLevel, OrderBook } from '../../shared/market/order-book.ts';
import type { BookTop, Tick } from '../../shared/market/price.ts';

/**
 * What a frame of Binance means, written as schemas of the fields that are read and a mapping to our terms. It is the
 * specification that the hand-written parser is held to, and says nothing about how to be fast.
 */
export type Meaning =
  | Exclude<ParsedFrame, { readonly kind: 'refused' | 'control' | 'mixed' }>
  | {
      readonly kind: 'mixed';
      readonly ticks: readonly Tick[];
      readonly books: readonly BookTop[];
      readonly bars: readonly ClosedBar[];
      readonly refused: readonly Refusal[];
    }
  | { readonly kind: 'control'; readonly control: 'acknowledged' | 'error' | 'server_shutdown' }
  | Refusal;

/** Every fault that the frame has: the parser may name any of them. */
export interface Refusal {
  readonly kind: 'refused';
  readonly reasons: readonly FrameFault[];
}

export interface Reading {
  /** Venue symbol to ours. */
  readonly symbols: ReadonlyMap<string, string>;
  readonly source: string;
  readonly evidence: Tick['evidence'];
}

const MICROSECONDS_FROM = 100_000_000_000_000;
const MINUTE_MS = 60_000;

const decimal = z
  .string()
  .max(40)
  .regex(/^[0-9]+(?:\.[0-9]+)?$/)
  .transform(Number);
const price = decimal.pipe(z.number().positive());
const size = decimal.pipe(z.number().positive());
const stamp = z
  .int()
  .positive()
  .transform((value) => (value < MICROSECONDS_FROM ? value : Math.floor(value / 1_000)));
const sequence = z.int().nonnegative();
const minute = stamp.refine((value) => value % MINUTE_MS === 0);
const symbol = z.string();

const Trade = z.object({ p: price, q: size, T: stamp, t: sequence });
const AggTrade = z.object({ p: price, q: size, T: stamp, l: sequence });
const Book = z.object({ b: price, B: decimal, a: price, A: decimal });
const BookTicker = Book.extend({ u: sequence, E: stamp.optional() });
const MiniTicker = z.object({ c: price, E: stamp });
const KlineShape = z
  .object({ s: symbol, k: z.object({ s: symbol, x: z.boolean(), i: z.unknown() }) })
  .refine(({ s, k }) => s === k.s, { path: ['s'] });
const Kline = z
  .object({ t: minute, o: price, h: price, l: price, c: price, v: decimal })
  .refine(({ o, h, l, c }) => h >= Math.max(o, c) && l <= Math.min(o, c), { path: ['range'] });
const level = z.tuple([price, size]).transform(([p, q]): BookLevel => ({ price: p, quantity: q }));
const PartialDepth = z
  .object({ lastUpdateId: sequence, bids: z.array(level), asks: z.array(level) })
  .refine(({ bids }) => bids.every(({ price: p }, i) => i === 0 || p < (bids[i - 1]?.price ?? 0)), { path: ['unsorted'] })
  .refine(({ asks }) => asks.every(({ price: p }, i) => i === 0 || p > (asks[i - 1]?.price ?? 0)), { path: ['unsorted'] })
  .refine(({ bids, asks }) => Math.max(...bids.map((bid) => bid.price)) < Math.min(...asks.map((ask) => ask.price)), { path: ['crossed'] });

/** The fault of a field, by its name in the frame (by its place in a level of a book). */
const FIELD_FAULTS: Readonly<Record<string, FrameFault>> = {
  ...{ p: 'bad_price', c: 'bad_price', b: 'bad_price', a: 'bad_price', o: 'bad_price', h: 'bad_price', 0: 'bad_price' },
  ...{ q: 'bad_quantity', B: 'bad_quantity', A: 'bad_quantity', v: 'bad_quantity', 1: 'bad_quantity' },
  ...{ T: 'bad_stamp', E: 'bad_stamp', u: 'bad_sequence', lastUpdateId: 'bad_sequence' },
  ...{ range: 'bad_range', unsorted: 'unsorted_book', crossed: 'crossed_book' },
};
const TRADE_FAULTS: Readonly<Record<string, FrameFault>> = { ...FIELD_FAULTS, t: 'bad_sequence', l: 'bad_sequence' };
const KLINE_FAULTS: Readonly<Record<string, FrameFault>> = { ...FIELD_FAULTS, t: 'bad_stamp', l: 'bad_price' };
const DEPTH_FAULTS: Readonly<Record<string, FrameFault>> = { ...FIELD_FAULTS, bids: 'unknown_shape', asks: 'unknown_shape' };

const UNUSED_EVENTS: readonly unknown[] = ['depthUpdate', 'avgPrice', '1hTicker', '4hTicker', '1dTicker'];
const STREAM_OF_DEPTH = /^(?<symbol>[a-z0-9]+)@depth(5|10|20)(@100ms)?$/;

const NOT_OURS: Meaning = { kind: 'ignored', reason: 'not_our_symbol' };
const NOT_USED: Meaning = { kind: 'ignored', reason: 'not_used' };
const UNKNOWN: Refusal = { kind: 'refused', reasons: ['unknown_shape'] };

type Fields = Readonly<Record<string, unknown>>;

/** What the text means by the specification. */
export function meaningOf(text: string, receivedMs: EpochMs, reading: Reading): Meaning {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'refused', reasons: ['not_json'] };
  }
  const wrapper = isFields(value) && 'data' in value ? z.object({ stream: z.string(), data: z.unknown() }).safeParse(value) : null;
  const [data, stream] = wrapper?.success === true ? [wrapper.data.data, wrapper.data.stream] : [value, null];
  if (!Array.isArray(data)) return meaningOfOne(data, stream, receivedMs, reading);
  return meaningOfMany(data.map((element) => meaningOfOne(element, null, receivedMs, reading)));
}

function meaningOfMany(all: readonly Meaning[]): Meaning {
  if (all.length === 0) return { kind: 'refused', reasons: ['empty_array'] };
  const ticks = all.flatMap((one) => ('ticks' in one ? one.ticks : []));
  const books = all.flatMap((one) => ('books' in one ? one.books : []));
  const bars = all.flatMap((one) => (one.kind === 'bar' ? [one.bar] : []));
  const refused = all.flatMap((one) => (one.kind === 'refused' ? [one] : []));
  if (ticks.length > 0 || books.length > 0 || bars.length > 0) return { kind: 'mixed', ticks, books, bars, refused };
  return refused[0] ?? (all[0] as Meaning);
}

function meaningOfOne(frame: unknown, stream: string | null, receivedMs: EpochMs, reading: Reading): Meaning {
  if (!isFields(frame)) return UNKNOWN;
  const { source, evidence } = reading;
  const common = { receivedMs, source, evidence } as const;
  /** Reads the fields of a frame that says whose it is. */
  const ofSymbol = <Read>(
    schema: z.ZodType<Read>,
    faults: Readonly<Record<string, FrameFault>>,
    map: (read: Read, ours: string) => Meaning,
  ): Meaning => {
    const named = symbol.safeParse(frame.s);
    if (!named.success) return UNKNOWN;
    const ours = reading.symbols.get(named.data);
    return ours === undefined ? NOT_OURS : mapped(schema, frame, faults, (read) => map(read, ours));
  };
  const print = (ours: string, price: number, quantity: number, exchangeMs: EpochMs, id?: number): Tick => ({
    ...{ symbol: ours, price, quantity, motion: 'print', exchangeMs, ...common },
    ...(id === undefined ? {} : { sequence: id }),
  });
  const top = (ours: string, book: z.infer<typeof Book>, exchangeMs: EpochMs): BookTop => ({
    ...{ symbol: ours, bid: book.b, ask: book.a, bidSize: book.B, askSize: book.A, exchangeMs, ...common },
  });

  switch (frame.e) {
    case 'trade':
      return ofSymbol(Trade, TRADE_FAULTS, ({ p, q, T, t }, ours) => ({ kind: 'ticks', ticks: [print(ours, p, q, T, t)] }));
    case 'aggTrade':
      return ofSymbol(AggTrade, TRADE_FAULTS, ({ p, q, T, l }, ours) => ({ kind: 'ticks', ticks: [print(ours, p, q, T, l)] }));
    case 'bookTicker':
      return bookTicker();
    case '24hrMiniTicker':
      return ofSymbol(MiniTicker, FIELD_FAULTS, ({ c, E }, ours) => ({ kind: 'ticks', ticks: [print(ours, c, 0, E)] }));
    case '24hrTicker':
      return ofSymbol(MiniTicker, FIELD_FAULTS, ({ c, E }, ours) => {
        const ticks = [print(ours, c, 0, E)];
        // An empty side is sent as price zero.
        if ([frame.b, frame.a].some((side) => decimal.safeParse(side).data === 0)) return { kind: 'ticks', ticks };
        return mapped(Book, frame, FIELD_FAULTS, (book) => ({ kind: 'mixed', ticks, books: [top(ours, book, E)], bars: [], refused: [] }));
      });
    case 'kline':
      return kline();
    case 'serverShutdown':
      return { kind: 'control', control: 'server_shutdown' };
    case undefined:
      return withoutEvent();
    default:
      return UNUSED_EVENTS.includes(frame.e) ? NOT_USED : UNKNOWN;
  }

  function bookTicker(): Meaning {
    return ofSymbol(BookTicker, FIELD_FAULTS, (read, ours) => ({
      kind: 'books',
      books: [{ ...top(ours, read, read.E ?? receivedMs), sequence: read.u }],
    }));
  }

  function kline(): Meaning {
    const shape = KlineShape.safeParse(frame);
    if (!shape.success) return UNKNOWN;
    const { s, k } = shape.data;
    const ours = reading.symbols.get(s);
    if (ours === undefined) return NOT_OURS;
    if (k.i !== '1m') return typeof k.i === 'string' ? NOT_USED : UNKNOWN;
    return mapped(Kline, (frame as Fields).k, KLINE_FAULTS, ({ t, o, h, l, c, v }) => {
      if (!k.x) return { kind: 'ignored', reason: 'bar_open' };
      return { kind: 'bar', bar: { openMs: t, open: o, high: h, low: l, close: c, volume: v, symbol: ours, source, receivedMs } };
    });
  }

  function partialBook(): Meaning {
    const venueSymbol = STREAM_OF_DEPTH.exec(stream ?? '')?.groups?.symbol;
    if (venueSymbol === undefined) return NOT_USED;
    const ours = reading.symbols.get(venueSymbol.toUpperCase());
    if (ours === undefined) return NOT_OURS;
    return mapped(PartialDepth, frame, DEPTH_FAULTS, ({ lastUpdateId, bids, asks }) => {
      const depth: OrderBook = { symbol: ours, bids, asks, sequence: lastUpdateId, exchangeMs: receivedMs, ...common };
      return { kind: 'depth', depth };
    });
  }

  function withoutEvent(): Meaning {
    const { code, msg } = frame as Fields;
    const has = (...names: readonly string[]): boolean => names.every((name) => Object.hasOwn(frame as Fields, name));
    if (has('u', 's')) return bookTicker();
    if (has('lastUpdateId', 'bids', 'asks')) return partialBook();
    if (has('error') || (typeof code === 'number' && typeof msg === 'string')) return { kind: 'control', control: 'error' };
    return has('result', 'id') ? { kind: 'control', control: 'acknowledged' } : UNKNOWN;
  }
}

function mapped<Read>(schema: z.ZodType<Read>, value: unknown, faults: Readonly<Record<string, FrameFault>>, map: (read: Read) => Meaning): Meaning {
  const read = schema.safeParse(value);
  if (read.success) return map(read.data);
  return { kind: 'refused', reasons: [...new Set(read.error.issues.flatMap(({ path }) => faultOf(path, faults)))] };
}

/** A level of a book that is no pair is reported with the number of the level last. */
function faultOf(path: readonly PropertyKey[], faults: Readonly<Record<string, FrameFault>>): FrameFault {
  const isInBook = path[0] === 'bids' || path[0] === 'asks';
  return isInBook && path.length < 3 ? 'unknown_shape' : (faults[String(path.at(-1))] ?? 'unknown_shape');
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** How what the parser said differs from the specification; null where it does not. */
export function disagreement(parsed: ParsedFrame, meaning: Meaning): string | null {
  if (parsed.kind === 'refused' && meaning.kind === 'refused') {
    return meaning.reasons.includes(parsed.reason) ? null : `refused as ${parsed.reason}, specified ${meaning.reasons.join(' or ')}`;
  }
  if (parsed.kind === 'mixed' && meaning.kind === 'mixed') {
    const wrong = parsed.refused.findIndex(({ reason }, i) => !(meaning.refused[i]?.reasons ?? []).includes(reason));
    if (wrong >= 0 || parsed.refused.length !== meaning.refused.length) return `other elements of an array are refused than specified (${wrong})`;
    return difference({ ...parsed, refused: [] }, { ...meaning, refused: [] });
  }
  if (parsed.kind === 'control' && meaning.kind === 'control') return difference(parsed.control, meaning.control);
  return difference(parsed, meaning);
}

function difference(parsed: unknown, specified: unknown): string | null {
  const [left, right] = [ordered(parsed), ordered(specified)];
  return left === right ? null : `gives ${left.slice(0, 400)}, specified ${right.slice(0, 400)}`;
}

const ordered = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    isFields(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
