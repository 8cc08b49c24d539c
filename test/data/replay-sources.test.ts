import { describe, expect, it } from 'vitest';
import { frameReplayBounds, frameReplaySource } from '../../shared/feeds/replay/frame-replay-source.ts';
import { klineReplayBounds, klineReplaySource } from '../../shared/feeds/replay/kline-replay-source.ts';
import { describeData } from '../../shared/feeds/replay/recorded-data.ts';
import { readRecordedKlines } from '../../shared/feeds/replay/recorded-klines.ts';
import { DAY_MS, HOUR_MS, iso, MINUTE_MS, minuteOf } from '../../shared/kernel/time.ts';
import type { Bar } from '../../shared/market/price.ts';
import { SPOT_SYMBOLS } from '../support/binance-frames.ts';
import { NO_RECORDED_DATA, recordedFiles } from '../support/recorded-data.ts';
import { fullSpeed, playInParts, recordingSink, runTo } from '../support/recording-sink.ts';

const framePaths = recordedFiles('binance-ws', /^hft_spot_.*\.log\.gz$/);
const klinePaths = recordedFiles('binance-klines', /^[A-Z]+USDT-1m-.*\.csv\.gz$/);
const klinePaths2023 = klinePaths.filter((path) => path.endsWith('-2023.csv.gz'));
const said = (isHere: boolean): string => (isHere ? '' : ` (${NO_RECORDED_DATA})`);

async function klinesOf(paths: readonly string[]) {
  const data = await describeData(paths, SPOT_SYMBOLS);
  if (data.kind !== 'klines') throw new Error(`expected klines, received ${data.kind}`);
  return data;
}

describe.skipIf(klinePaths.length === 0)(`the recorded klines of six symbols${said(klinePaths.length > 0)}`, () => {
  it('are replayed over the weeks of 2023 that all of them share, although some go on later', async () => {
    const bounds = await klineReplayBounds(await klinesOf(klinePaths));
    expect([iso(bounds.startMs), iso(bounds.endMs)]).toEqual(['2023-04-03T21:04:00.000Z', '2023-04-24T00:00:00.000Z']);
  });

  it('give 40 days of 15-minute candles, with the halt of the venue seen in them', async () => {
    const data = await klinesOf(klinePaths2023);
    const { endMs } = await klineReplayBounds(data);
    const clock = fullSpeed(endMs);
    const candles = await klineReplaySource({ clock, data }).quarters(endMs - 40 * DAY_MS, endMs);
    const incomplete = candles
      .get('BTC')
      ?.filter(({ isComplete }) => !isComplete)
      .map(({ openMs }) => iso(openMs));
    // The halt began at 12:40; no row until 14:00 leaves spans without a candle.
    expect(incomplete).toEqual(['2023-03-24T12:30:00.000Z']);
    const spans = (endMs - Date.UTC(2023, 2, 16, 22, 15)) / (15 * MINUTE_MS);
    expect(candles.get('BTC')).toHaveLength(spans - 5);
    expect([...candles.keys()]).toEqual(data.symbols);
  });

  it('play an hour to the same ticks, with or without a stop', async () => {
    const data = await klinesOf(klinePaths2023);
    const fromMs = Date.UTC(2023, 3, 5);
    const whole = await playInParts((clock) => klineReplaySource({ clock, data }), fromMs, [], fromMs + HOUR_MS);
    expect(whole.length).toBe(6 * 4 * 60 + 6);
    const breaks = [fromMs + 20_000, fromMs + 17 * MINUTE_MS + 31_000];
    expect(await playInParts((clock) => klineReplaySource({ clock, data }), fromMs, breaks, fromMs + HOUR_MS)).toEqual(whole);
  });

  it('have missing bars in the halt of 2023-03-24', async () => {
    const data = await klinesOf(klinePaths2023);
    const haltMs = Date.UTC(2023, 2, 24, 13, 0);
    const clock = fullSpeed(haltMs);
    const source = klineReplaySource({ clock, data });
    await source.start(recordingSink(clock), null);
    await runTo(clock, haltMs + MINUTE_MS);
    expect(source.closeMinute(haltMs).map(({ symbol, origin, volume }) => [symbol, origin, volume])).toEqual(
      // DOT begins a week later.
      ['BTC', 'ETH', 'SOL', 'DOGE', 'ADA'].map((symbol) => [symbol, 'missing', 0]),
    );
  });
});

const haveFrames = framePaths.length > 0 && klinePaths.length > 0;

describe.skipIf(!haveFrames)(`the recorded spot frames of 2024-08-08${said(haveFrames)}`, () => {
  async function play() {
    const data = await describeData(framePaths, SPOT_SYMBOLS);
    if (data.kind !== 'frames') throw new Error(`expected frames, received ${data.kind}`);
    const { startMs, endMs } = frameReplayBounds(data);
    const clock = fullSpeed(startMs);
    const source = frameReplaySource({ clock, data });
    const sink = recordingSink(clock);
    const bars: Bar[] = [];
    for (let minuteMs = minuteOf(startMs); minuteMs + MINUTE_MS < endMs; minuteMs += MINUTE_MS) {
      clock.at(minuteMs + MINUTE_MS + 2_000, '1-minute', () => void bars.push(...source.closeMinute(minuteMs)));
    }
    await source.start(sink, null);
    await runTo(clock, endMs + 5_000);
    return { data, source, sink, bars, startMs, endMs };
  }

  it('give the bars that the venue itself recorded, and the same prices with or without a stop', async () => {
    const { data, source, sink, bars, startMs, endMs } = await play();
    expect(source.states()[0]).toMatchObject({ status: 'ended', accepted: sink.seen.length + sink.books.length });
    const recorded = new Map<string, unknown>();
    const klines = await klinesOf(klinePaths.filter((path) => path.endsWith('-2024.csv.gz')));
    for await (const run of readRecordedKlines(klines.series, { fromMs: minuteOf(startMs), toMs: endMs }).runs) {
      for (const { bars: own } of run) for (const bar of own) recorded.set(`${bar.symbol} ${bar.openMs}`, bar);
    }
    const whole = bars.filter(({ origin }) => origin === 'received');
    expect(whole.length).toBeGreaterThan(2 * 2);
    for (const bar of whole) expect(bar).toEqual(recorded.get(`${bar.symbol} ${bar.openMs}`));

    const thirdMs = Math.floor((endMs - startMs) / 3);
    const parts = await playInParts(
      (clock) => frameReplaySource({ clock, data }),
      startMs,
      [startMs + thirdMs, startMs + 2 * thirdMs],
      endMs + 5_000,
    );
    expect(parts.length).toBe(sink.seen.length);
    expect(parts).toEqual(sink.seen);
  });
});
