import type { Trader } from '../contracts/terms.ts';
import type { Decimal } from '../kernel/decimal.ts';
import type { Odds } from '../strategies/odds.ts';
import type { EntryFacts } from './entry-checks.ts';
import type { GateRefusal } from './refusal.ts';

/** What bounds the size of an entry. */
export interface Cap {
  readonly name: string;
  /** Largest notional that this cap allows, base currency. */
  readonly notional: Decimal;
  /** The refusal when the cap leaves less than the least position. */
  readonly refusal: (notional: number) => GateRefusal;
}

/** An entry as its caps see it. Prices in the quote currency. */
export interface Sized extends EntryFacts {
  readonly trader: Trader;
  /** What will be paid a unit. */
  readonly price: number;
  /** Null without one: then the whole position can be lost. */
  readonly stop: number | null;
  /** What the risk per share counts; absent: 1. */
  readonly riskFactor?: number | undefined;
  /** What a model said of it; absent where none was asked. */
  readonly odds?: Pick<Odds, 'members' | 'breakEven'> | undefined;
  /** Cash that a contract blocks for each unit of its notional; null or absent where the price is paid in full. */
  readonly marginShare?: number | null;
}
