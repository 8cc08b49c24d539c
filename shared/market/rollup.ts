import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '../kernel/time.ts';
import type { Market } from './instrument.ts';
import { istDayOf, istMidnight } from './ist.ts';
import { type Bar, type Candle, minutesOf } from './price.ts';
import { TIMEFRAME_MS, type Timeframe } from './timeframe.ts';

/** A candle of any timeframe, built from one-minute bars. */
export interface RolledCandle extends Candle {
  /** False when a minute of its span is missing: its extremes and volume are then lower bounds. */
  readonly isComplete: boolean;
  /** Of history of which the day is known and nothing in it: the candle is of its whole day, whatever is told beside it. */
  readonly isDay?: true;
}

/** The span of a candle, `endMs` exclusive. */
export interface Bucket {
  readonly startMs: EpochMs;
  readonly endMs: EpochMs;
}

const NSE_OPEN_MS = 9.25 * HOUR_MS;
const NSE_CLOSE_MS = 15.5 * HOUR_MS;
const VOLUME_DIGITS = 12;

/**
 * The candle span that contains the instant.
 * CRYPTO spans are multiples of the timeframe since the epoch (UTC days). NSE spans are counted from the session's start,
 * 09:15 IST, and cut at its end, 15:30 IST: hours are 09:15-10:15 to 15:15-15:30, a day is the whole session.
 * Trading outside those hours (pre-open, an evening Muhurat session) is counted from its own part of the day and never
 * joins a session candle.
 */
export function bucketOf(market: Market, timeframe: Timeframe, atMs: EpochMs): Bucket {
  const lengthMs = TIMEFRAME_MS[timeframe];
  if (market === 'CRYPTO') {
    const startMs = atMs - (atMs % lengthMs);
    return { startMs, endMs: startMs + lengthMs };
  }
  const part = nsePartOf(atMs);
  const startMs = part.startMs + Math.floor((atMs - part.startMs) / lengthMs) * lengthMs;
  return { startMs, endMs: Math.min(startMs + lengthMs, part.endMs) };
}

/** Start of the trading day that contains the instant: midnight UTC for CRYPTO, midnight in India for NSE. */
export function tradingDayOf(market: Market, atMs: EpochMs): EpochMs {
  return market === 'NSE' ? istMidnight(istDayOf(atMs)) : atMs - (atMs % DAY_MS);
}

function nsePartOf(atMs: EpochMs): Bucket {
  const midnightMs = tradingDayOf('NSE', atMs);
  const openMs = midnightMs + NSE_OPEN_MS;
  const closeMs = midnightMs + NSE_CLOSE_MS;
  if (atMs < openMs) return { startMs: midnightMs, endMs: openMs };
  if (atMs < closeMs) return { startMs: openMs, endMs: closeMs };
  return { startMs: closeMs, endMs: midnightMs + DAY_MS };
}

/**
 * A sum of volumes to 12 significant digits. Venues give volumes as decimals; a float sum of them carries dust that
 * depends on how many were added, and a candle rolled from minutes must equal the venue's own bit for bit.
 */
export function roundVolume(volume: number): number {
  const power = VOLUME_DIGITS - 1 - Math.floor(Math.log10(volume));
  const scale = POWERS[power];
  if (scale === undefined) return inDigits(volume);
  const scaled = volume * scale;
  const whole = Math.round(scaled);
  // Powers of ten up to the 22nd are exact and so is a whole number of 12 digits: their quotient is the decimal's own float. Only
  // close to a tie could the rounding of the product have turned the last digit.
  return Math.abs(scaled - whole) < 0.49 ? whole / scale : inDigits(volume);
}

const POWERS = Array.from({ length: 23 }, (_, power) => 10 ** power);
const inDigits = (volume: number): number => Number(volume.toPrecision(VOLUME_DIGITS));

/** Builds candles of one timeframe from the one-minute bars of one symbol. */
export interface Rollup {
  /**
   * Takes the next bar, in order of time. A `missing` bar adds nothing but the knowledge of the gap: its prices are not read.
   * A candle is emitted by the bar that ends its span, or else by the first bar of a later span.
   */
  readonly add: (bar: Bar) => void;
}

/**
 * A rollup into `timeframe`. A span in which no minute was received emits no candle; nor does a timeframe of which a bar tells more
 * than one span: nobody knows what was in which.
 */
export const createRollup = (market: Market, timeframe: Timeframe, emit: (candle: RolledCandle) => void): Rollup =>
  new SpanRollup(market, timeframe, emit);

/** A class: a number of a closure's variable is made anew with each write, a field's is written in place. */
class SpanRollup implements Rollup {
  readonly #market: Market;
  readonly #timeframe: Timeframe;
  readonly #emit: (candle: RolledCandle) => void;
  #startMs = 0;
  #endMs = 0;
  #minutes = 0;
  #open = 0;
  #high = 0;
  #low = 0;
  #close = 0;
  #volume = 0;

  constructor(market: Market, timeframe: Timeframe, emit: (candle: RolledCandle) => void) {
    this.#market = market;
    this.#timeframe = timeframe;
    this.#emit = emit;
  }

  add(bar: Bar): void {
    const { openMs } = bar;
    if (bar.spanMinutes !== undefined && bar.spanMinutes * MINUTE_MS > TIMEFRAME_MS[this.#timeframe]) return;
    if (openMs >= this.#endMs) this.#begin(openMs);
    if (bar.origin !== 'missing') this.#include(bar);
    if (openMs + MINUTE_MS >= this.#endMs) this.#finish();
  }

  #begin(atMs: EpochMs): void {
    this.#finish();
    const { startMs, endMs } = bucketOf(this.#market, this.#timeframe, atMs);
    this.#startMs = startMs;
    this.#endMs = endMs;
  }

  #include(bar: Bar): void {
    const { high, low } = bar;
    if (this.#minutes === 0) {
      this.#open = bar.open;
      this.#high = high;
      this.#low = low;
      this.#volume = 0;
    }
    if (high > this.#high) this.#high = high;
    if (low < this.#low) this.#low = low;
    this.#close = bar.close;
    this.#volume += bar.volume;
    this.#minutes += minutesOf(bar);
  }

  #finish(): void {
    if (this.#minutes === 0) return;
    const openMs = this.#startMs;
    const isComplete = this.#minutes * MINUTE_MS === this.#endMs - openMs;
    this.#minutes = 0;
    const volume = roundVolume(this.#volume);
    this.#emit({ openMs, open: this.#open, high: this.#high, low: this.#low, close: this.#close, volume, isComplete });
  }
}
