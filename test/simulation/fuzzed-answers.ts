import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { createBinanceRest } from '../../shared/feeds/binance/binance-rest.ts';
import { createGate } from '../../shared/feeds/intake/validation.ts';
import { createUpstoxParser } from '../../shared/feeds/nse/upstox-frame.ts';
import { readYahooChart, YahooChartError } from '../../shared/feeds/nse/yahoo-chart.ts';
import { FxError, readFxAnswer } from '../../shared/feeds/rates/fx-answers.ts';
import type { Clock } from '../../shared/kernel/clock.ts';
import { NightdeskError } from '../../shared/kernel/errors.ts';
import { MINUTE_MS } from '../../shared/kernel/time.ts';
import { decodeUpstox } from '../support/upstox-frames.ts';

export interface Judged {
  readonly kind: string;
  /** What is wrong with what was given; null where nothing is. */
  readonly fault: string | null;
}

/** Late enough for every bar of the frames to be over. */
const NOW_MS = Date.UTC(2026, 9, 13, 6);
const SPAN_MS = MINUTE_MS;

const price = z.number().positive();
const stamp = z.int().positive();
const candle = z
  .object({ openMs: stamp.multipleOf(SPAN_MS), open: price, high: price, low: price, close: price, volume: z.number().nonnegative() })
  .refine(({ open, high, low, close }) => high >= Math.max(open, close) && low <= Math.min(open, close));

const faultIn = (schema: z.ZodType, value: unknown): string | null => {
  const read = schema.safeParse(value);
  return read.success ? null : `gave ${JSON.stringify(value)}: ${z.prettifyError(read.error)}`;
};

/** A byte order mark before an answer is not part of it: `fetch` takes it away. */
function json(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    return undefined;
  }
}

const chart = z.object({
  symbol: z.string(),
  last: z.object({ price, atMs: stamp }).nullable(),
  candles: z.array(candle),
  refused: z.int().nonnegative(),
});

/** A chart that was read holds prices and candles that can be true. */
export function judgeYahoo(text: string): Judged {
  const answer = json(text);
  if (answer === undefined) return { kind: 'not_json', fault: null };
  try {
    return { kind: 'chart', fault: faultIn(chart, readYahooChart(answer, SPAN_MS)) };
  } catch (error) {
    if (error instanceof YahooChartError) return { kind: error.code, fault: null };
    throw error;
  }
}

const rate = z.object({ usdInr: price, asOfMs: z.int(), source: z.enum(['frankfurter', 'yahoo', 'er-api']) });

/** A rate that was read is a positive number at an instant. */
export function judgeFx(text: string): Judged {
  const answer = json(text);
  if (answer === undefined) return { kind: 'not_json', fault: null };
  for (const service of ['frankfurter', 'yahoo', 'er-api'] as const) {
    try {
      return { kind: service, fault: faultIn(rate, readFxAnswer(service, answer)) };
    } catch (error) {
      if (!(error instanceof FxError)) throw error;
    }
  }
  return { kind: 'bad_answer', fault: null };
}

/** Every look at it is a minute later: no budget is ever used up. */
function hurriedClock(): Clock {
  let looks = 0;
  return {
    now: () => NOW_MS + ++looks * MINUTE_MS,
    at(_ms, _label, task) {
      void Promise.resolve().then(task);
      return () => {};
    },
  };
}

const decimalText = z
  .string()
  .max(40)
  .regex(/^\d+(?:\.\d+)?$/)
  .transform(Number);
const klineRow = z
  .tuple([z.number(), decimalText, decimalText, decimalText, decimalText, decimalText], z.unknown())
  .transform(([openMs, open, high, low, close, volume]) => ({ openMs, open, high, low, close, volume }))
  .pipe(candle);

/** Klines that were read are the rows that the schema takes, in their order. */
export async function judgeKlines(text: string, fromMs: number, toMs: number): Promise<Judged> {
  const rest = createBinanceRest({ urls: ['http://rest'], clock: hurriedClock(), log: () => {}, fetch: async () => new Response(text) });
  const given: unknown[] = [];
  try {
    for await (const bar of rest.fetchKlines({ symbol: 'BTCUSDT', interval: '1m', fromMs, toMs })) given.push(bar);
  } catch (error) {
    if (error instanceof NightdeskError) return { kind: error.code, fault: null };
    throw error;
  }
  const rows = json(text);
  const good = (Array.isArray(rows) ? rows : []).flatMap((row) => klineRow.safeParse(row).data ?? []);
  const expected = good.filter(({ openMs }) => openMs >= fromMs && openMs < toMs);
  const isSame = isDeepStrictEqual(given, expected);
  return { kind: `${given.length} bars`, fault: isSame ? null : `gave ${JSON.stringify(given)}, the schema gives ${JSON.stringify(expected)}` };
}

const listing = z.object({
  symbol: z.string(),
  status: z.string().min(1),
  tickSize: z.bigint().positive(),
  lotStep: z.bigint().positive(),
  minNotional: z.bigint().positive(),
});

/** Rules that were read have grids above zero. */
export async function judgeListings(text: string): Promise<Judged> {
  const rest = createBinanceRest({ urls: ['http://rest'], clock: hurriedClock(), log: () => {}, fetch: async () => new Response(text) });
  try {
    return { kind: 'listings', fault: faultIn(z.array(listing), await rest.fetchListings(['BTCUSDT'])) };
  } catch (error) {
    if (error instanceof NightdeskError) return { kind: error.code, fault: null };
    throw error;
  }
}

const upstoxPrice = z.union([
  z.object({ symbol: z.string(), price, quantity: z.int().nonnegative(), exchangeMs: stamp }),
  z.object({ symbol: z.string(), bid: price, ask: price, bidSize: z.int().nonnegative(), askSize: z.int().nonnegative(), exchangeMs: stamp }),
]);
const upstoxFeeds = z.object({ feeds: z.record(z.string(), z.unknown()) });

/** What the parser and the gate let through can be true, and stands in the frame as the published definition's decoder reads it. */
export function judgeUpstox(bytes: Uint8Array, receivedMs: number): Judged {
  const told = createUpstoxParser({ symbolOf: (key) => key, source: 'upstox', evidence: 'live' }).read(bytes, receivedMs);
  const gate = createGate();
  const admitted = [...told.ticks, ...told.books].filter((one) => gate.admit(one).ok);
  const bars = told.bars.filter((bar) => gate.admitBar(bar).ok);
  const [first] = told.refused;
  const kind = first?.reason ?? `${admitted.length} prices, ${bars.length} bars`;
  if (admitted.length + bars.length === 0) return { kind, fault: null };
  const fault = faultIn(z.array(upstoxPrice), admitted) ?? faultIn(z.array(candle), bars);
  return {
    kind,
    fault:
      fault ??
      strangerIn(
        [...admitted, ...bars].map(({ symbol }) => symbol),
        bytes,
      ),
  };
}

/** A symbol of which the definition's own decoder knows nothing; null where there is none. */
function strangerIn(symbols: readonly string[], bytes: Uint8Array): string | null {
  try {
    const { feeds } = upstoxFeeds.parse(decodeUpstox(bytes));
    const stranger = symbols.find((symbol) => !Object.hasOwn(feeds, symbol));
    return stranger === undefined ? null : `gave a price of ${JSON.stringify(stranger)}, the frame tells of ${JSON.stringify(Object.keys(feeds))}`;
  } catch (error) {
    return `gave a price from bytes that are no frame: ${error instanceof Error ? error.message : String(error)}`;
  }
}
