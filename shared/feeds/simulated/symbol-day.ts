import { type Decimal, fromNumber, max } from '../../kernel/decimal.ts';
import { type Rng, rng } from '../../kernel/rng.ts';
import type { Instrument } from '../../market/instrument.ts';
import type { DailyPrice, DayNumber, Seed } from './daily-walk.ts';
import { type FactorDay, volatilityLevels } from './factor-day.ts';
import { LEAST_TRADES } from './minute-trades.ts';
import { addBursts, addLegs, stillMomentum } from './momentum.ts';
import type { InstrumentParameters, MarketParameters, SimulationParameters } from './parameters.ts';

/** All minutes of a symbol's day, in whole venue ticks and lots. */
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
/** How much beyond the day's path quotes may reach; the price step is chosen so that they stay on the venue's grid. */
const REACH = 1.01;
/** Deviation of a minute's open from the last close, in volatilities of the minute. */
const OPEN_NOISE = 0.1;
/** Volatility inside a minute as a share of the minute's: part of it happens between trades. */
const INNER_SHARE = 0.8;

interface SymbolDayInput {
  readonly seed: Seed;
  readonly instrument: Instrument;
  readonly own: InstrumentParameters;
  readonly market: MarketParameters;
  readonly parameters: SimulationParameters;
  readonly daily: DailyPrice;
  readonly factor: FactorDay;
  readonly day: DayNumber;
}

/** The minutes of one day: a path pinned to the closes of the day before and of this day, and bars around it. */
export function symbolDay(input: SymbolDayInput): SymbolDay {
  const random = rng(input.seed, 'symbol-day', input.instrument.symbol, input.day);
  const path = minutePath(input, random);
  return barsAround(path, input, random);
}

interface MinutePath {
  /** Log price at the session's open. */
  readonly open: number;
  /** Log price at the end of each minute. */
  readonly close: Float64Array;
  /** Volatility of each minute, as a share of price. */
  readonly vol: Float64Array;
  readonly surge: Float64Array;
}

/**
 * Brownian bridge over the session's minutes: the free path of drifts and shocks, bent to end on the day's anchor,
 *
 *   x(m) = x(0) + c(m) + (x(N) - x(0) - c(N)) v(m) / v(N)
 *
 * with c the free path and v its accumulated variance.
 */
function minutePath(input: SymbolDayInput, random: Rng): MinutePath {
  const { own, market, parameters, daily, factor, day } = input;
  const minutes = factor.shock.length;
  const dayVol = daily.volatility(day);
  const last = daily.logClose(day - 1);
  const target = daily.logClose(day);
  const gap = market.overnightShare;
  const factorShare = own.correlation;
  const ownShare = Math.sqrt(1 - factorShare ** 2);
  const gapShock = factorShare * factor.gap + ownShare * random.normal();
  const open = last + gap * (target - last) + dayVol * Math.sqrt(gap * (1 - gap)) * gapShock;

  const momentum = stillMomentum(minutes);
  addBursts(momentum, random, (market.ownBurstsADay * minutes) / market.minutesADay, parameters);
  addLegs(momentum, random, market.minutesADay, parameters);
  const levels = volatilityLevels(random, minutes, parameters);
  const base = dayVol * Math.sqrt((1 - gap) / market.minutesADay);
  const volShape = normalised(market.volShape, 2);
  const { spread } = parameters.cluster;
  const close = new Float64Array(minutes);
  const vol = new Float64Array(minutes);
  const surge = new Float64Array(minutes);
  const variance = new Float64Array(minutes);
  let free = 0;
  let varianceSoFar = 0;
  for (let m = 0; m < minutes; m++) {
    const level = factorShare * at(factor.level, m) + ownShare * at(levels, m);
    const sigma = base * shapeAt(volShape, m, minutes) * Math.exp(spread * level - spread ** 2);
    const drift = dayVol * (factorShare * at(factor.drift, m) + at(momentum.drift, m));
    free += drift + sigma * (factorShare * at(factor.shock, m) + ownShare * random.normal());
    varianceSoFar += sigma ** 2;
    close[m] = free;
    variance[m] = varianceSoFar;
    vol[m] = sigma;
    surge[m] = factorShare * at(factor.surge, m) + at(momentum.surge, m);
  }
  const bend = target - open - free;
  for (let m = 0; m < minutes; m++) close[m] = open + at(close, m) + (bend * at(variance, m)) / varianceSoFar;
  return { open, close, vol, surge };
}

/** Highs and lows by the law of a Brownian bridge's extremes, volumes by shape, move and surge; all rounded to the venue's grid. */
function barsAround(path: MinutePath, input: SymbolDayInput, random: Rng): SymbolDay {
  const { instrument, own, market, parameters } = input;
  const minutes = path.close.length;
  const step = stepOver(path, instrument);
  const perStep = UNITS / step;
  const steps = (log: number): number => Math.max(LEAST_PRICE_STEPS, Math.round(Math.exp(log) * perStep));

  const typicalLots = own.turnoverAMinute / Math.exp(path.open) / (Number(instrument.lotStep) / UNITS);
  const volumeShape = normalised(market.volumeShape, 1);
  const { spread, moveWeight } = parameters.volume;
  // The mean size of a normal move is sqrt(2 / pi) of its deviation.
  const moveScale = moveWeight / Math.sqrt(2 / Math.PI);

  const day: SymbolDay = {
    step,
    typicalLots,
    open: new Int32Array(minutes),
    high: new Int32Array(minutes),
    low: new Int32Array(minutes),
    close: new Int32Array(minutes),
    lots: new Float64Array(minutes),
  };
  let last = path.open;
  for (let m = 0; m < minutes; m++) {
    const sigma = at(path.vol, m);
    const to = at(path.close, m);
    const from = m === 0 ? last : last + OPEN_NOISE * sigma * random.normal();
    const inner = 2 * (INNER_SHARE * sigma) ** 2;
    const move = (to - from) ** 2;
    const above = Math.sqrt(move - inner * Math.log(1 - random.next()));
    const below = Math.sqrt(move - inner * Math.log(1 - random.next()));
    const open = steps(from);
    const close = steps(to);
    day.open[m] = open;
    day.close[m] = close;
    day.high[m] = Math.max(open, close, steps((from + to + above) / 2));
    day.low[m] = Math.min(open, close, steps((from + to - below) / 2));
    const noise = Math.exp(spread * random.normal() - spread ** 2 / 2);
    const activity = 1 - moveWeight + (moveScale * Math.abs(to - last)) / sigma;
    day.lots[m] = Math.max(LEAST_TRADES, Math.round(typicalLots * shapeAt(volumeShape, m, minutes) * noise * activity * (1 + at(path.surge, m))));
    last = to;
  }
  return day;
}

/**
 * One price step for the day, in units of 1e-8: the coarsest that the venue asks for anywhere on the day's path.
 * Coarser grids of a venue lie on its finer ones, so that every price is on the grid of its own price, too.
 */
function stepOver(path: MinutePath, instrument: Instrument): number {
  let lowest = path.open;
  let highest = path.open;
  for (const log of path.close) {
    lowest = Math.min(lowest, log);
    highest = Math.max(highest, log);
  }
  const tickAt = (price: number): Decimal => instrument.tickSize(fromNumber(price));
  return Number(max(tickAt(Math.exp(lowest) / REACH), tickAt(Math.exp(highest) * REACH)));
}

const at = (values: Float64Array, index: number): number => values[index] as number;

const shapeAt = (shape: readonly number[], minute: number, minutes: number): number => shape[Math.floor((minute * shape.length) / minutes)] as number;

/** The shape scaled so that the mean of its `power` is 1. */
function normalised(shape: readonly number[], power: 1 | 2): readonly number[] {
  const mean = shape.reduce((total, value) => total + value ** power, 0) / shape.length;
  return shape.map((value) => value / mean ** (1 / power));
}

export const bytesOfSymbolDay = (day: SymbolDay): number => 4 * day.open.byteLength + day.lots.byteLength;
