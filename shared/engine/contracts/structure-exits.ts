import { instrumentBySymbol } from '../../config/instruments.ts';
import type { Position } from '../../contracts/position.ts';
import type { StructureTag } from '../../contracts/structure.ts';
import type { ExitReason } from '../../contracts/terms.ts';
import { add, type Decimal, fromNumber, multiply, toNumber, ZERO } from '../../kernel/decimal.ts';
import { DAY_MS, type EpochMs } from '../../kernel/time.ts';
import type { Account } from '../../ledger/account.ts';
import { positionValue } from '../../ledger/account.ts';
import { optionDelta } from '../../market/option-delta.ts';
import type { Quote } from '../../market/price.ts';
import { ratesOf } from '../valuation.ts';
import { type ContractsView, optionQuoteOf } from './contracts-view.ts';

/** The legs that are held of one structure. */
export interface HeldStructure {
  readonly tag: StructureTag;
  readonly legs: readonly Position[];
}

/** The structures of an account, each with the legs that are open. */
export function heldStructures(account: Account): readonly HeldStructure[] {
  const legs = [...account.positions.values()].filter(({ structure }) => structure !== undefined);
  return [...Map.groupBy(legs, ({ structure }) => structure?.id).values()].flatMap((held) => {
    const tag = held[0]?.structure;
    return tag === undefined ? [] : [{ tag, legs: held }];
  });
}

/**
 * Why all legs of a structure must be closed now, or null. A leg that is gone (closed by hand, expired) takes the others along:
 * none stays alone. P&L is judged only on prices that are fresh for every leg; time needs no price.
 */
export function structureExit(account: Account, held: HeldStructure, view: ContractsView): ExitReason | null {
  const { tag, legs } = held;
  const isPartly =
    legs.length < tag.legs && ![...account.orders.values()].some((order) => order.purpose === 'entry' && order.structure?.id === tag.id);
  if (isPartly) return 'leg-lost';
  if (isNearExpiry(held, view.nowMs)) return 'time';
  if (!legs.every(({ symbol }) => isFresh(symbol, account, view))) return null;
  const { shortDelta, convergedBps } = tag.exits;
  if (isStopped(held, view)) return 'stop';
  if (isAtTarget(held, view)) return 'target';
  if (shortDelta !== null && legs.some((leg) => isBreached(leg, shortDelta, view))) return 'delta';
  const basis = convergedBps === null ? null : basisLeft(held, view);
  return basis !== null && convergedBps !== null && basis <= convergedBps ? 'converged' : null;
}

function isStopped(held: HeldStructure, view: ContractsView): boolean {
  const { stopLoss, stopAt } = held.tag.exits;
  if (stopLoss === null) return false;
  const profit = stopAt === 'middle' ? profitAtMiddles(held, view) : profitPerUnit(held, view);
  return profit !== null && profit <= -stopLoss;
}

function isAtTarget(held: HeldStructure, view: ContractsView): boolean {
  const { takeProfit } = held.tag.exits;
  const profit = takeProfit === null ? null : profitPerUnit(held, view);
  return profit !== null && takeProfit !== null && profit >= takeProfit;
}

function isNearExpiry({ tag, legs }: HeldStructure, nowMs: EpochMs): boolean {
  const { closeBeforeExpiryMs } = tag.exits;
  const expiries = legs.flatMap(({ symbol }) => expiryOf(symbol, nowMs) ?? []);
  return closeBeforeExpiryMs !== null && expiries.length > 0 && nowMs >= Math.min(...expiries) - closeBeforeExpiryMs;
}

function expiryOf(symbol: string, nowMs: EpochMs): EpochMs | null {
  const { contract } = instrumentBySymbol(symbol, nowMs);
  return contract === null || contract.kind === 'perpetual' ? null : contract.expiryMs;
}

function isFresh(symbol: string, account: Account, view: ContractsView): boolean {
  const quote = view.quote(symbol);
  return quote !== null && view.nowMs - quote.receivedMs <= account.limits.maxPriceAgeMs;
}

/**
 * What closing all legs now would make of the structure, for one unit of it, in its currency: at the bid for what is sold and
 * the ask for what is bought, net of the entries' charges and of funding, without the charges of the exits. Null without a rate.
 */
export const profitPerUnit = (held: HeldStructure, view: ContractsView): number | null => profitAt(held, view, closingPrice);

/**
 * The same at the middles of the books: what is lost of it is lost in the legs' worth, not in the spreads that an exit would cross.
 * Of a book with one side the contract's mark is taken.
 */
const profitAtMiddles = (held: HeldStructure, view: ContractsView): number | null => profitAt(held, view, middlePrice);

type PriceOf = (quote: Quote, leg: Position) => number;

function profitAt({ tag, legs }: HeldStructure, view: ContractsView, priceOf: PriceOf): number | null {
  const rate = view.rate(tag.currency);
  if (rate === null) return null;
  const markOf = (symbol: string, leg: Position): Decimal | null => {
    const quote = view.quote(symbol);
    return quote === null ? null : fromNumber(priceOf(quote, leg));
  };
  const worth = legs.reduce((total, leg) => add(total, add(positionValue(leg, markOf, ratesOf(view)), leg.entryCash)), ZERO);
  return toNumber(worth) / toNumber(multiply(tag.units, rate.value));
}

const closingPrice: PriceOf = ({ bid, ask, last }, { direction }) => (direction === 'long' ? bid : ask) ?? last;
const middlePrice: PriceOf = ({ bid, ask, last }) => (bid === null || ask === null ? last : (bid + ask) / 2);

function isBreached(leg: Position, shortDelta: number, view: ContractsView): boolean {
  if (leg.direction === 'long') return false;
  const delta = deltaOf(leg.symbol, view);
  return delta !== null && Math.abs(delta) > shortDelta;
}

/** Delta of one unit of an option by its quoted volatility; null for what is none, or has none. */
function deltaOf(symbol: string, view: ContractsView): number | null {
  const quote = optionQuoteOf(symbol, view);
  if (quote === null || quote.iv === null) return null;
  const { right, strike, expiryMs } = quote.instrument.contract;
  return optionDelta({ right, strike, forward: quote.underlyingPrice, iv: quote.iv, years: Math.max(0, expiryMs - view.nowMs) / YEAR_MS });
}

const YEAR_MS = 365 * DAY_MS;
const BPS = 10_000;

/**
 * What the carry of a structure still has to earn, annualised, in basis points: the far leg over the near one, or what a perpetual
 * leg is paid in funding, with the sign that earns. Null for a structure of options only, and where a price is missing.
 */
export function basisLeft({ legs }: HeldStructure, view: ContractsView): number | null {
  const linear = legs.filter(({ product }) => product !== 'option');
  const perpetual = linear.find(({ product }) => product === 'perpetual');
  if (perpetual !== undefined) return fundingLeft(perpetual, view);
  const dated = linear.map((leg) => ({ leg, expiryMs: expiryOf(leg.symbol, view.nowMs) ?? view.nowMs })).sort((a, b) => a.expiryMs - b.expiryMs);
  const [near, far] = [dated[0], dated.at(-1)];
  if (near === undefined || far === undefined || near.expiryMs >= far.expiryMs) return null;
  const [nearPrice, farPrice] = [view.quote(near.leg.symbol)?.last, view.quote(far.leg.symbol)?.last];
  if (nearPrice === undefined || farPrice === undefined) return null;
  const basis = (farPrice / nearPrice - 1) * (YEAR_MS / (far.expiryMs - near.expiryMs)) * BPS;
  return far.leg.direction === 'short' ? basis : -basis;
}

function fundingLeft({ symbol, direction }: Position, view: ContractsView): number | null {
  const perpetual = view.contract(symbol)?.chain.perpetual ?? null;
  if (perpetual === null) return null;
  const yearly = perpetual.fundingRate * (YEAR_MS / perpetual.fundingIntervalMs) * BPS;
  return direction === 'short' ? yearly : -yearly;
}
