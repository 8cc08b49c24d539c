import { placeOf, type TailLoss, tailLoss } from './loss.ts';
import { momentsOf } from './moments.ts';
import { cornishFisherTailLoss, ewmaDeviation, normalTailLoss } from './parametric.ts';
import type { RiskModel } from './risk-model.ts';
import type { ScenarioSet } from './scenarios.ts';
import { kthSmallest } from './select.ts';

/** What of a book hangs on one underlying. Money is base currency. */
export interface Exposure {
  /** Position or order that it comes from. */
  readonly id: string;
  readonly factor: string;
  /** Signed value: negative for what gains when the underlying falls. Of an option its delta times the underlying. */
  readonly value: number;
  /** How it is valued anew; null for what is linear, `value` times the move. */
  readonly revalue: Revaluation | null;
  /** The loss that is assumed where the underlying's history is too short, positive. */
  readonly assumedLoss: number;
  /** What of it hangs on a rate besides; absent in base currency. */
  readonly currency?: CurrencyShare | undefined;
}

/** What of an exposure is worth something in another currency, and so moves as that does. */
export interface CurrencyShare {
  readonly code: string;
  /** Signed, base currency at the rate of now: of a future its result so far, of all else its worth. */
  readonly held: number;
  /** The move that is assumed where the rate's history is too short, as a share. */
  readonly assumedMove: number;
}

/** The factor that a currency moves by: its worth in base currency. */
export const rateFactor = (code: string): string => `${code}/USD`;

/** What is not linear, per unit: options. */
export interface Revaluation {
  /** Names all that `perUnit` depends on: what has the same one is valued once for a model. */
  readonly key: string;
  /** Signed units, in which the profit is linear. */
  readonly units: number;
  /** Profit of one unit when the underlying moves by a share. */
  readonly perUnit: (move: number) => number;
}

/** A book under every scenario of a model, and the losses that are assumed beside them. */
export interface BookOutcomes {
  /** Profit of each day of the history; null where no exposure has a history. */
  readonly historical: Float64Array | null;
  readonly simulated: Float64Array | null;
  /** Of exposures without enough history, added up as if they came together. */
  readonly assumedLoss: number;
  /** Of currencies without enough history: the signed change of all that hangs on one of them, for it moves all of that at once. */
  readonly assumedByCurrency: ReadonlyMap<string, number>;
  /** Underlyings without enough history. */
  readonly unknown: readonly string[];
}

/**
 * Values a book under every scenario, in base currency at the scenario's rates.
 *
 *   profit = change of worth at the rate of now * (1 + move of the rate) + held * move of the rate
 *
 * @param horizonDays  moves of a day are scaled by its square root; independent days are assumed
 */
export function bookOutcomes(model: RiskModel, exposures: readonly Exposure[], horizonDays = 1): BookOutcomes {
  const known = exposures.filter((exposure) => isKnown(model, exposure));
  const unknown = exposures.filter(({ factor }) => !model.factors.has(factor));
  const scale = Math.sqrt(horizonDays);
  const assumedByCurrency = new Map<string, number>();
  for (const { currency } of exposures) {
    if (currency !== undefined && !model.factors.has(rateFactor(currency.code)))
      addTo(assumedByCurrency, currency.code, scale * currency.assumedMove * currency.held);
  }
  return {
    historical: model.historical === null || known.length === 0 ? null : outcomesIn(model, model.historical, known, scale),
    simulated: model.simulated === null || known.length === 0 ? null : outcomesIn(model, model.simulated, known, scale),
    assumedLoss: scale * unknown.reduce((sum, { assumedLoss }) => sum + assumedLoss, 0),
    assumedByCurrency,
    unknown: [...new Set(unknown.map(({ factor }) => factor))].sort(),
  };
}

/** Something of it has a history: its underlying, its currency, or both. */
const isKnown = ({ factors }: RiskModel, { factor, currency }: Exposure): boolean =>
  factors.has(factor) || (currency !== undefined && factors.has(rateFactor(currency.code)));

export function addTo(sums: Map<string, number>, name: string, more: number): void {
  sums.set(name, (sums.get(name) ?? 0) + more);
}

/** All that is assumed: underlyings as if they came together, and each currency the way that hurts. */
export const assumedIn = ({ assumedLoss, assumedByCurrency }: BookOutcomes): number =>
  [...assumedByCurrency.values()].reduce((sum, change) => sum + Math.abs(change), assumedLoss);

/** Profit of exposures in each scenario of a set: of those parts that have a history. */
function outcomesIn({ factors }: RiskModel, set: ScenarioSet, exposures: readonly Exposure[], scale = 1): Float64Array {
  const outcomes = new Float64Array(set.count);
  for (const { factor, value, revalue, currency } of exposures) {
    const rates = currency !== undefined && factors.has(rateFactor(currency.code)) ? set.moves(rateFactor(currency.code)) : null;
    if (rates !== null) addTimes(outcomes, rates, scale * (currency?.held ?? 0));
    if (!factors.has(factor)) continue;
    const [moves, times] = revalue === null ? [set.moves(factor), value * scale] : [revalued(set, factor, revalue, scale), revalue.units];
    addTimes(outcomes, moves, times);
    if (rates !== null) addProducts(outcomes, moves, rates, times * scale);
  }
  return outcomes;
}

function addTimes(outcomes: Float64Array, vector: Float64Array, times: number): void {
  for (let i = 0; i < outcomes.length; i++) outcomes[i] = (outcomes[i] as number) + times * (vector[i] as number);
}

/** A profit is made at the rate of its scenario. */
function addProducts(outcomes: Float64Array, moves: Float64Array, rates: Float64Array, times: number): void {
  for (let i = 0; i < outcomes.length; i++) outcomes[i] = (outcomes[i] as number) + times * (moves[i] as number) * (rates[i] as number);
}

/** Vectors that a set has been valued to, the newest last. An entry revalues the candidate; the book was valued when it was looked at first. */
const valued = new WeakMap<ScenarioSet, Map<string, Float64Array>>();
/** Eighty kilobytes each. */
const MOST_VECTORS = 256;

function revalued(set: ScenarioSet, factor: string, { key, perUnit }: Revaluation, scale: number): Float64Array {
  const known = valued.get(set) ?? new Map<string, Float64Array>();
  valued.set(set, known);
  const name = `${factor} ${scale} ${key}`;
  const before = known.get(name);
  if (before !== undefined) return before;
  // A price does not fall below nothing, however long the horizon.
  const vector = set.moves(factor).map((move) => perUnit(Math.max(-0.999, scale * move)));
  const oldest = known.size < MOST_VECTORS ? undefined : known.keys().next().value;
  if (oldest !== undefined) known.delete(oldest);
  known.set(name, vector);
  return vector;
}

export const VAR_METHODS = ['historical', 'normal', 'cornishFisher', 'ewma', 'monteCarlo'] as const;
export type VarMethod = (typeof VAR_METHODS)[number];

/** Tail losses by method, base currency, what is assumed included; null where a method has no answer. */
export type TailLosses = { readonly [Method in VarMethod]: TailLoss | null };

/** Tail losses of a book's outcomes at a level. A loss below nothing is none. */
export function tailLosses(outcomes: BookOutcomes, level: number): TailLosses {
  const { historical, simulated } = outcomes;
  const assumedLoss = assumedIn(outcomes);
  const told = (loss: TailLoss | null): TailLoss | null =>
    loss && { valueAtRisk: Math.max(0, loss.valueAtRisk) + assumedLoss, expectedShortfall: Math.max(0, loss.expectedShortfall) + assumedLoss };
  if (historical === null || simulated === null) return { historical: null, normal: null, cornishFisher: null, ewma: null, monteCarlo: null };
  const moments = momentsOf(historical);
  return {
    historical: told(tailLoss(historical, level)),
    normal: told(normalTailLoss(moments.deviation, level)),
    cornishFisher: told(cornishFisherTailLoss(moments, level)),
    ewma: told(normalTailLoss(ewmaDeviation(historical), level)),
    monteCarlo: told(tailLoss(simulated, level)),
  };
}

/**
 * The value at risk that the gate goes by: the largest of history, Cornish-Fisher (the normal law where that has no answer) and
 * Monte Carlo, with what is assumed for underlyings and currencies of too short a history. Quicker than all of `tailLosses`.
 */
export function gateValueAtRisk(outcomes: BookOutcomes, level: number): number {
  const { historical, simulated } = outcomes;
  const assumedLoss = assumedIn(outcomes);
  if (historical === null || simulated === null) return assumedLoss;
  const moments = momentsOf(historical);
  const parametric = (cornishFisherTailLoss(moments, level) ?? normalTailLoss(moments.deviation, level)).valueAtRisk;
  return Math.max(0, parametric, -quantile(historical, 1 - level), -quantile(simulated, 1 - level)) + assumedLoss;
}

/** As `quantileOfSorted`, without sorting. */
function quantile(outcomes: Float64Array, probability: number): number {
  const { below, share } = placeOf(outcomes.length, probability);
  const copy = outcomes.slice();
  const lower = kthSmallest(copy, below);
  if (share === 0) return lower;
  // What is left above the k-th place is larger: the next one is its least.
  let upper = Number.POSITIVE_INFINITY;
  for (let i = below + 1; i < copy.length; i++) upper = Math.min(upper, copy[i] as number);
  return lower + share * (upper - lower);
}

/** What one exposure adds to the value at risk of a book. */
export interface RiskShare {
  readonly id: string;
  /** Change of the value at risk for one more unit of money in the exposure; 0 for one that is worth nothing. */
  readonly marginal: number;
  /** Its part of the whole: the components of a book add up to its value at risk. */
  readonly component: number;
  /** What the value at risk would fall by without it. */
  readonly incremental: number;
}

/** Scenarios around the quantile whose mean outcome stands for the exposure's own part of it: a share of all. */
const WINDOW = 0.01;

/**
 * Marginal and component value at risk by Monte Carlo: the mean outcome of each exposure in the scenarios around the book's own
 * quantile, scaled so that the components add up (Euler's theorem).
 *
 *   component_i = -E[outcome_i | outcome = -VaR],  marginal_i = component_i / |value_i|
 *
 * Null without scenarios.
 * @see Tasche: "Risk contributions and performance measurement" (1999); Hallerbach: "Decomposing portfolio value-at-risk" (2003)
 */
export function riskShares(model: RiskModel, exposures: readonly Exposure[], level: number): readonly RiskShare[] | null {
  const { simulated } = model;
  const known = exposures.filter((exposure) => isKnown(model, exposure));
  if (simulated === null || known.length === 0) return null;
  const each = known.map((exposure) => outcomesIn(model, simulated, [exposure]));
  const whole = sumOf(each, simulated.count);
  const { valueAtRisk } = tailLoss(whole, level);
  const order = Array.from(whole.keys()).sort((a, b) => (whole[a] as number) - (whole[b] as number));
  const middle = Math.floor((1 - level) * (whole.length - 1));
  const half = Math.max(1, Math.round((WINDOW * whole.length) / 2));
  const near = order.slice(Math.max(0, middle - half), middle + half + 1);
  const raw = each.map((outcomes) => -near.reduce((sum, i) => sum + (outcomes[i] as number), 0) / near.length);
  const total = raw.reduce((sum, part) => sum + part, 0);
  const scale = total === 0 ? 0 : valueAtRisk / total;
  return known.map(({ id, value }, i) => {
    const component = (raw[i] as number) * scale;
    const without = whole.map((outcome, k) => outcome - ((each[i] as Float64Array)[k] as number));
    return {
      id,
      marginal: value === 0 ? 0 : component / Math.abs(value),
      component,
      incremental: valueAtRisk - tailLoss(without, level).valueAtRisk,
    };
  });
}

function sumOf(vectors: readonly Float64Array[], count: number): Float64Array {
  const total = new Float64Array(count);
  for (const vector of vectors) for (let i = 0; i < count; i++) total[i] = (total[i] as number) + (vector[i] as number);
  return total;
}
