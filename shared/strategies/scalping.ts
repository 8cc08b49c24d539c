import { type ScalpingConfig, scalpingConfig } from '../config/strategies.ts';
import type { TimeframeView } from '../indicators/generation.ts';
import { MINUTE_MS } from '../kernel/time.ts';
import { TIMEFRAMES, type Timeframe } from '../market/timeframe.ts';
import { type BaseBar, baseBar, knownTimeframes, quiet } from './base-bar.ts';
import { weighWithOdds } from './components/ml.ts';
import { momentum } from './components/momentum.ts';
import { confluence, technical } from './components/technical.ts';
import { volume } from './components/volume.ts';
import { signOf } from './direction.ts';
import { breakout, squeezeRelease } from './patterns/breakout.ts';
import { engulfing, threeInARow, thrust } from './patterns/candlesticks.ts';
import { type Pattern, patternReading } from './patterns/pattern.ts';
import type { Direction, Opportunity, Quiet, Strategy, StrategyView } from './strategy.ts';

/**
 * Momentum bursts with volume, several timeframes agreeing.
 *
 * A burst is a base bar whose body, volume and close all stand out: a body of `burstAtr` ATRs, `burstVolumeRatio` times
 * the usual volume, and a close beyond the channel of the twenty bars before. Its sign is the direction. The slower
 * timeframes must agree, or it is noise within a range. Thresholds are ratios to the market's own recent past, so they
 * mean the same for every symbol and price.
 *
 * The base is the first timeframe of those that agree or, where data is coarser than minutes, the first that it has.
 *
 * The stop is `stopAtr` ATRs away, bounded by [`leastStopShare`, `stopShare`]; the target `rewardRisk` times as far.
 */
export function createScalping(config: ScalpingConfig = scalpingConfig.parse({})): Strategy {
  const { confluence: agreeing } = config;
  const timeframes = TIMEFRAMES.filter((timeframe) => agreeing.NSE.includes(timeframe) || agreeing.CRYPTO.includes(timeframe));
  const strategy: Strategy = {
    name: 'scalping',
    timeframes,
    readsDerivatives: false,
    evaluate: (view, named) => {
      const [first = '1m'] = knownTimeframes(view.chart, agreeing[view.chart.market]);
      const base = baseBar(view, strategy, named ?? first, named !== undefined);
      return base.kind === 'quiet' ? base : judge(config, view, base);
    },
  };
  return strategy;
}

function judge(config: ScalpingConfig, view: StrategyView, base: BaseBar): Opportunity | Quiet {
  const { chart } = view;
  const direction: Direction = base.bar.close >= base.bar.open ? 'long' : 'short';
  const noBurst = burstMissing(config, base, direction);
  if (noBurst !== null) return quiet('no_setup', noBurst);
  const slower = knownTimeframes(chart, config.confluence[chart.market])
    .filter((timeframe) => timeframe !== base.view.timeframe)
    .map((timeframe) => chart.timeframe(timeframe));
  const opposing = slower.map((each) => technical(each, direction)).find(({ score }) => score !== null && score < config.leastAgreement);
  if (opposing) return quiet('timeframes_disagree', `A ${direction} burst on ${base.view.timeframe}, but ${opposing.why}`);
  return propose(config, view, base, direction, slower);
}

/** What a burst lacks, in words to come; null when it is one. */
function burstMissing(config: ScalpingConfig, { view, bar, atr, price }: BaseBar, direction: Direction): (() => string) | null {
  const { timeframe } = view;
  const body = Math.abs(bar.close - bar.open) / atr;
  if (body < config.burstAtr) return smallBody(timeframe, body, config);
  if (atr / price < config.leastAtrShare) return smallRange(atr / price, config);
  const { volumeRatio, donchian } = view.indicators;
  if (volumeRatio === null || volumeRatio < config.burstVolumeRatio) return smallVolume(volumeRatio, config);
  const edge = direction === 'long' ? donchian?.upper : donchian?.lower;
  if (edge === undefined || signOf(direction) * (bar.close - edge) <= 0) return withinRange(bar.close);
  return null;
}

// Apart, so that only what is missed makes a closure: nearly every bar ends with the first of them.
const smallBody =
  (timeframe: Timeframe, body: number, { burstAtr }: ScalpingConfig) =>
  () =>
    `The last ${timeframe} bar's body is ${body.toFixed(1)} ATR, a burst has ${burstAtr}`;
const smallRange =
  (atrShare: number, { leastAtrShare }: ScalpingConfig) =>
  () =>
    `The ATR is ${(100 * atrShare).toFixed(3)} % of the price, a scalp needs ${100 * leastAtrShare} % to pay its costs`;
const smallVolume =
  (ratio: number | null, { burstVolumeRatio }: ScalpingConfig) =>
  () =>
    `${ratio === null ? 'No' : `${ratio.toFixed(1)} times the`} usual volume, a burst has ${burstVolumeRatio} times`;
const withinRange = (close: number) => () => `The close ${close} is within the range of the bars before it`;

function propose(config: ScalpingConfig, view: StrategyView, base: BaseBar, direction: Direction, slower: readonly TimeframeView[]): Opportunity {
  const sign = signOf(direction);
  const stopShare = Math.min(config.stopShare, Math.max(config.leastStopShare, (config.stopAtr * base.atr) / base.price));
  const bodyAtr = (Math.abs(base.bar.close - base.bar.open) / base.atr).toFixed(1);
  const levels = {
    direction,
    stop: base.price * (1 - sign * stopShare),
    target: base.price * (1 + sign * stopShare * config.rewardRisk),
    maxHoldingMs: config.maxHoldingMinutes * MINUTE_MS,
  };
  const judged = weighWithOdds(view, { strategy: 'scalping', base, ...levels, leastConfidence: config.leastOdds }, config.weights, {
    technical: confluence([base.view, ...slower], direction),
    pattern: patternReading(patternsOf(base, direction)),
    volume: volume(base.view, config.fullVolumeRatio),
    momentum: momentum(base.view, direction),
  });
  return {
    kind: 'opportunity',
    entry: base.price,
    ...levels,
    trailingShare: null,
    ...judged,
    leastConfidence: config.leastConfidence,
    volatility: base.volatility,
    why: `A ${direction} burst of ${bodyAtr} ATR on ${base.view.timeframe} with ${base.view.indicators.volumeRatio?.toFixed(1)} times the usual volume, out of its range`,
  };
}

function patternsOf({ view, atr }: BaseBar, direction: Direction): readonly Pattern[] {
  const { candles } = view;
  const { donchian, bollinger } = view.indicators;
  const found: Pattern[] = [
    { name: 'thrust', score: thrust(candles, atr, direction) },
    { name: 'engulfing', score: engulfing(candles, direction) },
    { name: 'three in a row', score: threeInARow(candles, atr, direction) },
  ];
  if (donchian) found.push({ name: 'break-out', score: breakout(candles, donchian, atr, direction) });
  if (bollinger) found.push({ name: 'squeeze release', score: squeezeRelease(candles, bollinger, atr, direction) });
  return found;
}
