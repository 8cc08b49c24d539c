import { rng } from '../../../shared/kernel/rng.ts';
import { type EpochMs, MINUTE_MS, minuteOf, SECOND_MS } from '../../../shared/kernel/time.ts';

/** A trade as it happened, in whole ticks and in 1e-8 of a unit. */
export interface TrueTrade {
  readonly venueSymbol: string;
  readonly id: number;
  readonly atMs: EpochMs;
  readonly price: string;
  readonly quantity: string;
}

/** A minute as it was, in the venue's texts. */
export interface TrueBar {
  readonly openMs: EpochMs;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
}

/** What happened on the venue: the source of truth that everything given is compared with. */
export interface TrueMarket {
  readonly venueSymbols: readonly string[];
  /** Lets it trade until the instant, and gives what was traded, in order of time. */
  advance(toMs: EpochMs): readonly TrueTrade[];
  /** The bar of a minute, up to now where it is not over; flat without a trade; null before the beginning. */
  bar(venueSymbol: string, minuteMs: EpochMs): TrueBar | null;
  /** Best bid and ask now. */
  top(venueSymbol: string): { readonly bid: string; readonly ask: string };
}

interface Listing {
  readonly venueSymbol: string;
  readonly places: number;
  readonly level: number;
  readonly tradesPerSecond: number;
  readonly quantityPlaces: number;
  readonly largest: number;
}

/** A busy pair whose minutes hold more than 2^53 parts of 1e-8, and one that does not trade in every minute. */
const LISTINGS: readonly Listing[] = [
  { venueSymbol: 'BTCUSDT', places: 2, level: 30_000, tradesPerSecond: 2, quantityPlaces: 5, largest: 2 },
  { venueSymbol: 'ETHUSDT', places: 2, level: 2_000, tradesPerSecond: 2, quantityPlaces: 4, largest: 30 },
  { venueSymbol: 'SOLUSDT', places: 2, level: 100, tradesPerSecond: 1, quantityPlaces: 3, largest: 500 },
  { venueSymbol: 'DOGEUSDT', places: 5, level: 0.1, tradesPerSecond: 1, quantityPlaces: 0, largest: 9_000_000 },
  { venueSymbol: 'ADAUSDT', places: 4, level: 0.5, tradesPerSecond: 0.1, quantityPlaces: 1, largest: 20_000 },
  { venueSymbol: 'DOTUSDT', places: 3, level: 5, tradesPerSecond: 0.02, quantityPlaces: 2, largest: 900 },
];
const STEP_VOLATILITY = 0.0004;
const REVERSION = 0.002;
const UNITS = 100_000_000n;

interface Minute {
  open: number;
  high: number;
  low: number;
  close: number;
  volume: bigint;
}

export function trueMarket(seed: string, startMs: EpochMs): TrueMarket {
  let nowMs = startMs;
  const books = LISTINGS.map((listing) => pair(listing, seed, startMs));
  const byName = new Map(books.map((book) => [book.venueSymbol, book]));
  const of = (venueSymbol: string) => {
    const book = byName.get(venueSymbol);
    if (book === undefined) throw new RangeError(`${venueSymbol} is not listed`);
    return book;
  };
  return {
    venueSymbols: LISTINGS.map(({ venueSymbol }) => venueSymbol),
    advance(toMs) {
      const trades = books.flatMap((book) => book.advance(nowMs, toMs));
      nowMs = toMs;
      return trades.sort((a, b) => a.atMs - b.atMs);
    },
    bar: (venueSymbol, minuteMs) => of(venueSymbol).bar(minuteMs),
    top: (venueSymbol) => of(venueSymbol).top(),
  };
}

function pair({ venueSymbol, places, level, tradesPerSecond, quantityPlaces, largest }: Listing, seed: string, startMs: EpochMs) {
  const random = rng('true market', seed, venueSymbol);
  const base = Math.round(level * 10 ** places);
  const minutes = new Map<EpochMs, Minute>();
  const text = (ticks: number): string => (ticks / 10 ** places).toFixed(places);
  let price = base;
  let id = Math.floor(random.next() * 1e9);
  let lastMinuteMs = minuteOf(startMs);
  minutes.set(lastMinuteMs, { open: base, high: base, low: base, close: base, volume: 0n });

  /** The minute, and the flat ones before it in which nothing was traded. */
  function minuteAt(minuteMs: EpochMs): Minute {
    for (; lastMinuteMs < minuteMs; lastMinuteMs += MINUTE_MS) {
      const close = minutes.get(lastMinuteMs)?.close ?? base;
      minutes.set(lastMinuteMs + MINUTE_MS, { open: close, high: close, low: close, close, volume: 0n });
    }
    return minutes.get(minuteMs) as Minute;
  }

  function trade(atMs: EpochMs): TrueTrade {
    price = Math.max(1, Math.round(price + (base - price) * REVERSION + price * STEP_VOLATILITY * random.normal()));
    const quantity = (Math.floor(random.next() ** 3 * largest * 10 ** quantityPlaces) + 1) / 10 ** quantityPlaces;
    const quantityText = quantity.toFixed(8);
    const minute = minuteAt(minuteOf(atMs));
    if (minute.volume === 0n) Object.assign(minute, { open: price, high: price, low: price });
    minute.high = Math.max(minute.high, price);
    minute.low = Math.min(minute.low, price);
    minute.close = price;
    minute.volume += BigInt(quantityText.replace('.', ''));
    return { venueSymbol, id: ++id, atMs, price: text(price), quantity: quantityText };
  }

  return {
    venueSymbol,
    advance(fromMs: EpochMs, toMs: EpochMs): readonly TrueTrade[] {
      const expected = (tradesPerSecond * (toMs - fromMs)) / SECOND_MS;
      const count = Math.floor(expected) + (random.next() < expected % 1 ? 1 : 0);
      const stamps = Array.from({ length: count }, () => fromMs + Math.floor(random.next() * (toMs - fromMs))).sort((a, b) => a - b);
      const trades = stamps.map(trade);
      minuteAt(minuteOf(toMs));
      return trades;
    },
    bar(minuteMs: EpochMs): TrueBar | null {
      const minute = minutes.get(minuteMs);
      if (minute === undefined) return null;
      const { open, high, low, close, volume } = minute;
      const whole = `${volume / UNITS}.${String(volume % UNITS).padStart(8, '0')}`;
      return { openMs: minuteMs, open: text(open), high: text(high), low: text(low), close: text(close), volume: whole };
    },
    top: () => ({ bid: text(Math.max(1, price - 1)), ask: text(price + 1) }),
  };
}
