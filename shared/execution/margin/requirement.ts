import { type Decimal, decimal, fromNumber, max, min, subtract, sum, toStep, ZERO } from '../../kernel/decimal.ts';

/** What a part of a margin stands for. */
export type MarginPartName =
  | 'premium'
  | 'shares'
  | 'cash'
  | 'short-proceeds'
  | 'short-collateral'
  | 'uncovered-options'
  | 'spreads'
  | 'notional-share'
  | 'scan'
  | 'calendar-spread'
  | 'exposure'
  | 'expiry-day'
  | 'maximum-loss-cap';

export interface MarginPart {
  readonly name: MarginPartName;
  readonly amount: Decimal;
}

/**
 * What a position asks of an account, in the currency in which it settles.
 *
 * Received premiums and sale proceeds lie in the account and are owed, so they are part of `initial`, as in the rules of the
 * venues ("premium + 20 % of the underlying"); `deposit` is what is asked beyond them.
 */
export interface MarginRequirement {
  /** What must be in the account, proceeds included, to open the position: the sum of `parts`. */
  readonly initial: Decimal;
  /** What must stay in the account, proceeds included, while the position is held; what was paid at its opening is gone. */
  readonly maintenance: Decimal;
  /** What opening the position brings in: premiums and sales. */
  readonly proceeds: Decimal;
  /** What must come from elsewhere: `initial` less `proceeds`, never negative. */
  readonly deposit: Decimal;
  readonly parts: readonly MarginPart[];
  /** Whether the maximum loss at expiry took the place of a larger formula. */
  readonly cappedAtMaxLoss: boolean;
}

/** A requirement as a model computes it, in floats. */
export interface MarginSketch {
  readonly parts: readonly { readonly name: MarginPartName; readonly amount: number }[];
  readonly maintenance: number;
  readonly proceeds: number;
  /** What is paid away at the opening: premiums of longs, shares, coin. */
  readonly paid: number;
  /** The most that can be lost where the position is so hedged that nothing more may be asked; else null. */
  readonly lossCap: number | null;
}

/**
 * A sketch in exact money. Each amount is rounded half-even to `roundTo`, so that the parts add up to the whole; then the cap
 * is applied: no more is deposited than can be lost, and no less than the premium that has to be paid.
 */
export function requirementOf(sketch: MarginSketch, roundTo: string): MarginRequirement {
  const step = decimal(roundTo);
  const money = (amount: number): Decimal => toStep(fromNumber(amount), step, 'half-even');
  const parts = sketch.parts.map(({ name, amount }) => ({ name, amount: money(amount) })).filter(({ amount }) => amount !== ZERO);
  const [proceeds, paid] = [money(sketch.proceeds), money(sketch.paid)];
  const asked = sum(parts.map(({ amount }) => amount));
  const initial = sketch.lossCap === null ? asked : min(asked, max(money(sketch.lossCap + sketch.proceeds), paid));
  const cappedAtMaxLoss = initial < asked;
  return {
    initial,
    // What was paid at the opening cannot be asked again.
    maintenance: max(ZERO, min(money(sketch.maintenance), subtract(initial, paid))),
    proceeds,
    deposit: max(ZERO, subtract(initial, proceeds)),
    parts: cappedAtMaxLoss ? [...parts, { name: 'maximum-loss-cap', amount: subtract(initial, asked) }] : parts,
    cappedAtMaxLoss,
  };
}
