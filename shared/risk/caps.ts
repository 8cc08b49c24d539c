import { ENTRY_RESERVE } from '../config/execution.ts';
import { STRATEGY_MAX_POSITION } from '../config/risk.ts';
import type { EntryOrder } from '../contracts/order.ts';
import type { RiskLimits, Trader } from '../contracts/terms.ts';
import { add, type Decimal, divide, fromNumber, max, multiply, ONE, subtract, sum, toNumber, ZERO } from '../kernel/decimal.ts';
import { type Account, availableCash, equity, exposure, reserved, riskAtStops } from '../ledger/account.ts';
import type { EntryFacts } from './entry-checks.ts';
import { type GateRefusal, over, percent } from './refusal.ts';

/** What bounds the size of an entry. */
export interface Cap {
  readonly name: string;
  /** Largest notional that this cap allows, base currency. */
  readonly notional: Decimal;
  /** The refusal when the cap leaves less than the least position. */
  readonly refusal: (notional: number) => GateRefusal;
}

/** An entry as its caps see it. Prices in the quote currency. */
export interface Sized extends EntryFacts {
  readonly trader: Trader;
  /** What will be paid a unit. */
  readonly price: number;
  /** Null without one: then the whole position can be lost. */
  readonly stop: number | null;
  /** What the risk per share counts; absent: 1. */
  readonly riskFactor?: number | undefined;
}

/** The caps on an entry's notional, each with its refusal. */
export function caps(entry: Sized): readonly Cap[] {
  const { account, trader, markOf, rateOf, direction, product, price, stop, riskFactor = 1 } = entry;
  const { limits } = account;
  const equityNow = equity(account, markOf, rateOf);
  const of = (share: number): Decimal => multiply(equityNow, fromNumber(share));
  const used = add(exposure(account, markOf, rateOf), reserved(account));
  const riskUsed = riskAtStops(account, equityNow, rateOf) + pendingRisk(account, equityNow);
  // The risk is taken from the price that will be paid: the bar that was judged has closed at another.
  const stopShare = (stop === null ? 1 : Math.abs(price - stop) / price) * riskFactor;
  const reserveFactor = add(ONE, ENTRY_RESERVE);
  const equityUsd = toNumber(equityNow);
  const riskRoom = equityNow <= 0n ? 0 : Math.max(0, (limits.maxPortfolioRisk - riskUsed) * equityUsd);
  const usedShare = equityNow <= 0n ? 1 : toNumber(used) / equityUsd;
  // A short blocks its proceeds and as much again.
  const cashPerNotional = direction === 'short' && product === 'intraday' ? 1 : toNumber(reserveFactor);
  return [
    ...(trader === 'manual' ? [] : [sizeCap('strategyMaxPosition', of(STRATEGY_MAX_POSITION[trader]), STRATEGY_MAX_POSITION[trader], limits)]),
    sizeCap('maxPositionSize', of(limits.maxPositionSize), limits.maxPositionSize, limits),
    {
      name: 'maxTotalExposure',
      // What is reserved counts as exposure until the fill, and it is more than the notional.
      notional: divide(subtract(of(limits.maxTotalExposure), used), reserveFactor, 'floor'),
      refusal: () =>
        over(
          'maxTotalExposure',
          usedShare,
          limits.maxTotalExposure,
          `Exposure is ${percent(usedShare)} of equity, at most ${percent(limits.maxTotalExposure)} is allowed`,
        ),
    },
    {
      name: 'maxPortfolioRisk',
      notional: fromNumber(riskRoom / stopShare / toNumber(reserveFactor)),
      refusal: () =>
        over('maxPortfolioRisk', riskUsed, limits.maxPortfolioRisk, `The loss at all stops would pass ${percent(limits.maxPortfolioRisk)} of equity`),
    },
    {
      name: 'availableCash',
      notional: fromNumber(toNumber(availableCash(account)) / cashPerNotional),
      refusal: (notional) => over('availableCash', notional, limits.minPositionUsd, 'There is not enough free cash'),
    },
  ];
}

const sizeCap = (name: string, notional: Decimal, share: number, limits: RiskLimits): Cap => ({
  name,
  notional,
  refusal: (size) =>
    over(
      'minPositionUsd',
      size,
      limits.minPositionUsd,
      `${percent(share)} of equity is a position of $${size.toFixed(2)}, the least is $${limits.minPositionUsd}`,
    ),
});

/** Loss at the stops of entries that have been accepted and not filled, share of equity. */
function pendingRisk(account: Account, equityNow: Decimal): number {
  const entries = [...account.orders.values()].filter((order) => order.purpose === 'entry');
  const risked = sum(entries.map(riskOf));
  return equityNow <= 0n ? Number.POSITIVE_INFINITY : toNumber(risked) / toNumber(equityNow);
}

function riskOf(order: EntryOrder): Decimal {
  const { side, bracket, reserved: setAside } = order;
  const { stop } = bracket;
  if (stop === null) return setAside;
  const entry = expectedEntry(order);
  const distance = side === 'buy' ? subtract(entry, stop) : subtract(stop, entry);
  return multiply(setAside, divide(max(ZERO, distance), entry));
}

/** What a working entry is expected to pay: its own price, or the one that stood when it was placed. */
function expectedEntry({ instruction, intent }: EntryOrder): Decimal {
  if ('limit' in instruction) return instruction.limit;
  return 'stop' in instruction ? instruction.stop : fromNumber(intent.quote.last);
}
