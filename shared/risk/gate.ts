import { ENTRY_RESERVE } from '../config/execution.ts';
import { LEAST_REWARD_TO_RISK } from '../config/risk.ts';
import { add, type Decimal, divide, fromNumber, multiply, ONE, text, toNumber, toStep, ZERO } from '../kernel/decimal.ts';
import type { Opportunity, StrategyName } from '../strategies/strategy.ts';
import type { Sized } from './cap.ts';
import { caps, cashAsked, tightest } from './caps.ts';
import { hasCooledDown } from './cooldown.ts';
import { ACCOUNT_CHECKS, AUCTION_CHECKS, type Check, type EntryFacts, firstRefusal, MARKET_CHECKS, SESSION_CHECKS } from './entry-checks.ts';
import { withEquity } from './equity-now.ts';
import { type GateRefusal, over, refuse } from './refusal.ts';

/** What the gate judges: a strategy's proposal, the account, and the market at this moment. */
export interface GateInput extends EntryFacts, Pick<Sized, 'marginShare'> {
  readonly strategy: StrategyName;
  readonly opportunity: Opportunity;
}

export interface GatePass {
  readonly verdict: 'passed';
  readonly quantity: Decimal;
  /** The cap that bound the size. */
  readonly sizedBy: string;
  /** Base currency to set aside: the notional and a reserve for charges and slippage. */
  readonly reserve: Decimal;
}

/**
 * The risk gate: every entry passes all checks and gets a size, or is refused by the first that objects. Exits never come
 * here.
 */
export function riskGate(asked: GateInput): GatePass | GateRefusal {
  const input = withEquity(asked);
  const checks = input.opportunity.tradedIn === 'closing-auction' ? CHECKS_FOR_AUCTION : CHECKS;
  return firstRefusal<GateInput>(checks, input) ?? sized(input);
}

const isNotHeld: Check<GateInput> = ({ account, strategy, instrument }) => {
  const same = (entry: { readonly strategy: string; readonly symbol: string }): boolean =>
    entry.strategy === strategy && entry.symbol === instrument.symbol;
  if ([...account.positions.values()].some(same)) return refuse('already_in_position', `${strategy} holds ${instrument.symbol} already`);
  if ([...account.orders.values()].some(same)) return refuse('order_working', `${strategy} has a working order in ${instrument.symbol}`);
  return null;
};

const isConfident: Check<GateInput> = ({ opportunity: { confidence, leastConfidence } }) =>
  confidence >= leastConfidence
    ? null
    : over('leastConfidence', confidence, leastConfidence, `Confidence ${confidence.toFixed(3)} is below ${leastConfidence}`);

/** Where a model has spoken, it must speak for the trade. */
const oddsSuffice: Check<GateInput> = ({ opportunity: { odds } }) =>
  odds === undefined || odds.value >= odds.least
    ? null
    : over(
        'leastOdds',
        odds.value,
        odds.least,
        `Model ${odds.modelVersion} gives it odds of ${odds.value.toFixed(3)}, at least ${odds.least} is asked`,
      );

const levelsMakeSense: Check<GateInput> = ({ opportunity, quote }) => {
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

const OWN_CHECKS: readonly Check<GateInput>[] = [isNotHeld, hasCooledDown, ...ACCOUNT_CHECKS, isConfident, oddsSuffice, levelsMakeSense];
const CHECKS: readonly Check<GateInput>[] = [...SESSION_CHECKS, ...MARKET_CHECKS, ...OWN_CHECKS];
const CHECKS_FOR_AUCTION: readonly Check<GateInput>[] = [...SESSION_CHECKS, ...AUCTION_CHECKS, ...OWN_CHECKS];

/** A short of shares reserves its notional too, though its proceeds come with it. */
const reserveShare = ({ marginShare = null, ...input }: GateInput): Decimal =>
  marginShare === null ? add(ONE, ENTRY_RESERVE) : fromNumber(cashAsked({ ...input, marginShare }));

function sized(input: GateInput): GatePass | GateRefusal {
  const { account, instrument, quote, rate } = input;
  const price = fromNumber(quote?.last ?? input.opportunity.entry);
  const unit = multiply(price, rate?.value ?? ONE);
  const { stop, riskFactor, odds } = input.opportunity;
  const bounds = caps({ ...input, trader: input.strategy, price: toNumber(price), stop, riskFactor, odds });
  const cap = tightest(bounds);
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
  return { verdict: 'passed', quantity, sizedBy: cap.name, reserve: multiply(notional, reserveShare(input)) };
}
