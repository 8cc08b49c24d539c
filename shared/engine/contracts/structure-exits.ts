import { instrumentBySymbol } from '../../config/instruments.ts';
import type { Position } from '../../contracts/position.ts';
import type { StructureTag } from '../../contracts/structure.ts';
import type { ExitReason } from '../../contracts/terms.ts';
import { add, fromNumber, multiply, toNumber, ZERO } from '../../kernel/decimal.ts';
import { DAY_MS, type EpochMs } from '../../kernel/time.ts';
import type { Account } from '../../ledger/account.ts';
import { positionValue } from '../../ledger/account.ts';
import { optionDelta } from '../../market/option-delta.ts';
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
  const { takeProfit, stopLoss, shortDelta, convergedBps } = tag.exits;
  const profit = takeProfit === null && stopLoss === null ? null : profitPerUnit(held, view);
  if (profit !== null && stopLoss !== null && profit <= -stopLoss) return 'stop';
  if (profit !== null && takeProfit !== null && profit >= takeProfit) return 'target';
  if (shortDelta !== null && legs.some((leg) => isBreached(leg, shortDelta, view))) return 'delta';
  const basis = convergedBps === null ? null : basisLeft(held, view);
  return basis !== null && convergedBps !== null && basis <= convergedBps ? 'converged' : null;
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
export function profitPerUnit({ tag, legs }: HeldStructure, view: ContractsView): number | null {
  const rate = view.rate(tag.currency);
  if (rate === null) return null;
  const worth = legs.reduce((total, leg) => add(total, add(positionValue(leg, closingMark(view), ratesOf(view)), leg.entryCash)), ZERO);
  return toNumber(worth) / toNumber(multiply(tag.units, rate.value));
}

const closingMark =
  (view: ContractsView) =>
  (symbol: string, { direction }: Position) => {
    const quote = view.quote(symbol);
    return quote === null ? null : fromNumber((direction === 'long' ? quote.bid : quote.ask) ?? quote.last);
  };

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
