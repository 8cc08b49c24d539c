import { type BtstConfig, btstConfig } from '../config/strategies.ts';
import { MINUTE_MS } from '../kernel/time.ts';
import type { Market } from '../market/instrument.ts';
import { tradingDayOf } from '../market/rollup.ts';
import { type BaseBar, baseBar, lastCandle, quiet } from './base-bar.ts';
import { hourVolume, hourVolumeRatio } from './components/hour-volume.ts';
import { weighWithOdds } from './components/ml.ts';
import { confluence } from './components/technical.ts';
import { absent, meanReading, type Reading } from './confidence.ts';
import { type EntryWindow, entryWindow } from './entry-window.ts';
import { closeLocation, type DaySoFar, gainInRanges, strongClose } from './patterns/strong-close.ts';
import type { Opportunity, Quiet, Strategy, StrategyView } from './strategy.ts';

/** A source of these does not exist: the components are absent, never a constant. */
const NO_FUNDAMENTALS: Reading = absent('no source of fundamentals');
const NO_SENTIMENT: Reading = absent('no source of sentiment');

/**
 * Bought today, sold tomorrow: shares of NSE that end a day strong, near its high and with more volume in the last hour than
 * is usual at that hour, are bought in the last hour or in the closing auction and sold from the next session's open on.
 *
 * It looks when an hour has closed within the last one of continuous trading and, where there is a closing auction, when that
 * begins to take orders: then the last hour is known in full. A person may ask at any minute of that window. Long only, for no
 * share is sold short over a night. The stop and the target work from the fill on; what is left is sold soon after the next open.
 */
export function createBtst(config: BtstConfig = btstConfig.parse({})): Strategy {
  const strategy: Strategy = {
    name: 'btst',
    timeframes: config.timeframes,
    readsDerivatives: false,
    evaluate: (view, named) => {
      const { market, symbol } = view.chart;
      if (market !== 'NSE') return otherMarket(symbol, market);
      const window = entryWindow(view.calendar, view.nowMs, config.lastMinutes);
      if (window.kind === 'quiet') return window;
      const isNamed = named !== undefined;
      if (window.isLater && !isNamed) return quiet('between_bars', 'The last hour was judged when the auction began');
      const base = window.tradedIn === 'continuous' ? baseBar(view, strategy, baseOf(config), isNamed) : lastHour(view, config, window);
      return base.kind === 'quiet' ? base : judge(config, view, window, base);
    },
  };
  return strategy;
}

const otherMarket = (symbol: string, market: Market): Quiet => quiet('other_market', () => `Shares of NSE only; ${symbol} is of ${market}`);

const baseOf = ({ timeframes: [base = '1h'] }: BtstConfig): typeof base => base;

/** The hour with which continuous trading ended, its last price the day's last one before the auction. */
function lastHour({ chart }: StrategyView, config: BtstConfig, { today }: EntryWindow): BaseBar | Quiet {
  const view = chart.timeframe(baseOf(config));
  const bar = view.candles.at(-1);
  if (!bar || view.closedMs !== today.continuousCloseMs) return quiet('stale_bars', 'The bars up to the end of continuous trading are not known');
  return lastCandle(view, chart.symbol, bar.close);
}

function judge(config: BtstConfig, view: StrategyView, window: EntryWindow, base: BaseBar): Opportunity | Quiet {
  const day = daySoFar(base);
  const dailyAtr = view.chart.timeframe('1d').indicators.atr;
  if (day === null || dailyAtr === null) return quiet('warming_up', 'Too few days are known');
  const ratio = hourVolumeRatio(base.view.candles);
  const weak = weakness(config, day, dailyAtr, ratio);
  if (weak !== null) return quiet('no_setup', weak);
  return propose(config, view, window, base, { day, dailyAtr, ratio });
}

/** The hours of the base bar's day that have closed, as one candle, and the close before them; null without one. */
function daySoFar({ view: { candles }, bar }: BaseBar): DaySoFar | null {
  const dayMs = tradingDayOf('NSE', bar.openMs);
  const today = candles.filter(({ openMs }) => openMs >= dayMs);
  const before = candles.at(-1 - today.length);
  if (before === undefined) return null;
  const high = Math.max(...today.map((candle) => candle.high));
  const low = Math.min(...today.map((candle) => candle.low));
  return { high, low, close: bar.close, previousClose: before.close };
}

function weakness(config: BtstConfig, day: DaySoFar, atr: number, ratio: number | null): string | null {
  const [location, gain] = [closeLocation(day), gainInRanges(day, atr)];
  if (gain < config.leastGainAtr) return `The day has gained ${gain.toFixed(1)} of its usual range, a strong one ${config.leastGainAtr}`;
  if (location < config.leastCloseLocation)
    return `The price is at ${(100 * location).toFixed(0)} % of the day's range, a strong close at ${100 * config.leastCloseLocation} %`;
  if (ratio === null || ratio < config.leastVolumeRatio)
    return `${ratio === null ? 'No' : `${ratio.toFixed(1)} times the`} volume that is usual at this hour, a strong close has ${config.leastVolumeRatio} times`;
  return null;
}

interface Seen {
  readonly day: DaySoFar;
  readonly dailyAtr: number;
  readonly ratio: number | null;
}

function propose(
  config: BtstConfig,
  view: StrategyView,
  { next, tradedIn }: EntryWindow,
  base: BaseBar,
  { day, dailyAtr, ratio }: Seen,
): Opportunity {
  const { chart, nowMs } = view;
  const score = strongClose(day, dailyAtr);
  const closing: Reading = { score, why: `a close at ${(100 * closeLocation(day)).toFixed(0)} % of the day's range` };
  const background = confluence(
    config.timeframes.map((timeframe) => chart.timeframe(timeframe)),
    'long',
  );
  const exitByMs = next.openMs + config.sellAfterOpenMinutes * MINUTE_MS;
  const levels = {
    direction: 'long',
    stop: base.price * (1 - config.stopShare),
    target: base.price * (1 + config.targetShare),
    maxHoldingMs: exitByMs - nowMs,
  } as const;
  const judged = weighWithOdds(view, { strategy: 'btst', base, ...levels, leastConfidence: config.leastOdds }, config.weights, {
    technical: meanReading([closing, background], 'nothing is warm'),
    fundamental: NO_FUNDAMENTALS,
    volume: hourVolume(ratio, config.fullVolumeRatio),
    sentiment: NO_SENTIMENT,
  });
  return {
    kind: 'opportunity',
    entry: base.price,
    ...levels,
    trailingShare: null,
    exitByMs,
    tradedIn,
    riskFactor: config.overnightFactor,
    ...judged,
    leastConfidence: config.leastConfidence,
    volatility: base.volatility,
    why: `A strong close: ${gainInRanges(day, dailyAtr).toFixed(1)} of a usual day's range gained, ${ratio?.toFixed(1)} times the usual volume of the hour; to be sold on ${next.date}`,
  };
}
