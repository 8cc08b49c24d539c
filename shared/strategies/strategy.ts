import type { Chart } from '../indicators/chart.ts';
import type { EpochMs } from '../kernel/time.ts';
import type { Calendar } from '../market/calendar.ts';
import type { DailyIv, DerivativeChain } from '../market/derivative.ts';
import type { Instrument } from '../market/instrument.ts';
import type { Quote } from '../market/price.ts';
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

/** Where an entry trades: in continuous trading, or in the one price of the closing auction. */
export type TradedIn = 'continuous' | 'closing-auction';

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
  /** Set where the position must be left at an instant, whenever it was opened; `maxHoldingMs` then says about how long that is. */
  readonly exitByMs?: EpochMs;
  /** Absent: in continuous trading. */
  readonly tradedIn?: TradedIn;
  /** What the risk per share counts in sizing, for a position that nobody can leave over a night (1.3 = 30 % more); absent: 1. */
  readonly riskFactor?: number;
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

export const STRUCTURE_NAMES = [
  'covered-call',
  'cash-secured-put',
  'long-straddle',
  'long-strangle',
  'short-strangle',
  'vertical-spread',
  'iron-condor',
  'cash-and-carry',
  'reverse-cash-and-carry',
  'calendar-spread',
  'put-call-parity',
] as const;
export type StructureName = (typeof STRUCTURE_NAMES)[number];

/** One side of a structure, opened with the others or not at all. */
export interface StructureLeg {
  readonly instrument: Instrument;
  readonly side: 'buy' | 'sell';
  /** Units of this leg for one unit of the structure. */
  readonly ratio: number;
  /** The bid or ask that it is expected to meet, in its own quote currency. */
  readonly price: number;
}

/** When a structure is left; all of it at once. P&L is for one unit of it, in the structure's currency, as a positive number. */
export interface StructureExits {
  readonly takeProfit: number | null;
  readonly stopLoss: number | null;
  /**
   * What the stop is judged at: the middles of the books, which is what the legs are worth to each other, or, where it is left out,
   * the prices that closing would meet. A target is always judged at the latter.
   */
  readonly stopAt?: 'middle' | undefined;
  readonly closeBeforeExpiryMs: number | null;
  /** The |delta| of a short option beyond which it is too likely to end in the money. */
  readonly shortDelta: number | null;
  /** The annualised basis, in basis points, at which a carry has earned what it came for. */
  readonly convergedBps: number | null;
}

/**
 * Several legs that a strategy proposes as one trade. Amounts are for one unit of the structure, in the currency of the
 * underlying's chain (USDT for crypto, whatever coin its options are paid in), costs included.
 */
export interface StructureOpportunity {
  readonly kind: 'structure';
  readonly structure: StructureName;
  readonly underlying: string;
  readonly legs: readonly StructureLeg[];
  /** Step of its size, in units of the underlying: the lot that every leg can trade. */
  readonly unit: number;
  /** Null when it is unbounded. */
  readonly maxLoss: number | null;
  readonly maxProfit: number | null;
  /** What sizing counts as its loss: the maximum loss, or a stress loss where that is unbounded. */
  readonly riskPerUnit: number;
  readonly exits: StructureExits;
  readonly maxHoldingMs: number;
  readonly confidence: number;
  readonly leastConfidence: number;
  readonly parts: readonly SignalPart[];
  readonly volatility: number;
  readonly why: string;
}

/** Nothing to propose, and why in a stable code (`warming_up`, `no_setup`, ...) with words beside it. */
export interface Quiet {
  readonly kind: 'quiet';
  readonly reason: string;
  readonly why: string;
}

/** What is quoted on an underlying, and how its volatility stood before. */
export interface DerivativesView {
  readonly chains: readonly DerivativeChain[];
  /** At-the-money volatility of 30 days, one a day, as a share a year; newest last. */
  readonly ivHistory: readonly DailyIv[];
  /** The underlying's own quote where it can be traded; null for an index, and where none is known. */
  readonly spot: Pick<Quote, 'bid' | 'ask' | 'last' | 'bidSize' | 'askSize'> | null;
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
  /** Null where nothing is quoted on the instrument, and for strategies that do not read it. */
  readonly derivatives: DerivativesView | null;
  /** When NSE trades. */
  readonly calendar: Calendar;
}

/** A pure function from a market view to an opportunity, with what the engine must know to feed it. */
export interface Strategy {
  readonly name: StrategyName;
  /** The timeframes whose bars it reads; the first is its base, on whose bar closes it looks. */
  readonly timeframes: readonly Timeframe[];
  /** Whether it judges futures and options: it is given `derivatives`. */
  readonly readsDerivatives: boolean;
  readonly evaluate: (view: StrategyView, base?: Timeframe) => Opportunity | StructureOpportunity | Quiet;
}
