import { CROSS_CHECK, checkRules } from '../config/cross-check.ts';
import { allLimits, RATE_MAX_AGE_MS } from '../config/risk.ts';
import type { Product, Rate } from '../contracts/terms.ts';
import type { Decimal } from '../kernel/decimal.ts';
import { type EpochMs, iso, MINUTE_MS } from '../kernel/time.ts';
import { type Account, type MarkOf, positionsOpenOrComing, type RateOf } from '../ledger/account.ts';
import { acceptedWithinMinute } from '../ledger/trading-record.ts';
import { isRateFresh } from '../market/best-rates.ts';
import type { PhaseView } from '../market/calendar.ts';
import type { Instrument } from '../market/instrument.ts';
import { isTrading, type ListedRules } from '../market/listed-rules.ts';
import type { Quote } from '../market/price.ts';
import { equityOf } from './equity-now.ts';
import { factorOf, type OptionTermsOf } from './exposures.ts';
import { type GateRefusal, over, refuse } from './refusal.ts';
import { killed, lossHalt } from './trading-state.ts';
import { NO_RISK_MODEL, type RiskModel } from './var/risk-model.ts';

/** What every entry is judged by, whoever proposes it: the account and the market at this moment. */
export interface EntryFacts {
  readonly nowMs: EpochMs;
  readonly account: Account;
  readonly instrument: Instrument;
  readonly direction: 'long' | 'short';
  readonly product: Product;
  /** What the venue lists it with; null where only the shipped facts are known. */
  readonly rules: ListedRules | null;
  readonly quote: Quote | null;
  readonly rate: Rate | null;
  readonly phase: PhaseView;
  /** When intraday positions of the day are closed; null where there is no such time. */
  readonly squareOffMs: EpochMs | null;
  readonly markOf: MarkOf;
  readonly rateOf: RateOf;
  /** How prices move together; left out or null while no daily closes are known, and then the assumed moves count. */
  readonly risk?: RiskModel | null;
  /** How options are worth what they are: those that are held are valued anew. */
  readonly optionTermsOf?: OptionTermsOf;
  /** See `equity-now.ts`. */
  readonly equityNow?: (() => Decimal) | undefined;
}

// From the last trade of continuous trading to the end of the auction's order entry are ten minutes, and a quiet last minute.
const AUCTION_PRICE_MAX_AGE_MS = 12 * MINUTE_MS;

export type Check<Facts extends EntryFacts = EntryFacts> = (facts: Facts) => GateRefusal | null;

const sessionIsActive: Check = ({ account }) =>
  account.status === 'active' ? null : refuse('session_not_active', `The session is ${account.status}`);

const marketIsOpen: Check = ({ phase, instrument }) =>
  phase.canEnter ? null : refuse('market_closed', `${instrument.market} takes no entries now: ${phase.reason}`);

const isCovered: Check = ({ phase, instrument }) =>
  phase.isCovered ? null : refuse('calendar_not_covered', `${instrument.market}: ${phase.reason}`);

/** The auction takes market orders in its first minutes only. */
const auctionTakesOrders: Check = ({ phase, instrument }) =>
  phase.phase === 'closing-auction-entry'
    ? null
    : refuse('auction_closed', `${instrument.market} takes no market orders for its auction now: ${phase.reason}`);

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

/** Before an auction nothing trades: the last price of continuous trading is the newest that there is. */
const priceIsOfToday: Check = ({ quote, nowMs, instrument }) => {
  if (quote === null) return refuse('no_price', `No price of ${instrument.symbol} has been received`);
  const ageMs = nowMs - quote.receivedMs;
  if (ageMs <= AUCTION_PRICE_MAX_AGE_MS) return null;
  const why = `The price of ${instrument.symbol} is ${Math.round(ageMs / 1000)} s old, older than the end of continuous trading`;
  return over('auctionPriceMaxAgeMs', ageMs, AUCTION_PRICE_MAX_AGE_MS, why);
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

const rateIsKnown: Check = ({ rate, instrument }) => (rate === null ? refuse('no_rate', `No ${instrument.quote}/USD rate is known`) : null);

const rateIsFresh: Check = ({ rate, instrument, nowMs }) => {
  if (rate === null || rate.currency === 'USD' || isRateFresh(rate, nowMs)) return null;
  const why = `The ${instrument.quote}/USD rate of ${rate.source} is too old`;
  return over('rateMaxAgeMs', nowMs - rate.asOfMs, RATE_MAX_AGE_MS[rate.currency], why);
};

const directionIsAllowed: Check = ({ direction, instrument, product }) => {
  if (direction === 'long' || instrument.shortSale === 'margin') return null;
  if (instrument.shortSale === 'never') return refuse('long_only', `${instrument.symbol} on ${instrument.venue} spot cannot be sold short`);
  return product === 'intraday'
    ? null
    : refuse('short_needs_intraday', `${instrument.symbol} can be sold short within the day only, ${product} cannot`);
};

/** What is bought or sold for the day must have some of the day left. */
const isBeforeSquareOff: Check = ({ product, squareOffMs, nowMs, instrument }) =>
  product === 'intraday' && squareOffMs !== null && nowMs >= squareOffMs
    ? refuse('after_square_off', `Intraday positions in ${instrument.symbol} are closed from ${iso(squareOffMs)} on`)
    : null;

const killSwitchIsOff: Check = ({ account }) => killed(account);

const lossesAreWithin: Check = (facts) => lossHalt(facts.account, equityOf(facts));

const positionsAreWithin: Check = ({ account }) => {
  const { maxOpenPositions } = allLimits(account.limits);
  const open = positionsOpenOrComing(account);
  if (open < maxOpenPositions) return null;
  return over('maxOpenPositions', open, maxOpenPositions, `${open} positions are open or on their way, at most ${maxOpenPositions} may be`);
};

const orderRateIsWithin: Check = ({ account, nowMs }) => {
  const { maxOrdersPerMinute } = allLimits(account.limits);
  const accepted = acceptedWithinMinute(account.record, nowMs);
  if (accepted < maxOrdersPerMinute) return null;
  return over(
    'maxOrdersPerMinute',
    accepted,
    maxOrdersPerMinute,
    `${accepted} entries were accepted within a minute, at most ${maxOrdersPerMinute} may be`,
  );
};

/** What moves together with what is held the same way is more of the same. */
const correlationIsWithin: Check = ({ account, instrument, direction, risk }) => {
  const { maxCorrelation } = allLimits(account.limits);
  const factor = factorOf(instrument.symbol);
  for (const held of account.positions.values()) {
    const other = factorOf(held.symbol);
    const correlation = other === factor ? null : (risk ?? NO_RISK_MODEL).correlation(factor, other);
    if (correlation === null) continue;
    const together = held.direction === direction ? correlation : -correlation;
    if (together > maxCorrelation) {
      const why = `${instrument.symbol} moves with ${held.symbol}, which is held: correlation ${together.toFixed(2)}, at most ${maxCorrelation}`;
      return over('maxCorrelation', together, maxCorrelation, why);
    }
  }
  return null;
};

/** Whether the session trades at all. */
export const SESSION_CHECKS: readonly Check[] = [sessionIsActive, killSwitchIsOff];

/** The market as it is now: what is to fill at once needs a price that can be traded on. */
export const MARKET_CHECKS: readonly Check[] = [
  isCovered,
  marketIsOpen,
  isTradedByVenue,
  priceIsFresh,
  quoteIsConfirmed,
  evidenceAllowsEntry,
  rateIsKnown,
  rateIsFresh,
];

/** The market before its closing auction: an order for that waits for the auction's price. */
export const AUCTION_CHECKS: readonly Check[] = [
  isCovered,
  auctionTakesOrders,
  isTradedByVenue,
  priceIsOfToday,
  evidenceAllowsEntry,
  rateIsKnown,
  rateIsFresh,
];

/** What an order that rests needs of the market: its size is counted in the base currency. */
export const RESTING_CHECKS: readonly Check[] = [rateIsKnown];

/** The account: it holds for orders that rest as well. */
export const ACCOUNT_CHECKS: readonly Check[] = [
  directionIsAllowed,
  isBeforeSquareOff,
  lossesAreWithin,
  positionsAreWithin,
  orderRateIsWithin,
  correlationIsWithin,
];

/** The first objection, or null. The cheap checks come first. */
export function firstRefusal<Facts extends EntryFacts>(checks: readonly Check<Facts>[], facts: Facts): GateRefusal | null {
  for (const check of checks) {
    const refusal = check(facts);
    if (refusal !== null) return refusal;
  }
  return null;
}
