import { describe, expect, it } from 'vitest';
import { createBarBuilder } from '../../shared/feeds/bars/bar-builder.ts';
import { createBinanceParser } from '../../shared/feeds/binance/binance-frame.ts';
import { createGate } from '../../shared/feeds/intake/validation.ts';
import { describeData } from '../../shared/feeds/replay/recorded-data.ts';
import { readRecordedFrames } from '../../shared/feeds/replay/recorded-frames.ts';
import { readRecordedKlines } from '../../shared/feeds/replay/recorded-klines.ts';
import { MINUTE_MS } from '../../shared/kernel/time.ts';
import type { Bar, Candle } from '../../shared/market/price.ts';
import { SPOT_SYMBOLS } from '../support/binance-frames.ts';
import { NO_RECORDED_DATA, recordedFiles } from '../support/recorded-data.ts';

const frames = recordedFiles('binance-ws', /^hft_spot_.*\.log\.gz$/);
const klines = recordedFiles('binance-klines', /^(BTC|ETH)USDT-1m-2024\.csv\.gz$/);
const isHere = frames.length > 0 && klines.length > 0;

/** Plays the recordings through parser, gate and builder. */
async function play() {
  const parse = createBinanceParser({ symbols: SPOT_SYMBOLS, source: 'binance', evidence: 'replay' });
  const gate = createGate();
  const builder = createBarBuilder({ symbols: ['BTC', 'ETH'], evidence: 'replay' });
  const kinds: Record<string, number> = {};
  const bars: Bar[] = [];
  const trades: Record<string, number> = {};
  let isUp = false;
  for await (const { text, receivedMs } of readRecordedFrames(frames)) {
    if (!isUp) builder.feedUp(receivedMs);
    isUp = true;
    const frame = parse(text, receivedMs);
    kinds[frame.kind] = (kinds[frame.kind] ?? 0) + 1;
    if (frame.kind === 'books') for (const book of frame.books) gate.admit(book);
    if (frame.kind !== 'ticks') continue;
    for (const tick of frame.ticks) {
      if (!gate.admit(tick).ok) continue;
      builder.addTick(tick);
      trades[tick.symbol] = (trades[tick.symbol] ?? 0) + 1;
      bars.push(...builder.closeUpTo(tick.exchangeMs - 2_000));
    }
  }
  return { kinds, bars, trades, counters: gate.counters(), late: builder.lateCount() };
}

async function recordedCandles(fromMs: number, toMs: number): Promise<ReadonlyMap<string, Candle>> {
  const data = await describeData(klines, SPOT_SYMBOLS);
  const candles = new Map<string, Candle>();
  if (data.kind !== 'klines') return candles;
  for await (const run of readRecordedKlines(data.series, { fromMs, toMs }).runs) {
    for (const { bars } of run) for (const { symbol, origin: _o, evidence: _e, ...candle } of bars) candles.set(`${symbol} ${candle.openMs}`, candle);
  }
  return candles;
}

describe.skipIf(!isHere)(`recorded spot frames of 2024-08-08${isHere ? '' : ` (${NO_RECORDED_DATA})`}`, () => {
  it('are all read, none is refused by the parser or the gate', async () => {
    const { kinds, counters, late } = await play();
    expect(Object.keys(kinds).sort()).toEqual(['books', 'ignored', 'ticks']);
    expect(counters).toEqual({ binance: { admitted: (kinds.ticks ?? 0) + (kinds.books ?? 0) } });
    expect(kinds.ticks).toBeGreaterThan(10_000);
    expect(late).toBe(0);
  });

  it("give bars that equal the venue's klines exactly in open, high, low, close and volume", async () => {
    const { bars } = await play();
    const whole = bars.filter(({ origin }) => origin === 'received');
    expect(bars.filter(({ origin }) => origin === 'missing').map(({ symbol }) => symbol)).toEqual(['BTC', 'ETH']);
    const first = Math.min(...whole.map(({ openMs }) => openMs));
    const last = Math.max(...whole.map(({ openMs }) => openMs));
    expect(new Date(first).toISOString()).toBe('2024-08-08T23:55:00.000Z');
    expect(whole.length).toBe((2 * (last - first)) / MINUTE_MS + 2);
    expect(whole.length).toBeGreaterThanOrEqual(8);
    const candles = await recordedCandles(first, last + MINUTE_MS);
    for (const { symbol, origin, evidence, ...candle } of whole) {
      expect([origin, evidence, candle]).toEqual(['received', 'replay', candles.get(`${symbol} ${candle.openMs}`)]);
    }
  });
});
