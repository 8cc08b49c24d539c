import {
  CHARGE_FACTS,
  type ChargeFacts,
  type ChargeLine,
  type ChargeRule,
  type CommissionPaidIn,
  type Liquidity,
  type Product,
} from '../config/charges.ts';
import { add, type Decimal, decimal, min, multiply, multiplyDivide, subtract, sum, text, toStep, ZERO } from '../kernel/decimal.ts';
import { DAY_MS, type EpochMs } from '../kernel/time.ts';
import type { Currency, Instrument } from '../market/instrument.ts';
import { dateOfDay, istDate } from '../market/ist.ts';
import { ExecutionError } from './execution-error.ts';

/** A fill as its charges see it. Amounts are in the quote currency, `quantity` in shares, units or coin. */
export interface ChargedFill {
  readonly instrument: Pick<Instrument, 'symbol' | 'venue'>;
  readonly product: Product;
  /** Of an `exercise`: `sell` for the holder, who gives the option up, `buy` for the writer, who is assigned. */
  readonly side: 'buy' | 'sell';
  readonly liquidity: Liquidity;
  /** Value of the fill; of an option its premium, of an `exercise` the intrinsic value. */
  readonly notional: Decimal;
  readonly quantity: Decimal;
  /** Price of one unit of `quantity`: the worth of a commission that is taken out of it. */
  readonly price: Decimal;
  /** Value of what an option is written on, in the currency of `notional`; needed where the venue charges by it (Deribit). */
  readonly underlyingNotional?: Decimal;
  readonly atMs: EpochMs;
  /**
   * Notional of earlier fills of the same order. Caps and flat lines hold for a whole order: with this given, the charges of
   * an order's fills add up to those of one fill of the whole order.
   */
  readonly filledNotional?: Decimal;
  /** Whether the depository's charge for this ISIN was paid by another sale of the day. An order on NSE lives one day. */
  readonly dpChargedToday?: boolean;
}

/** What of a fill decides by which rules it is charged. */
export type ChargedWhere = Pick<ChargedFill, 'instrument' | 'product' | 'side' | 'liquidity' | 'atMs'>;

/** One line of the costs of a fill. */
export interface Charge {
  readonly line: ChargeLine;
  /** What it is worth, quote currency: always, whatever it is taken in. */
  readonly amount: Decimal;
  /** What the venue takes instead of the quote currency: so much less of the asset arrives. */
  readonly taken?: { readonly currency: string; readonly amount: Decimal };
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
 * Two lines belong to the trade and not to the order, as their venues state them trade by trade. Binance takes the
 * commission of a spot purchase out of the coin received, rounded half-even to the coin's 8 places: over an order the coin
 * taken differs from that of one fill by at most half a unit of the eighth place a fill, and half for the whole. Deribit's
 * fee on options is capped by each trade's own premium: parts at one price add up to the whole within the same rounding.
 *
 * @param paidIn what Binance's spot commission is paid in; the setting of the facts unless said
 * @throws ExecutionError `not_a_fill` when notional, quantity or price is not positive, `no_charges` when the venue has no
 *   schedule for the product, `no_underlying` when the schedule asks for the underlying's notional and none is given
 */
export function chargesFor(
  fill: ChargedFill,
  facts: ChargeFacts = CHARGE_FACTS,
  paidIn: CommissionPaidIn = facts.commissionPaidIn,
): readonly Charge[] {
  requireFill(fill);
  const rules = chargeRules(fill, facts, paidIn);
  const filled = fill.filledNotional ?? ZERO;
  const earlier = orderAmounts(filled, fill, rules);
  const whole = orderAmounts(add(filled, fill.notional), fill, rules);
  return rules.map((rule, i) => tradeCharge(rule, fill) ?? { line: rule.line, amount: subtract(whole[i] ?? ZERO, earlier[i] ?? ZERO) });
}

/**
 * The rules of its venue's schedule that a fill is charged by on its day.
 * @throws ExecutionError `no_charges` when the venue has no schedule for the product
 */
export const chargeRules = (
  fill: ChargedWhere,
  facts: ChargeFacts = CHARGE_FACTS,
  paidIn: CommissionPaidIn = facts.commissionPaidIn,
): readonly ChargeRule[] => rulesInForce(fill, paidIn, scheduleOf(fill, facts.rules));

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

function requireFill({ notional, quantity, price, underlyingNotional, filledNotional = ZERO }: ChargedFill): void {
  if (notional > 0n && quantity > 0n && price > 0n && (underlyingNotional ?? notional) > 0n && filledNotional >= 0n) return;
  const context = { notional: text(notional), quantity: text(quantity), price: text(price), filledNotional: text(filledNotional) };
  throw new ExecutionError('not_a_fill', `A fill has a positive notional, quantity and price, received ${JSON.stringify(context)}`, context);
}

function scheduleOf({ instrument: { symbol, venue }, product }: ChargedWhere, rules: readonly ChargeRule[]): readonly ChargeRule[] {
  const known = schedules.get(rules) ?? new Map<string, readonly ChargeRule[]>();
  schedules.set(rules, known);
  const key = `${venue} ${product}`;
  const schedule = known.get(key) ?? rules.filter((rule) => rule.venue === venue && rule.products.includes(product));
  known.set(key, schedule);
  if (schedule.length > 0) return schedule;
  throw new ExecutionError('no_charges', `No cost schedule of ${venue} for ${symbol} as ${product}`, { symbol, venue, product });
}

// Of all facts that were asked for: a scan that judges a hundred structures asks a thousand times.
const schedules = new WeakMap<readonly ChargeRule[], Map<string, readonly ChargeRule[]>>();

function rulesInForce(fill: ChargedWhere, paidIn: CommissionPaidIn, schedule: readonly ChargeRule[]): readonly ChargeRule[] {
  const date = venueDate(fill);
  return schedule.filter(
    (rule) =>
      (rule.side === 'both' || rule.side === fill.side) &&
      (rule.liquidity === 'both' || rule.liquidity === fill.liquidity) &&
      (rule.commissionPaidIn === null || rule.commissionPaidIn === paidIn) &&
      (rule.from === null || rule.from <= date) &&
      (rule.to === null || rule.to >= date),
  );
}

// A schedule changes at the midnight of its venue: India's for NSE, UTC for crypto.
const venueDate = ({ instrument, atMs }: ChargedWhere): string => (instrument.venue === 'nse' ? istDate(atMs) : dateOfDay(Math.floor(atMs / DAY_MS)));

/** The lines that a venue states for each trade by itself; null for one that holds for the whole order. */
function tradeCharge(rule: ChargeRule, fill: ChargedFill): Charge | null {
  switch (rule.basis) {
    case 'quantity': {
      const taken = share(fill.quantity, rule.rate, rule.per);
      return { line: rule.line, amount: multiply(taken, fill.price), taken: { currency: fill.instrument.symbol, amount: taken } };
    }
    case 'underlying': {
      const fee = share(underlyingOf(fill), rule.rate, rule.per);
      return { line: rule.line, amount: min(fee, share(fill.notional, rule.premiumCap, rule.per)) };
    }
    default:
      return null;
  }
}

function underlyingOf({ instrument: { symbol, venue }, underlyingNotional }: ChargedFill): Decimal {
  if (underlyingNotional !== undefined) return underlyingNotional;
  throw new ExecutionError('no_underlying', `${venue} charges ${symbol} by the notional of its underlying, which was not given`, { symbol, venue });
}

/** What an order has cost when so much of it is filled, rule by rule; nothing before its first fill. */
function orderAmounts(filled: Decimal, fill: ChargedFill, rules: readonly ChargeRule[]): readonly Decimal[] {
  if (filled === ZERO) return [];
  const untaxed = rules.map((rule) => untaxedAmount(rule, filled, fill));
  const taxed = sum(untaxed.filter((_, i) => isTaxed(rules[i])));
  return rules.map((rule, i) => (rule.basis === 'taxed-lines' ? share(taxed, rule.rate, rule.per) : (untaxed[i] ?? ZERO)));
}

const isTaxed = (rule: ChargeRule | undefined): boolean => rule !== undefined && 'isTaxed' in rule && rule.isTaxed;

function untaxedAmount(rule: ChargeRule, filled: Decimal, fill: ChargedFill): Decimal {
  switch (rule.basis) {
    case 'notional': {
      const amount = share(filled, rule.rate, rule.per);
      return rule.cap === null ? amount : min(amount, stated(rule.cap));
    }
    case 'flat':
      return rule.each === 'sale-day' && fill.dpChargedToday === true ? ZERO : stated(rule.amount);
    case 'quantity':
    case 'underlying':
    case 'taxed-lines':
      return ZERO;
  }
}

/** amount x rate / per, rounded once, half-even, to 8 places. */
function share(amount: Decimal, rate: string, per: string): Decimal {
  return multiplyDivide(amount, stated(rate), stated(per));
}

/** A number as a schedule states it; read once, for there are a few dozen of them. */
function stated(number: string): Decimal {
  const known = statedNumbers.get(number) ?? decimal(number);
  statedNumbers.set(number, known);
  return known;
}

const statedNumbers = new Map<string, Decimal>();
