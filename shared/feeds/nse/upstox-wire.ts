import protobuf from 'protobufjs/minimal.js';

/** Last traded price of an instrument, its time in ms and its quantity; a field that the frame left out is 0, as protobuf has it. */
export interface UpstoxLast {
  readonly ltp: number;
  readonly ltt: number;
  readonly ltq: number;
}

export interface UpstoxLevel {
  readonly bidP: number;
  readonly bidQ: number;
  readonly askP: number;
  readonly askQ: number;
}

/** A candle; `ts` is its start, ms. */
export interface UpstoxCandle {
  readonly interval: string;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly vol: number;
  readonly ts: number;
}

/** What a frame tells of one instrument. */
export interface UpstoxFeed {
  /** `NSE_EQ|INE002A01018` */
  readonly key: string;
  readonly last: UpstoxLast | null;
  /** Bids and asks side by side, best first; none where the frame has no depth. */
  readonly levels: readonly UpstoxLevel[];
  readonly candles: readonly UpstoxCandle[];
  /** Volume traded today; 0 where the frame does not tell it. */
  readonly vtt: number;
}

/** A `FeedResponse`, in plain numbers. */
export interface UpstoxFrame {
  /** 0 the first picture after a subscription, 1 what changed, 2 the state of the market. */
  readonly type: number;
  readonly feeds: readonly UpstoxFeed[];
  /** The server's clock, ms; 0 where it is missing. */
  readonly currentTs: number;
  /** `NSE_EQ` to a number of `MARKET_STATUS`. */
  readonly segments: ReadonlyMap<string, number>;
}

/** The names of the enum `MarketStatus`, by number. */
export const MARKET_STATUS = ['PRE_OPEN_START', 'PRE_OPEN_END', 'NORMAL_OPEN', 'NORMAL_CLOSE', 'CLOSING_START', 'CLOSING_END'] as const;

type Reader = protobuf.Reader;

const VARINT = 0;
const DOUBLE = 1;
const BYTES = 2;
/** Field number and wire type as one number, as they stand before a field. */
const F1_VARINT = 8 | VARINT;
const F1_DOUBLE = 8 | DOUBLE;
const F1_BYTES = 8 | BYTES;
const F2_VARINT = 16 | VARINT;
const F2_DOUBLE = 16 | DOUBLE;
const F2_BYTES = 16 | BYTES;
const F3_VARINT = 24 | VARINT;
const F3_DOUBLE = 24 | DOUBLE;
const F4_DOUBLE = 32 | DOUBLE;
const F4_BYTES = 32 | BYTES;
const F5_DOUBLE = 40 | DOUBLE;
const F6_VARINT = 48 | VARINT;
const F7_VARINT = 56 | VARINT;
const LONGEST_VARINT = 10;

/**
 * Reads a frame of the feed by the definition in upstox-feed.proto: by hand, so that no code is generated at run time.
 * Fields that it does not know are skipped; of a field given twice the later one counts.
 * @throws Error for bytes that are no protobuf message, or end in the middle of one
 * @see https://protobuf.dev/programming-guides/encoding
 */
export function readUpstoxFrame(bytes: Uint8Array): UpstoxFrame {
  const reader = protobuf.Reader.create(bytes);
  const feeds: UpstoxFeed[] = [];
  const segments = new Map<string, number>();
  let type = 0;
  let currentTs = 0;
  while (reader.pos < bytes.length) {
    const tag = reader.tag();
    if (tag === F1_VARINT) type = int64(reader);
    else if (tag === F2_BYTES) feeds.push(feedEntry(reader, endOf(reader)));
    else if (tag === F3_VARINT) currentTs = int64(reader);
    else if (tag === F4_BYTES) marketInfo(reader, endOf(reader), segments);
    else skip(reader, tag);
  }
  return { type, feeds, currentTs, segments };
}

/** Passes over a field that is not read, if it is one: there is no field 0, and a group ends as the one that began. */
function skip(reader: Reader, tag: number): void {
  reader.skipType(tag & 7, 0, tag >>> 3);
}

/** The end of the embedded message that begins here. */
function endOf(reader: Reader): number {
  const length = reader.uint32();
  if (length > reader.len - reader.pos) throw new RangeError(`a message of ${length} bytes with ${reader.len - reader.pos} left`);
  return reader.pos + length;
}

/** Says no when the last field of a message has run over its end. */
function ended(reader: Reader, end: number): void {
  if (reader.pos !== end) throw new RangeError(`a message ends at byte ${end}, its last field at ${reader.pos}`);
}

/** A varint as a number: exact up to 2^53. A negative int64, which the feed has none of, comes out as a number beyond 2^63. */
function int64(reader: Reader): number {
  let value = 0;
  let scale = 1;
  for (let i = 0; i < LONGEST_VARINT; i++) {
    const byte = reader.buf[reader.pos];
    if (byte === undefined) break;
    reader.pos++;
    value += (byte & 127) * scale;
    if (byte < 128) return value;
    scale *= 128;
  }
  throw new RangeError(`a number that does not end, at byte ${reader.pos}`);
}

/** An entry of `map<string, Feed>`: itself a message of key and value. */
function feedEntry(reader: Reader, end: number): UpstoxFeed {
  let key = '';
  let told = NOTHING_TOLD;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === F1_BYTES) key = reader.stringVerify();
    else if (tag === F2_BYTES) told = feedOf(reader, endOf(reader));
    else skip(reader, tag);
  }
  ended(reader, end);
  return { key, last: told.last, levels: told.levels, candles: told.candles, vtt: told.vtt };
}

type Told = Omit<UpstoxFeed, 'key'>;

const NOTHING_TOLD: Told = { last: null, levels: [], candles: [], vtt: 0 };

function feedOf(reader: Reader, end: number): Told {
  let told = NOTHING_TOLD;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === F1_BYTES) told = { ...NOTHING_TOLD, last: lastOf(reader, endOf(reader)) };
    else if (tag === F2_BYTES) told = fullFeed(reader, endOf(reader));
    else skip(reader, tag);
  }
  ended(reader, end);
  return told;
}

function fullFeed(reader: Reader, end: number): Told {
  let told = NOTHING_TOLD;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === F1_BYTES) told = marketFullFeed(reader, endOf(reader));
    else skip(reader, tag);
  }
  ended(reader, end);
  return told;
}

function marketFullFeed(reader: Reader, end: number): Told {
  let last: UpstoxLast | null = null;
  let levels: readonly UpstoxLevel[] = NOTHING_TOLD.levels;
  let candles: readonly UpstoxCandle[] = NOTHING_TOLD.candles;
  let vtt = 0;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === F1_BYTES) last = lastOf(reader, endOf(reader));
    else if (tag === F2_BYTES) levels = listOf(reader, endOf(reader), levelOf);
    else if (tag === F4_BYTES) candles = listOf(reader, endOf(reader), candleOf);
    else if (tag === F6_VARINT) vtt = int64(reader);
    else skip(reader, tag);
  }
  ended(reader, end);
  return { last, levels, candles, vtt };
}

/** A message whose field 1 is a list of messages. */
function listOf<Item>(reader: Reader, end: number, read: (reader: Reader, end: number) => Item): readonly Item[] {
  const items: Item[] = [];
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === F1_BYTES) items.push(read(reader, endOf(reader)));
    else skip(reader, tag);
  }
  ended(reader, end);
  return items;
}

function lastOf(reader: Reader, end: number): UpstoxLast {
  let ltp = 0;
  let ltt = 0;
  let ltq = 0;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === F1_DOUBLE) ltp = reader.double();
    else if (tag === F2_VARINT) ltt = int64(reader);
    else if (tag === F3_VARINT) ltq = int64(reader);
    else skip(reader, tag);
  }
  ended(reader, end);
  return { ltp, ltt, ltq };
}

function levelOf(reader: Reader, end: number): UpstoxLevel {
  let bidQ = 0;
  let bidP = 0;
  let askQ = 0;
  let askP = 0;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === F1_VARINT) bidQ = int64(reader);
    else if (tag === F2_DOUBLE) bidP = reader.double();
    else if (tag === F3_VARINT) askQ = int64(reader);
    else if (tag === F4_DOUBLE) askP = reader.double();
    else skip(reader, tag);
  }
  ended(reader, end);
  return { bidP, bidQ, askP, askQ };
}

function candleOf(reader: Reader, end: number): UpstoxCandle {
  let interval = '';
  let open = 0;
  let high = 0;
  let low = 0;
  let close = 0;
  let vol = 0;
  let ts = 0;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === F1_BYTES) interval = reader.stringVerify();
    else if (tag === F2_DOUBLE) open = reader.double();
    else if (tag === F3_DOUBLE) high = reader.double();
    else if (tag === F4_DOUBLE) low = reader.double();
    else if (tag === F5_DOUBLE) close = reader.double();
    else if (tag === F6_VARINT) vol = int64(reader);
    else if (tag === F7_VARINT) ts = int64(reader);
    else skip(reader, tag);
  }
  ended(reader, end);
  return { interval, open, high, low, close, vol, ts };
}

function marketInfo(reader: Reader, end: number, segments: Map<string, number>): void {
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === F1_BYTES) segmentEntry(reader, endOf(reader), segments);
    else skip(reader, tag);
  }
  ended(reader, end);
}

function segmentEntry(reader: Reader, end: number, segments: Map<string, number>): void {
  let segment = '';
  let status = 0;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === F1_BYTES) segment = reader.stringVerify();
    else if (tag === F2_VARINT) status = int64(reader);
    else skip(reader, tag);
  }
  ended(reader, end);
  segments.set(segment, status);
}
