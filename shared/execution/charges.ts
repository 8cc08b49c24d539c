import { CHARGE_FACTS, type ChargeFacts, type ChargeLine, type ChargeRule, type Product } from '../config/charges.ts';
import { type Decimal, decimal, divide, min, multiply, subtract, sum, text, toStep, ZERO } from '../kernel/decimal.ts';
import type { EpochMs } from '../kernel/time.ts';
import type { Currency, Instrument } from '../market/instrument.ts';
import { istDate } from '../market/ist.ts';
import { ExecutionError } from './execution-error.ts';

/** A fill as its charges see it. `notional` is in the quote currency, `quantity` in shares or coin. */
export interface ChargedFill {
  readonly instrument: Pick<Instrument, 'symbol' | 'venue'>;
  readonly product: Product;
  readonly side: 'buy' | 'sell';
  readonly notional: Decimal;
  readonly quantity: Decimal;
  readonly atMs: EpochMs;
  /**
   * Notional of earlier fills of the same order. Caps and flat lines hold for a whole order: with this given, the charges of
   * an order's fills add up to those of one fill of the whole order.
   */
  readonly filledNotional?: Decimal;
}

/** One line of the costs of a fill, in the quote currency. */
export interface Charge {
  readonly line: ChargeLine;
  readonly amount: Decimal;
}

/** Lines in the venue's minor unit, and their total; the lines of a note may differ from its total by rounding. */
export interface ChargeNote {
  readonly lines: readonly Charge[];
  readonly total: Decimal;
}

/**
 * What a fill costs at its venue on its day, line by line, in the quote currency.
 *
 * Amounts are exact to 8 places and not rounded to the paisa: venues and brokers round sums over a note, not fills, and an
 * order filled in parts must not cost more than one filled at once. `chargeNote` is the place of that rounding.
 *
 * @throws ExecutionError `not_a_fill` when notional or quantity is not positive, `no_charges` when the venue has no schedule for the product
 */
export function chargesFor(fill: ChargedFill, facts: ChargeFacts = CHARGE_FACTS): readonly Charge[] {
  requireFill(fill);
  const rules = rulesInForce(fill, facts.rules);
  if (rules.length === 0) {
    const { symbol, venue } = fill.instrument;
    throw new ExecutionError('no_charges', `No cost schedule of ${venue} for ${symbol} as ${fill.product}`, { symbol, venue, product: fill.product });
  }
  const before = fill.filledNotional ?? ZERO;
  if (before === ZERO) return orderCharges(fill.notional, rules);
  const earlier = new Map(orderCharges(before, rules).map(({ line, amount }) => [line, amount]));
  const whole = orderCharges((before + fill.notional) as Decimal, rules);
  return whole.map(({ line, amount }) => ({ line, amount: subtract(amount, earlier.get(line) ?? ZERO) }));
}

/** Total of charges, exact to 8 places. */
export const totalOf = (charges: Iterable<Charge>): Decimal => sum([...charges].map(({ amount }) => amount));

/**
 * Charges as a contract note shows them: summed by line, each sum and the total of the unrounded sums rounded half-even to
 * the currency's minor unit. (Some brokers round STT to the rupee; the law's own figure is kept here.)
 */
export function chargeNote(charges: Iterable<Charge>, currency: Currency, facts: ChargeFacts = CHARGE_FACTS): ChargeNote {
  const sums = new Map<ChargeLine, Decimal>();
  for (const { line, amount } of charges) sums.set(line, sum([sums.get(line) ?? ZERO, amount]));
  const unit = decimal(facts.minorUnits[currency]);
  const rounded = (amount: Decimal): Decimal => toStep(amount, unit, 'half-even');
  return {
    lines: [...sums].map(([line, amount]) => ({ line, amount: rounded(amount) })),
    total: rounded(sum(sums.values())),
  };
}

function requireFill({ notional, quantity, filledNotional = ZERO }: ChargedFill): void {
  if (notional > 0n && quantity > 0n && filledNotional >= 0n) return;
  const context = { notional: text(notional), quantity: text(quantity), filledNotional: text(filledNotional) };
  throw new ExecutionError('not_a_fill', `A fill has a positive notional and quantity, received ${JSON.stringify(context)}`, context);
}

// Days are those of India for both venues: Binance's one rate does not change within a day that anybody replays.
function rulesInForce({ instrument, product, side, atMs }: ChargedFill, rules: readonly ChargeRule[]): readonly ChargeRule[] {
  const date = istDate(atMs);
  return rules.filter(
    (rule) =>
      rule.venue === instrument.venue &&
      rule.products.includes(product) &&
      (rule.side === 'both' || rule.side === side) &&
      (rule.from === null || rule.from <= date) &&
      (rule.to === null || rule.to >= date),
  );
}

function orderCharges(notional: Decimal, rules: readonly ChargeRule[]): readonly Charge[] {
  const taxed = sum(rules.map((rule) => (rule.basis !== 'taxed-lines' && rule.isTaxed ? amountOf(rule, notional, ZERO) : ZERO)));
  return rules.map((rule) => ({ line: rule.line, amount: amountOf(rule, notional, taxed) }));
}

function amountOf(rule: ChargeRule, notional: Decimal, taxed: Decimal): Decimal {
  switch (rule.basis) {
    case 'notional': {
      const amount = share(notional, rule.rate, rule.per);
      return rule.cap === null ? amount : min(amount, decimal(rule.cap));
    }
    case 'flat':
      return decimal(rule.amount);
    case 'taxed-lines':
      return share(taxed, rule.rate, rule.per);
  }
}

const share = (amount: Decimal, rate: string, per: string): Decimal => divide(multiply(amount, decimal(rate)), decimal(per));
