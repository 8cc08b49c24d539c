import { CROSS_CHECK, checkRules } from '../config/cross-check.ts';
import { ENTRY_RESERVE } from '../config/execution.ts';
import { LEAST_REWARD_TO_RISK, RATE_MAX_AGE_MS, STRATEGY_MAX_POSITION } from '../config/risk.ts';
import type { EntryOrder, Rate, RiskLimits } from '../contracts/journal.ts';
import { add, type Decimal, divide, fromNumber, max, multiply, ONE, subtract, sum, text, toNumber, toStep, ZERO } from '../kernel/decimal.ts';
import { type EpochMs, iso } from '../kernel/time.ts';
import { type Account, availableCash, equity, exposure, type MarkOf, type RateOf, reserved, riskAtStops } from '../ledger/account.ts';
import { isRateFresh } from '../market/best-rates.ts';
import type { PhaseView } from '../market/calendar.ts';
import type { Instrument } from '../market/instrument.ts';
import { isTrading, type ListedRules } from '../market/listed-rules.ts';
import type { Quote } from '../market/price.ts';
import type { Opportunity, StrategyName } from '../strategies/strategy.ts';

/** What the gate judges: a proposal, the account, and the market at this moment. */
export interface GateInput {
  readonly nowMs: EpochMs;
  readonly account: Account;
  readonly strategy: StrategyName;
  readonly instrument: Instrument;
  /** What the venue lists it with; null where only the shipped facts are known. */
  readonly rules: ListedRules | null;
  readonly opportunity: Opportunity;
  readonly quote: Quote | null;
  readonly rate: Rate | null;
  readonly phase: PhaseView;
  readonly product: EntryOrder['product'];
  readonly markOf: MarkOf;
  readonly rateOf: RateOf;
}

/** A refusal names its rule; where a limit spoke, also the value and the threshold. */
export interface GateRefusal {
  readonly verdict: 'refused';
  readonly reason: string;
  readonly why: string;
  readonly limit: { readonly name: string; readonly value: number; readonly threshold: number } | null;
}

export interface GatePass {
  readonly verdict: 'passed';
  readonly quantity: Decimal;
  /** The cap that bound the size. */
  readonly sizedBy: string;
  /** Base currency to set aside: the notional and a reserve for charges and slippage. */
  readonly reserve: Decimal;
}

type Check = (input: GateInput) => GateRefusal | null;

const refuse = (reason: string, why: string, limit: GateRefusal['limit'] = null): GateRefusal => ({ verdict: 'refused', reason, why, limit });

const over = (name: string, value: number, threshold: number, why: string): GateRefusal => refuse(name, why, { name, value, threshold });

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;

/**
 * The risk gate: every entry passes all checks and gets a size, or is refused by the first that objects. Exits never come
 * here. The cheap checks come first.
 */
export function riskGate(input: GateInput): GatePass | GateRefusal {
  for (const check of CHECKS) {
    const refusal = check(input);
    if (refusal !== null) return refusal;
  }
  return sized(input);
}

const sessionIsActive: Check = ({ account }) =>
  account.status === 'active' ? null : refuse('session_not_active', `The session is ${account.status}`);

const marketIsOpen: Check = ({ phase, instrument }) => {
  if (!phase.isCovered) return refuse('calendar_not_covered', `${instrument.market}: ${phase.reason}`);
  return phase.canEnter ? null : refuse('market_closed', `${instrument.market} takes no entries now: ${phase.reason}`);
};

const isTradedByVenue: Check = ({ rules, instrument }) => {
  if (rules === null || isTrading(rules)) return null;
  return refuse('not_trading', `${instrument.symbol} is not traded: ${rules.source} says ${rules.status} at ${iso(rules.asOfMs)}`);
};

const priceIsFresh: Check = ({ quote, nowMs, account, instrument }) => {
  if (quote === null) return refuse('no_price', `No price of ${instrument.symbol} has been received`);
  const ageMs = nowMs - quote.receivedMs;
  const { maxPriceAgeMs } = account.limits;
  if (ageMs <= maxPriceAgeMs) return null;
  return over(
    'maxPriceAgeMs',
    ageMs,
    maxPriceAgeMs,
    `The price of ${instrument.symbol} is ${Math.round(ageMs / 1000)} s old, at most ${maxPriceAgeMs / 1000} s is allowed`,
  );
};

const evidenceAllowsEntry: Check = ({ quote, instrument }) =>
  quote?.evidence === 'delayed' ? refuse('delayed_price', `Prices of ${instrument.symbol} are delayed: they mark positions and open none`) : null;

/** What other venues say: a price that they contradict, or that is too old to be compared, opens nothing. */
const quoteIsConfirmed: Check = ({ quote, instrument: { symbol }, nowMs }) => {
  if (quote === null || quote.check === null) return null;
  const { state, spreadBps, against } = quote.check;
  if (state === 'stale') {
    const { ownMaxAgeMs } = CROSS_CHECK;
    const why = `The price of ${symbol} has been too old to be compared with other venues: at most ${ownMaxAgeMs / 1000} s is allowed`;
    return refuse('quote_stale', why, { name: 'ownMaxAgeMs', value: nowMs - quote.receivedMs, threshold: ownMaxAgeMs });
  }
  if (state !== 'diverged' || spreadBps === null) return null;
  const { divergedBps, holdMs, clearShare } = checkRules(symbol);
  // Diverged it stays until the difference is back at half: that is what must be reached.
  const threshold = divergedBps * clearShare;
  const why = `${symbol} is ${spreadBps} bps from ${against.join(' and ')}: diverged at ${divergedBps} bps for ${holdMs / 1000} s, cleared at ${threshold} bps`;
  return refuse('quote_diverged', why, { name: 'clearedBps', value: Math.abs(spreadBps), threshold });
};

const rateIsFresh: Check = ({ rate, instrument, nowMs }) => {
  if (rate === null) return refuse('no_rate', `No ${instrument.quote}/USD rate is known`);
  if (rate.currency === 'USD' || isRateFresh(rate, nowMs)) return null;
  const why = `The ${instrument.quote}/USD rate of ${rate.source} is too old`;
  return over('rateMaxAgeMs', nowMs - rate.asOfMs, RATE_MAX_AGE_MS[rate.currency], why);
};

const isNotHeld: Check = ({ account, strategy, instrument }) => {
  const same = (entry: { readonly strategy: string; readonly symbol: string }): boolean =>
    entry.strategy === strategy && entry.symbol === instrument.symbol;
  if ([...account.positions.values()].some(same)) return refuse('already_in_position', `${strategy} holds ${instrument.symbol} already`);
  if ([...account.orders.values()].some(same)) return refuse('order_working', `${strategy} has a working order in ${instrument.symbol}`);
  return null;
};

const directionIsAllowed: Check = ({ opportunity, instrument, product }) => {
  if (opportunity.direction === 'long') return null;
  if (instrument.shortSale === 'never') return refuse('long_only', `${instrument.symbol} on ${instrument.venue} spot cannot be sold short`);
  return product === 'intraday'
    ? null
    : refuse('short_needs_intraday', `${instrument.symbol} can be sold short within the day only, ${product} cannot`);
};

const isConfident: Check = ({ opportunity: { confidence, leastConfidence } }) =>
  confidence >= leastConfidence
    ? null
    : over('leastConfidence', confidence, leastConfidence, `Confidence ${confidence.toFixed(3)} is below ${leastConfidence}`);

const levelsMakeSense: Check = ({ opportunity, quote }) => {
  const { direction, stop, target } = opportunity;
  const price = quote?.last ?? opportunity.entry;
  const sign = direction === 'long' ? 1 : -1;
  if (!(sign * (price - stop) > 0 && sign * (target - price) > 0)) {
    return refuse('price_moved', `The price ${price} is no longer between stop ${stop} and target ${target}`);
  }
  const ratio = Math.abs(target - opportunity.entry) / Math.abs(opportunity.entry - stop);
  // Stop and target are proposed as a ratio of floats: a hair below the least is the ratio itself.
  return ratio >= LEAST_REWARD_TO_RISK - 1e-9
    ? null
    : over('leastRewardToRisk', ratio, LEAST_REWARD_TO_RISK, `Reward to risk is ${ratio.toFixed(2)}, at least ${LEAST_REWARD_TO_RISK} is asked`);
};

const dailyLossIsWithin: Check = ({ account, markOf, rateOf }) => {
  const { startEquity } = account.day;
  const equityNow = equity(account, markOf, rateOf);
  // An account that is worth nothing has nothing left to lose, whatever it was worth in the morning.
  const loss = equityNow <= 0n || startEquity <= 0n ? 1 : toNumber(subtract(startEquity, equityNow)) / toNumber(startEquity);
  const { maxDailyLoss } = account.limits;
  return loss < maxDailyLoss
    ? null
    : over('maxDailyLoss', loss, maxDailyLoss, `The day has lost ${percent(loss)} of its opening equity, the limit is ${percent(maxDailyLoss)}`);
};

const CHECKS: readonly Check[] = [
  sessionIsActive,
  marketIsOpen,
  isTradedByVenue,
  priceIsFresh,
  quoteIsConfirmed,
  evidenceAllowsEntry,
  rateIsFresh,
  isNotHeld,
  directionIsAllowed,
  isConfident,
  levelsMakeSense,
  dailyLossIsWithin,
];

interface Cap {
  readonly name: string;
  /** Largest notional that this cap allows, base currency. */
  readonly notional: Decimal;
  /** The refusal when the cap leaves less than the least position. */
  readonly refusal: (notional: number) => GateRefusal;
}

function sized(input: GateInput): GatePass | GateRefusal {
  const { account, instrument, quote, rate } = input;
  const price = fromNumber(quote?.last ?? input.opportunity.entry);
  const unit = multiply(price, rate?.value ?? ONE);
  const cap = caps(input).reduce((least, next) => (next.notional < least.notional ? next : least));
  const quantity = cap.notional <= 0n ? ZERO : toStep(divide(cap.notional, unit, 'down'), instrument.lotStep, 'down');
  const notional = multiply(quantity, unit);
  const { minPositionUsd } = account.limits;
  if (toNumber(notional) < minPositionUsd) return cap.refusal(toNumber(notional));
  if (multiply(quantity, price) < instrument.minNotional) {
    return refuse(
      'min_notional',
      `${text(quantity)} ${instrument.symbol} is below the venue's least notional ${text(instrument.minNotional)} ${instrument.quote}`,
    );
  }
  return { verdict: 'passed', quantity, sizedBy: cap.name, reserve: multiply(notional, add(ONE, ENTRY_RESERVE)) };
}

function caps(input: GateInput): readonly [Cap, ...Cap[]] {
  const { account, strategy, markOf, rateOf, opportunity, product, quote } = input;
  const { limits } = account;
  const equityNow = equity(account, markOf, rateOf);
  const of = (share: number): Decimal => multiply(equityNow, fromNumber(share));
  const used = add(exposure(account, markOf, rateOf), reserved(account));
  const riskUsed = riskAtStops(account, equityNow, rateOf) + pendingRisk(account, equityNow);
  // The risk is taken from the price that will be paid: the bar that was judged has closed at another.
  const price = quote?.last ?? opportunity.entry;
  const stopShare = Math.abs(price - opportunity.stop) / price;
  const reserveFactor = add(ONE, ENTRY_RESERVE);
  const equityUsd = toNumber(equityNow);
  const usedShare = equityNow <= 0n ? 1 : toNumber(used) / equityUsd;
  // A short blocks its proceeds and as much again.
  const cashPerNotional = opportunity.direction === 'short' && product === 'intraday' ? 1 : toNumber(reserveFactor);
  return [
    sizeCap('strategyMaxPosition', of(STRATEGY_MAX_POSITION[strategy]), STRATEGY_MAX_POSITION[strategy], limits),
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
      notional: fromNumber(Math.max(0, ((limits.maxPortfolioRisk - riskUsed) * equityUsd) / stopShare / toNumber(reserveFactor))),
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
  const risked = sum(
    entries.map((order) => {
      const entry = fromNumber(order.intent.quote.last);
      const distance = order.side === 'buy' ? subtract(entry, order.bracket.stop) : subtract(order.bracket.stop, entry);
      return multiply(order.reserved, divide(max(ZERO, distance), entry));
    }),
  );
  return equityNow <= 0n ? Number.POSITIVE_INFINITY : toNumber(risked) / toNumber(equityNow);
}
