import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createApiHandler } from '../../functions/api/app.ts';
import { startHttpHost } from '../../infra/local/http-host.ts';
import { limitsFor, strategiesFor, venueSymbols } from '../../infra/local/replay-world.ts';
import type { MarketSource } from '../../shared/engine/market-source.ts';
import { startSession } from '../../shared/engine/sessions.ts';
import { klineReplaySource } from '../../shared/feeds/replay/kline-replay-source.ts';
import { playedWith, recordedContractsNear } from '../../shared/feeds/replay/recorded-contracts.ts';
import { describeData } from '../../shared/feeds/replay/recorded-data.ts';
import type { Clock } from '../../shared/kernel/clock.ts';
import { decimal } from '../../shared/kernel/decimal.ts';
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../shared/kernel/time.ts';
import type { Bar } from '../../shared/market/price.ts';
import { STRATEGY_NAMES } from '../../shared/strategies/strategy.ts';
import { createRows, openWorld } from '../support/engine-world.ts';
import { writeGeneratedChain } from '../support/generated-chains.ts';
import { writeGeneratedShares } from '../support/generated-shares.ts';
import { testFolder } from '../support/history-fixtures.ts';
import { VIEW_FROM, waves } from '../support/option-views.ts';

const HISTORY_DAYS = 16;
/** A coin that goes nowhere begins to be traded in the night between two sessions of shares. */
const COIN_FROM = Date.parse('2024-04-04T00:00:00Z');
const COIN_UNTIL = COIN_FROM + HOUR_MS;

/** Minutes of the coin, of the weeks before too. */
function coin(): readonly Bar[] {
  const shiftMs = VIEW_FROM + HISTORY_DAYS * DAY_MS - COIN_FROM;
  return waves(HISTORY_DAYS + 1, { phase: 0.25 + (30 - HISTORY_DAYS) / 3.7 })
    .map((bar) => ({ ...bar, openMs: bar.openMs - shiftMs }))
    .filter(({ openMs }) => openMs < COIN_UNTIL);
}

const write = (folder: string, name: string, rows: readonly (readonly number[])[]): string => {
  const path = join(folder, name);
  writeFileSync(path, rows.map((row) => row.join(',')).join('\n'));
  return path;
};

/** A coin, its perpetual that pays a high funding until midnight, and chains of its options, dear at first and cheaper half an hour later. */
function writeCoin(folder: string): string {
  mkdirSync(join(folder, 'binance-futures'), { recursive: true });
  const bars = coin();
  const spotAt = (atMs: EpochMs): number => bars.findLast(({ openMs }) => openMs < atMs)?.close ?? 0;
  const rows = bars.map(({ openMs, open, high, low, close, volume }) => [openMs, open, high, low, close, volume]);
  const futures = join(folder, 'binance-futures');
  write(futures, 'BTCUSDT_PERP-1m-generated.csv', rows.slice(-120));
  const payments = [0.003, 0.003, -0.001].map((rate, at) => [COIN_FROM + (at - 2) * 8 * HOUR_MS, rate] as const);
  write(
    futures,
    'BTCUSDT_PERP-8h-funding_rate-generated.csv',
    payments.map(([atMs, rate]) => [atMs, rate, 0, 0, 0, 0]),
  );
  write(
    futures,
    'BTCUSDT_PERP-8h-mark-generated.csv',
    payments.map(([atMs]) => [atMs, spotAt(atMs), 0, 0, 0, 0]),
  );
  for (const [minutes, iv] of [
    [14, 0.9],
    [44, 0.6],
  ] as const) {
    const atMs = COIN_FROM + minutes * MINUTE_MS + 30_000;
    writeGeneratedChain(folder, { atMs, spot: spotAt(atMs), expiries: ['2024-04-26'], iv, step: 4_000 });
  }
  return write(folder, 'BTCUSDT-1m-generated.csv', rows);
}

/** Over a night: from the noon of one session of shares to the first minutes of the next. */
const START = Date.parse('2024-04-03T06:30:00Z');
const UNTIL = Date.parse('2024-04-04T04:06:00Z');
const CHAIN_AGE_SECONDS = 600;

describe('a session of all five strategies', () => {
  it('trades by each of them, as GET decisions and GET trades tell', async () => {
    const folder = testFolder();
    const paths = [
      writeCoin(join(folder, 'coins')),
      writeGeneratedShares(folder, { seed: '4', symbols: ['HDFCBANK', 'SBIN'], from: '2024-03-20', to: '2024-04-04', days: 80 }),
    ];
    const data = await describeData(paths, venueSymbols());
    if (data.kind !== 'klines') throw new Error(data.kind);
    const contracts = await recordedContractsNear(paths, venueSymbols(), data);
    if (contracts === null) throw new Error('the contracts were not found');
    const source = (clock: Clock): MarketSource => playedWith(klineReplaySource({ clock, data, untilMs: UNTIL }), contracts, clock);
    const world = await openWorld({
      rows: createRows(),
      startMs: START,
      historyDays: 40,
      markets: ['NSE', 'CRYPTO'],
      source,
      chains: contracts,
      strategyOf: strategiesFor(CHAIN_AGE_SECONDS),
    });
    const api = await startHttpHost({ port: 0, handler: createApiHandler(world.context), gate: null });
    onTestFinished(() => api.stop(200));
    await world.start();
    await startSession(
      world.context,
      { startingCapital: decimal('100000'), strategies: STRATEGY_NAMES, riskLimits: limitsFor(CHAIN_AGE_SECONDS) },
      null,
    );
    await world.clock.run(UNTIL + 30 * SECOND_MS);
    await world.stop();
    expect(world.failures).toEqual([]);
    const all = async (route: 'decisions' | 'trades', query: string): Promise<readonly Told[]> => {
      const found: Told[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const answer = await fetch(`${api.url}/api/v8/live/${route}?limit=100${query}${cursor === '' ? '' : `&cursor=${cursor}`}`);
        const page = (await answer.json()) as Readonly<Record<typeof route, readonly Told[]>> & { readonly next: string | null };
        found.push(...page[route]);
        cursor = page.next;
      }
      return found;
    };
    const taken = await all('decisions', '&outcome=taken');
    const trades = await all('trades', '');
    for (const name of STRATEGY_NAMES) {
      const [decision] = taken.filter(({ strategy }) => strategy === name);
      // Each part of its confidence says why, and the decision says so in a sentence.
      expect(decision, name).toMatchObject({ outcome: 'taken', why: expect.stringMatching(/\w+ .+/), orderId: expect.any(String) });
      expect(
        decision?.parts?.every(({ why }) => why.length > 0),
        name,
      ).toBe(true);
      expect(
        decision?.parts?.reduce((sum, { weight }) => sum + weight, 0),
        name,
      ).toBeCloseTo(1, 9);
      const [trade] = trades.filter(({ strategy }) => strategy === name);
      expect(trade, name).toMatchObject({ openedWhy: expect.any(String), closedWhy: expect.any(String), evidence: 'replay' });
    }
    // What brought each about is what the strategy is left by.
    const reasons = new Map(trades.map(({ strategy, closedWhy }) => [strategy, closedWhy]));
    expect([reasons.get('btst'), reasons.get('options'), reasons.get('fo_arbitrage')]).toEqual(['next-session', 'target', 'converged']);
    expect(new Set(trades.flatMap(({ strategy, structure }) => (structure === null ? [] : `${strategy}`)))).toEqual(
      new Set(['options', 'fo_arbitrage']),
    );
  });
});

/** What is looked at of a decision or a trade. */
interface Told {
  readonly strategy: string;
  readonly symbol: string;
  readonly closedWhy: string;
  readonly structure: unknown;
  readonly parts?: readonly { readonly weight: number; readonly why: string }[];
}
