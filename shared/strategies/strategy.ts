import type { Chart } from '../indicators/chart.ts';
import type { EpochMs } from '../kernel/time.ts';
import type { Instrument } from '../market/instrument.ts';
import type { Timeframe } from '../market/timeframe.ts';
import type { AskModel, Odds } from './odds.ts';

export const STRATEGY_NAMES = ['scalping', 'swing', 'btst', 'options', 'fo_arbitrage'] as const;
export type StrategyName = (typeof STRATEGY_NAMES)[number];

export type Direction = 'long' | 'short';

/** One component of a confidence: `score` in [0, 1], or null where its source does not exist or is not warm; `why` in words. */
export interface SignalPart {
  readonly name: string;
  /** Weight after the absent components' weights were shared out among the present ones; 0 for an absent one. */
  readonly weight: number;
  readonly score: number | null;
  readonly why: string;
}

/** A trade that a strategy proposes. Prices in the quote currency, before any venue rounding. */
export interface Opportunity {
  readonly kind: 'opportunity';
  readonly direction: Direction;
  readonly entry: number;
  readonly stop: number;
  readonly target: number;
  /** Trailing distance as a share of the best price since entry (0.02 = 2 %); null for a fixed stop. */
  readonly trailingShare: number | null;
  readonly maxHoldingMs: number;
  /** Weighted sum of the present parts, in [0, 1]. */
  readonly confidence: number;
  /** The confidence below which the strategy's own rules do not trade. */
  readonly leastConfidence: number;
  readonly parts: readonly SignalPart[];
  /** What a model said; left out where none has. */
  readonly odds?: Odds;
  /** Realised volatility a bar of the base timeframe, as a share of price: sizing and slippage use it. */
  readonly volatility: number;
  /** A sentence for a person: what was seen. */
  readonly why: string;
}

/** Nothing to propose, and why in a stable code (`warming_up`, `no_setup`, ...) with words beside it. */
export interface Quiet {
  readonly kind: 'quiet';
  readonly reason: string;
  readonly why: string;
}

/** What a strategy may look at: closed bars only, all of them before `nowMs`. */
export interface StrategyView {
  readonly instrument: Instrument;
  readonly nowMs: EpochMs;
  readonly chart: Chart;
  /** Left out where no model can be asked. */
  readonly askModel?: AskModel;
  /** Ask less bid over their middle; null or left out where no two-sided quote is known. */
  readonly spreadShare?: number | null;
}

/** A pure function from a market view to an opportunity, with what the engine must know to feed it. */
export interface Strategy {
  readonly name: StrategyName;
  /** The timeframes whose bars it reads; the first is its base, on whose bar closes it looks. */
  readonly timeframes: readonly Timeframe[];
  readonly evaluate: (view: StrategyView, base?: Timeframe) => Opportunity | Quiet;
}
