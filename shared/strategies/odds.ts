import type { Chart } from '../indicators/chart.ts';
import type { EpochMs } from '../kernel/time.ts';
import type { Market } from '../market/instrument.ts';
import type { BaseBar } from './base-bar.ts';
import type { Reading } from './confidence.ts';
import type { Direction, StrategyName } from './strategy.ts';

/** A trade that a strategy is about to propose, and what it saw: what a model is asked about. Everything in it is past. */
export interface Prospect {
  readonly strategy: StrategyName;
  readonly market: Market;
  readonly nowMs: EpochMs;
  readonly chart: Chart;
  readonly base: BaseBar;
  readonly direction: Direction;
  readonly stop: number;
  readonly target: number;
  readonly maxHoldingMs: number;
  /** What the strategy's other components say, by name. */
  readonly readings: Readonly<Record<string, Reading>>;
  /** Ask less bid over their middle; null where no two-sided quote is known. */
  readonly spreadShare: number | null;
  /** The odds at which the trade brings nothing after all costs. */
  readonly breakEven: number;
  /** The odds below which the strategy opens nothing: those that are counted as its least confidence in a model. */
  readonly leastOdds: number;
  /** The part of the confidence that odds would have beside the components that are present. */
  readonly mlShare: number;
}

/** What a model says: the chance that the trade reaches its target before its stop within its time. */
export interface ModelOdds {
  readonly kind: 'odds';
  readonly value: number;
  /** What each network of the model says by itself: how far they agree. At least one. */
  readonly members: readonly number[];
  readonly modelVersion: string;
  /** What it was said of, in the order of the feature definition; null where missing. */
  readonly features: readonly (number | null)[];
}

/** Why there are no odds. */
export interface NoOdds {
  readonly kind: 'absent';
  readonly why: string;
}

/** A model as a strategy meets it. */
export type AskModel = (prospect: Prospect) => ModelOdds | NoOdds;

/** Odds with what they are held against. */
export interface Odds extends Omit<ModelOdds, 'kind'> {
  /** The least that the strategy trades on. */
  readonly least: number;
  /** Where the trade brings nothing. */
  readonly breakEven: number;
}
