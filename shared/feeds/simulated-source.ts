import { instrumentsOf } from '../config/instruments.ts';
import { NSE_CALENDAR } from '../config/nse-calendar.ts';
import type { MarketSource } from '../engine/market-source.ts';
import type { Clock } from '../kernel/clock.ts';
import { type EpochMs, HOUR_MS, MINUTE_MS, minuteOf } from '../kernel/time.ts';
import { type Calendar, marketPhase } from '../market/calendar.ts';
import type { Market } from '../market/instrument.ts';
import type { Bar } from '../market/price.ts';
import { rateFactor } from '../risk/var/book.ts';
import { assumedUsdtRate, inrRate } from './rates/rates.ts';
import { createPlayer, type Instant, type Price, placeSchema, readCursor } from './replay/price-player.ts';
import type { Seed } from './simulated/daily-walk.ts';
import { createSimulatedMarket, type SimulatedMarket } from './simulated-market.ts';

export interface SimulatedSourceOptions {
  readonly clock: Clock;
  /** The same seed gives the same market. */
  readonly seed: Seed;
  readonly markets: readonly Market[];
  /** Default: the NSE calendar as shipped. */
  readonly calendar?: Calendar;
}

const SOURCE = 'simulated';
const EVIDENCE = 'simulated';
/** Further behind than this (a machine that slept), the ticks in between are left out, as a market's are that nobody listened to. */
const MOST_BEHIND_MS = 5 * MINUTE_MS;

/**
 * The seeded market under the clock, wall or virtual: each trade, the top of the book after it and the book itself are delivered
 * at their instant. Instruments have the grids that are in force last, whatever the clock says, so that the market stays a function
 * of seed and time alone.
 */
export function simulatedSource({ clock, seed, markets, calendar = NSE_CALENDAR }: SimulatedSourceOptions): MarketSource {
  const instruments = markets.flatMap((market) => instrumentsOf(market));
  const symbols = instruments.map(({ symbol }) => symbol);
  const market = createSimulatedMarket({ seed, instruments, phaseAt: (of, atMs) => marketPhase(calendar, of, atMs).phase });
  const player = createPlayer({ clock, label: '0-source-simulated', about: `simulated market, seed ${seed}` });

  return {
    name: SOURCE,
    markets,
    evidence: EVIDENCE,
    async start(sink, cursor) {
      const [stored, nowMs] = [readCursor(placeSchema, cursor), clock.now()];
      // What was traded while nobody listened is the past: it is told as bars, and prices go on with those that come.
      const place = stored === null || stored.atMs < nowMs - 1 ? { atMs: nowMs - 1 } : stored;
      await player.start(sink, instantsAfter(place.atMs, { clock, market, symbols }), place);
    },
    stop: player.stop,
    closeMinute: (minuteMs) => (hasEnded(minuteMs, clock) ? symbols.flatMap((symbol) => market.bar(symbol, minuteMs) ?? []) : []),
    cursor: player.place,
    states() {
      const { status, detail, sinceMs, delivered } = player.state();
      return [
        { source: SOURCE, markets: [...markets], evidence: EVIDENCE, status, detail, sinceMs, accepted: delivered, refused: {}, reconnects: 0 },
      ];
    },
    rates() {
      const nowMs = clock.now();
      return markets.map((of) => (of === 'CRYPTO' ? assumedUsdtRate(nowMs) : inrRate(market.usdInr(nowMs), SOURCE, nowMs)));
    },
    minutes: (fromMs, toMs) => minutesOf(market, symbols, fromMs, Math.min(toMs, minuteOf(clock.now()))),
    async dailies(fromMs, toMs) {
      const untilMs = Math.min(toMs, clock.now());
      const closes = symbols.map((symbol) => [symbol, market.dailyCloses(symbol, fromMs, untilMs)] as const);
      return new Map(markets.includes('NSE') ? [...closes, [rateFactor('INR'), market.rupeeCloses(fromMs, untilMs)]] : closes);
    },
    quarters: async (fromMs, toMs) =>
      new Map(symbols.map((symbol) => [symbol, market.rolled(symbol, '15m', fromMs, Math.min(toMs, minuteOf(clock.now())))])),
  };
}

const hasEnded = (minuteMs: EpochMs, clock: Clock): boolean => minuteMs + MINUTE_MS <= clock.now();

interface Simulation {
  readonly clock: Clock;
  readonly market: SimulatedMarket;
  readonly symbols: readonly string[];
}

/** Every instant after the given one at which something is traded, and the start of each minute without a trade. */
async function* instantsAfter(atMs: EpochMs, simulation: Simulation): AsyncGenerator<Instant> {
  let fromMs = atMs + 1;
  for (;;) {
    const nowMs = simulation.clock.now();
    if (nowMs - fromMs > MOST_BEHIND_MS) fromMs = nowMs;
    const toMs = minuteOf(fromMs) + MINUTE_MS;
    const instants = instantsIn(fromMs, toMs, simulation);
    if (instants.length === 0) yield { atMs: fromMs, prices: () => [] };
    for (const instant of instants) yield instant;
    fromMs = toMs;
  }
}

function instantsIn(fromMs: EpochMs, toMs: EpochMs, { clock, market, symbols }: Simulation): readonly Instant[] {
  const byInstant = new Map<EpochMs, Price[]>();
  for (const symbol of symbols) {
    for (const { tick, top, book } of market.moments(symbol, fromMs, toMs)) {
      const prices = byInstant.get(tick.exchangeMs) ?? [];
      prices.push({ kind: 'tick', tick }, { kind: 'top', top }, { kind: 'depth', book });
      byInstant.set(tick.exchangeMs, prices);
    }
  }
  return [...byInstant]
    .sort(([a], [b]) => a - b)
    .map(([atMs, prices]) => ({ atMs, prices: () => prices.map((price) => receivedAt(price, clock.now())) }));
}

function receivedAt(price: Price, receivedMs: EpochMs): Price {
  switch (price.kind) {
    case 'tick':
      return { kind: 'tick', tick: { ...price.tick, receivedMs } };
    case 'top':
      return { kind: 'top', top: { ...price.top, receivedMs } };
    case 'depth':
      return { kind: 'depth', book: { ...price.book, receivedMs } };
  }
}

async function* minutesOf(market: SimulatedMarket, symbols: readonly string[], fromMs: EpochMs, toMs: EpochMs): AsyncGenerator<Bar> {
  for (let hourMs = fromMs; hourMs < toMs; hourMs += HOUR_MS) {
    const bars = symbols.flatMap((symbol) => market.bars(symbol, hourMs, Math.min(hourMs + HOUR_MS, toMs)));
    yield* bars.sort((a, b) => a.openMs - b.openMs);
  }
}
