import { describe, expect, it } from 'vitest';
import { instrumentsOf } from '../../shared/config/instruments.ts';
import type { RecordedKlinesData } from '../../shared/feeds/replay/kline-replay-source.ts';
import { describeData } from '../../shared/feeds/replay/recorded-data.ts';
import { decimal } from '../../shared/kernel/decimal.ts';
import { writeGeneratedShares } from '../support/generated-shares.ts';
import { testFolder } from '../support/history-fixtures.ts';
import { backtested, type Run, replayed } from '../support/played-both-ways.ts';

const SYMBOLS = ['HDFCBANK', 'SBIN'];
const NAMES = new Map(instrumentsOf('NSE').map(({ symbol }) => [symbol, symbol]));
const REQUEST = { startingCapital: decimal('100000'), strategies: ['scalping', 'swing', 'btst'] as const, riskLimits: {} };
const HISTORY_DAYS = 40;
/** From the afternoon of one session into the next: over a night, and ten past midnight in UTC. */
const SPAN = { startMs: Date.parse('2024-04-03T06:00:00Z'), untilMs: Date.parse('2024-04-04T06:00:00Z') };

async function sharesIn(folder: string): Promise<RecordedKlinesData> {
  const data = await describeData([folder], NAMES);
  if (data.kind !== 'klines') throw new Error(data.kind);
  return data;
}

const runOf = (data: RecordedKlinesData): Run => ({ ...SPAN, data, historyDays: HISTORY_DAYS, request: REQUEST });

describe('shares of NSE in bars of five minutes', { timeout: 60_000 }, () => {
  it('are traded in a backtest as in a replay through feed, store and scheduler, hash for hash, over a night', async () => {
    const folder = writeGeneratedShares(testFolder(), { seed: '4', symbols: SYMBOLS, from: '2024-03-20', to: '2024-04-04', days: 80 });
    const data = await sharesIn(folder);
    expect(data.series.map(({ symbol, files }) => [symbol, files[0]?.spanMinutes])).toEqual(SYMBOLS.map((symbol) => [symbol, 5]));
    const { rows, scans, told } = await backtested(runOf(data));
    expect(told).toEqual((await replayed(runOf(data))).told);
    const taken = scans.flatMap(({ decisions }) => decisions).filter(({ outcome }) => outcome === 'taken');
    expect(new Set(taken.map(({ strategy, timeframe }) => `${strategy} ${timeframe}`))).toEqual(new Set(['scalping 5m', 'swing 15m', 'btst 1h']));
    const fills = rows.flatMap(({ event }) => (event.type === 'filled' ? [event.fill] : []));
    expect(fills.every(({ rate }) => rate.source === 'ecb')).toBe(true);
    // With eighty days before it the value at risk of a night is known, and no move has to be assumed.
    const risks = rows.flatMap(({ event }) => (event.type === 'day-closed' ? [event.report.nextValueAtRisk] : []));
    expect(risks.length).toBeGreaterThan(0);
    expect(risks.every((risk) => risk !== undefined && risk > 0n)).toBe(true);
  });

  it('are seen on one scale across the ex-date of a split in a backtest as in a replay, hash for hash', async () => {
    // Five for one on Wednesday 2026-01-14: the price falls to a fifth overnight, and nothing has happened.
    const [symbol, exDate] = ['KOTAKBANK', '2026-01-14'];
    const splits = { [symbol]: { date: exDate, factor: 0.2 } };
    const folder = writeGeneratedShares(testFolder(), { seed: '9', symbols: [symbol], from: '2026-01-01', to: exDate, days: 30, splits });
    const span = { startMs: Date.parse('2026-01-13T06:00:00Z'), untilMs: Date.parse('2026-01-14T09:30:00Z') };
    const run = { ...runOf(await sharesIn(folder)), ...span };
    const { rows, scans, told } = await backtested(run);
    expect(told).toEqual((await replayed(run)).told);
    expect(rows.some(({ event }) => event.type === 'corporate-action')).toBe(true);
    const after = scans.filter(({ minuteMs }) => minuteMs >= Date.parse(`${exDate}T00:00:00Z`)).flatMap(({ decisions }) => decisions);
    expect(after.map((decision) => decision.symbol)).toContain(symbol);
  });
});
