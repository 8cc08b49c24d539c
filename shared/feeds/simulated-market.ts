import { NightdeskError } from '../kernel/errors.ts';
import { DAY_MS, type EpochMs, MINUTE_MS, minuteOf } from '../kernel/time.ts';
import type { Instrument, Market } from '../market/instrument.ts';
import { isWeekend } from '../market/ist.ts';
import type { BookLevel, OrderBook } from '../market/order-book.ts';
import type { Bar, BookTop, Tick } from '../market/price.ts';
import { bucketOf, createRollup, type RolledCandle } from '../market/rollup.ts';
import type { Timeframe } from '../market/timeframe.ts';
import type { DailyClose } from '../risk/var/risk-model.ts';
import { blockCache } from './simulated/block-cache.ts';
import { type DailyPrice, type DayNumber, dailyPrice, dayNumberOf, loadings, type Movers, type Seed } from './simulated/daily-walk.ts';
import { dayLevel, levelVariance } from './simulated/levels.ts';
import { type MinuteBook, minuteBooks, type StepLevel } from './simulated/minute-books.ts';
import { type MinuteBar, type MinuteTrade, minuteTrades } from './simulated/minute-trades.ts';
import { type InstrumentParameters, type MarketParameters, type SimulationParameters, simulationParameters } from './simulated/parameters.ts';
import { bytesOfMinutes, type DayKind, type PriceProcess, type ProcessMinutes, priceProcess } from './simulated/process-day.ts';
import { firstSlotFrom, openMinutes, type PhaseAt, type Session, sessionOf } from './simulated/session.ts';
import { shapeBook } from './simulated/shape.ts';
import { bytesOfSymbolDay, type DayShapes, type SymbolDay, symbolDay } from './simulated/symbol-day.ts';
import { usdInrSeries } from './simulated/usd-inr.ts';

export class SimulatedMarketError extends NightdeskError<'unknown_symbol' | 'bad_time'> {}

interface SimulatedMarketOptions {
  /** The same seed gives the same market, bit for bit, whatever was asked before. */
  readonly seed: Seed;
  readonly instruments: readonly Instrument[];
  /** What the market does at the instant. Crypto trades round the clock and is not asked for. */
  readonly phaseAt: PhaseAt;
  /** Default: `shared/config/data/simulated-market.json`. */
  readonly parameters?: SimulationParameters;
}

/** What a trade tells: all of it at one instant. */
export interface TradedMoment {
  readonly tick: Tick;
  readonly top: BookTop;
  readonly book: OrderBook;
}

/** Ranges are half-open, [fromMs, toMs); nothing at or after `toMs` has any part in an answer. */
export interface SimulatedMarket {
  /** The bar of the minute that contains the instant; null when the market is closed then. */
  bar(symbol: string, atMs: EpochMs): Bar | null;
  /** The bars of all minutes that begin in the range and have one: those that trade, and the still ones before a closing auction. */
  bars(symbol: string, fromMs: EpochMs, toMs: EpochMs): Bar[];
  /** The candles of the spans (`bucketOf`) that lie wholly in the range, rolled up from the bars. */
  rolled(symbol: string, timeframe: Timeframe, fromMs: EpochMs, toMs: EpochMs): RolledCandle[];
  /**
   * Single trades, five to sixty a minute, one in a closing auction, none in the still minutes before it. The bar of a minute
   * that trades is exactly the aggregate of its ticks (volume to eight places).
   */
  ticks(symbol: string, fromMs: EpochMs, toMs: EpochMs): Tick[];
  /** The top of the book after each tick: one for each, with the same stamps. Never crossed or locked. */
  bookTops(symbol: string, fromMs: EpochMs, toMs: EpochMs): BookTop[];
  /** Each tick with the top of the book after it, and the book: its best level a side is the top. */
  moments(symbol: string, fromMs: EpochMs, toMs: EpochMs): TradedMoment[];
  /** The price of the last trade of the market's day up to the instant; null before the first. */
  lastPrice(symbol: string, atMs: EpochMs): number | null;
  /**
   * Volatility to be expected of an ordinary day to come, and of one far off, as shares of price: what the slow swings of the
   * market's volatility say on the instant's day. Nobody could know more of it from prices.
   */
  expectedVolatility(symbol: string, atMs: EpochMs): { readonly coming: number; readonly longRun: number };
  /** Closes of the days of the symbol's market that lie wholly in the range and trade, oldest first: the price that a day's walk ends at. */
  dailyCloses(symbol: string, fromMs: EpochMs, toMs: EpochMs): readonly DailyClose[];
  /** What a rupee is worth in dollars at the end of each day in UTC that lies in the range, oldest first. */
  rupeeCloses(fromMs: EpochMs, toMs: EpochMs): readonly DailyClose[];
  /** Rupees a dollar at the instant. */
  usdInr(atMs: EpochMs): number;
}

const SOURCE = 'simulated';
const EVIDENCE = 'simulated';
const UNITS = 1e8;
const SYMBOL_CACHE_BYTES = 24_000_000;
const COMMON_CACHE_BYTES = 6_000_000;
const SESSION_CACHE_BYTES = 1_500_000;
/** Days since 1970 stay far below; a cache key is series * DAY_KEYS + day. */
const DAY_KEYS = 1_000_000;
const MARKETS: readonly Market[] = ['CRYPTO', 'NSE'];

/**
 * A market that does not exist: a pure function of (seed, symbol, time). It holds no running state, so that any instant can be asked for
 * in any order, a restart sees the market it left, and history for warm-up reaches as far back as the calendar.
 *
 * A symbol's price is moved by two processes, its market's and its own (`process-day`): opening gaps, diffusion with wandering
 * volatility, jumps. Daily closes walk by their days (`daily-walk`), the minutes of a day lead from its open to its close with volumes
 * (`symbol-day`), the trades of a minute pass through its bar (`minute-trades`). The parameters are fitted to recorded markets.
 * @throws SimulatedMarketError `unknown_symbol` for an instrument without parameters, or a symbol that is not among the instruments;
 *   `bad_time` for an instant before 1970 or not a number
 */
export function createSimulatedMarket({ seed, instruments, phaseAt, parameters = simulationParameters() }: SimulatedMarketOptions): SimulatedMarket {
  const daysOf = marketDays(seed, phaseAt, parameters);
  const listings = listingsOf(seed, instruments, daysOf, parameters);
  const symbolDays = blockCache(SYMBOL_CACHE_BYTES, bytesOfSymbolDay, (key) => {
    const { instrument, own, daily, alone, volumeLevel } = listings.byPlace[Math.floor(key / DAY_KEYS)] as Listing;
    const day = key % DAY_KEYS;
    const days = daysOf(instrument.market);
    return symbolDay({
      seed,
      instrument,
      own,
      market: parameters.markets[instrument.market],
      daily,
      session: days.session(day),
      shapes: days.shapes(day),
      volumeLevel: volumeLevel(day),
      common: days.common(day),
      alone: alone.minutes(day, days.session(day).continuous),
      day,
    });
  });

  const listingOf = (symbol: string): Listing => {
    const listing = listings.bySymbol.get(symbol);
    if (listing !== undefined) return listing;
    const allowed = [...listings.bySymbol.keys()];
    throw new SimulatedMarketError('unknown_symbol', `The simulated market has no ${symbol}; it has ${allowed.join(', ')}`, { symbol, allowed });
  };
  const blockOf = (listing: Listing, day: DayNumber): SymbolDay => symbolDays.get(listing.place * DAY_KEYS + day);

  /** Calls `visit` for each minute with a bar that begins in the range, in order. */
  const eachMinute = (listing: Listing, fromMs: EpochMs, toMs: EpochMs, visit: (minuteMs: EpochMs, block: SymbolDay, slot: number) => void): void => {
    const { instrument } = listing;
    const days = daysOf(instrument.market);
    for (let day = days.numberAt(checked(fromMs)); days.startOf(day) < checked(toMs); day++) {
      const session = days.session(day);
      const { startMs, minutes } = session;
      for (let slot = firstSlotFrom(session, fromMs); slot < minutes.length; slot++) {
        const minuteMs = startMs + (minutes[slot] as number) * MINUTE_MS;
        if (minuteMs >= toMs) return;
        visit(minuteMs, blockOf(listing, day), slot);
      }
    }
  };

  const bars = (symbol: string, fromMs: EpochMs, toMs: EpochMs): Bar[] => {
    const listing = listingOf(symbol);
    const found: Bar[] = [];
    eachMinute(listing, fromMs, toMs, (minuteMs, block, slot) => found.push(barAt(listing, minuteMs, block, slot)));
    return found;
  };

  const rolled = (symbol: string, timeframe: Timeframe, fromMs: EpochMs, toMs: EpochMs): RolledCandle[] => {
    const listing = listingOf(symbol);
    const { market } = listing.instrument;
    const candles: RolledCandle[] = [];
    const rollup = createRollup(market, timeframe, (candle) => candles.push(candle));
    const first = bucketOf(market, timeframe, checked(fromMs));
    let lastMs = -1;
    eachMinute(listing, first.startMs < fromMs ? first.endMs : fromMs, toMs, (minuteMs, block, slot) => {
      rollup.add(barAt(listing, minuteMs, block, slot));
      lastMs = minuteMs;
    });
    // A span whose last minutes do not trade gets no bar that ends it; here it is known that none will come.
    const { endMs } = bucketOf(market, timeframe, Math.max(0, lastMs));
    if (lastMs >= 0 && endMs <= toMs) rollup.add(noBar(symbol, endMs));
    return candles;
  };

  /** Calls `visit` for each minute of which trades may lie in the range, with all of its trades. */
  const eachTrading = (
    listing: Listing,
    fromMs: EpochMs,
    toMs: EpochMs,
    visit: (trades: readonly MinuteTrade[], bar: MinuteBar, step: number) => void,
  ): void => {
    const { symbol, market } = listing.instrument;
    eachMinute(listing, minuteOf(checked(fromMs)), toMs, (minuteMs, block, slot) => {
      const bar = minuteBar(minuteMs, block, slot, daysOf(market).partOf(minuteMs));
      visit(minuteTrades(seed, symbol, bar, listing.own, parameters), bar, block.step);
    });
  };

  const tradesIn = <Row>(symbol: string, fromMs: EpochMs, toMs: EpochMs, row: (trade: MinuteTrade, step: number, lot: number) => Row): Row[] => {
    const listing = listingOf(symbol);
    const rows: Row[] = [];
    eachTrading(listing, fromMs, toMs, (trades, _bar, step) => {
      for (const trade of trades) if (trade.atMs >= fromMs && trade.atMs < toMs) rows.push(row(trade, step, listing.lot));
    });
    return rows;
  };

  const moments = (symbol: string, fromMs: EpochMs, toMs: EpochMs): TradedMoment[] => {
    const listing = listingOf(symbol);
    const { own, lot } = listing;
    const found: TradedMoment[] = [];
    eachTrading(listing, fromMs, toMs, (trades, bar, step) => {
      const books = minuteBooks(seed, symbol, bar, trades, own, parameters);
      for (const [place, trade] of trades.entries()) {
        if (trade.atMs < fromMs || trade.atMs >= toMs) continue;
        const book = bookOf(symbol, trade, books[place] as MinuteBook, step, lot);
        found.push({ tick: tickOf(symbol, trade, step, lot), top: bookTopOf(symbol, trade, step, lot), book });
      }
    });
    return found;
  };

  const usdInr = usdInrSeries(seed, parameters);
  return {
    bar: (symbol, atMs) => {
      const listing = listingOf(symbol);
      const days = daysOf(listing.instrument.market);
      const minuteMs = minuteOf(checked(atMs));
      const day = days.numberAt(minuteMs);
      const session = days.session(day);
      const slot = session.slots[(minuteMs - session.startMs) / MINUTE_MS] as number;
      return slot < 0 ? null : barAt(listing, minuteMs, blockOf(listing, day), slot);
    },
    bars,
    rolled,
    ticks: (symbol, fromMs, toMs) => tradesIn(symbol, fromMs, toMs, (trade, step, lot) => tickOf(symbol, trade, step, lot)),
    bookTops: (symbol, fromMs, toMs) => tradesIn(symbol, fromMs, toMs, (trade, step, lot) => bookTopOf(symbol, trade, step, lot)),
    moments,
    lastPrice: (symbol, atMs) => {
      const minuteMs = minuteOf(checked(atMs));
      const [tick] = tradesIn(symbol, minuteMs, atMs + 1, (trade, step) => scaled(trade.price, step)).slice(-1);
      if (tick !== undefined) return tick;
      const days = daysOf(listingOf(symbol).instrument.market);
      return bars(symbol, days.startOf(days.numberAt(atMs)), minuteMs).at(-1)?.close ?? null;
    },
    expectedVolatility: (symbol, atMs) => {
      const { instrument, own, alone } = listingOf(symbol);
      const days = daysOf(instrument.market);
      const day = days.numberAt(checked(atMs));
      const loading = loadings(own);
      return { coming: Math.hypot(loading.common * days.process.outlook(day), loading.own * alone.outlook(day)), longRun: own.dailyVol };
    },
    dailyCloses: (symbol, fromMs, toMs) => {
      const { instrument, daily } = listingOf(symbol);
      const days = daysOf(instrument.market);
      const closes: DailyClose[] = [];
      for (let day = days.numberAt(checked(fromMs)); days.startOf(day + 1) <= checked(toMs); day++) {
        if (days.startOf(day) < fromMs || days.session(day).minutes.length === 0) continue;
        closes.push({ date: new Date(day * DAY_MS).toISOString().slice(0, 10), close: Math.exp(daily.logClose(day)) });
      }
      return closes;
    },
    rupeeCloses: (fromMs, toMs) => {
      const firstDay = Math.ceil(checked(fromMs) / DAY_MS);
      return Array.from({ length: Math.max(0, Math.floor(checked(toMs) / DAY_MS) - firstDay) }, (_, i) => ({
        date: new Date((firstDay + i) * DAY_MS).toISOString().slice(0, 10),
        close: 1 / usdInr((firstDay + i + 1) * DAY_MS),
      }));
    },
    usdInr: (atMs) => usdInr(checked(atMs)),
  };
}

interface Listing {
  readonly place: number;
  readonly instrument: Instrument;
  readonly own: InstrumentParameters;
  readonly daily: DailyPrice;
  /** What moves this symbol alone. */
  readonly alone: PriceProcess;
  /** Log volume of a day over its typical one. */
  readonly volumeLevel: (day: DayNumber) => number;
  /** Lot step in units of 1e-8. */
  readonly lot: number;
}

function listingsOf(seed: Seed, instruments: readonly Instrument[], daysOf: (market: Market) => MarketDays, parameters: SimulationParameters) {
  const byPlace = instruments.map((instrument, place): Listing => {
    const { symbol, market } = instrument;
    const own = parameters.instruments[symbol];
    if (own === undefined || own.market !== market) {
      const allowed = Object.keys(parameters.instruments);
      const message = `No simulation parameters for ${symbol} on ${market}; there are some for ${allowed.join(', ')}`;
      throw new SimulatedMarketError('unknown_symbol', message, { symbol, market, allowed });
    }
    const days = daysOf(market);
    const of = parameters.markets[market];
    const movers: Movers = {
      common: days.process,
      own: priceProcess(seed, symbol, of.own, { kindOf: days.kind, leader: { who: market, dayLevels: of.common.dayLevels } }),
    };
    const volume = dayLevel(seed, 'volume', symbol, of.volume.dayLevels);
    const middle = levelVariance(of.volume.dayLevels) / 2;
    return {
      place,
      instrument,
      own,
      daily: dailyPrice(own, movers, dayNumberOf(parameters.levelDate)),
      alone: movers.own,
      volumeLevel: (day) => volume(day) - middle,
      lot: Number(instrument.lotStep),
    };
  });
  return { byPlace, bySymbol: new Map(byPlace.map((listing) => [listing.instrument.symbol, listing])) };
}

/** The days of a market: when each begins, which of its minutes have a bar, and what its symbols share. */
interface MarketDays {
  numberAt(ms: EpochMs): DayNumber;
  startOf(day: DayNumber): EpochMs;
  session(day: DayNumber): Session;
  partOf(minuteMs: EpochMs): MinuteBar['part'];
  kind(day: DayNumber): DayKind;
  shapes(day: DayNumber): DayShapes;
  /** What moves all symbols of the market. */
  readonly process: PriceProcess;
  common(day: DayNumber): ProcessMinutes;
}

function marketDays(seed: Seed, phaseAt: PhaseAt, parameters: SimulationParameters): (market: Market) => MarketDays {
  const byMarket = new Map(MARKETS.map((market) => [market, daysOfMarket(market, seed, phaseAt, parameters.markets[market])]));
  return (market) => byMarket.get(market) as MarketDays;
}

function daysOfMarket(market: Market, seed: Seed, phaseAt: PhaseAt, of: MarketParameters): MarketDays {
  const offsetMs = of.utcOffsetMinutes * MINUTE_MS;
  const numberAt = (ms: EpochMs): DayNumber => Math.floor((ms + offsetMs) / DAY_MS);
  const startOf = (day: DayNumber): EpochMs => day * DAY_MS - offsetMs;
  const sessions = blockCache(
    SESSION_CACHE_BYTES,
    ({ minutes, slots }: Session) => minutes.byteLength + slots.byteLength,
    (day) => sessionOf(market, startOf(day), phaseAt),
  );
  const kinds = new Map<DayNumber, DayKind>();
  const kind = (day: DayNumber): DayKind => {
    const known = kinds.get(day);
    if (known !== undefined) return known;
    const openShare = Math.min(1, openMinutes(market, startOf(day), phaseAt) / of.minutesADay);
    const made = { openShare, volShare: isWeekend(day) ? of.weekendVolShare : 1, closedGaps: of.closedDayGaps };
    kinds.set(day, made);
    return made;
  };
  const [common, alone, volume] = [shapeBook(of.common.shape, 2), shapeBook(of.own.shape, 2), shapeBook(of.volumeShape, 1)];
  const process = priceProcess(seed, market, of.common, { kindOf: kind, leader: null });
  const minutes = blockCache(COMMON_CACHE_BYTES, bytesOfMinutes, (day) => process.minutes(day, sessions.get(day).continuous));
  return {
    numberAt,
    startOf,
    session: sessions.get,
    partOf: (minuteMs) => {
      const day = numberAt(minuteMs);
      const { startMs, slots, auction } = sessions.get(day);
      const slot = slots[(minuteMs - startMs) / MINUTE_MS];
      if (slot === auction) return 'auction';
      return slot === 0 && market !== 'CRYPTO' ? 'opening' : 'trading';
    },
    kind,
    process,
    common: minutes.get,
    shapes: (day) => {
      const { continuous } = sessions.get(day);
      return { common: common(continuous), alone: alone(continuous), volume: volume(continuous) };
    },
  };
}

function checked(ms: EpochMs): EpochMs {
  if (ms >= 0 && Number.isFinite(ms)) return ms;
  throw new SimulatedMarketError('bad_time', `Expected milliseconds since 1970, received ${ms}`, { ms });
}

/** A whole number of steps as the double nearest to its decimal: what parsing the venue's own text would give. */
const scaled = (count: number, units: number): number => (count * units) / UNITS;

/** A minute without trades, as the rollup takes it: its prices are not read. */
const noBar = (symbol: string, openMs: EpochMs): Bar => ({
  symbol,
  openMs,
  open: 0,
  high: 0,
  low: 0,
  close: 0,
  volume: 0,
  origin: 'missing',
  evidence: EVIDENCE,
});

function barAt({ instrument, lot }: Listing, minuteMs: EpochMs, block: SymbolDay, slot: number): Bar {
  const { step } = block;
  return {
    symbol: instrument.symbol,
    openMs: minuteMs,
    open: scaled(block.open[slot] as number, step),
    high: scaled(block.high[slot] as number, step),
    low: scaled(block.low[slot] as number, step),
    close: scaled(block.close[slot] as number, step),
    volume: scaled(block.lots[slot] as number, lot),
    origin: 'received',
    evidence: EVIDENCE,
  };
}

const minuteBar = (minuteMs: EpochMs, block: SymbolDay, slot: number, part: MinuteBar['part']): MinuteBar => ({
  minuteMs,
  part,
  step: block.step,
  open: block.open[slot] as number,
  high: block.high[slot] as number,
  low: block.low[slot] as number,
  close: block.close[slot] as number,
  lots: block.lots[slot] as number,
  typicalLots: block.typicalLots,
});

const tickOf = (symbol: string, trade: MinuteTrade, step: number, lot: number): Tick => ({
  symbol,
  exchangeMs: trade.atMs,
  receivedMs: trade.atMs,
  price: scaled(trade.price, step),
  quantity: scaled(trade.lots, lot),
  motion: 'print',
  source: SOURCE,
  evidence: EVIDENCE,
});

const bookTopOf = (symbol: string, trade: MinuteTrade, step: number, lot: number): BookTop => ({
  symbol,
  exchangeMs: trade.atMs,
  receivedMs: trade.atMs,
  bid: scaled(trade.bid, step),
  ask: scaled(trade.ask, step),
  bidSize: scaled(trade.bidLots, lot),
  askSize: scaled(trade.askLots, lot),
  source: SOURCE,
  evidence: EVIDENCE,
});

const bookOf = (symbol: string, { atMs }: MinuteTrade, { bids, asks }: MinuteBook, step: number, lot: number): OrderBook => ({
  symbol,
  exchangeMs: atMs,
  receivedMs: atMs,
  bids: levelsOf(bids, step, lot),
  asks: levelsOf(asks, step, lot),
  source: SOURCE,
  evidence: EVIDENCE,
});

const levelsOf = (side: readonly StepLevel[], step: number, lot: number): readonly BookLevel[] =>
  side.map(({ price, lots }) => ({ price: scaled(price, step), quantity: scaled(lots, lot) }));
