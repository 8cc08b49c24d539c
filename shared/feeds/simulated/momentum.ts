import type { Rng } from '../../kernel/rng.ts';
import type { SimulationParameters } from './parameters.ts';

/** What bursts and trend legs add to the minutes of a day. */
export interface Momentum {
  /** Drift of each minute, in daily volatilities. */
  readonly drift: Float64Array;
  /** What each minute's volume gets on top, as a multiple of itself. */
  readonly surge: Float64Array;
}

const between = (random: Rng, { least, most }: { readonly least: number; readonly most: number }): number => least + (most - least) * random.next();

/** Spreads a whole move and a constant surge over [from, from + length), cut at the end of the day. */
function spread({ drift, surge }: Momentum, from: number, length: number, move: number, extra: number): void {
  const end = Math.min(drift.length, from + length);
  for (let m = from; m < end; m++) {
    drift[m] = (drift[m] as number) + move / length;
    surge[m] = (surge[m] as number) + extra;
  }
}

function addBurst(momentum: Momentum, random: Rng, from: number, { burst }: SimulationParameters): void {
  const { median, spread: logSpread, least, most } = burst.sizeDailyVols;
  const size = Math.min(most, Math.max(least, median * Math.exp(logSpread * random.normal())));
  const move = random.next() < 0.5 ? -size : size;
  const length = Math.round(between(random, burst.minutes));
  const extra = between(random, burst.volumeTimes) - 1;
  const continues = random.next() < burst.continuationShare;
  const after = continues ? burst.continuation : -between(random, burst.pullback);
  spread(momentum, from, length, move, extra);
  spread(momentum, from + length, 2 * length, move * after, extra / 3);
}

/** Momentum bursts at Poisson times, `bursts` expected over the day. */
export function addBursts(momentum: Momentum, random: Rng, bursts: number, parameters: SimulationParameters): void {
  if (bursts <= 0) return;
  const minutes = momentum.drift.length;
  const wait = (): number => (-Math.log(1 - random.next()) * minutes) / bursts;
  for (let at = wait(); at < minutes; at += wait()) addBurst(momentum, random, Math.floor(at), parameters);
}

/** Trend legs one after another, of exponential lengths, each with a drift that is a draw in volatilities of its own length. */
export function addLegs(momentum: Momentum, random: Rng, minutesADay: number, { leg }: SimulationParameters): void {
  for (let from = 0; from < momentum.drift.length; ) {
    const length = Math.ceil(-Math.log(1 - random.next()) * leg.minutes) + 1;
    spread(momentum, from, length, leg.strength * Math.sqrt(length / minutesADay) * random.normal(), 0);
    from += length;
  }
}

export const stillMomentum = (minutes: number): Momentum => ({ drift: new Float64Array(minutes), surge: new Float64Array(minutes) });
