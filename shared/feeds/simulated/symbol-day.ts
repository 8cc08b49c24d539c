import { type Decimal, fromNumber, max } from '../../kernel/decimal.ts';
import { type Rng, rng } from '../../kernel/rng.ts';
import type { Instrument } from '../../market/instrument.ts';
import { type DailyPrice, type DayNumber, loadings, type Seed } from './daily-walk.ts';
import { addMinuteLevels, levelVariance } from './levels.ts';
import { LEAST_TRADES } from './minute-trades.ts';
import type { InstrumentParameters, MarketParameters } from './parameters.ts';
import type { ProcessMinutes } from './process-day.ts';
import type { Session } from './session.ts';

/** All minutes of a symbol's day that have a bar, in whole venue ticks and lots. A minute without a trade has no lots. */
export interface SymbolDay {
  /** The day's price step in units of 1e-8 of the quote currency. */
  readonly step: number;
  readonly open: Int32Array;
  readonly high: Int32Array;
  readonly low: Int32Array;
  readonly close: Int32Array;
  readonly lots: Float64Array;
  /** Lots of a minute of typical volume. */
  readonly typicalLots: number;
}

/** Two steps, so that a bid fits below the lowest price. */
const LEAST_PRICE_STEPS = 2;
const UNITS = 1e8;
/** How much beyond the day's range quotes may reach; the price step is chosen so that they stay on the venue's grid. */
const REACH = 1.01;
const BPS = 1e-4;
/** The exchange takes the mean price of the last quarter of an hour before it as the closing auction's reference. */
const REFERENCE_MINUTES = 15;
/** The mean size of a normal draw. */
const MEAN_SIZE = Math.sqrt(2 / Math.PI);

/** Relative volatility of the two movers and relative volume, by minute of continuous trading. */
export interface DayShapes {
  readonly common: Float64Array;
  readonly alone: Float64Array;
  readonly volume: Float64Array;
}

export interface SymbolDayInput {
  readonly seed: Seed;
  readonly instrument: Instrument;
  readonly own: InstrumentParameters;
  readonly market: MarketParameters;
  readonly daily: DailyPrice;
  readonly session: Session;
  readonly shapes: DayShapes;
  /** Log volume of the day over its typical one. */
  readonly volumeLevel: number;
  /** The minutes of the two movers, as many as trade continuously. */
  readonly common: ProcessMinutes;
  readonly alone: ProcessMinutes;
  readonly day: DayNumber;
}

/** The minutes of one day: a path from the day's open to its close, bars around it, and the closing auction's print. */
export function symbolDay(input: SymbolDayInput): SymbolDay {
  const random = rng(input.seed, 'symbol-day', input.instrument.symbol, input.day);
  const path = minutePath(input, random);
  const made = barsAround(path, input, random);
  closeDay(made, input, rng(input.seed, 'closing-auction', input.instrument.symbol, input.day));
  return made;
}

interface MinutePath {
  /** Log price at the session's open. */
  readonly open: number;
  /** Log price at the end of each minute. */
  readonly close: Float64Array;
  /** Volatility of each minute, as a share of price. */
  readonly vol: Float64Array;
}

/**
 * The two movers' minutes; the slow return of the daily walk to its level is spread evenly over them. Around this path last prices
 * bounce from one side of the book to the other, but for the day's last, from which the next day goes on.
 */
function minutePath({ own, market, daily, common, alone, day }: SymbolDayInput, random: Rng): MinutePath {
  const loading = loadings(own);
  const minutes = common.move.length;
  const open = daily.logOpen(day);
  const close = new Float64Array(minutes);
  const vol = new Float64Array(minutes);
  let at = open;
  for (let m = 0; m < minutes; m++) {
    at += loading.common * cell(common.move, m) + loading.own * cell(alone.move, m);
    close[m] = at;
    vol[m] = Math.hypot(loading.common * cell(common.vol, m), loading.own * cell(alone.vol, m));
  }
  const rest = daily.logClose(day) - at;
  for (let m = 0; m < minutes; m++) {
    const bounce = m === minutes - 1 ? 0 : market.bars.bounce * loading.own * cell(alone.vol, m) * random.normal();
    close[m] = cell(close, m) + (rest * (m + 1)) / minutes + bounce;
  }
  return { open, close, vol };
}

/** The four log prices of each minute. */
interface LogBars {
  readonly from: Float64Array;
  readonly to: Float64Array;
  readonly above: Float64Array;
  readonly below: Float64Array;
}

/** Highs and lows by the law of a Brownian bridge's extremes. */
function logBars({ open, close, vol }: MinutePath, { own, market }: SymbolDayInput, random: Rng): LogBars {
  const minutes = close.length;
  const bounce = market.bars.openNoise * own.spreadBps * BPS;
  const bars = { from: new Float64Array(minutes), to: close, above: new Float64Array(minutes), below: new Float64Array(minutes) };
  let last = open;
  for (let m = 0; m < minutes; m++) {
    const to = cell(close, m);
    const from = m === 0 ? last : last + bounce * random.normal();
    const inner = 2 * (market.bars.innerShare * cell(vol, m)) ** 2;
    const move = (to - from) ** 2;
    bars.from[m] = from;
    bars.above[m] = (from + to + Math.sqrt(move - inner * Math.log(1 - random.next()))) / 2;
    bars.below[m] = (from + to - Math.sqrt(move - inner * Math.log(1 - random.next()))) / 2;
    last = to;
  }
  return bars;
}

/** The bars of continuous trading on the venue's grid, with their volumes; what comes after is left empty. */
function barsAround(path: MinutePath, input: SymbolDayInput, random: Rng): SymbolDay {
  const { instrument, own, session } = input;
  const bars = logBars(path, input, random);
  const step = stepOver(bars, instrument);
  const perStep = UNITS / step;
  const steps = (log: number): number => Math.max(LEAST_PRICE_STEPS, Math.round(Math.exp(log) * perStep));
  const typicalLots = own.turnoverAMinute / Math.exp(path.open) / (Number(instrument.lotStep) / UNITS);
  const logVolume = volumesOf(path, input, random);
  const minutes = session.minutes.length;
  const day: SymbolDay = {
    step,
    typicalLots,
    open: new Int32Array(minutes),
    high: new Int32Array(minutes),
    low: new Int32Array(minutes),
    close: new Int32Array(minutes),
    lots: new Float64Array(minutes),
  };
  for (let m = 0; m < session.continuous; m++) {
    const open = steps(cell(bars.from, m));
    const close = steps(cell(bars.to, m));
    day.open[m] = open;
    day.close[m] = close;
    day.high[m] = Math.max(open, close, steps(cell(bars.above, m)));
    day.low[m] = Math.min(open, close, steps(cell(bars.below, m)));
    day.lots[m] = Math.max(LEAST_TRADES, Math.round(typicalLots * Math.exp(cell(logVolume, m))));
  }
  return day;
}

/** Log volume of each minute over the typical one. */
function volumesOf({ open, close, vol }: MinutePath, input: SymbolDayInput, random: Rng): Float64Array {
  const { own, market, common, alone, volumeLevel, shapes } = input;
  const { minuteLevels, volatilityWeight, moveWeight, jumpTimes, jumpEchoMinutes } = market.volume;
  const minutes = close.length;
  const loading = loadings(own);
  const minuteShare = Math.sqrt(1 / market.minutesADay);
  const logs = new Float64Array(minutes);
  addMinuteLevels(logs, minuteLevels, random);
  const middle = levelVariance(minuteLevels) / 2;
  const fade = Math.exp(-1 / jumpEchoMinutes);
  let echo = 0;
  let last = open;
  for (let m = 0; m < minutes; m++) {
    const sigma = cell(vol, m);
    const to = cell(close, m);
    const jump = loading.common * cell(common.jump, m) + loading.own * cell(alone.jump, m);
    echo = Math.max(echo * fade, jump > 0 ? Math.log(jumpTimes) : 0);
    const usual = minuteShare * Math.hypot(loading.common * cell(shapes.common, m), loading.own * cell(shapes.alone, m));
    const heat = volatilityWeight * Math.log(sigma / usual);
    const size = moveWeight * (Math.min(3, Math.abs(to - last) / sigma) - MEAN_SIZE);
    logs[m] = cell(logs, m) - middle + volumeLevel + Math.log(cell(shapes.volume, m)) + heat + size + echo;
    last = to;
  }
  return logs;
}

/**
 * What comes after continuous trading: still minutes at the last price, and in the auction's minute one price near the reference,
 * inside the exchange's band around it. The reference is the mean of the typical prices of the last 15 minutes, weighted by volume.
 */
function closeDay(day: SymbolDay, { session, market, instrument }: SymbolDayInput, random: Rng): void {
  const { continuous, auction, minutes } = session;
  if (continuous === 0) return;
  const { spread, most, volumeShare, volumeSpread } = market.closingAuction;
  let price = day.close[continuous - 1] as number;
  for (let m = continuous; m < minutes.length; m++) {
    if (m === auction) {
      const reference = referenceOf(day, continuous);
      const wanted = reference * Math.exp(spread * random.normal());
      const [least, limit] = [Math.ceil(reference * (1 - most)), Math.floor(reference * (1 + most))];
      price = Math.max(LEAST_PRICE_STEPS, onGrid(Math.min(limit, Math.max(least, Math.round(wanted))), day.step, instrument));
      const traded = day.lots.subarray(0, continuous).reduce((total, lots) => total + lots, 0);
      day.lots[m] = Math.max(1, Math.round(traded * volumeShare * Math.exp(volumeSpread * random.normal())));
    }
    day.open[m] = price;
    day.high[m] = price;
    day.low[m] = price;
    day.close[m] = price;
  }
}

/** The volume-weighted mean price of the last minutes of continuous trading, in price steps. */
function referenceOf({ high, low, close, lots }: SymbolDay, continuous: number): number {
  let turnover = 0;
  let volume = 0;
  for (let m = Math.max(0, continuous - REFERENCE_MINUTES); m < continuous; m++) {
    turnover += (((high[m] as number) + (low[m] as number) + (close[m] as number)) / 3) * (lots[m] as number);
    volume += lots[m] as number;
  }
  return turnover / volume;
}

/** The day's step is the coarsest of its continuous session; an auction a little beyond it may need a coarser one. */
function onGrid(price: number, step: number, instrument: Instrument): number {
  const coarse = Math.max(1, Number(instrument.tickSize(fromNumber((price * step) / UNITS))) / step);
  return Math.round(price / coarse) * coarse;
}

/**
 * One price step for the day, in units of 1e-8: the coarsest that the venue asks for anywhere in the day's range.
 * Coarser grids of a venue lie on its finer ones, so that every price is on the grid of its own price, too.
 */
function stepOver({ above, below }: LogBars, instrument: Instrument): number {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (const log of below) lowest = Math.min(lowest, log);
  for (const log of above) highest = Math.max(highest, log);
  const tickAt = (price: number): Decimal => instrument.tickSize(fromNumber(price));
  return Number(max(tickAt(Math.exp(lowest) / REACH), tickAt(Math.exp(highest) * REACH)));
}

const cell = (values: Float64Array, index: number): number => values[index] as number;

export const bytesOfSymbolDay = (day: SymbolDay): number => 4 * day.open.byteLength + day.lots.byteLength;
