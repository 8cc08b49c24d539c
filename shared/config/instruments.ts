import { type Decimal, decimal } from '../kernel/decimal.ts';
import { NightdeskError } from '../kernel/errors.ts';
import type { EpochMs } from '../kernel/time.ts';
import { parseContractSymbol } from '../market/contract-symbol.ts';
import type { Instrument, Market } from '../market/instrument.ts';
import { istDate, istDayOf } from '../market/ist.ts';
import { contractOf } from './contracts.ts';
import { inForce } from './effective.ts';
import { INSTRUMENT_FACTS, type InstrumentFacts, SYMBOLS_VARIABLE, type TickTable } from './instrument-facts.ts';

export class InstrumentError extends NightdeskError<'unknown_symbol' | 'bad_facts'> {}

/** An instrument as a venue lists it in a span of dates. */
export interface ListedInstrument extends Instrument {
  readonly name: string;
  /** The ISIN in force; null for crypto. */
  readonly isin: string | null;
}

interface Listing {
  readonly from: string | null;
  readonly instrument: ListedInstrument;
}

const LISTINGS: ReadonlyMap<string, readonly Listing[]> = new Map(INSTRUMENT_FACTS.instruments.map((facts) => [facts.symbol, listingsOf(facts)]));
const NAMES: ReadonlyMap<string, ResolvedSymbol> = new Map([
  ...INSTRUMENT_FACTS.instruments.map(({ venueSymbol, symbol }): [string, ResolvedSymbol] => [
    venueSymbol,
    { symbol, reason: `${venueSymbol} is traded here as ${symbol}` },
  ]),
  ...INSTRUMENT_FACTS.aliases.map(({ alias, symbol, reason }): [string, ResolvedSymbol] => [alias, { symbol, reason }]),
  ...INSTRUMENT_FACTS.instruments.map(({ symbol }): [string, ResolvedSymbol] => [symbol, { symbol, reason: null }]),
]);

const BY_ISIN: ReadonlyMap<string, string> = new Map(
  INSTRUMENT_FACTS.instruments.flatMap(({ symbol, eras }) => eras.flatMap(({ isin }): [string, string][] => (isin === null ? [] : [[isin, symbol]]))),
);

const SHIPPED: readonly string[] = INSTRUMENT_FACTS.instruments.map(({ symbol }) => symbol);

/**
 * The symbols that a setting names, crypto first, in the order of the data file.
 * @throws InstrumentError `unknown_symbol`
 */
export function symbolsSet(setting: string | undefined): readonly string[] {
  if (setting === undefined || setting.trim() === '' || setting === 'all') return SHIPPED;
  const named = setting.split(',').map((name) => name.trim());
  const unknown = named.filter((name) => !SHIPPED.includes(name));
  if (unknown.length > 0) {
    const why = `${SYMBOLS_VARIABLE} takes all, or symbols by commas of ${SHIPPED.join(', ')}; received ${unknown.join(', ')}`;
    throw new InstrumentError('unknown_symbol', why, { unknown });
  }
  return SHIPPED.filter((symbol) => named.includes(symbol));
}

/** Every symbol that this process watches and trades, crypto first: all that are shipped, or those that its environment names. */
export const ALL_SYMBOLS: readonly string[] = symbolsSet(process.env[SYMBOLS_VARIABLE]);

/** A name as typed, made a symbol; `reason` says why the symbol is another word, null when it is the same. */
export interface ResolvedSymbol {
  readonly symbol: string;
  readonly reason: string | null;
}

/**
 * The symbol meant by a name: a symbol in any case, the venue's name (BTCUSDT), or a name that became another (HDFC).
 * @throws InstrumentError `unknown_symbol`
 */
export function resolveSymbol(name: string): ResolvedSymbol {
  const resolved = NAMES.get(name.trim().toUpperCase());
  if (resolved === undefined) {
    throw new InstrumentError('unknown_symbol', `There is no instrument ${JSON.stringify(name)}; there are ${SHIPPED.join(', ')}`, {
      name,
      known: SHIPPED,
    });
  }
  return resolved;
}

/**
 * The instrument of a symbol or another name of it, or the contract that a symbol such as BTC-PERP names, with the grids in force at the instant; without an instant, the latest.
 * The same object is returned for every instant of one era.
 * @throws InstrumentError `unknown_symbol`
 */
export function instrumentBySymbol(name: string, atMs?: EpochMs): ListedInstrument {
  const contract = contractNamed(name, atMs);
  if (contract !== null) return contract;
  const listings = LISTINGS.get(resolveSymbol(name).symbol) ?? [];
  const listing = atMs === undefined ? listings.at(-1) : (inForce(listings, istDate(atMs)) ?? listings[0]);
  if (listing === undefined) throw new InstrumentError('bad_facts', `${name} has no era in the data`, { name });
  return listing.instrument;
}

function contractNamed(name: string, atMs: EpochMs | undefined): ListedInstrument | null {
  const parsed = name.includes('-') ? parseContractSymbol(name) : null;
  return parsed === null ? null : contractOf(parsed, atMs, (symbol) => instrumentBySymbol(symbol, atMs));
}

/**
 * The instrument that has or had the ISIN, with the grids in force at the instant; without an instant, the latest. A split
 * gives a share a new ISIN: both find it. Null for an ISIN of none of ours.
 */
export function instrumentByIsin(isin: string, atMs?: EpochMs): ListedInstrument | null {
  const symbol = BY_ISIN.get(isin);
  return symbol === undefined ? null : instrumentBySymbol(symbol, atMs);
}

/** The instruments of a market, in the order of the data file. */
export function instrumentsOf(market: Market, atMs?: EpochMs): readonly ListedInstrument[] {
  const day = atMs === undefined ? null : istDayOf(atMs);
  const known = LISTED.get(market);
  if (known !== undefined && known.day === day) return known.instruments;
  const instruments = ALL_SYMBOLS.map((symbol) => instrumentBySymbol(symbol, atMs)).filter((instrument) => instrument.market === market);
  LISTED.set(market, { day, instruments });
  return instruments;
}

/** What was asked for last of each market: every scan of a day asks for the same. */
const LISTED = new Map<Market, { readonly day: number | null; readonly instruments: readonly ListedInstrument[] }>();

/** The markets that this process has symbols of. */
export const tradedMarkets = (): readonly Market[] => [...new Set(ALL_SYMBOLS.map((symbol) => instrumentBySymbol(symbol).market))];

/** One listing for each date on which the instrument's own facts or its tick table changed. */
function listingsOf({ eras, ...facts }: InstrumentFacts['instruments'][number]): readonly Listing[] {
  const tables = eras.flatMap(({ ticks }) => (ticks.kind === 'table' ? tableNamed(ticks.table) : []));
  const changes = [...new Set([...eras, ...tables].flatMap(({ from }) => from ?? []))].sort();
  return [null, ...changes].map((from): Listing => {
    const date = from ?? '';
    const era = inForce(eras, date);
    if (era === undefined) throw new InstrumentError('bad_facts', `${facts.symbol} has no era before ${changes[0]}`, { symbol: facts.symbol });
    const tickSize = tickSizeOf(era.ticks, date);
    const grids = { tickSize, lotStep: decimal(era.lotStep), minNotional: decimal(era.minNotional) };
    const instrument = { ...facts, isin: era.isin, ...grids, contract: null };
    return { from, instrument: Object.freeze(instrument) };
  });
}

function tableNamed(name: string): TickTable {
  const table = INSTRUMENT_FACTS.tickTables[name];
  if (table === undefined) throw new InstrumentError('bad_facts', `There is no tick table ${name}`, { name });
  return table;
}

function tickSizeOf(ticks: InstrumentFacts['instruments'][number]['eras'][number]['ticks'], date: string): (price: Decimal) => Decimal {
  if (ticks.kind === 'fixed') {
    const tick = decimal(ticks.tick);
    return () => tick;
  }
  const { table } = ticks;
  const bands = (inForce(tableNamed(table), date)?.bands ?? []).map(({ limit, tick }) => ({ holds: limitOf(limit), tick: decimal(tick) }));
  return (price) => {
    const band = bands.find(({ holds }) => holds(price));
    if (band === undefined) throw new InstrumentError('bad_facts', `Tick table ${table} has no band for every price`, { table });
    return band.tick;
  };
}

function limitOf(limit: TickTable[number]['bands'][number]['limit']): (price: Decimal) => boolean {
  if (limit === null) return () => true;
  if ('below' in limit) {
    const below = decimal(limit.below);
    return (price) => price < below;
  }
  const upTo = decimal(limit.upTo);
  return (price) => price <= upTo;
}
