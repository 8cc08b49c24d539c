import { assumedRateMove, VALUE_AT_RISK } from '../config/risk.ts';
import type { EntryOrder, Order } from '../contracts/order.ts';
import type { Position } from '../contracts/position.ts';
import { multiply, subtract, toNumber, ZERO } from '../kernel/decimal.ts';
import { type Account, isMargined, type MarkOf, positionValue, type RateOf } from '../ledger/account.ts';
import { black76, type OptionRight } from '../market/black76.ts';
import { parseContractSymbol } from '../market/contract-symbol.ts';
import type { Market } from '../market/instrument.ts';
import { optionDelta } from '../market/option-delta.ts';
import type { CurrencyShare, Exposure } from './var/book.ts';

/** What an option is worth by: as its chain quotes it now. */
export interface OptionTerms {
  readonly right: OptionRight;
  readonly strike: number;
  /** Price of the underlying for delivery at expiry, in the money of its chain. */
  readonly forward: number;
  /** Volatility a year, as a share. */
  readonly iv: number;
  readonly years: number;
  /** Base currency for one unit of that money. */
  readonly moneyRate: number;
}

/** The terms of an option by its symbol; null where it is not quoted with a volatility, and for what is no option. */
export type OptionTermsOf = (symbol: string) => OptionTerms | null;

export const NO_OPTION_TERMS: OptionTermsOf = () => null;

/** The underlying that a symbol's price hangs on: of a contract what it is written on, else itself. */
export const factorOf = (symbol: string): string => parseContractSymbol(symbol)?.underlying ?? symbol;

/**
 * What hangs on a currency's rate; undefined for what moves with none. Of what is paid in coin that is undefined too: it is valued by
 * its underlying, which is that coin.
 * @param held  signed, base currency: what is worth something in that currency
 * @param date  the trading day, for the move that is assumed
 */
export function currencyShare(code: string, held: number, date: string): CurrencyShare | undefined {
  const assumedMove = assumedRateMove(code, date);
  return assumedMove === null || held === 0 ? undefined : { code, held, assumedMove };
}

/** An exposure that moves as its underlying does. @param value signed, base currency */
export function linearExposure(id: string, symbol: string, market: Market, value: number, currency?: CurrencyShare): Exposure {
  return { id, factor: factorOf(symbol), value, revalue: null, assumedLoss: Math.abs(value) * VALUE_AT_RISK.assumedMove[market], currency };
}

/**
 * An option's exposure: its worth after a move is that of Black-76 at the moved forward and the same volatility, less what it is
 * worth now. Of an inverse one too: what it pays in coin is worth at the moved price of the coin what the other pays in money.
 * @param units  signed: negative for what was sold
 */
export function optionExposure(id: string, symbol: string, market: Market, units: number, terms: OptionTerms, currency?: CurrencyShare): Exposure {
  const { right, strike, forward, iv, years, moneyRate } = terms;
  const variance = iv * iv * Math.max(0, years);
  const worthAt = (price: number): number => black76({ right, forward: price, strike, variance, discount: 1 });
  const now = worthAt(forward);
  const perUnit = (move: number): number => moneyRate * (worthAt(forward * (1 + move)) - now);
  const assumed = VALUE_AT_RISK.assumedMove[market];
  const delta = optionDelta({ right, strike, forward, iv, years: Math.max(0, years) });
  return {
    id,
    factor: factorOf(symbol),
    value: units * moneyRate * forward * delta,
    revalue: { key: `${right} ${strike} ${forward} ${variance} ${moneyRate}`, units, perUnit },
    assumedLoss: Math.max(0, -units * perUnit(assumed), -units * perUnit(-assumed)),
    currency,
  };
}

/** What an account hangs on: its positions, and its working entries as if they had filled. */
export function exposuresOf(account: Account, markOf: MarkOf, rateOf: RateOf, optionTermsOf = NO_OPTION_TERMS): readonly Exposure[] {
  const { date } = account.day;
  const held = [...account.positions.values()].map((position) => positionExposure(position, date, markOf, rateOf, optionTermsOf));
  const working = [...account.orders.values()].flatMap((order) => entryExposure(order, date, rateOf, optionTermsOf));
  return [...held, ...working];
}

const signOf = (isLong: boolean): 1 | -1 => (isLong ? 1 : -1);

function positionExposure(position: Position, date: string, markOf: MarkOf, rateOf: RateOf, optionTermsOf: OptionTermsOf): Exposure {
  const { id, symbol, market, quantity, direction } = position;
  const sign = signOf(direction === 'long');
  const worth = toNumber(positionValue(position, markOf, rateOf));
  const currency = currencyShare(position.currency, worth, date);
  if (position.product === 'option')
    return ofOption({ id, symbol, market, units: sign * toNumber(quantity), currency }, position, rateOf, optionTermsOf);
  const rate = rateOf(position.currency) ?? position.entryRate;
  // A future's worth is its result so far: what moves is all of its notional.
  const notional = isMargined(position) ? multiply(multiply(quantity, markOf(symbol, position) ?? position.entryPrice), rate) : null;
  return linearExposure(id, symbol, market, notional === null ? worth : sign * toNumber(notional), currency);
}

function entryExposure(order: Order, date: string, rateOf: RateOf, optionTermsOf: OptionTermsOf): readonly Exposure[] {
  if (order.purpose !== 'entry') return [];
  const { id, symbol, market, side, currency } = order;
  const left = signOf(side === 'buy') * toNumber(subtract(order.quantity, order.filledQuantity));
  const rate = rateOf(currency);
  // Without a rate its worth is what was set aside for it.
  const value = rate === null ? signOf(side === 'buy') * toNumber(order.reserved) : left * priceOf(order) * toNumber(rate);
  const share = currencyShare(currency, isMargined(order) ? 0 : value, date);
  if (order.product === 'option') return [ofOption({ id, symbol, market, units: left, currency: share }, order, rateOf, optionTermsOf)];
  return [linearExposure(id, symbol, market, value, share)];
}

function priceOf({ instruction, intent }: EntryOrder): number {
  if ('limit' in instruction) return toNumber(instruction.limit);
  return 'stop' in instruction ? toNumber(instruction.stop) : intent.quote.last;
}

interface OptionUnits {
  readonly id: string;
  readonly symbol: string;
  readonly market: Market;
  readonly units: number;
  readonly currency: CurrencyShare | undefined;
}

/** An option that nobody quotes with a volatility is taken to move as its strike's worth of the underlying does. */
function ofOption(
  { id, symbol, market, units, currency: share }: OptionUnits,
  { currency }: { readonly currency: Position['currency'] },
  rateOf: RateOf,
  optionTermsOf: OptionTermsOf,
): Exposure {
  const terms = optionTermsOf(symbol);
  if (terms !== null) return optionExposure(id, symbol, market, units, terms, share);
  const name = parseContractSymbol(symbol);
  const [strike, isCall] = name?.kind === 'option' ? [name.strike, name.right === 'call'] : [0, true];
  const rate = currency === 'BTC' || currency === 'ETH' ? 1 : toNumber(rateOf(currency) ?? ZERO);
  return linearExposure(id, symbol, market, (isCall ? 1 : -1) * units * strike * rate, share);
}
