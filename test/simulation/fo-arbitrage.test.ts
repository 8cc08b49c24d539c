import { describe, expect, it } from 'vitest';
import { foArbitrageConfig } from '../../shared/config/strategies.ts';
import type { ScanRecord } from '../../shared/contracts/decisions.ts';
import type { Trade } from '../../shared/contracts/fill.ts';
import type { JournalEventOf, JournalRow } from '../../shared/contracts/journal.ts';
import { type BacktestMinute, openBacktest } from '../../shared/engine/backtest/backtest.ts';
import type { ContractsView } from '../../shared/engine/contracts/contracts-view.ts';
import { heldStructures, profitPerUnit } from '../../shared/engine/contracts/structure-exits.ts';
import type { ChainSource } from '../../shared/engine/ports.ts';
import { BINANCE_SYMBOLS } from '../../shared/feeds/binance/binance-symbols.ts';
import { assumedUsdtRate } from '../../shared/feeds/rates/rates.ts';
import { describeData } from '../../shared/feeds/replay/recorded-data.ts';
import { type MinuteRuns, recordedMinutes } from '../../shared/feeds/replay/recorded-minutes.ts';
import { recordedPerpetuals } from '../../shared/feeds/replay/recorded-perpetuals.ts';
import { decimal, sum, toNumber } from '../../shared/kernel/decimal.ts';
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '../../shared/kernel/time.ts';
import type { Account } from '../../shared/ledger/account.ts';
import { type DerivativeChain, NOTHING_SETTLED } from '../../shared/market/derivative.ts';
import type { Bar } from '../../shared/market/price.ts';
import { createFoArbitrage } from '../../shared/strategies/fo-arbitrage.ts';
import { strategyByName } from '../../shared/strategies/registry.ts';
import type { Strategy, StrategyName } from '../../shared/strategies/strategy.ts';
import { futureQuote, optionQuote } from '../support/derivative-views.ts';
import { NO_RECORDED_DATA, recordedDataFolder, recordedFiles } from '../support/recorded-data.ts';

interface Played {
  readonly rows: readonly JournalRow[];
  readonly scans: readonly ScanRecord[];
  readonly trades: readonly Trade[];
  readonly account: Account;
  readonly view: ContractsView;
}

interface Run {
  readonly startMs: EpochMs;
  readonly minutes: AsyncIterable<BacktestMinute> | Iterable<BacktestMinute>;
  readonly chains: ChainSource;
  /** Before each minute is played: it plays what was known when it began. */
  readonly before?: (openMs: EpochMs) => Promise<void>;
  readonly strategyOf?: (name: StrategyName) => Strategy | undefined;
  readonly capital?: string;
}

/** A session of the arbitrage alone over the bars, by the engine of the live system. */
async function play({ startMs, minutes, chains, before, strategyOf, capital = '100000' }: Run): Promise<Played> {
  const rows: JournalRow[] = [];
  const scans: ScanRecord[] = [];
  const trades: Trade[] = [];
  const backtest = openBacktest(
    {
      world: { scope: 'test', evidence: 'simulated', markets: ['CRYPTO'] },
      settings: { marketMode: 'both', seed: 'seed', configVersion: 'test' },
      request: { startingCapital: decimal(capital), strategies: ['fo_arbitrage'], riskLimits: {} },
      startMs,
      history: { bars: new Map(), days: new Map() },
      source: 'test',
      rates: (nowMs) => [assumedUsdtRate(nowMs)],
      chains,
      log: () => undefined,
      ...(strategyOf === undefined ? {} : { strategyOf }),
    },
    { row: (row) => void rows.push(row), scan: (scan) => void scans.push(scan), trade: (trade) => void trades.push(trade) },
  );
  for await (const minute of minutes) {
    await before?.(minute.openMs);
    backtest.play(minute);
  }
  backtest.end();
  return { rows, scans, trades, account: backtest.account(), view: backtest.view() };
}

const eventsOf = <Type extends JournalRow['event']['type']>(rows: readonly JournalRow[], type: Type): readonly JournalEventOf<Type>[] =>
  rows.flatMap(({ event }) => (event.type === type ? [event as JournalEventOf<Type>] : []));

async function* oneByOne(runs: MinuteRuns<BacktestMinute>): AsyncGenerator<BacktestMinute> {
  for await (const run of runs) yield* run;
}

const START = Date.parse('2026-11-02T08:00:00Z');

/** Bars of a coin that stands still. */
function* still(hours: number, fromMs = START): Generator<{ readonly openMs: EpochMs; readonly bars: readonly Bar[] }> {
  for (let openMs = fromMs; openMs < fromMs + hours * HOUR_MS; openMs += MINUTE_MS) {
    const bar: Bar = {
      symbol: 'BTC',
      openMs,
      open: 80_000,
      high: 80_001,
      low: 79_999,
      close: 80_000,
      volume: 50,
      origin: 'received',
      evidence: 'simulated',
    };
    yield { openMs, bars: [bar] };
  }
}

/** A quarterly at a premium that is there for an hour and then gone. */
const planted = (premium: number): ChainSource => ({
  underlyings: ['BTC'],
  chains: (underlying, atMs) => [
    {
      underlying,
      venue: 'binance-futures',
      currency: 'USDT',
      atMs,
      spot: 80_000,
      lotSize: 0.001,
      perpetual: null,
      futures: [futureQuote('BTC-2026-12-25', { middle: 80_000 + (atMs < START + HOUR_MS ? premium : 0), half: 1 }, atMs)],
      options: [],
      source: 'planted',
      evidence: 'simulated',
    },
  ],
  settled: () => NOTHING_SETTLED,
});

describe('an arbitrage in a session', () => {
  it('buys the coin and sells its dear future as one, and closes both when the basis has gone', async () => {
    const { scans, rows, trades, account } = await play({ startMs: START, minutes: still(2), chains: planted(5_000) });
    const [taken] = scans.flatMap(({ decisions }) => decisions).filter(({ outcome }) => outcome === 'taken');
    expect(taken).toMatchObject({ strategy: 'fo_arbitrage', structure: { name: 'cash-and-carry' }, sizedBy: 'strategyMaxPosition' });
    const fills = eventsOf(rows, 'filled').map(({ fill }) => `${fill.side} ${fill.symbol} ${fill.purpose}`);
    // What was sold is bought back first, in the same step.
    expect(fills).toEqual(['buy BTC entry', 'sell BTC-2026-12-25 entry', 'buy BTC-2026-12-25 exit', 'sell BTC exit']);
    expect(new Set(rows.filter(({ event }) => event.type === 'filled' && event.fill.purpose === 'exit').map(({ commandId }) => commandId)).size).toBe(
      1,
    );
    expect(account.positions.size).toBe(0);
    // 3 % of equity in the larger leg, in whole lots.
    const [bought] = eventsOf(rows, 'filled');
    const worth = toNumber(bought?.fill.quantity ?? decimal('0')) * 85_000;
    expect(worth).toBeLessThanOrEqual(3_000);
    expect(worth).toBeGreaterThan(2_900);
    expect(trades.map(({ closedWhy }) => closedWhy)).toEqual(['converged', 'converged']);
    // 5,000 a unit less 24 bp of fees at both ends and what crossing the books costs.
    const perUnit = toNumber(sum(trades.map(({ realised }) => realised.net))) / toNumber(bought?.fill.quantity ?? decimal('1'));
    expect(perUnit).toBeGreaterThan(4_500);
    expect(perUnit).toBeLessThan(4_800);
  });

  it('leaves a basis alone that does not pay its costs, and says by how much', async () => {
    const { scans, rows } = await play({ startMs: START, minutes: still(1), chains: planted(300) });
    expect(eventsOf(rows, 'order-placed')).toEqual([]);
    expect(scans.flatMap(({ decisions }) => decisions)).toEqual([]);
  });
});

describe('a carry whose basis stays to the end of its future', () => {
  const expiryMs = Date.parse('2026-12-25T08:00:00Z');
  const startMs = expiryMs - 2 * HOUR_MS;
  const chains: ChainSource = {
    underlyings: ['BTC'],
    chains: (underlying, atMs) =>
      atMs >= expiryMs
        ? []
        : [
            {
              ...(planted(0).chains(underlying, atMs)[0] as DerivativeChain),
              futures: [futureQuote('BTC-2026-12-25', { middle: 81_500, half: 1 }, atMs)],
            },
          ],
    settled: (_, atMs) => (atMs < expiryMs ? NOTHING_SETTLED : { fundings: [], deliveries: [{ expiryMs, price: 80_000, source: 'planted' }] }),
  };

  it('is settled at what the venue says, and the coin is sold in the same minute', async () => {
    const strategy = createFoArbitrage(foArbitrageConfig.parse({ leastDaysToExpiry: 0.05 }));
    const { rows, trades, account } = await play({ startMs, minutes: still(2.1, startMs), chains, strategyOf: () => strategy });
    const fills = eventsOf(rows, 'filled').map(({ fill }) => fill);
    expect(fills.map(({ side, symbol, exitReason }) => `${side} ${symbol} ${exitReason}`)).toEqual([
      'buy BTC null',
      'sell BTC-2026-12-25 null',
      'buy BTC-2026-12-25 expiry',
      'sell BTC time',
    ]);
    expect(fills[2]?.price).toBe(decimal('80000'));
    for (const { atMs } of fills.slice(2)) expect(atMs - expiryMs).toBeLessThan(MINUTE_MS);
    expect(account.positions.size).toBe(0);
    // 1,500 a unit, less the fees of three fills and a settlement, and what crossing the coin's spread costs.
    const perUnit = toNumber(sum(trades.map(({ realised }) => realised.net))) / toNumber(fills[0]?.quantity ?? decimal('1'));
    expect(perUnit).toBeGreaterThan(1_000);
    expect(perUnit).toBeLessThan(1_250);
  });
});

/** A call that is dearer than its put by a share of the coin, each in a book as wide as half a hundredth of it. */
const conversion = (deviationAt: (atMs: EpochMs) => number): ChainSource => ({
  underlyings: ['BTC'],
  chains: (underlying, atMs) => [
    {
      underlying,
      venue: 'deribit',
      currency: 'USDT',
      atMs,
      spot: 80_000,
      lotSize: 0.1,
      perpetual: null,
      futures: [],
      options: [
        optionQuote('BTC-2026-11-13-80000-C', { middle: 0.02 + deviationAt(atMs), half: 0.0025 }, 80_000, atMs),
        optionQuote('BTC-2026-11-13-80000-P', { middle: 0.02, half: 0.0025 }, 80_000, atMs),
      ],
      source: 'planted',
      evidence: 'simulated',
    },
  ],
  settled: () => NOTHING_SETTLED,
});

describe('a conversion whose books are wider than its stop', () => {
  const [PLANTED, HALF_HOUR_MS] = [0.03, HOUR_MS / 2];
  const heldAfter = async (deviation: number) => {
    const chains = conversion((atMs) => (atMs < START + HALF_HOUR_MS ? PLANTED : deviation));
    const { scans, rows, account, view } = await play({ startMs: START, minutes: still(1), chains, capital: '1000000' });
    const [taken] = scans.flatMap(({ decisions }) => decisions).filter(({ outcome }) => outcome === 'taken');
    const fills = eventsOf(rows, 'filled').map(({ fill }) => fill);
    const [held] = heldStructures(account);
    return {
      taken,
      fills,
      lossNow: held === undefined ? null : -(profitPerUnit(held, view) ?? 0),
      exits: fills.flatMap(({ exitReason }) => exitReason ?? []),
    };
  };

  it('is held while its basis stands where it was: crossing its spreads again is no loss of what is locked in', async () => {
    const { taken, fills, lossNow, exits } = await heldAfter(PLANTED);
    expect(taken).toMatchObject({ strategy: 'fo_arbitrage', structure: { name: 'put-call-parity' } });
    expect(lossNow).toBeGreaterThan(0.01 * 80_000);
    expect(fills.map(({ purpose }) => purpose)).toEqual(['entry', 'entry', 'entry']);
    expect(exits).toEqual([]);
    // What sizing counts is what the stop loses in all, spreads and charges of both ends besides.
    expect(taken?.structure?.riskPerUnit).toBeGreaterThan(0.01 * 80_000 + 4 * 0.0025 * 80_000);
  });

  it.each([
    ['held', 'seven thousandths', 0.007, []],
    ['stopped', 'eleven and a half', 0.0115, ['stop', 'stop', 'stop']],
  ])('is %s when its middles move apart by %s of the price: the stop is a hundredth', async (_what, _words, widening, expected) => {
    expect((await heldAfter(PLANTED + widening)).exits).toEqual(expected);
  });

  it('takes what it came for when its books bring it, their spreads paid', async () => {
    expect((await heldAfter(-0.01)).exits).toEqual(['target', 'target', 'target']);
  });
});

const [spotFile] = recordedFiles('binance-klines', /^BTCUSDT-1m-2025/);
const perpetualFiles = recordedFiles('binance-futures', /^BTCUSDT_PERP-(1m-2025|8h-(funding_rate|mark)-2023)/);

/** A strategy that sells one lot of the perpetual and keeps it. */
const keeper = (built: Strategy): Strategy => ({
  ...built,
  evaluate: ({ derivatives, instrument }) => {
    const quote = derivatives?.chains[0]?.perpetual;
    if (quote == null || quote.last === null) return { kind: 'quiet', reason: 'no_book', why: 'nothing traded' };
    return {
      kind: 'structure',
      structure: 'cash-and-carry',
      underlying: instrument.symbol,
      legs: [{ instrument: quote.instrument, side: 'sell', ratio: 1, price: quote.last }],
      unit: 0.001,
      maxLoss: null,
      maxProfit: null,
      riskPerUnit: 1_000,
      exits: { takeProfit: null, stopLoss: null, closeBeforeExpiryMs: null, shortDelta: null, convergedBps: null },
      maxHoldingMs: 60 * DAY_MS,
      confidence: 1,
      leastConfidence: 0,
      parts: [],
      volatility: 0.001,
      why: 'kept',
    };
  },
});

describe.skipIf(recordedDataFolder() === null)(`funding${recordedDataFolder() === null ? ` (${NO_RECORDED_DATA})` : ''}`, () => {
  it('of a perpetual held over four recorded days is the sum of what was recorded, payment by payment', async () => {
    const startMs = Date.parse('2025-05-21T00:00:00Z');
    const untilMs = startMs + 4 * DAY_MS;
    const data = await describeData([spotFile as string], BINANCE_SYMBOLS);
    if (data.kind !== 'klines') throw new Error(data.kind);
    const chains = recordedPerpetuals(perpetualFiles, BINANCE_SYMBOLS);
    const { rows, account } = await play({
      startMs,
      minutes: oneByOne(recordedMinutes(data.series, { fromMs: startMs, toMs: untilMs })),
      chains,
      before: chains.advance,
      strategyOf: (name) => {
        const built = strategyByName(name);
        return built === undefined ? undefined : keeper(built);
      },
    });
    await chains.close();
    const [position] = account.positions.values();
    const paid = eventsOf(rows, 'funding-paid');
    const recorded = chains.settled('BTC', untilMs).fundings.filter(({ atMs }) => atMs > (position?.openedMs ?? 0));
    expect(recorded.length).toBe(11);
    expect(paid.map(({ fundingRate }) => fundingRate)).toEqual(recorded.map(({ rate }) => rate));
    const units = toNumber(position?.quantity ?? decimal('0'));
    const expected = recorded.reduce((total, { rate, mark }) => total + units * rate * mark, 0);
    expect(units).toBeGreaterThan(0.01);
    expect(toNumber(sum(paid.map(({ amount }) => amount)))).toBeCloseTo(expected, 6);
    // Booked by the look that follows it, within a minute of its time.
    for (const { atMs, fundingMs } of paid) expect(atMs - fundingMs).toBeLessThanOrEqual(2 * MINUTE_MS);
  });
});
