import type { Trade } from '../contracts/fill.ts';
import { abs, add, type Decimal, sum, toNumber, ZERO } from '../kernel/decimal.ts';
import { type Figure, type Figures, figures, known, undefinedBecause } from './figure.ts';

/** What the figures of a group are made from. */
export type TradeResult = Pick<Trade, 'realised' | 'rMultiple' | 'openedMs' | 'closedMs'>;

export type TradeFigureName =
  | 'winRate'
  | 'profitFactor'
  | 'expectancy'
  | 'expectancyR'
  | 'averageWin'
  | 'averageLoss'
  | 'payoff'
  | 'averageHoldingMs';

/** Sums of closed trades, base currency; results are net of charges and slippage. */
export interface TradeSums {
  readonly trades: number;
  readonly wins: number;
  readonly losses: number;
  readonly net: Decimal;
  readonly grossProfit: Decimal;
  /** Sum of the losing trades, positive. */
  readonly grossLoss: Decimal;
  readonly charges: Decimal;
  readonly slippage: Decimal;
  /** What exchange rates did to the trades, inside `net`. */
  readonly currencyEffect: Decimal;
  readonly bestTrade: Decimal | null;
  readonly worstTrade: Decimal | null;
}

/** Sums over closed trades. A trade wins when its net result is above zero and loses when it is below. */
export function tradeSums(trades: readonly TradeResult[]): TradeSums {
  const results = trades.map(({ realised }) => realised);
  const nets = results.map(({ net }) => net);
  const wins = nets.filter((net) => net > 0n);
  const losses = nets.filter((net) => net < 0n);
  const ranked = [...nets].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return {
    trades: trades.length,
    wins: wins.length,
    losses: losses.length,
    net: sum(nets),
    grossProfit: sum(wins),
    grossLoss: abs(sum(losses)),
    charges: sum(results.map(({ charges }) => charges)),
    slippage: sum(results.map(({ slippage }) => slippage)),
    currencyEffect: results.reduce((total, { currency }) => add(total, currency), ZERO),
    bestTrade: ranked.at(-1) ?? null,
    worstTrade: ranked[0] ?? null,
  };
}

/**
 * The statistics of closed trades, on net results in base currency.
 *
 *   winRate = wins / trades                  profitFactor = gross profit / gross loss
 *   expectancy = net / trades                expectancyR = mean of net / risk at the stop
 *   payoff = average win / average loss      averageLoss is positive
 */
export function tradeFigures(trades: readonly TradeResult[]): Figures<TradeFigureName> {
  const { wins, losses, net, grossProfit, grossLoss } = tradeSums(trades);
  const [profit, loss] = [toNumber(grossProfit), toNumber(grossLoss)];
  const multiples = trades.flatMap(({ rMultiple }) => (rMultiple === null ? [] : [rMultiple]));
  const held = trades.map(({ openedMs, closedMs }) => closedMs - openedMs);
  const noTrades = 'no trade has been closed';
  const noWins = trades.length === 0 ? noTrades : 'no trade has won';
  const noLosses = trades.length === 0 ? noTrades : 'no trade has lost';
  return figures<TradeFigureName>({
    winRate: ratio(wins, trades.length, noTrades),
    profitFactor: ratio(profit, loss, noLosses),
    expectancy: ratio(toNumber(net), trades.length, noTrades),
    expectancyR: ratio(total(multiples), multiples.length, trades.length === 0 ? noTrades : 'no trade had a stop'),
    averageWin: ratio(profit, wins, noWins),
    averageLoss: ratio(loss, losses, noLosses),
    payoff: wins === 0 ? undefinedBecause(noWins) : ratio(profit / wins, losses === 0 ? 0 : loss / losses, noLosses),
    averageHoldingMs: ratio(total(held), held.length, noTrades),
  });
}

/** Statistics that are undefined for one and the same reason. */
export function noTradeFigures(reason: string): Figures<TradeFigureName> {
  const each = undefinedBecause(reason);
  return figures<TradeFigureName>({
    winRate: each,
    profitFactor: each,
    expectancy: each,
    expectancyR: each,
    averageWin: each,
    averageLoss: each,
    payoff: each,
    averageHoldingMs: each,
  });
}

const ratio = (of: number, over: number, reason: string): Figure => (over === 0 ? undefinedBecause(reason) : known(of / over));

const total = (values: readonly number[]): number => values.reduce((all, each) => all + each, 0);
