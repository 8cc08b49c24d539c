import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { klineReplayBounds, klineReplaySource, type RecordedKlinesData } from '../../../../shared/feeds/replay/kline-replay-source.ts';
import { describeData } from '../../../../shared/feeds/replay/recorded-data.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../../shared/kernel/time.ts';
import { ticksOfBar } from '../../../../shared/market/bar-ticks.ts';
import type { Bar, Candle } from '../../../../shared/market/price.ts';
import { SPOT_SYMBOLS } from '../../../support/binance-frames.ts';
import { fullSpeed, playInParts, playStoppedAt, recordingSink, runTo } from '../../../support/recording-sink.ts';
import { walk } from '../../../support/series.ts';

const T0 = Date.UTC(2024, 0, 1);
const START_MS = T0 + HOUR_MS;
const at = (minute: number): number => T0 + minute * MINUTE_MS;

const row = ({ openMs, open, high, low, close, volume }: Candle): string => [openMs, open, high, low, close, volume].join(',');
const flat = (candle: Candle): Candle => ({ ...candle, high: candle.open, low: candle.open, close: candle.open, volume: 0 });

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightdesk-klines-'));
});
afterAll(() => rm(folder, { recursive: true }));

let written = 0;
async function dataOf(all: Readonly<Record<string, readonly Candle[]>>): Promise<RecordedKlinesData> {
  const number = written++;
  const paths = await Promise.all(
    Object.entries(all).map(async ([symbol, candles]) => {
      const path = join(folder, `${symbol}USDT-1m-${number}.csv`);
      await writeFile(path, `${candles.map(row).join('\n')}\n`);
      return path;
    }),
  );
  const data = await describeData(paths, SPOT_SYMBOLS);
  if (data.kind !== 'klines') throw new Error(`expected klines, received ${data.kind}`);
  return data;
}

/** BTC whole but for a bar without volume at 65; ETH with a hole from 70 to 72; SOL from 75 to 90. */
const BTC = walk('btc', 120, { fromMs: T0, price: 40_000 }).map((candle) => (candle.openMs === at(65) ? flat(candle) : candle));
const ETH = walk('eth', 120, { fromMs: T0, price: 2_000 }).filter(({ openMs }) => openMs < at(70) || openMs > at(72));
const SOL = walk('sol', 16, { fromMs: at(75), price: 100 });

async function play(data: RecordedKlinesData, fromMs: number, toMs: number) {
  const clock = fullSpeed(fromMs);
  const ended: number[] = [];
  const source = klineReplaySource({ clock, data, onEnd: () => void ended.push(clock.now()) });
  const sink = recordingSink(clock);
  await source.start(sink, null);
  await runTo(clock, toMs);
  return { clock, source, sink, ended };
}

describe('recorded klines', () => {
  it('are played as four ticks a bar, at one instant in the order of the symbols', async () => {
    const { sink } = await play(await dataOf({ BTC, ETH }), START_MS, at(62) - 1);
    const bars = [BTC, ETH].flatMap((candles, index) => [60, 61].map((minute) => barOf(candles, ['BTC', 'ETH'][index] ?? '', minute)));
    const expected = bars.flatMap((bar) => ticksOfBar(bar, 'replay-klines')).sort((a, b) => a.exchangeMs - b.exchangeMs);
    expect(sink.ticks()).toEqual(expected);
    expect(sink.seen.every(({ atMs, price }) => atMs === price.exchangeMs && price.receivedMs === atMs)).toBe(true);
    expect(
      sink
        .ticks()
        .slice(0, 3)
        .map(({ symbol, exchangeMs }) => [symbol, exchangeMs - START_MS]),
    ).toEqual([
      ['BTC', 0],
      ['ETH', 0],
      ['BTC', 20_000],
    ]);
  });

  it('have a bar but no tick where nothing was traded', async () => {
    const { source, sink } = await play(await dataOf({ BTC }), at(65), at(66));
    expect(sink.ticks().map(({ exchangeMs }) => exchangeMs)).toEqual([at(66)]);
    expect(source.closeMinute(at(65))).toEqual([barOf(BTC, 'BTC', 65)]);
  });

  it('have a missing bar at the last close in a hole of a symbol, and none before its data begins or after it ends', async () => {
    const { source } = await play(await dataOf({ BTC, ETH, SOL }), START_MS, at(95));
    const close = ETH.find(({ openMs }) => openMs === at(69))?.close ?? 0;
    const hole = { open: close, high: close, low: close, close, volume: 0, origin: 'missing' };
    expect(source.closeMinute(at(70))).toEqual([barOf(BTC, 'BTC', 70), { symbol: 'ETH', openMs: at(70), evidence: 'replay', ...hole }]);
    expect(source.closeMinute(at(72))[1]).toMatchObject({ symbol: 'ETH', ...hole });
    expect(source.closeMinute(at(73))[1]).toEqual(barOf(ETH, 'ETH', 73));
    expect([74, 75, 90, 91].map((minute) => source.closeMinute(at(minute)).some(({ symbol }) => symbol === 'SOL'))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  it('tell the minute before the first one played, too', async () => {
    const { source } = await play(await dataOf({ BTC }), START_MS, START_MS + 2_000);
    expect(source.closeMinute(START_MS - MINUTE_MS)).toEqual([barOf(BTC, 'BTC', 59)]);
    expect(source.closeMinute(START_MS)).toEqual([]);
  });

  it('say that they have ended at the end of the last bar, once', async () => {
    const { source, ended, sink } = await play(await dataOf({ BTC, ETH }), at(118), at(130));
    expect(ended).toEqual([at(120)]);
    expect(source.states()[0]).toMatchObject({ status: 'ended', sinceMs: at(120), accepted: sink.seen.length });
    expect(source.closeMinute(at(119)).map(({ symbol }) => symbol)).toEqual(['BTC', 'ETH']);
    expect(source.closeMinute(at(120))).toEqual([]);
  });

  it('end early where they are told to', async () => {
    const clock = fullSpeed(START_MS);
    const source = klineReplaySource({ clock, data: await dataOf({ BTC }), untilMs: at(62) });
    const sink = recordingSink(clock);
    await source.start(sink, null);
    await runTo(clock, at(70));
    expect(sink.ticks()).toHaveLength(8);
    expect(source.states()[0]).toMatchObject({ status: 'ended', sinceMs: at(62) });
    expect([61, 62].map((minute) => source.closeMinute(at(minute)).length)).toEqual([1, 0]);
  });

  it.each([
    ['between ticks', [at(61) + 10_000, at(68) + 59_999, at(71) + 1_500, at(80)]],
    ['in every minute', Array.from({ length: 50 }, (_, i) => at(61 + i) + 20_000)],
  ])('go on with exactly the rest when stopped %s', async (_, breaks) => {
    const data = await dataOf({ BTC, ETH, SOL });
    const { sink } = await play(data, START_MS, at(125));
    expect(sink.seen.length).toBeGreaterThan(400);
    expect(await playInParts((clock) => klineReplaySource({ clock, data }), START_MS, breaks, at(125))).toEqual(sink.seen);
  });

  it('go on with exactly the rest when stopped in the middle of an instant', async () => {
    const data = await dataOf({ BTC, ETH, SOL });
    const { sink } = await play(data, at(75), at(78));
    for (const count of [1, 2, 3, 5, 10]) {
      expect(await playStoppedAt((clock) => klineReplaySource({ clock, data }), at(75), count, at(78))).toEqual(sink.seen);
    }
  });

  it('give the same missing bars to a run that resumes in the middle of a hole, even of more than two days', async () => {
    const days = walk('long', 5 * 1_440, { fromMs: T0, price: 40_000 });
    const holed = walk('holed', 5 * 1_440, { fromMs: T0, price: 2_000 }).filter(({ openMs }) => openMs < at(30) || openMs >= T0 + 4 * DAY_MS);
    const data = await dataOf({ BTC: days, ETH: holed });
    const { source } = await play(data, T0 + 3 * DAY_MS, T0 + 3 * DAY_MS + 2 * MINUTE_MS);
    const close = holed.find(({ openMs }) => openMs === at(29))?.close;
    expect(source.closeMinute(T0 + 3 * DAY_MS)[1]).toMatchObject({ symbol: 'ETH', origin: 'missing', close });
  });

  it('tell history as bars and candles, nothing of it from the future', async () => {
    const { source } = await play(await dataOf({ BTC, ETH }), at(100), at(100));
    const bars: Bar[] = [];
    for await (const bar of source.minutes(at(65), at(120))) bars.push(bar);
    expect(bars.slice(0, 2)).toEqual([barOf(BTC, 'BTC', 65), barOf(ETH, 'ETH', 65)]);
    expect(bars.filter(({ origin }) => origin === 'missing').map(({ openMs }) => openMs)).toEqual([at(70), at(71), at(72)]);
    expect(bars.at(-1)?.openMs).toBe(at(99));
    const candles = await source.quarters(at(5), at(120));
    expect(candles.get('BTC')?.map(({ openMs }) => openMs)).toEqual([at(15), at(30), at(45), at(60), at(75)]);
    expect(candles.get('ETH')?.map(({ isComplete }) => isComplete)).toEqual([true, true, true, false, true]);
    const hour = BTC.slice(60, 75);
    expect(candles.get('BTC')?.[3]).toMatchObject({
      open: hour[0]?.open,
      close: hour.at(-1)?.close,
      high: Math.max(...hour.map(({ high }) => high)),
    });
  });

  it('count the rows that cannot be true', async () => {
    const wrong = BTC.map((candle) => (candle.openMs === at(61) ? { ...candle, low: candle.high * 2 } : candle));
    const { source } = await play(await dataOf({ BTC: wrong }), START_MS, at(63));
    expect(source.states()[0]?.refused).toEqual({ bad_range: 1 });
    expect(source.closeMinute(at(61))[0]).toMatchObject({ origin: 'missing' });
  });

  it('say what went wrong when a file is taken away while it is played', async () => {
    const data = await dataOf({ BTC });
    await rm(data.series[0]?.files[0]?.path ?? '');
    const clock = fullSpeed(START_MS);
    const source = klineReplaySource({ clock, data });
    await expect(source.start(recordingSink(clock), null)).rejects.toMatchObject({ code: 'unreadable' });
    expect(source.states()[0]).toMatchObject({ status: 'down', detail: expect.stringContaining('Cannot read') });
  });
});

describe('the bounds of recorded klines', () => {
  const series = (fromMs: number, days: number): readonly Candle[] => walk(`${fromMs}`, days * 1_440, { fromMs }).filter((_, i) => i % 60 === 0);

  it('begin two days after the last symbol begins and end where the first one ends', async () => {
    const data = await dataOf({ BTC: series(T0, 10), ETH: series(T0 + DAY_MS, 5) });
    expect(await klineReplayBounds(data)).toEqual({ startMs: T0 + 3 * DAY_MS, endMs: T0 + 6 * DAY_MS - 59 * MINUTE_MS });
  });

  it('end before a hole of more than a day, and a span too short for warm-up is passed over', async () => {
    const whole = series(T0, 20);
    const holed = whole.filter(
      ({ openMs }) => openMs < T0 + DAY_MS || (openMs >= T0 + 3 * DAY_MS && openMs < T0 + 9 * DAY_MS) || openMs >= T0 + 12 * DAY_MS,
    );
    const data = await dataOf({ BTC: whole, ETH: holed });
    expect(await klineReplayBounds(data)).toEqual({ startMs: T0 + 5 * DAY_MS, endMs: T0 + 9 * DAY_MS - 59 * MINUTE_MS });
  });

  it('are the whole data where that is too short for warm-up', async () => {
    expect(await klineReplayBounds(await dataOf({ BTC }))).toEqual({ startMs: T0, endMs: at(120) });
  });

  it('are refused where the symbols have no time in common', async () => {
    const data = await dataOf({ BTC: series(T0, 2), ETH: series(T0 + 30 * DAY_MS, 2) });
    await expect(klineReplayBounds(data)).rejects.toMatchObject({ code: 'nothing_shared' });
  });
});

function barOf(candles: readonly Candle[], symbol: string, minute: number): Bar {
  const candle = candles.find(({ openMs }) => openMs === at(minute));
  if (candle === undefined) throw new Error(`no candle of minute ${minute}`);
  return { ...candle, symbol, origin: 'received', evidence: 'replay' };
}
