import type { Trade } from '../../contracts/fill.ts';
import type { DayReport } from '../../contracts/journal.ts';
import type { Position } from '../../contracts/position.ts';
import type { AccountPerformance, EvidencePerformance, PerformanceAnswer } from '../../contracts/v8/performance.ts';
import { type Decimal, subtract, sum, text, toNumber } from '../../kernel/decimal.ts';
import { iso } from '../../kernel/time.ts';
import type { Account } from '../../ledger/account.ts';
import type { Evidence } from '../../market/price.ts';
import { brier, reliability } from '../../ml/evaluate/metrics.ts';
import { curveFigures, DAY_BOOKS_PER_YEAR } from '../../performance/curve-figures.ts';
import { noTradeFigures, type TradeResult, tradeFigures, tradeSums } from '../../performance/trade-figures.ts';
import type { EngineContext } from '../context.ts';
import type { LedgerStore } from '../ports.ts';
import { isoOrNull } from './instants.ts';
import { marketStatus } from './market-status.ts';
import { bandOf } from './pnl-band.ts';
import { portfolioOf } from './portfolio.ts';
import { unrealised } from './position.ts';
import { shownSession } from './shown-session.ts';
import { type ValuedAccount, valuedAccount } from './valued-account.ts';

/** Answers `performance`, and remembers what it has read: closed trades and closed days never change. */
export type PerformanceView = (query: { readonly session?: string | undefined }) => Promise<PerformanceAnswer>;

/** What of a closed trade the statistics are made from. */
export type ClosedTrade = TradeResult & Pick<Trade, 'evidence' | 'strategy' | 'market' | 'closedWhy' | 'odds'>;

/** Closed trades and closed days of a session, in order. */
export interface ClosedHistory {
  readonly trades: readonly ClosedTrade[];
  readonly reports: readonly DayReport[];
}

/** What the journal of a session has brought up to `seq`. */
interface History extends ClosedHistory {
  readonly seq: number;
}

const NO_HISTORY: History = { seq: 0, trades: [], reports: [] };
const TRADES_A_READ = 200;

/**
 * The statistics of a session: a projection of its journal. The returned view answers with EngineError `unknown_session`
 * for a session that is not there.
 */
export function performanceView(context: EngineContext): PerformanceView {
  const histories = new Map<string, History>();
  const historyOf = async ({ sessionId, seq }: Account): Promise<History> => {
    const known = histories.get(sessionId) ?? NO_HISTORY;
    if (known.seq >= seq) return known;
    const history = await continued(context.ledger, sessionId, known, seq);
    histories.set(sessionId, history);
    return history;
  };
  return async (query) => {
    const shown = await shownSession(context, query.session);
    const valued = shown.account === null ? null : await valuedAccount(context, shown.account);
    return {
      session: shown.account === null ? null : sessionOf(shown.account),
      performance: valued === null ? null : performanceOf(valued, await historyOf(valued.account)),
      portfolio: portfolioOf(context, shown, valued),
      marketStatus: marketStatus(context),
      isActive: shown.isActive,
      reason: shown.reason,
      timestamp: iso(context.clock.now()),
    };
  };
}

/** The history with the rows in (known.seq, seq]: not further, so that all figures of an answer are of one moment. */
async function continued(ledger: LedgerStore, sessionId: string, known: History, seq: number): Promise<History> {
  const reports: DayReport[] = [];
  for await (const row of ledger.rows(sessionId, known.seq)) {
    if (row.seq > seq) break;
    if (row.event.type === 'day-closed') reports.push(row.event.report);
  }
  const newer = (await tradesAfter(ledger, sessionId, known.seq)).filter((trade) => trade.seq <= seq);
  return { seq, trades: [...known.trades, ...newer], reports: [...known.reports, ...reports] };
}

/** Trades closed after a sequence, oldest first. */
async function tradesAfter(ledger: LedgerStore, sessionId: string, seq: number): Promise<readonly Trade[]> {
  const found: Trade[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<LedgerStore['trades']>> = await ledger.trades(sessionId, { limit: TRADES_A_READ, cursor });
    const newer = page.items.filter((trade) => trade.seq > seq);
    found.push(...newer);
    cursor = newer.length < page.items.length ? null : page.next;
  } while (cursor !== null);
  return found.reverse();
}

function sessionOf(account: Account): NonNullable<PerformanceAnswer['session']> {
  const { sessionId, status, strategies, evidence, scope } = account;
  return {
    sessionId,
    status,
    startTime: iso(account.startedMs),
    endTime: isoOrNull(account.stoppedMs),
    startingCapital: toNumber(account.startingCapital),
    strategies: [...strategies],
    evidence,
    scope,
  };
}

/** The statistics of a session from what it has closed and what it holds. Pure. */
export function performanceOf(valued: ValuedAccount, { trades, reports }: ClosedHistory): AccountPerformance {
  const { account, equity } = valued;
  const positions = [...account.positions.values()];
  const labels = new Set<Evidence>([...trades, ...positions].map(({ evidence }) => evidence));
  const evidences = labels.size === 0 ? [account.evidence] : [...labels].sort();
  const statistics = evidences.length === 1 ? tradeFigures(trades) : noTradeFigures(`${evidences.join(' and ')} are not mixed: see byEvidence`);
  const { reasons: curveReasons, ...curve } = curveFigures(reports, account.curve);
  const { reasons: tradeReasons, ...figures } = statistics;
  return {
    evidence: evidences,
    trades: account.totals.trades,
    realisedPnL: text(account.totals.realised),
    unrealisedPnL: text(sumUnrealised(positions, valued)),
    totalPnL: toNumber(subtract(equity, account.startingCapital)),
    band: totalBand(valued),
    totalReturn: toNumber(equity) / toNumber(account.startingCapital) - 1,
    charges: text(account.totals.charges),
    slippage: text(account.totals.slippage),
    ...figures,
    ...curve,
    daysPerYear: DAY_BOOKS_PER_YEAR,
    odds: oddsSoFar(trades),
    reasons: { ...tradeReasons, ...curveReasons },
    byEvidence: evidences.map((evidence) => ofEvidence(evidence, trades, positions, valued)),
  };
}

/** How the odds that trades were taken with compare with what became of them, whatever the model's version; null where none was taken with odds. */
function oddsSoFar(trades: readonly ClosedTrade[]): AccountPerformance['odds'] {
  const told = trades.flatMap(({ odds, closedWhy }) => (odds === undefined ? [] : { odds: odds.value, label: closedWhy === 'target' ? 1 : 0 }));
  if (told.length === 0) return null;
  const forecasts = { odds: told.map(({ odds }) => odds), labels: told.map(({ label }) => label) };
  const mean = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0) / values.length;
  return {
    trades: told.length,
    meanOdds: mean(forecasts.odds),
    reachedTarget: mean(forecasts.labels),
    brier: brier(forecasts) ?? 0,
    reliability: [...reliability(forecasts)],
  };
}

/** What all fills of the session, also those of positions that are still open, might have been. */
function totalBand({ account, equity }: ValuedAccount): AccountPerformance['band'] {
  const open = [...account.positions.values()];
  const better = sum([account.totals.better, ...open.map(({ entryBetter }) => entryBetter)]);
  const worse = sum([account.totals.worse, ...open.map(({ entryWorse }) => entryWorse)]);
  return bandOf({ net: subtract(equity, account.startingCapital), better, worse });
}

function ofEvidence(
  evidence: Evidence,
  allTrades: readonly ClosedTrade[],
  allPositions: readonly Position[],
  valued: ValuedAccount,
): EvidencePerformance {
  const trades = allTrades.filter((trade) => trade.evidence === evidence);
  const positions = allPositions.filter((position) => position.evidence === evidence);
  const by = <Key extends 'strategy' | 'market'>(key: Key) =>
    [...new Set([...trades, ...positions].map((each) => each[key]))].sort().map((value) => ({
      [key]: value,
      ...group(
        trades.filter((trade) => trade[key] === value),
        positions.filter((position) => position[key] === value),
        valued,
      ),
    }));
  return {
    evidence,
    ...group(trades, positions, valued),
    byStrategy: by('strategy') as EvidencePerformance['byStrategy'],
    byMarket: by('market') as EvidencePerformance['byMarket'],
  };
}

type Group = Omit<EvidencePerformance, 'evidence' | 'byStrategy' | 'byMarket'>;

function group(trades: readonly ClosedTrade[], positions: readonly Position[], valued: ValuedAccount): Group {
  const { net, grossProfit, grossLoss, charges, slippage, currencyEffect, bestTrade, worstTrade, ...counts } = tradeSums(trades);
  return {
    ...counts,
    realisedPnL: text(net),
    unrealisedPnL: text(sumUnrealised(positions, valued)),
    openPositions: positions.length,
    grossProfit: text(grossProfit),
    grossLoss: text(grossLoss),
    charges: text(charges),
    slippage: text(slippage),
    currencyEffect: text(currencyEffect),
    bestTrade: bestTrade === null ? null : text(bestTrade),
    worstTrade: worstTrade === null ? null : text(worstTrade),
    ...tradeFigures(trades),
  };
}

const sumUnrealised = (positions: readonly Position[], valued: ValuedAccount): Decimal =>
  sum(positions.map((position) => unrealised(position, valued)));
