import { assumptionsOf } from '../../../shared/engine/backtest/assumptions.ts';
import { aligned, countsText, minuteText } from '../../../shared/feeds/history/command/tables.ts';
import { longestSpan } from '../../../shared/feeds/replay/recorded-klines.ts';
import { notesOn } from './notes.ts';
import type { BacktestRequest, BacktestResult } from './run-backtest.ts';

const dollars = (amount: string | number | null): string =>
  amount === null ? '-' : Number(amount).toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const percent = (share: number | null): string => (share === null ? '-' : `${(100 * share).toFixed(2)} %`);
const plain = (value: number | null): string => (value === null ? '-' : value.toFixed(2));

/** The result of a backtest for a person: a line a strategy, the account, what is undefined and why, and what was assumed. */
export function resultPage(request: BacktestRequest, result: BacktestResult): readonly string[] {
  const { data, bounds, strategies, seed, capital, chainAgeSeconds, folder } = request;
  const { performance, books, bars, missingBars, playedInMs } = result;
  const { reasons } = performance;
  const lacking = [missingBars > 0 ? `${missingBars} missing` : '', countsText(result.refusedRows)].filter((each) => each !== '');
  return [
    `Backtest of ${strategies.join(', ')} over ${data.symbols.join(' ')}, ${minuteText(bounds.startMs)} to ${minuteText(bounds.endMs)} UTC`,
    `  $${dollars(Number(capital) / 1e8)}, seed ${seed}, evidence replay, configuration ${result.configVersion}`,
    `  ${bars.toLocaleString('en-US')} bars${lacking.length > 0 ? ` (${lacking.join(', ')})` : ''} in ${(playedInMs / 1_000).toFixed(1)} s: ${Math.round((bars / playedInMs) * 1_000).toLocaleString('en-US')} bars/s`,
    '',
    ...strategyTable(result),
    '',
    `Equity       $${dollars(result.equity)} (${percent(performance.totalReturn)}), ${result.openPositions} positions open`,
    `Drawdown     ${percent(performance.maxDrawdown)} at most; in a position ${percent(performance.exposureTime)} of the time`,
    `Sharpe       ${plain(performance.sharpe)}, Sortino ${plain(performance.sortino)}, of ${performance.dailyReturns} closed days`,
    `Exits        ${countsText(result.exits) || 'none'}`,
    `Decisions    ${countsText(result.decisions) || 'none'}; ${result.scans.toLocaleString('en-US')} scans`,
    `Ledger       ${books.isSound ? 'sound' : 'NOT SOUND'}: ${books.rows} journal rows, ${books.fills} fills, hash ${books.journalHash}`,
    ...books.differences.map(({ what, stored, rebuilt }) => `  ${what}: stored ${JSON.stringify(stored)}, rebuilt ${JSON.stringify(rebuilt)}`),
    `             decisions hash ${result.decisionsHash}`,
    ...undefinedFigures(reasons),
    ...notesOn(request, result).map((note) => `Note         ${note}`),
    '',
    'What bars do not tell was assumed:',
    ...assumptionsOf({ hasMinutes: longestSpan(data.series) === 1, isOfPerpetuals: data.isOfPerpetuals === true, chainAgeSeconds }).map(
      (line) => `  ${line}`,
    ),
    '',
    `Files        ${folder}: journal.jsonl, trades.jsonl, decisions.jsonl, summary.json`,
  ];
}

function strategyTable({ performance }: BacktestResult): readonly string[] {
  const groups = performance.byEvidence.flatMap(({ byStrategy }) => byStrategy.map((group) => ({ name: group.strategy, ...group })));
  const all = performance.byEvidence.map((group) => ({ name: 'all', ...group }));
  const header = ['strategy', 'trades', 'won', 'net $', 'charges $', 'slippage $', 'profit factor', 'expectancy $', 'in R', 'held min'];
  const rows = [...groups, ...(groups.length > 1 ? all : [])].map((group) => [
    group.name,
    group.trades,
    percent(group.winRate),
    dollars(group.realisedPnL),
    dollars(group.charges),
    dollars(group.slippage),
    plain(group.profitFactor),
    plain(group.expectancy),
    plain(group.expectancyR),
    group.averageHoldingMs === null ? '-' : (group.averageHoldingMs / 60_000).toFixed(1),
  ]);
  return rows.length === 0 ? ['No trade was closed and none is open.'] : aligned(header, rows);
}

function undefinedFigures(reasons: Readonly<Record<string, string>>): readonly string[] {
  const byReason = Map.groupBy(Object.entries(reasons), ([, reason]) => reason);
  return [...byReason].map(([reason, figures]) => `Undefined    ${figures.map(([name]) => name).join(', ')}: ${reason}`);
}
