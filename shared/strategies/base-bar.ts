import { type Chart, MAX_BAR_AGE_MS } from '../indicators/chart.ts';
import type { TimeframeView } from '../indicators/generation.ts';
import { NightdeskError } from '../kernel/errors.ts';
import { iso, MINUTE_MS } from '../kernel/time.ts';
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
  last1m === null ? timeframes : timeframes.filter((timeframe) => TIMEFRAME_MS[timeframe] >= minutesOf(last1m) * MINUTE_MS);

/** `why` may be words to come: a scan asks for the reason of most looks and for the words of none. */
export function quiet(reason: string, why: string | (() => string)): Quiet {
  if (typeof why === 'string') return { kind: 'quiet', reason, why };
  return {
    kind: 'quiet',
    reason,
    get why() {
      return why();
    },
  };
}

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
  if (!strategy.timeframes.includes(timeframe)) {
    throw new StrategyError('unknown_timeframe', `${strategy.name} reads ${strategy.timeframes.join(', ')}, asked was ${timeframe}`, {
      timeframe,
      allowed: strategy.timeframes,
    });
  }
  const { last1m, upToMs } = chart;
  if (last1m === null || upToMs === null) return quiet('warming_up', `No bar of ${chart.symbol} yet`);
  if (chart.isLastMissing) return quiet('missing_bar', `The minute before ${iso(upToMs)} is missing`);
  if (upToMs > nowMs) return quiet('bar_not_closed', `The last bar closes at ${iso(upToMs)}, after ${iso(nowMs)}`);
  // A bar of minutes is followed by minutes that tell nothing: it was looked at when it came.
  const sinceMs = nowMs - upToMs;
  if (!isNamed && sinceMs >= MINUTE_MS && sinceMs < minutesOf(last1m) * MINUTE_MS)
    return quiet('between_bars', `The next bar of ${chart.symbol} has not come`);
  if (sinceMs >= MAX_BAR_AGE_MS) return quiet('stale_bars', `The last bar closed at ${iso(upToMs)}, ${Math.round(sinceMs / 1000)} s ago`);

  const view = chart.timeframe(timeframe);
  if (!isNamed && view.closedMs !== upToMs && isWarm(view)) return quiet('between_bars', `The next ${timeframe} candle has not closed`);
  return lastCandle(view, chart.symbol, last1m.close);
}

const isWarm = ({ count, indicators: { atr, volatility } }: TimeframeView): boolean => count > 0 && atr !== null && volatility !== null;

/** The last closed candle of a timeframe, warm and without a recent gap, whenever it closed; `price` is the last one that was traded. */
export function lastCandle(view: TimeframeView, symbol: string, price: number): BaseBar | Quiet {
  const { timeframe } = view;
  const bar = view.last;
  const { atr, volatility } = view.indicators;
  if (!bar || atr === null || volatility === null) return quiet('warming_up', `${timeframe} has ${view.count} candles, too few for its indicators`);
  if (view.hasGap(GAP_BARS)) return quiet('gap_in_bars', `Minutes are missing in the last ${GAP_BARS} candles of ${timeframe}`);
  if (atr <= 0 || volatility <= 0) return quiet('flat_market', `${symbol} does not move on ${timeframe}`);
  return { kind: 'base', view, bar, price, atr, volatility };
}
