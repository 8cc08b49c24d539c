import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBinanceParser } from '../../../../shared/feeds/binance/binance-frame.ts';
import { createHotFrameReader } from '../../../../shared/feeds/binance/binance-hot-frame.ts';
import { rng } from '../../../../shared/kernel/rng.ts';
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
} from '../../../support/binance-frames.ts';
import { disagreement, meaningOf, type Reading } from '../../../support/binance-specification.ts';
import { mutatedText } from '../../../support/mutate.ts';

const RUNS = { numRuns: 2_000 };
const MUTATED_RUNS = { numRuns: 8_000 };

const reading: Reading = { symbols: SPOT_SYMBOLS, source: 'binance', evidence: 'live' };
const parse = createBinanceParser(reading);
const readHot = createHotFrameReader(reading);

/** A decimal as the venue writes it, 8 places; or with any number of digits, as it may one day. */
const venueDecimal = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.integer({ min: 0, max: 200_000 }), fc.integer({ min: 0, max: 99_999_999 }))
      .map(([whole, parts]) => `${whole}.${String(parts).padStart(8, '0')}`),
  },
  { weight: 1, arbitrary: fc.stringMatching(/^[0-9]{1,22}(\.[0-9]{1,22})?$/) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '0',
      '0.00000000',
      '0.00000001',
      '00012.50',
      '9007199254740993.5',
      '999999999999999',
      '0.000000000000001',
      '12345678.9012345',
      '0.1234567890123456',
    ),
  },
);
const venueSymbol = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...SPOT_SYMBOLS.keys()) },
  { weight: 1, arbitrary: fc.constantFrom('LTCUSDT', '1INCHUSDT', 'btcusdt', '', '币安人生USDT', 'BTC"USDT', 'BTC\\USDT', '__proto__', 'toString') },
);
const id = fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 0, max: 99_999_999_999 }) }, { weight: 1, arbitrary: fc.maxSafeNat() });
const stamp = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: FRAME_MS - 100_000, max: FRAME_MS + 100_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, FRAME_MS * 1_000 + 999, 99_999_999_999_999, 100_000_000_000_000, Number.MAX_SAFE_INTEGER) },
);

const trades = fc.record({ E: stamp, s: venueSymbol, t: id, p: venueDecimal, q: venueDecimal, T: stamp, m: fc.boolean() }).map(trade);
const aggTrades = fc.record({ s: venueSymbol, a: id, p: venueDecimal, q: venueDecimal, f: id, l: id, T: stamp, M: fc.boolean() }).map(aggTrade);
const bookTickers = fc.record({ u: id, s: venueSymbol, b: venueDecimal, B: venueDecimal, a: venueDecimal, A: venueDecimal }).map(bookTicker);
const miniTickers = fc.record({ E: stamp, s: venueSymbol, c: venueDecimal, o: venueDecimal, h: venueDecimal, v: venueDecimal }).map(miniTicker);
const tickers = fc
  .record({ E: stamp, s: venueSymbol, c: venueDecimal, b: venueDecimal, B: venueDecimal, a: venueDecimal, A: venueDecimal })
  .map(ticker);
const klines = fc
  .record({
    t: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 1, max: 40_000_000 }).map((minutes) => minutes * 60_000) },
      { weight: 1, arbitrary: stamp },
    ),
    i: fc.constantFrom('1m', '1m', '1m', '5m'),
    prices: fc.array(fc.integer({ min: 1, max: 99_999 }), { minLength: 4, maxLength: 4 }),
    isSorted: fc.boolean(),
    v: venueDecimal,
    x: fc.boolean(),
  })
  .map(({ t, i, prices, isSorted, v, x }) => {
    const [l, o, c, h] = (isSorted ? [...prices].sort((a, b) => a - b) : prices).map((price) => `${price}.5`);
    return kline({ t, i, o, h, l, c, v, x });
  });
const level = fc.tuple(venueDecimal, venueDecimal);
const sides = fc.record({
  middle: fc.integer({ min: 100, max: 10_000 }),
  steps: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 20 }),
  quantity: venueDecimal,
});
const depths = fc.oneof(
  sides.map(({ middle, steps, quantity }) => {
    const away = steps.map((_, i) => steps.slice(0, i + 1).reduce((sum, step) => sum + step, 0));
    const at = (sign: number) => away.map((by) => [(middle + (sign * by) / 10).toFixed(8), quantity]);
    return { ...depthSnapshot(), bids: at(-1), asks: at(1) };
  }),
  fc.record({ lastUpdateId: id, bids: fc.array(level, { maxLength: 4 }), asks: fc.array(level, { maxLength: 4 }) }),
);
const singles = fc.oneof(trades, aggTrades, bookTickers, miniTickers, tickers, klines, depths, fc.constant(depthUpdate()));
const payloads = fc.oneof(
  { weight: 6, arbitrary: singles },
  { weight: 2, arbitrary: fc.array(miniTickers, { maxLength: 6 }) },
  { weight: 1, arbitrary: fc.array(singles, { maxLength: 4 }) },
);
const streams = fc.constantFrom(
  'btcusdt@depth20@100ms',
  'ethusdt@depth5',
  'ltcusdt@depth10',
  'btcusdt@depth',
  'btcusdt@trade',
  '!miniTicker@arr',
  'a"b\\',
  '币@trade',
);
const texts = fc.tuple(payloads, fc.option(streams)).map(([data, stream]) => JSON.stringify(stream === null ? data : { stream, data }));
const mutatedTexts = fc.tuple(texts, fc.integer()).map(([text, seed]) => mutatedText(text, rng('mutated', seed)));

const receivedMs = FRAME_MS + 40;
function agrees(text: string): void {
  expect(disagreement(parse(text, receivedMs), meaningOf(text, receivedMs, reading))).toBeNull();
}

describe('the parser of Binance frames', () => {
  it('gives exactly what the schemas give, for frames as the venue writes them', () => {
    fc.assert(fc.property(texts, agrees), RUNS);
  });

  it('accepts and refuses exactly what the schemas accept and refuse, for frames with something wrong', () => {
    fc.assert(fc.property(mutatedTexts, agrees), MUTATED_RUNS);
  });

  it('reads every frequent frame straight from its text', () => {
    const frequent = fc.oneof(trades, aggTrades, bookTickers, miniTickers, fc.array(miniTickers, { minLength: 1 }));
    const wholesome = fc.tuple(frequent, fc.boolean()).map(([data, isWrapped]) => JSON.stringify(isWrapped ? { stream: 'x@y', data } : data));
    const isPlain = (text: string): boolean => !/\\|[^ -~]|"s":"[^"]*[^A-Z0-9"]|:\d{15}/.test(text);
    const seen = { hot: 0, long: 0 };
    fc.assert(
      fc.property(wholesome.filter(isPlain), (text) => {
        const meaning = meaningOf(text, receivedMs, reading);
        const isHot = readHot(text, receivedMs) !== null;
        seen[isHot ? 'hot' : 'long']++;
        if (meaning.kind === 'ticks' || meaning.kind === 'books') expect(isHot).toBe(true);
      }),
      RUNS,
    );
    expect(seen.hot).toBeGreaterThan(seen.long);
  });
});
