import type { OptionsConfig } from '../../config/strategies.ts';
import type { Chart } from '../../indicators/chart.ts';
import { ivStanding, type Level, thirtyDayIvOf } from '../../market/options/implied-level.ts';
import { realisedLevel } from '../../market/options/realised-level.ts';
import { atTheMoneyIv, type Smile } from '../../market/options/smile.ts';
import { meanReading, type Reading } from '../confidence.ts';
import { ramp } from '../direction.ts';
import type { DerivativesView } from '../strategy.ts';

/** `rich`: options are dear, sell them. `cheap`: buy them. `fair`: neither pays for its costs. */
export type Stance = 'rich' | 'cheap' | 'fair';

/** How volatility stands. Volatilities are a year, as shares. */
export interface VolatilityRegime {
  readonly stance: Stance;
  /** How dear volatility is: 0 all too cheap, 1 all too dear; null where nothing can be said. */
  readonly dearness: Reading;
  /** At the money, 30 days, or of the traded expiry where 30 days cannot be told. */
  readonly implied: number;
  readonly realised: Level;
  /** What is expected until expiry. */
  readonly expected: number;
}

const DAYS_A_YEAR = { CRYPTO: 365, NSE: 252 } as const;

/**
 * Whether options are dear or cheap: the mean of three views, each 0 to 1 and each absent where it is undefined,
 *
 * - rank of the 30-day volatility in the range of the last year, .2 to .8
 * - percentile, the same
 * - implied over realised volatility, against what it usually is: ln(implied / realised) - usual premium, -+ reach
 *
 * What is expected until expiry lies between the two: realised^w implied^(1 - w).
 */
export function volatilityRegime(
  config: OptionsConfig,
  { ivHistory }: Pick<DerivativesView, 'ivHistory'>,
  chart: Chart,
  smiles: readonly Smile[],
  traded: Smile,
): VolatilityRegime {
  const implied = thirtyDayIvOf(smiles).value ?? atTheMoneyIv(traded);
  const realised = realisedLevel(chart.timeframe('1d').candles, DAYS_A_YEAR[chart.market]);
  const standing = ivStanding(ivHistory, implied, config.ivDays.most, config.ivDays.least);
  const dearness = meanReading(
    [
      readingOf(standing.rank, (rank) => [ramp(rank, 0.2, 0.8), `IV rank ${rank.toFixed(2)}`]),
      readingOf(standing.percentile, (percentile) => [ramp(percentile, 0.2, 0.8), `IV percentile ${percentile.toFixed(2)}`]),
      readingOf(realised, (past) => premium(config, implied, past)),
    ],
    'neither the standing of implied volatility nor the realised one is known',
  );
  return {
    stance: stanceOf(dearness.score, config.neutralBand),
    dearness,
    implied,
    realised,
    expected: expectedUntil(config, atTheMoneyIv(traded), realised),
  };
}

function premium({ usualPremium, premiumReach }: OptionsConfig, implied: number, realised: number): readonly [number, string] {
  const beyond = Math.log(implied / realised) - usualPremium;
  const words = `implied ${percent(implied)} against ${percent(realised)} realised`;
  return [ramp(beyond, -premiumReach, premiumReach), words];
}

function readingOf({ value, reason }: Level, judged: (value: number) => readonly [number, string]): Reading {
  if (value === null) return { score: null, why: reason };
  const [score, why] = judged(value);
  return { score, why };
}

function stanceOf(dearness: number | null, band: number): Stance {
  if (dearness === null) return 'fair';
  if (dearness >= 0.5 + band) return 'rich';
  return dearness <= 0.5 - band ? 'cheap' : 'fair';
}

const expectedUntil = ({ realisedWeight }: OptionsConfig, implied: number, { value }: Level): number =>
  value === null ? implied : value ** realisedWeight * implied ** (1 - realisedWeight);

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
