import { type Rng, rng } from '../../kernel/rng.ts';
import type { DayNumber, Seed } from './daily-walk.ts';
import { addMinuteLevels, dayLevel, levelVariance } from './levels.ts';
import type { LevelParameters, ProcessParameters } from './parameters.ts';
import { shapeBook } from './shape.ts';

/** How a day is traded, as far as prices care. */
export interface DayKind {
  /** Minutes of continuous trading as a share of an ordinary day's: 0 for a day without a session. */
  readonly openShare: number;
  /** Volatility of the day's session as a share of an ordinary one's. */
  readonly volShare: number;
  /** Variance that a day without a session adds to the next opening gap, in ordinary gaps. */
  readonly closedGaps: number;
}

/** A move that comes at once. */
interface Jump {
  /** Place in the session, 0 to 1. */
  readonly at: number;
  readonly size: number;
}

/** One day of a process whose ordinary day has a variance of 1: everything is in ordinary daily volatilities. */
export interface ProcessDay {
  /** Move before the session, or of a day without one. */
  readonly gap: number;
  /** Move of the session without its jumps. */
  readonly drift: number;
  /** Sum of the variances of the session's minutes. */
  readonly variance: number;
  readonly jumps: readonly Jump[];
}

/** What moves prices, once for all symbols of a market and once for each of them. */
export interface PriceProcess {
  readonly day: (day: DayNumber) => ProcessDay;
  /** Volatility to be expected of the days around, over an ordinary day's: by the levels that hold for longer than a day. */
  readonly outlook: (day: DayNumber) => number;
  /** The minutes of a day's session: they add up to the day's drift and jumps. */
  readonly minutes: (day: DayNumber, minutes: number) => ProcessMinutes;
}

export interface ProcessMinutes {
  readonly move: Float64Array;
  /** Deviation of each minute's move, jumps aside. */
  readonly vol: Float64Array;
  /** Sum of the sizes of a minute's jumps, in deviations of an ordinary day. */
  readonly jump: Float64Array;
}

/** A process whose days' volatility others take part in. */
interface Leader {
  readonly who: string;
  readonly dayLevels: LevelParameters;
}

export interface ProcessSetting {
  readonly kindOf: (day: DayNumber) => DayKind;
  /** Null for a process that leads. */
  readonly leader: Leader | null;
}

/**
 * A process of unit variance a day: an opening gap, diffusion whose volatility wanders from day to day and from minute to minute,
 * and jumps. A pure function of (seed, who, day).
 *
 * The variance of a day's diffusion is drawn first, and the minutes share it out; given their variances v, the minutes of a day
 * with the drift D are a Brownian bridge to it:
 *
 *   move(m) = e(m) + (D - sum of e) v(m) / (sum of v),   e(m) normal with variance v(m)
 *
 * D has `dayByMinutes` times the variance of its minutes together: above 1 days trend, below 1 they turn back.
 */
export function priceProcess(seed: Seed, who: string, parameters: ProcessParameters, { kindOf, leader }: ProcessSetting): PriceProcess {
  const { gap, jumps } = parameters;
  const level = volatilityLevel(seed, who, parameters, leader, (levels) => levels);
  const slow = volatilityLevel(seed, who, parameters, leader, (levels) => levels.map((of) => (of.length > 1 ? of : { ...of, spread: 0 })));
  const jumpVariance = jumps.aDay * jumps.size ** 2 * Math.exp(2 * jumps.spread ** 2);
  const diffusion = Math.max(0, 1 - gap.share - jumpVariance);

  const day = (number: DayNumber): ProcessDay => {
    const { openShare, volShare, closedGaps } = kindOf(number);
    const random = rng(seed, 'process-day', who, number);
    const scale = Math.exp(level.at(number) - level.variance);
    const gapScale = scale * Math.sqrt(gap.share) * Math.exp(gap.spread * random.normal() - gap.spread ** 2);
    if (openShare === 0) return { gap: gapScale * Math.sqrt(closedGaps) * random.normal(), drift: 0, variance: 0, jumps: [] };
    const gapMove = gapScale * random.normal();
    const dayVariance = diffusion * openShare * (volShare * scale) ** 2;
    const drift = Math.sqrt(dayVariance) * random.normal();
    const found: Jump[] = [];
    const wait = (): number => -Math.log(1 - random.next()) / (jumps.aDay * openShare);
    if (jumps.aDay > 0) {
      for (let at = wait(); at < 1; at += wait()) {
        const size = jumps.size * volShare * scale * Math.exp(jumps.spread * random.normal());
        found.push({ at, size: random.next() < 0.5 ? -size : size });
      }
    }
    return { gap: gapMove, drift, variance: dayVariance / parameters.dayByMinutes, jumps: found };
  };

  const shapes = shapeBook(parameters.shape, 2);
  return {
    day,
    outlook: (number) => Math.exp(slow.at(number) - slow.variance),
    minutes: (number, minutes) => minutesOf(day(number), shapes(minutes), parameters, rng(seed, 'process-minutes', who, number)),
  };
}

/** Log volatility of days: the process's own levels, and its share in the leader's. */
function volatilityLevel(
  seed: Seed,
  who: string,
  parameters: ProcessParameters,
  leader: Leader | null,
  of: (levels: LevelParameters) => LevelParameters,
) {
  const own = dayLevel(seed, 'volatility', who, of(parameters.dayLevels));
  const led = leader === null ? null : dayLevel(seed, 'volatility', leader.who, of(leader.dayLevels));
  const { follows } = parameters;
  return {
    at: (day: DayNumber): number => own(day) + (led === null ? 0 : follows * led(day)),
    variance: levelVariance(of(parameters.dayLevels)) + (leader === null ? 0 : follows ** 2 * levelVariance(of(leader.dayLevels))),
  };
}

function minutesOf({ drift, variance, jumps }: ProcessDay, shape: Float64Array, { minuteLevels }: ProcessParameters, random: Rng): ProcessMinutes {
  const minutes = shape.length;
  const move = new Float64Array(minutes);
  const vol = new Float64Array(minutes);
  const jump = new Float64Array(minutes);
  addMinuteLevels(vol, minuteLevels, random);
  let free = 0;
  for (let m = 0; m < minutes; m++) {
    const deviation = (shape[m] as number) * Math.exp(vol[m] as number);
    vol[m] = deviation;
    free += deviation ** 2;
  }
  const scale = Math.sqrt(variance / free);
  let sum = 0;
  for (let m = 0; m < minutes; m++) {
    const deviation = scale * (vol[m] as number);
    const shock = deviation * random.normal();
    vol[m] = deviation;
    move[m] = shock;
    sum += shock;
  }
  const bend = variance === 0 ? 0 : (drift - sum) / variance;
  for (let m = 0; m < minutes; m++) move[m] = (move[m] as number) + bend * (vol[m] as number) ** 2;
  for (const { at, size } of jumps) {
    const m = Math.floor(at * minutes);
    move[m] = (move[m] as number) + size;
    jump[m] = (jump[m] as number) + Math.abs(size);
  }
  return { move, vol, jump };
}

export const bytesOfMinutes = ({ move }: ProcessMinutes): number => 3 * move.byteLength;

/** The whole move of a day. */
export const dayMove = ({ gap, drift, jumps }: ProcessDay): number => jumps.reduce((total, { size }) => total + size, gap + drift);
