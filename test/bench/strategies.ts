import { instrumentBySymbol } from '../../shared/config/instruments.ts';
import { NSE_CALENDAR } from '../../shared/config/nse-calendar.ts';
import { createSimulatedMarket } from '../../shared/feeds/simulated-market.ts';
import { createChart } from '../../shared/indicators/chart.ts';
import { DAY_MS, MINUTE_MS } from '../../shared/kernel/time.ts';
import { marketPhase } from '../../shared/market/calendar.ts';
import type { Instrument } from '../../shared/market/instrument.ts';
import type { Bar } from '../../shared/market/price.ts';
import { BUILT_STRATEGIES } from '../../shared/strategies/registry.ts';
import type { Strategy } from '../../shared/strategies/strategy.ts';
import { againstTarget, cpuMs } from './figures.ts';

const ROUNDS = 9;
/** Looks at each bar, as many as strategies share a chart and what it remembers: one alone is lost in the noise of the chart's own cost. */
const LOOKS = 5;
/** Symbols whose bars are played, and days of them: about as many bars each. */
const PLAYED = [
  ['BTC', 21],
  ['RELIANCE', 80],
] as const;
/** What the slowest look may cost where nothing is up, so that five strategies and a chart fit into 5 us a bar. */
const MOST_QUIET_US = 0.5;

/** Does something at each bar, and says of how many it was more than nothing. */
type AtBar = (bar: Bar) => number;

/**
 * What each strategy costs a minute's bar, beside a loop that only reads the bars and one that keeps the chart of all timeframes.
 * Nothing is quoted on the symbols: what options and arbitrage cost with chains is told by `scan`.
 */
export async function benchStrategies(): Promise<readonly string[]> {
  return PLAYED.flatMap(([symbol, days]) => playedOn(instrumentBySymbol(symbol), days));
}

function playedOn(instrument: Instrument, days: number): readonly string[] {
  const bars = barsOf(instrument, days);
  const loops: readonly (readonly [string, () => AtBar])[] = [
    [
      'reading the bars',
      () =>
        ({ close }) =>
          close > 0 ? 0 : 1,
    ],
    ['the chart of all timeframes', () => charted(instrument, null)],
    ...BUILT_STRATEGIES.map((strategy) => [`  ${strategy.name}`, () => charted(instrument, strategy)] as const),
  ];
  const taken = loops.map(() => Number.POSITIVE_INFINITY);
  const found = loops.map(() => 0);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, [, create]] of loops.entries()) {
      const { us, seen } = usABar(create(), bars);
      taken[i] = Math.min(taken[i] ?? us, us);
      found[i] = seen;
    }
  }
  const chart = taken[1] ?? 0;
  const own = taken.slice(2).map((us) => (us - chart) / LOOKS);
  return [
    `${instrument.symbol}, ${bars.length} bars, us a bar, least of ${ROUNDS} turns`,
    ...loops.map(([name], i) => {
      const us = i < 2 ? (taken[i] ?? 0) : (own[i - 2] ?? 0);
      return `  ${name.padEnd(32)} ${us.toFixed(3).padStart(7)}${i < 2 ? '' : `   ${found[i]} opportunities`}`;
    }),
    againstTarget('dearest strategy (us)', Number(Math.max(...own).toFixed(3)), '<', MOST_QUIET_US),
  ];
}

function barsOf(instrument: Instrument, days: number): readonly Bar[] {
  const market = createSimulatedMarket({
    seed: 1,
    instruments: [instrument],
    phaseAt: (of, atMs) => marketPhase(NSE_CALENDAR, of, atMs).phase,
  });
  const toMs = Date.parse('2026-10-29T00:00Z');
  return Array.from({ length: days }, (_, day) => toMs - (days - day) * DAY_MS).flatMap((dayMs) => [
    ...market.bars(instrument.symbol, dayMs, dayMs + DAY_MS),
  ]);
}

/** A new chart that takes each bar; then the strategy looks, as it does in a scan. */
function charted(instrument: Instrument, strategy: Strategy | null): AtBar {
  const chart = createChart(instrument);
  return (bar) => {
    chart.add(bar);
    if (strategy === null) return 0;
    const nowMs = bar.openMs + MINUTE_MS + 3_000;
    let seen = 0;
    for (let look = 0; look < LOOKS; look++) {
      const view = { instrument, nowMs, chart, derivatives: null, calendar: NSE_CALENDAR, spreadShare: null };
      if (strategy.evaluate(view).kind !== 'quiet') seen = 1;
    }
    return seen;
  };
}

function usABar(atBar: AtBar, bars: readonly Bar[]): { readonly us: number; readonly seen: number } {
  const began = process.cpuUsage();
  let seen = 0;
  for (const bar of bars) seen += atBar(bar);
  return { us: (cpuMs(began) * 1e3) / bars.length, seen };
}
