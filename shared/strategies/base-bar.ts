import { type Chart, MAX_BAR_AGE_MS } from '../indicators/chart.ts';
import type { TimeframeView } from '../indicators/generation.ts';
import { NightdeskError } from '../kernel/errors.ts';
import { type EpochMs, iso, MINUTE_MS } from '../kernel/time.ts';
import { minutesOf } from '../market/price.ts';
import type { RolledCandle } from '../market/rollup.ts';
import { TIMEFRAME_MS, type Timeframe } from '../market/timeframe.ts';
import type { Quiet, Strategy, StrategyView } from './strategy.ts';

export class StrategyError extends NightdeskError<'unknown_timeframe'> {}

/** The base timeframe with everything a decision needs, all of it warm and without a recent gap. */
export interface BaseBar {
  readonly kind: 'base';
  readonly view: TimeframeView;
  readonly bar: RolledCandle;
  /** The last price that was traded: the close of the last minute. */
  readonly price: number;
  readonly atr: number;
  readonly volatility: number;
}

const GAP_BARS = 3;

/** Of timeframes those that a chart has: data coarser than minutes (`Bar.spanMinutes`) has none that are shorter than its bars. */
export const knownTimeframes = ({ last1m }: Pick<Chart, 'last1m'>, timeframes: readonly Timeframe[]): readonly Timeframe[] =>
  last1m?.spanMinutes === undefined ? timeframes : timeframes.filter((timeframe) => TIMEFRAME_MS[timeframe] >= minutesOf(last1m) * MINUTE_MS);

/** `why` may be words to come: a scan asks for the reason of most looks and for the words of none. */
export function quiet(reason: string, why: string | (() => string)): Quiet {
  return typeof why === 'string' ? { kind: 'quiet', reason, why } : new WordsToCome(reason, why);
}

/** A class, for an object with a getter of its own takes ten times as long to make as most looks take. */
class WordsToCome implements Quiet {
  readonly kind = 'quiet';
  readonly reason: string;
  readonly #words: () => string;

  constructor(reason: string, words: () => string) {
    this.reason = reason;
    this.#words = words;
  }

  get why(): string {
    return this.#words();
  }
}

const betweenBars = (timeframe: Timeframe): Quiet => quiet('between_bars', `The next ${timeframe} candle has not closed`);
/** Most looks end with one of these. */
const BETWEEN_BARS: Readonly<Record<Timeframe, Quiet>> = {
  '1m': betweenBars('1m'),
  '3m': betweenBars('3m'),
  '5m': betweenBars('5m'),
  '15m': betweenBars('15m'),
  '1h': betweenBars('1h'),
  '1d': betweenBars('1d'),
};

/**
 * Looks whether there is something to judge: the last minute is there, fresh and not in the future, the base timeframe is
 * warm, its last three candles are whole and without a gap.
 * A strategy looks when its base candle has just closed. When a person names the timeframe the last closed candle is
 * judged at any minute.
 * @throws StrategyError `unknown_timeframe` when the named timeframe is not one of the strategy's
 */
export function baseBar(
  { chart, nowMs }: StrategyView,
  strategy: Pick<Strategy, 'name' | 'timeframes'>,
  timeframe: Timeframe,
  isNamed: boolean,
): BaseBar | Quiet {
  if (isNamed) requireKnown(strategy, timeframe);
  const { last1m, upToMs } = chart;
  if (last1m === null || upToMs === null) return quiet('warming_up', `No bar of ${chart.symbol} yet`);
  // A bar of minutes is followed by minutes that tell nothing: it was looked at when it came.
  if (!isNamed && last1m.spanMinutes !== undefined && nowMs - upToMs >= MINUTE_MS && nowMs - upToMs < last1m.spanMinutes * MINUTE_MS)
    return BETWEEN_BARS[timeframe];
  if (chart.isLastMissing || upToMs > nowMs || nowMs - upToMs >= MAX_BAR_AGE_MS) return notFresh(chart, upToMs, nowMs);

  const view = chart.timeframe(timeframe);
  if (!isNamed && view.closedMs !== upToMs && view.isWarm) return BETWEEN_BARS[timeframe];
  return lastCandle(view, chart.symbol, last1m.close);
}

function requireKnown({ name, timeframes }: Pick<Strategy, 'name' | 'timeframes'>, timeframe: Timeframe): void {
  if (timeframes.includes(timeframe)) return;
  throw new StrategyError('unknown_timeframe', `${name} reads ${timeframes.join(', ')}, asked was ${timeframe}`, { timeframe, allowed: timeframes });
}

function notFresh({ isLastMissing }: Chart, upToMs: EpochMs, nowMs: EpochMs): Quiet {
  if (isLastMissing) return quiet('missing_bar', () => `The minute before ${iso(upToMs)} is missing`);
  if (upToMs > nowMs) return quiet('bar_not_closed', () => `The last bar closes at ${iso(upToMs)}, after ${iso(nowMs)}`);
  return quiet('stale_bars', () => `The last bar closed at ${iso(upToMs)}, ${Math.round((nowMs - upToMs) / 1000)} s ago`);
}

/** The last closed candle of a timeframe, warm and without a recent gap, whenever it closed; `price` is the last one that was traded. */
export function lastCandle(view: TimeframeView, symbol: string, price: number): BaseBar | Quiet {
  const { timeframe } = view;
  const bar = view.last;
  const { atr, volatility } = view.indicators;
  if (!bar || atr === null || volatility === null) return quiet('warming_up', `${timeframe} has ${view.count} candles, too few for its indicators`);
  if (view.hasGap(GAP_BARS)) return quiet('gap_in_bars', () => `Minutes are missing in the last ${GAP_BARS} candles of ${timeframe}`);
  if (atr <= 0 || volatility <= 0) return quiet('flat_market', `${symbol} does not move on ${timeframe}`);
  return { kind: 'base', view, bar, price, atr, volatility };
}
