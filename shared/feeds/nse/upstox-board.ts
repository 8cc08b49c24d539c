import { UPSTOX } from '../../config/nse-feed.ts';
import { riskFreeRate } from '../../config/risk-free.ts';
import { toNumber } from '../../kernel/decimal.ts';
import { DAY_MS, type EpochMs } from '../../kernel/time.ts';
import { byExpiryStrikeRight, type DerivativeChain, type FutureQuote, type OptionQuote } from '../../market/derivative.ts';
import type { FutureContract, InstrumentOf, OptionContract } from '../../market/instrument.ts';
import { istDate } from '../../market/ist.ts';
import { impliedVolatility } from '../../market/options/implied-volatility.ts';
import type { UpstoxContract, UpstoxListing } from './upstox-instruments.ts';
import type { UpstoxQuote } from './upstox-quotes.ts';

/** What is known of the contracts of NSE. */
export interface UpstoxBoard {
  readonly listing: UpstoxListing;
  readonly quotes: ReadonlyMap<string, UpstoxQuote>;
}

type Priced<Q> = UpstoxQuote & Q;
type Future = { readonly instrument: InstrumentOf<FutureContract> };
type Option = { readonly instrument: InstrumentOf<OptionContract> };

const YEAR_MS = 365 * DAY_MS;

/**
 * The keys to ask for: each underlying, its futures, and of its options those of the next expiries that are near the money by
 * the last price known of the underlying; none before one is.
 */
export function wantedKeys({ listing, quotes }: UpstoxBoard, nowMs: EpochMs): readonly string[] {
  return [...listing.underlyings].flatMap(([underlying, key]) => {
    const own = listing.contracts.filter(({ instrument: { contract } }) => contract.underlying === underlying && contract.expiryMs > nowMs);
    const spot = quotes.get(key)?.last ?? null;
    const futures = own.flatMap((each) => (each.instrument.contract.kind === 'future' ? [each.key] : []));
    return [key, ...futures, ...(spot === null ? [] : nearOptions(own, spot, nowMs))];
  });
}

function nearOptions(contracts: readonly UpstoxContract[], spot: number, nowMs: EpochMs): readonly string[] {
  const { optionDaysWithin, optionExpiriesAtMost, strikesWithinShare } = UPSTOX.contracts;
  const near = contracts.flatMap(({ key, instrument: { contract } }) => {
    const isNear =
      contract.kind === 'option' &&
      contract.expiryMs - nowMs <= optionDaysWithin * DAY_MS &&
      Math.abs(contract.strike / spot - 1) <= strikesWithinShare;
    return isNear ? [{ key, expiryMs: contract.expiryMs }] : [];
  });
  const expiries = [...new Set(near.map(({ expiryMs }) => expiryMs))].sort((a, b) => a - b).slice(0, optionExpiriesAtMost);
  return near.filter(({ expiryMs }) => expiries.includes(expiryMs)).map(({ key }) => key);
}

/**
 * All that is quoted on an underlying, as it was asked for; null while its own price or every quote of its contracts is unknown. The
 * exchange tells no mark in the session: a contract has its last price and its book, an option the volatility that the middle of
 * its book implies. The forward of an expiry is the middle of its future, where there is none the parity of its options.
 */
export function chainOf({ listing, quotes }: UpstoxBoard, underlying: string, source: string): DerivativeChain | null {
  const spot = quotes.get(listing.underlyings.get(underlying) ?? '');
  if (spot === undefined || spot.last === null) return null;
  const [futures, options]: [Priced<Future>[], Priced<Option>[]] = [[], []];
  for (const { key, instrument } of listing.contracts) {
    const quote = quotes.get(key);
    if (quote === undefined || instrument.contract.underlying !== underlying || instrument.contract.expiryMs <= spot.receivedMs) continue;
    if (instrument.contract.kind === 'future') futures.push({ ...quote, instrument: instrument as Future['instrument'] });
    else options.push({ ...quote, instrument: instrument as Option['instrument'] });
  }
  const [first] = [...futures, ...options];
  if (first === undefined) return null;
  const rate = riskFreeRate('INR', istDate(spot.receivedMs));
  const forwards = new Map([...forwardsByParity(options, rate), ...forwardsOf(futures)]);
  return {
    underlying,
    venue: 'nse',
    currency: 'INR',
    atMs: spot.receivedMs,
    spot: spot.last,
    lotSize: toNumber(first.instrument.lotStep),
    perpetual: null,
    futures: futures
      .sort((a, b) => a.instrument.contract.expiryMs - b.instrument.contract.expiryMs)
      .map((quote): FutureQuote => ({ ...quote, mark: null })),
    options: options.flatMap((quote) => optionQuote(quote, forwards, rate) ?? []).sort(byExpiryStrikeRight),
    source,
    evidence: 'live',
  };
}

function optionQuote(quote: Priced<Option>, forwards: ReadonlyMap<EpochMs, number>, rate: number): OptionQuote | null {
  const { expiryMs, strike, right } = quote.instrument.contract;
  const forward = forwards.get(expiryMs);
  if (forward === undefined) return null;
  const [price, years] = [bookMiddle(quote), (expiryMs - quote.receivedMs) / YEAR_MS];
  const iv = price === null ? null : impliedVolatility({ right, price, forward, strike, years, discount: 1 / (1 + rate * years) }).volatility;
  return { ...quote, mark: null, iv, underlyingPrice: forward };
}

const forwardsOf = (futures: readonly Priced<Future>[]): readonly (readonly [EpochMs, number])[] =>
  futures.flatMap((quote) => {
    const middle = bookMiddle(quote) ?? quote.last;
    return middle === null ? [] : [[quote.instrument.contract.expiryMs, middle] as const];
  });

/**
 * The forward of each expiry by put-call parity, F = K + (c - p)(1 + rT), at the strike where a call and a put with a book are worth
 * most alike.
 */
function forwardsByParity(options: readonly Priced<Option>[], rate: number): ReadonlyMap<EpochMs, number> {
  const best = new Map<EpochMs, { readonly apart: number; readonly forward: number }>();
  for (const pair of Map.groupBy(options, ({ instrument: { contract } }) => `${contract.expiryMs} ${contract.strike}`).values()) {
    const [call, put] = (['call', 'put'] as const).map((right) => pair.find(({ instrument: { contract } }) => contract.right === right));
    const [worth, against] = [bookMiddle(call), bookMiddle(put)];
    if (call === undefined || worth === null || against === null) continue;
    const { expiryMs, strike } = call.instrument.contract;
    const apart = Math.abs(worth - against);
    if (apart >= (best.get(expiryMs)?.apart ?? Number.POSITIVE_INFINITY)) continue;
    best.set(expiryMs, { apart, forward: strike + (worth - against) * (1 + (rate * (expiryMs - call.receivedMs)) / YEAR_MS) });
  }
  return new Map([...best].map(([expiryMs, { forward }]) => [expiryMs, forward]));
}

const bookMiddle = (quote: UpstoxQuote | undefined): number | null =>
  quote === undefined || quote.bid === null || quote.ask === null ? null : (quote.bid + quote.ask) / 2;
