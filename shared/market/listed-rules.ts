import type { Decimal } from '../kernel/decimal.ts';
import type { EpochMs } from '../kernel/time.ts';
import type { Instrument } from './instrument.ts';

/** What the venue itself says of an instrument at run time: it goes before the facts that the program was shipped with. */
export interface ListedRules {
  readonly symbol: string;
  /** The venue's own word: `TRADING`, or `HALT`, `BREAK` and others while it is not traded. */
  readonly status: string;
  /** Smallest price step, in the quote currency. */
  readonly tickSize: Decimal;
  /** Smallest quantity step, in units of the base. */
  readonly lotStep: Decimal;
  /** Least price times quantity of an order, in the quote currency. */
  readonly minNotional: Decimal;
  /** Who said so, and when. */
  readonly source: string;
  readonly asOfMs: EpochMs;
}

export const isTrading = ({ status }: ListedRules): boolean => status === 'TRADING';

/** The instrument on the grids that the venue lists it with; as it is where the venue has said nothing. */
export function listedAs<I extends Instrument>(instrument: I, rules: ListedRules | null): I {
  if (rules === null) return instrument;
  const { tickSize, lotStep, minNotional } = rules;
  return { ...instrument, tickSize: () => tickSize, lotStep, minNotional };
}
