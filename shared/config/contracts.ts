import { type Decimal, decimal, fromNumber } from '../kernel/decimal.ts';
import { DAY_MS, type EpochMs } from '../kernel/time.ts';
import { type ContractName, contractSymbol } from '../market/contract-symbol.ts';
import type { Contract, Instrument } from '../market/instrument.ts';
import { clockMs, dateOfDay, dayOfDate, istDate, istMidnight } from '../market/ist.ts';
import { CONTRACT_FACTS, type ContractListing } from './contract-facts.ts';
import { inForce } from './effective.ts';

/** A contract as an instrument, with the words for it. */
export interface ListedContract extends Instrument {
  readonly contract: Contract;
  readonly name: string;
  readonly isin: null;
}

const LISTINGS: ReadonlyMap<string, ContractListing> = new Map(
  CONTRACT_FACTS.listings.map((listing): [string, ContractListing] => [`${listing.kind} ${listing.underlying}`, listing]).reverse(),
);

/** Everything at NSE on which futures are listed. */
export const NSE_FUTURES_UNDERLYINGS: readonly string[] = CONTRACT_FACTS.listings.flatMap(({ venue, kind, underlying }) =>
  venue === 'nse' && kind === 'future' ? [underlying] : [],
);

const known = new Map<string, ListedContract>();

/** Whether contracts of this kind are listed on the underlying. */
export const isListed = (kind: Contract['kind'], underlying: string): boolean => LISTINGS.has(`${kind} ${underlying}`);

/**
 * The contract of a name with the grids in force at the instant; without one, the latest. Null where nothing of its kind is
 * listed on the underlying. Any strike and date make a contract: whether it is quoted, its chain says.
 * The same object is returned for every instant of one era.
 * @param underlying the instrument that a tick of its own comes from, as for NSE's stock futures
 */
export function contractOf(name: ContractName, atMs: EpochMs | undefined, underlying: (symbol: string) => Instrument): ListedContract | null {
  const listing = LISTINGS.get(`${name.kind} ${name.underlying}`);
  if (listing === undefined) return null;
  const lot = (atMs === undefined ? listing.lots.at(-1) : (inForce(listing.lots, istDate(atMs)) ?? listing.lots[0]))?.lot ?? '1';
  const symbol = contractSymbol(name);
  const key = `${symbol} ${lot}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const { market, venue, quote, minNotional } = listing;
  const made: ListedContract = Object.freeze({
    symbol,
    venueSymbol: venueSymbolOf(name, listing),
    name: wordsOf(name),
    isin: null,
    market,
    venue,
    quote,
    tickSize: tickSizeOf(name, listing, underlying),
    lotStep: decimal(lot),
    minNotional: decimal(minNotional),
    shortSale: 'margin',
    contract: termsOf(name, listing),
  });
  known.set(key, made);
  return made;
}

/** When a contract of the venue that expires on this date does so. */
export function expiryMsOf(venue: ContractListing['venue'], expiry: string): EpochMs {
  const day = dayOfDate(expiry);
  if (venue !== 'nse') return day * DAY_MS + clockMs(CONTRACT_FACTS.expiries.crypto.clockUtc);
  return istMidnight(day) + clockMs(inForce(CONTRACT_FACTS.expiries.nse, expiry)?.clock ?? '15:30');
}

function termsOf(name: ContractName, { venue, settlement, payoff }: ContractListing): Contract {
  if (name.kind === 'perpetual') return name;
  const expiring = { ...name, expiryMs: expiryMsOf(venue, name.expiry), settlement };
  return expiring.kind === 'option' ? { ...expiring, payoff } : expiring;
}

function tickSizeOf(name: ContractName, { ticks }: ContractListing, underlying: (symbol: string) => Instrument): Instrument['tickSize'] {
  if (ticks.kind === 'underlying') return underlying(name.underlying).tickSize;
  if (ticks.kind === 'fixed') return always(decimal(ticks.tick));
  const bands = ticks.bands.map(({ below, tick }) => ({ below: below === null ? null : decimal(below), tick: decimal(tick) }));
  const tickAt = (value: Decimal): Decimal => (bands.find(({ below }) => below === null || value < below) ?? bands[0])?.tick as Decimal;
  // NSE's option ticks go by the price of the underlying; near the money that is the strike.
  return ticks.kind === 'by-price' ? tickAt : always(tickAt(fromNumber(name.kind === 'option' ? name.strike : 0)));
}

const always =
  (tick: Decimal): Instrument['tickSize'] =>
  () =>
    tick;

function wordsOf(name: ContractName): string {
  if (name.kind === 'perpetual') return `${name.underlying} perpetual`;
  return name.kind === 'future' ? `${name.underlying} future ${name.expiry}` : `${name.underlying} ${name.strike} ${name.right} ${name.expiry}`;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'] as const;

/** The venue's own name: NIFTY26DECFUT and NIFTY2612822800CE, BTCUSDT and BTCUSDT_261225, BTC-25DEC26-90000-C. */
function venueSymbolOf(name: ContractName, { venue, quote }: ContractListing): string {
  if (name.kind === 'perpetual') return `${name.underlying}${quote}`;
  const [year = '', month = '', day = ''] = name.expiry.slice(2).split('-');
  const monthName = MONTHS[Number(month) - 1] ?? '';
  if (venue === 'deribit') {
    const dated = `${name.underlying}-${Number(day)}${monthName}${year}`;
    return name.kind === 'future' ? dated : `${dated}-${String(name.strike).replace('.', 'd')}-${name.right === 'call' ? 'C' : 'P'}`;
  }
  if (venue === 'binance-futures') return `${name.underlying}${quote}_${year}${month}${day}`;
  if (name.kind === 'future') return `${name.underlying}${year}${monthName}FUT`;
  const when = isMonthly(name.expiry) ? `${year}${monthName}` : `${year}${'123456789OND'[Number(month) - 1] ?? ''}${day}`;
  return `${name.underlying}${when}${name.strike}${name.right === 'call' ? 'CE' : 'PE'}`;
}

const WEEK = 7;
/** 1970-01-01 was a Thursday. */
const EPOCH_WEEKDAY = 4;

/** Whether the weekday of expiry on or after the date is its month's last: a holiday puts an expiry before it. */
function isMonthly(expiry: string): boolean {
  const weekday = inForce(CONTRACT_FACTS.expiries.nse, expiry)?.weekday ?? EPOCH_WEEKDAY;
  const day = dayOfDate(expiry);
  const regular = day + ((((weekday - (day + EPOCH_WEEKDAY)) % WEEK) + WEEK) % WEEK);
  return dateOfDay(regular + WEEK).slice(0, 7) !== dateOfDay(regular).slice(0, 7);
}
