import type { MarketSource } from '../../shared/engine/market-source.ts';
import { assumedUsdtRate } from '../../shared/feeds/rates/rates.ts';
import { createPlayer, type Instant, placeSchema, readCursor } from '../../shared/feeds/replay/price-player.ts';
import type { Clock } from '../../shared/kernel/clock.ts';
import { rng } from '../../shared/kernel/rng.ts';
import { DAY_MS, MINUTE_MS } from '../../shared/kernel/time.ts';
import { ticksOfBar } from '../../shared/market/bar-ticks.ts';
import type { Bar } from '../../shared/market/price.ts';
import { createRollup, type RolledCandle } from '../../shared/market/rollup.ts';

/** Minutes of a few symbols that a scalper finds worth trading: a quiet walk with bursts that go on, turn back, or die. */
export interface Script {
  readonly fromMs: number;
  readonly symbols: readonly string[];
  readonly bars: ReadonlyMap<string, readonly Bar[]>;
}

const BURST_EVERY = 5;
const QUIET = 0.0009;

export function scriptOf(
  seed: string | number,
  { fromMs, minutes, symbols }: { fromMs: number; minutes: number; symbols: readonly string[] },
): Script {
  const bars = new Map(symbols.map((symbol) => [symbol, barsOfSymbol(seed, symbol, fromMs, minutes)]));
  return { fromMs, symbols, bars };
}

function barsOfSymbol(seed: string | number, symbol: string, fromMs: number, minutes: number): readonly Bar[] {
  const random = rng('script', seed, symbol);
  const grid = (price: number): number => Math.round(price * 100) / 100;
  let last = grid(100 + 100 * random.next());
  let drift = 0;
  let driftLeft = 0;
  return Array.from({ length: minutes }, (_, index): Bar => {
    const isBurst = driftLeft === 0 && random.next() < 1 / BURST_EVERY;
    const open = last;
    if (driftLeft > 0) driftLeft -= 1;
    const move = isBurst ? 0.009 + 0.005 * random.next() : (driftLeft > 0 ? drift : 0) + QUIET * 0.5 * random.normal();
    if (isBurst) {
      driftLeft = 12;
      drift = [0.0012, -0.0012, 0][Math.floor(random.next() * 3)] ?? 0;
    }
    const close = grid(open * (1 + move));
    const wick = QUIET * 0.4 * last;
    last = close;
    return {
      symbol,
      openMs: fromMs + index * MINUTE_MS,
      open,
      high: grid(Math.max(open, close) + wick * random.next()),
      low: grid(Math.min(open, close) - wick * random.next()),
      close,
      volume: (isBurst ? 12 : 1) * (500 + Math.round(500 * random.next())),
      origin: 'received',
      evidence: 'simulated',
    };
  });
}

/** A script under the clock: each bar played as ticks. It knows no minute before it has ended. */
export function scriptedSource(clock: Clock, script: Script): MarketSource {
  const player = createPlayer({ clock, label: '0-source-script', about: 'script' });
  const at = (symbol: string, ms: number): Bar | undefined => script.bars.get(symbol)?.[(ms - script.fromMs) / MINUTE_MS];
  const past = (symbol: string, fromMs: number, toMs: number): readonly Bar[] =>
    (script.bars.get(symbol) ?? []).filter((bar) => bar.openMs >= fromMs && bar.openMs < toMs && bar.openMs + MINUTE_MS <= clock.now());

  async function* instants(afterMs: number): AsyncGenerator<Instant> {
    const firstMs = afterMs - (afterMs % MINUTE_MS);
    for (let minuteMs = firstMs; at(script.symbols[0] ?? '', minuteMs) !== undefined; minuteMs += MINUTE_MS) {
      const ticks = script.symbols.flatMap((symbol) => ticksOfBar(at(symbol, minuteMs) as Bar, 'script'));
      const times = [...new Set(ticks.map(({ receivedMs }) => receivedMs))].sort((a, b) => a - b);
      for (const atMs of times.filter((ms) => ms > afterMs)) {
        yield { atMs, prices: () => ticks.filter(({ receivedMs }) => receivedMs === atMs).map((tick) => ({ kind: 'tick', tick })) };
      }
    }
  }

  return {
    name: 'script',
    markets: ['CRYPTO'],
    evidence: 'simulated',
    start: async (sink, cursor) => {
      const place = readCursor(placeSchema, cursor) ?? { atMs: clock.now() - 1 };
      await player.start(sink, instants(place.atMs), place);
    },
    stop: player.stop,
    closeMinute: (minuteMs) => script.symbols.flatMap((symbol) => past(symbol, minuteMs, minuteMs + MINUTE_MS)),
    cursor: player.place,
    states: () => [
      {
        source: 'script',
        markets: ['CRYPTO'],
        evidence: 'simulated',
        status: 'up',
        detail: 'playing',
        sinceMs: 0,
        accepted: 0,
        refused: {},
        reconnects: 0,
      },
    ],
    rates: () => [assumedUsdtRate(clock.now())],
    minutes: async function* (fromMs, toMs) {
      const bars = script.symbols.flatMap((symbol) => past(symbol, fromMs, toMs));
      yield* bars.sort((a, b) => a.openMs - b.openMs);
    },
    quarters: async (fromMs, toMs) => new Map(script.symbols.map((symbol) => [symbol, quarters(past(symbol, fromMs, toMs))])),
  };
}

function quarters(bars: readonly Bar[]): readonly RolledCandle[] {
  const candles: RolledCandle[] = [];
  const rollup = createRollup('CRYPTO', '15m', (candle) => candles.push(candle));
  for (const bar of bars) rollup.add(bar);
  return candles;
}

/** The start of the day before the one that holds the instant: where the minutes of charts begin. */
export const historyFrom = (ms: number): number => ms - (ms % DAY_MS) - DAY_MS;
