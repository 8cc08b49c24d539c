import { describe, expect, it } from 'vitest';
import { NSE_CALENDAR } from '../../shared/config/nse-calendar.ts';
import type { ChainSource } from '../../shared/engine/ports.ts';
import { type Chart, createChart, historyNeededFromMs } from '../../shared/indicators/chart.ts';
import { digest } from '../../shared/kernel/digest.ts';
import { DAY_MS, type EpochMs, MINUTE_MS, SECOND_MS } from '../../shared/kernel/time.ts';
import { type DerivativeChain, NOTHING_SETTLED } from '../../shared/market/derivative.ts';
import type { Bar } from '../../shared/market/price.ts';
import { TIMEFRAMES } from '../../shared/market/timeframe.ts';
import { strategyByName } from '../../shared/strategies/registry.ts';
import type { DerivativesView, StrategyName } from '../../shared/strategies/strategy.ts';
import { type PlayedSession, playCoin } from '../support/coin-session.ts';
import { arbitrageView, futureQuote } from '../support/derivative-views.ts';
import { derivativesAt, VIEW_FROM, waves } from '../support/option-views.ts';
import { barsOf, walk } from '../support/series.ts';
import { inFull, instrumentOf } from '../support/strategy-runs.ts';

type ChainsAt = (spot: number, atMs: EpochMs, dearness: number) => readonly DerivativeChain[];

const INSTRUMENT = instrumentOf('BTC');
const SPOT = (last: number) => ({ bid: last * 0.9999, ask: last * 1.0001, last, bidSize: 1, askSize: 1 });
const HISTORY_DAYS = 16;
const START = VIEW_FROM + HISTORY_DAYS * DAY_MS;
const MINUTES = 20;
const TOLD_EVERY_MS = 20 * SECOND_MS;
const UNTIL = START + MINUTES * MINUTE_MS;
/** At the end of the history the market goes nowhere. */
const BARS = waves(HISTORY_DAYS + 1, { phase: 0.25 + (30 - HISTORY_DAYS) / 3.7 }).filter(({ openMs }) => openMs < UNTIL);

/** Options of 25 days at a volatility of nine tenths, and more or less of it. */
const options: ChainsAt = (spot, atMs, dearness) =>
  derivativesAt(spot, atMs, () => 0.9 * dearness, { step: 3_000, strikesEachSide: 10, expiries: [expiryAfter(atMs)] }).chains;

const expiryAfter = (atMs: EpochMs): string => new Date(Math.floor(atMs / DAY_MS) * DAY_MS + 25 * DAY_MS).toISOString().slice(0, 10);

/** A future six per cent above its coin, and more or less of it. */
const basis: ChainsAt = (spot, atMs, dearness) =>
  arbitrageView(INSTRUMENT, atMs, null, [
    { venue: 'binance-futures', spot, futures: [futureQuote('BTC-2026-12-25', { middle: spot * (1 + 0.06 * dearness), half: 1 }, atMs)] },
  ]).derivatives?.chains ?? [];

/** A session of one strategy over bars and chains that are other ones from an instant on. */
function play(strategy: StrategyName, chainsAt: ChainsAt, bars: readonly Bar[], dearnessAt: (atMs: EpochMs) => number): PlayedSession {
  const closes = new Map(bars.map(({ openMs, close }) => [openMs + MINUTE_MS, close]));
  // Asked for every second; made three times a minute, for that is dear.
  const made = new Map<EpochMs, readonly DerivativeChain[]>();
  const toldAt = (toldMs: EpochMs): readonly DerivativeChain[] => {
    const known = made.get(toldMs) ?? chainsAt(closes.get(toldMs - (toldMs % MINUTE_MS)) ?? 0, toldMs, dearnessAt(toldMs));
    made.set(toldMs, known);
    return known;
  };
  const chains: ChainSource = {
    underlyings: ['BTC'],
    chains: (_, atMs) => toldAt(atMs - (atMs % TOLD_EVERY_MS)),
    settled: () => NOTHING_SETTLED,
  };
  return playCoin({ strategy, bars, chains, startMs: START, untilMs: UNTIL });
}

/** What was said and done before an instant. */
const toldBefore = ({ scans, rows }: PlayedSession, untilMs: EpochMs): readonly string[] => [
  ...scans.filter(({ atMs }) => atMs < untilMs).map((scan) => `${scan.id} ${digest(scan)}`),
  ...rows.filter(({ event }) => event.atMs < untilMs).map(({ seq, event, hash }) => `${seq} ${event.type} ${hash}`),
];

/** A day after a block of days began: the anchor that history must reach back to is then as near as it comes. */
const LATE = Date.parse('2026-10-11T08:15:00Z');
const LATE_BARS = waves((LATE - VIEW_FROM) / DAY_MS, { phase: 0.25 });
const ANCHOR = Math.min(...TIMEFRAMES.map((timeframe) => historyNeededFromMs('CRYPTO', timeframe, LATE)));
const [WHOLE, CUT] = [VIEW_FROM, ANCHOR].map((fromMs) => {
  const chart = createChart(INSTRUMENT);
  for (const bar of LATE_BARS) if (bar.openMs >= fromMs) chart.add(bar);
  return chart;
}) as [Chart, Chart];

/** Before the first quarter of an hour ends, and after it: minutes after the start. */
const CUTS = [7, 17];

const CASES: readonly (readonly [StrategyName, ChainsAt])[] = [
  ['options', options],
  ['fo_arbitrage', basis],
];

describe.each(CASES)('%s', (name, chainsAt) => {
  it('decides and does the same up to an instant whatever bars and chains come after it', () => {
    const baseline = play(name, chainsAt, BARS, () => 1);
    expect(baseline.scans.flatMap(({ decisions }) => decisions).filter(({ outcome }) => outcome === 'taken')).toHaveLength(1);
    for (const minute of CUTS) {
      const cutMs = START + minute * MINUTE_MS;
      const future = barsOf(walk(minute, MINUTES - minute, { fromMs: cutMs, price: 80_000, step: 0.002 }), 'BTC');
      const other = play(name, chainsAt, [...BARS.filter(({ openMs }) => openMs < cutMs), ...future], (atMs) => (atMs < cutMs ? 1 : 0.4));
      expect(toldBefore(other, cutMs)).toEqual(toldBefore(baseline, cutMs));
      expect(toldBefore(other, UNTIL)).not.toEqual(toldBefore(baseline, UNTIL));
    }
  });

  it('says the same when the history before the anchors is cut off', () => {
    const said = (chart: Chart) => {
      const spot = (chart.last1m as Bar).close;
      const derivatives: DerivativesView = { chains: chainsAt(spot, LATE, 1), ivHistory: [], spot: SPOT(spot) };
      return inFull(strategyByName(name).evaluate({ instrument: INSTRUMENT, nowMs: LATE, chart, derivatives, calendar: NSE_CALENDAR }));
    };
    expect(ANCHOR).toBeGreaterThan(VIEW_FROM + DAY_MS);
    expect(said(WHOLE).kind).toBe('structure');
    expect(said(CUT)).toEqual(said(WHOLE));
  });
});
