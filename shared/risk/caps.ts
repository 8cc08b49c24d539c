import { ENTRY_RESERVE } from '../config/execution.ts';
import { allLimits, STRATEGY_MAX_POSITION } from '../config/risk.ts';
import type { EntryOrder } from '../contracts/order.ts';
import type { RiskLimits } from '../contracts/terms.ts';
import { add, type Decimal, divide, fromNumber, max, multiply, ONE, subtract, sum, toNumber, ZERO } from '../kernel/decimal.ts';
import { type Account, availableCash, exposure, reserved, riskAtStops, variationLoss } from '../ledger/account.ts';
import type { Cap, Sized } from './cap.ts';
import { equityOf } from './equity-now.ts';
import { groupCaps } from './group-caps.ts';
import { over, percent } from './refusal.ts';
import { ownCaps } from './sizing/own-caps.ts';
import { valueAtRiskCap } from './var-cap.ts';

/** The caps on an entry's notional, each with its refusal: the cheap ones first, the value at risk last and only up to what they leave. */
export function caps(entry: Sized): readonly Cap[] {
  const cheap = [...cashCaps(entry), ...groupCaps(entry), ...ownCaps(entry)];
  return [...cheap, valueAtRiskCap(entry, Math.max(0, toNumber(tightest(cheap).notional)))];
}

/** The cap that binds. */
export const tightest = (all: readonly Cap[]): Cap => all.reduce((least, next) => (next.notional < least.notional ? next : least));

function cashCaps(entry: Sized): readonly Cap[] {
  const { account, trader, markOf, rateOf, price, stop, riskFactor = 1 } = entry;
  const limits = allLimits(account.limits);
  const equityNow = equityOf(entry);
  const of = (share: number): Decimal => multiply(equityNow, fromNumber(share));
  const used = add(exposure(account, markOf, rateOf), reserved(account));
  const riskUsed = riskAtStops(account, equityNow, rateOf) + pendingRisk(account, equityNow);
  // The risk is taken from the price that will be paid: the bar that was judged has closed at another.
  const stopShare = (stop === null ? 1 : Math.abs(price - stop) / price) * riskFactor;
  const reserveFactor = add(ONE, ENTRY_RESERVE);
  const equityUsd = toNumber(equityNow);
  const riskRoom = equityNow <= 0n ? 0 : Math.max(0, (limits.maxPortfolioRisk - riskUsed) * equityUsd);
  const usedShare = equityNow <= 0n ? 1 : toNumber(used) / equityUsd;
  const cashPerNotional = cashAsked(entry);
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
      notional: fromNumber(Math.max(0, toNumber(add(availableCash(account), variationLoss(account, markOf, rateOf)))) / cashPerNotional),
      refusal: (notional) => over('availableCash', notional, limits.minPositionUsd, 'There is not enough free cash'),
    },
  ];
}

/**
 * Cash for each unit of notional, with a reserve for charges and slippage: the notional itself, what a short of shares blocks
 * beyond its proceeds, or the margin of a contract and what is paid for it.
 */
export function cashAsked({ direction, product, marginShare = null }: Pick<Sized, 'direction' | 'product' | 'marginShare'>): number {
  const reserve = toNumber(ENTRY_RESERVE);
  if (marginShare !== null) return marginShare + (product === 'option' && direction === 'long' ? 1 : 0) + reserve;
  return direction === 'short' && product === 'intraday' ? 1 : 1 + reserve;
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
  if (order.structure !== undefined) return order.structure.risk;
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
