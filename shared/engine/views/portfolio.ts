import type { PortfolioAnswer } from '../../contracts/v8/portfolio.ts';
import { subtract, sum, text, toNumber, ZERO } from '../../kernel/decimal.ts';
import { iso } from '../../kernel/time.ts';
import { type Account, availableCash, blockedCash, exposure, reserved, riskAtStops } from '../../ledger/account.ts';
import type { EngineContext } from '../context.ts';
import { heldStructures } from '../contracts/structure-exits.ts';
import { bandOf } from './pnl-band.ts';
import { positionAnswer, unrealised } from './position.ts';
import { type ShownSession, shownSession } from './shown-session.ts';
import { structureAnswer } from './structure.ts';
import { sessionStatsOf, type ValuedAccount, valuedAccount } from './valued-account.ts';

/**
 * Cash, equity and positions of a session at the newest prices of its world.
 * @throws EngineError `unknown_session`
 */
export async function portfolio(context: EngineContext, query: { readonly session?: string | undefined }): Promise<PortfolioAnswer> {
  const shown = await shownSession(context, query.session);
  return portfolioOf(context, shown, shown.account === null ? null : await valuedAccount(context, shown.account));
}

/** The same of an account that is valued already; all null without one. */
export function portfolioOf(context: EngineContext, shown: ShownSession, valued: ValuedAccount | null): PortfolioAnswer {
  const common = { sessionId: shown.sessionId, isActive: shown.isActive, reason: shown.reason, timestamp: iso(context.clock.now()) };
  return { ...common, ...(valued === null ? NOTHING : figuresOf(valued)) };
}

type Figures = Omit<PortfolioAnswer, 'sessionId' | 'isActive' | 'reason' | 'timestamp'>;

const NOTHING: Figures = {
  currentCapital: null,
  positions: [],
  structures: [],
  dailyPnL: null,
  sessionStats: sessionStatsOf(null),
  cash: null,
  availableCash: null,
  reserved: null,
  equity: null,
  exposure: null,
  exposureShare: null,
  riskAtStops: null,
  realisedPnL: null,
  realisedBand: null,
  unrealisedPnL: null,
  charges: null,
  slippage: null,
  funding: null,
  blockedCash: null,
  unmarkedPositions: 0,
  day: null,
  riskLimits: null,
  evidence: [],
};

function figuresOf(valued: ValuedAccount): Figures {
  const { account, equity, markOf, rateOf } = valued;
  const held = [...account.positions.values()];
  const exposed = exposure(account, markOf, rateOf);
  const positions = held.map((position) => positionAnswer(position, valued));
  const labels = positions.flatMap(({ evidence, markEvidence }) => (markEvidence === null ? [evidence] : [evidence, markEvidence]));
  return {
    currentCapital: toNumber(equity),
    positions,
    structures: heldStructures(account).map((structure) => structureAnswer(structure, valued)),
    dailyPnL: toNumber(subtract(equity, account.day.startEquity)),
    sessionStats: sessionStatsOf(valued),
    cash: text(account.cash),
    availableCash: text(availableCash(account)),
    reserved: text(reserved(account)),
    equity: text(equity),
    exposure: text(exposed),
    exposureShare: equity > 0n ? toNumber(exposed) / toNumber(equity) : null,
    riskAtStops: equity > 0n ? riskAtStops(account, equity, rateOf) : null,
    realisedPnL: text(account.totals.realised),
    realisedBand: bandOf({ ...account.totals, net: account.totals.realised }),
    unrealisedPnL: text(sum(held.map((position) => unrealised(position, valued)))),
    charges: text(account.totals.charges),
    slippage: text(account.totals.slippage),
    funding: text(account.totals.funding ?? ZERO),
    blockedCash: text(blockedCash(account)),
    unmarkedPositions: positions.filter(({ mark }) => mark === null).length,
    day: account.status === 'stopped' ? null : dayOf(account),
    riskLimits: account.limits,
    evidence: [...new Set(labels)],
  };
}

function dayOf({ day }: Account): NonNullable<PortfolioAnswer['day']> {
  return {
    date: day.date,
    openedAt: iso(day.openedMs),
    startEquity: text(day.startEquity),
    openEquity: day.openEquity === null ? null : text(day.openEquity),
    realisedPnL: text(day.realised),
    charges: text(day.charges),
    trades: day.trades,
    wins: day.wins,
  };
}
