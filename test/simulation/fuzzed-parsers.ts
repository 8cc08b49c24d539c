import { createBinanceParser } from '../../shared/feeds/binance/binance-frame.ts';
import { type Rng, rng } from '../../shared/kernel/rng.ts';
import { MINUTE_MS } from '../../shared/kernel/time.ts';
import {
  aggTrade,
  bookTicker,
  depthSnapshot,
  depthUpdate,
  FRAME_MS,
  kline,
  miniTicker,
  SPOT_SYMBOLS,
  ticker,
  trade,
  wrapped,
} from '../support/binance-frames.ts';
import { disagreement, meaningOf, type Reading } from '../support/binance-specification.ts';
import { mutatedBytes, mutatedText } from '../support/mutate.ts';
import {
  coinbaseAnswers,
  coinbaseHeartbeat,
  coinbaseTicker,
  krakenAnswers,
  krakenItem,
  krakenStatus,
  krakenTicker,
} from '../support/reference-frames.ts';
import { judgeCoinbase, judgeKraken } from '../support/reference-specification.ts';
import { encodeUpstox, picture } from '../support/upstox-frames.ts';
import { YAHOO_ERROR, yahooChart } from '../support/yahoo-charts.ts';
import { type Judged, judgeFx, judgeKlines, judgeListings, judgeUpstox, judgeYahoo } from './fuzzed-answers.ts';

/** A parser of what a venue sends, fed with mutated inputs. */
export interface FuzzedParser {
  readonly name: string;
  /** Draws an input and parses it. What the parser throws is thrown on: it is a crash. */
  readonly play: (random: Rng) => Played | Promise<Played>;
}

export interface Played {
  /** What the parser made of it, for the counts. */
  readonly kind: string;
  readonly input: () => string;
  /** What the parser let through although its schema forbids it, or gave otherwise than its schema says; null where it is right. */
  readonly fault: string | null;
}

const receivedMs = FRAME_MS + 40;

/** Every parser of frames, held to its schema. One line for each. */
export const FUZZED_PARSERS: readonly FuzzedParser[] = [
  ...[binance(), binanceKlines(), binanceListings(), coinbase(), kraken()],
  ...[upstox(), yahoo(), rupee()],
];

function binance(): FuzzedParser {
  const reading: Reading = { symbols: SPOT_SYMBOLS, source: 'binance', evidence: 'live' };
  const parse = createBinanceParser(reading);
  const frames: readonly unknown[] = [
    ...[trade(), aggTrade(), bookTicker(), kline(), ticker(), miniTicker(), depthSnapshot(), depthUpdate()],
    ...[[miniTicker(), miniTicker({ s: 'LTCUSDT' })], [ticker(), trade()], { result: null, id: 1 }, { e: 'serverShutdown', E: FRAME_MS }],
  ];
  const texts = [...frames.map((frame) => JSON.stringify(frame)), ...frames.map((frame) => wrapped('btcusdt@depth20@100ms', frame))];
  return fuzzedText('binance', texts, (text) => {
    const parsed = parse(text, receivedMs);
    return { kind: parsed.kind, fault: disagreement(parsed, meaningOf(text, receivedMs, reading)) };
  });
}

function coinbase(): FuzzedParser {
  const frames = [coinbaseTicker(), coinbaseTicker({ product_id: 'USDT-USD', best_bid: '0.99980', best_ask: '0.99981' }), coinbaseHeartbeat()];
  const request = JSON.stringify({ type: 'subscribe', product_ids: ['BTC-USD', 'X-USD'], channels: ['ticker'] });
  const answers = [...coinbaseAnswers(request, () => true), ...coinbaseAnswers(request, () => false)];
  return fuzzedText('coinbase', [...frames.map((frame) => JSON.stringify(frame)), ...answers], judgeCoinbase);
}

function kraken(): FuzzedParser {
  const frames = [krakenTicker(), krakenTicker([krakenItem(), krakenItem({ symbol: 'USDT/USD', bid: 0.9998, ask: 0.99981 })], 'snapshot')];
  const request = JSON.stringify({ method: 'subscribe', params: { symbol: ['BTC/USD', 'XBT/USD'] }, req_id: 1 });
  const answers = krakenAnswers(request, (pair) => pair === 'BTC/USD');
  const texts = [...frames, krakenStatus(), { channel: 'heartbeat' }].map((frame) => JSON.stringify(frame));
  return fuzzedText('kraken', [...texts, ...answers], judgeKraken);
}

function binanceKlines(): FuzzedParser {
  const row = (openMs: number) => [openMs, '100.10', '101.00', '99.50', '100.70', '7.12345000', openMs + 59_999, '1', 5, '1', '1', '0'];
  const texts = [[row(FRAME_MS), row(FRAME_MS + MINUTE_MS), row(FRAME_MS + 2 * MINUTE_MS)], [row(FRAME_MS)], { code: -1121, msg: 'Invalid symbol.' }];
  return fuzzedText('binance-klines', texts.map(texted), (text) => judgeKlines(text, FRAME_MS, FRAME_MS + 10 * MINUTE_MS));
}

function binanceListings(): FuzzedParser {
  const filters = [
    { filterType: 'PRICE_FILTER', minPrice: '0.01', maxPrice: '1000000.00', tickSize: '0.01000000' },
    { filterType: 'LOT_SIZE', minQty: '0.00001', maxQty: '9000.0', stepSize: '0.00001000' },
    { filterType: 'NOTIONAL', minNotional: '5.00000000', applyMinToMarket: true },
  ];
  const info = { timezone: 'UTC', symbols: [{ symbol: 'BTCUSDT', status: 'TRADING', baseAsset: 'BTC', filters }] };
  return fuzzedText('binance-listings', [texted(info)], judgeListings);
}

function upstox(): FuzzedParser {
  const at = { ltt: FRAME_MS, vtt: 120_000, bid: 1_249.9, ask: 1_250.1 };
  const minute = { ts: FRAME_MS - MINUTE_MS, open: 1_249, high: 1_251, low: 1_248.5, close: 1_250, vol: 5_000 };
  const feeds = { 'NSE_EQ|INE002A01018': picture({ ltp: 1_250, ...at, minute }), 'NSE_EQ|INE467B01029': picture({ ltp: 2_255.5, ...at }) };
  const frames = [
    { type: 0, feeds, currentTs: FRAME_MS + 10 },
    { type: 1, feeds: { 'NSE_EQ|INE002A01018': { ltpc: { ltp: 1_250.5, ltt: FRAME_MS, ltq: 3, cp: 1_240 } } }, currentTs: FRAME_MS + 20 },
    { type: 2, currentTs: FRAME_MS, marketInfo: { segmentStatus: { NSE_EQ: 2 } } },
  ].map(encodeUpstox);
  return {
    name: 'upstox',
    play(random) {
      const bytes = mutatedBytes(drawn(frames, random), random);
      return { ...judgeUpstox(bytes, receivedMs), input: () => Buffer.from(bytes).toString('hex') };
    },
  };
}

function yahoo(): FuzzedParser {
  const last = { price: 1_240.449951171875, atMs: FRAME_MS + 21_000 };
  const rows = [
    [FRAME_MS, 1_240.0999755859375, 1_241, 1_240, 1_240.5, 900],
    [FRAME_MS + MINUTE_MS, null, null, null, null, null],
    [FRAME_MS + 2 * MINUTE_MS, 1_241, 1_242.5, 1_240.5, 1_242, 0],
  ] as const;
  return fuzzedText('yahoo', [yahooChart('RELIANCE', last, rows), yahooChart('TCS', last, []), YAHOO_ERROR].map(texted), judgeYahoo);
}

function rupee(): FuzzedParser {
  const seconds = Math.floor(FRAME_MS / 1_000);
  const answers = [
    { amount: 1, base: 'USD', date: '2026-10-13', rates: { INR: 95.56 } },
    { chart: { result: [{ meta: { currency: 'INR', symbol: 'INR=X', regularMarketPrice: 95.56, regularMarketTime: seconds } }], error: null } },
    { result: 'success', base_code: 'USD', time_last_update_unix: seconds, rates: { USD: 1, INR: 95.56 } },
  ];
  return fuzzedText('usd-inr', answers.map(texted), judgeFx);
}

function texted(value: unknown): string {
  return JSON.stringify(value);
}

function drawn<Item>(items: readonly Item[], random: Rng): Item {
  return items[Math.floor(random.next() * items.length)] as Item;
}

function fuzzedText(name: string, texts: readonly string[], judge: (text: string) => Judged | Promise<Judged>): FuzzedParser {
  return {
    name,
    async play(random) {
      const text = mutatedText(drawn(texts, random), random);
      return { ...(await judge(text)), input: () => text };
    },
  };
}

export interface FuzzResult {
  readonly name: string;
  readonly count: number;
  readonly kinds: Readonly<Record<string, number>>;
  /** The first faults and crashes, each with the number of its draw: `--from` that number with the same seed meets it again. */
  readonly faults: readonly { readonly draw: number; readonly what: string; readonly input: string }[];
  readonly faultCount: number;
}

const MOST_TOLD = 5;

/** Plays draws `from` to `from + count` of a seed: each draw is a fact of its number. */
export async function fuzz(parser: FuzzedParser, seed: string, count: number, from = 0): Promise<FuzzResult> {
  const kinds: Record<string, number> = {};
  const faults: { readonly draw: number; readonly what: string; readonly input: string }[] = [];
  let faultCount = 0;
  for (let draw = from; draw < from + count; draw++) {
    const { kind, fault, input } = await played(parser, rng('fuzz', parser.name, seed, draw));
    kinds[kind] = (kinds[kind] ?? 0) + 1;
    if (fault === null) continue;
    faultCount++;
    if (faults.length < MOST_TOLD) faults.push({ draw, what: fault, input: input().slice(0, 400) });
  }
  return { name: parser.name, count, kinds, faults, faultCount };
}

async function played(parser: FuzzedParser, random: Rng): Promise<Played> {
  try {
    return await parser.play(random);
  } catch (error) {
    return { kind: 'crashed', fault: error instanceof Error ? (error.stack ?? error.message) : String(error), input: () => 'see the draw' };
  }
}
