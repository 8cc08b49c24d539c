import type { JournalEvent } from '../contracts/journal.ts';
import type { ChargeAmount, Realised } from '../contracts/position.ts';
import type { Posting } from '../contracts/terms.ts';
import { add, type Decimal, multiply, negate, subtract, sum, text, ZERO } from '../kernel/decimal.ts';
import type { Currency } from '../market/instrument.ts';
import { LedgerError } from './account.ts';

/** The amounts of one fill, quote currency unless said; all positive. */
export interface FillAmounts {
  readonly positionId: string;
  readonly symbol: string;
  readonly currency: Currency;
  readonly side: 'buy' | 'sell';
  readonly quantity: Decimal;
  /** quantity x fill price. */
  readonly notional: Decimal;
  /** Those with `taken` were not paid in money: the venue took units of what was bought, or they are written off. */
  readonly charges: readonly ChargeAmount[];
  /** Base currency for one unit of the quote currency at the fill. */
  readonly rate: Decimal;
  /** Whether only the difference of prices is paid: a future. */
  readonly isMargined: boolean;
}

/** The closed part of a position, for the exit's postings. */
export interface ClosedPart {
  readonly direction: 'long' | 'short';
  /** Cost of the closed quantity at entry, quote currency. */
  readonly cost: Decimal;
  readonly entryRate: Decimal;
  /** Cash change of the entry that belongs to the closed part, base currency. */
  readonly entryCash: Decimal;
  /** Charges of the entry that belong to the closed part, base currency. */
  readonly entryCharges: Decimal;
  /** Slippage of the entry that belongs to the closed part, base currency. */
  readonly entrySlippage: Decimal;
  /** Funding received while it was held, base currency; part of `entryCash`. */
  readonly funding?: Decimal | undefined;
  /** What kinder and harsher fills would have changed of the closed part's entry, base currency. */
  readonly entryBetter: Decimal;
  readonly entryWorse: Decimal;
  /** Slippage of this exit, quote currency. */
  readonly exitSlippage: Decimal;
  /** What kinder and harsher fills would have changed of this exit, quote currency. */
  readonly exitBetter: Decimal;
  readonly exitWorse: Decimal;
}

const line = (account: string, currency: string, amount: Decimal): Posting => ({ account, currency, amount });

const worth = (charges: readonly ChargeAmount[]): Decimal => sum(charges.map(({ amount }) => amount));
const inKind = (charges: readonly ChargeAmount[]): readonly ChargeAmount[] => charges.filter(({ taken }) => taken !== undefined);

/** Worth of the charges that were not paid in money, quote currency. */
export const worthTaken = (charges: readonly ChargeAmount[]): Decimal => worth(inKind(charges));

/** Units of the instrument that charges took. */
export const unitsTaken = (charges: readonly ChargeAmount[]): Decimal => sum(charges.map(({ taken }) => taken?.amount ?? ZERO));

/**
 * Capital brought in at the start.
 * Every account is a line of its own: assets are positive, income and capital negative, costs positive.
 */
export function capitalPostings(capital: Decimal): readonly Posting[] {
  return [line('cash', 'USD', capital), line('capital', 'USD', negate(capital))];
}

/**
 * Double entry of a fill that opens: the position at cost and the charges in the quote currency against `exchange`,
 * `exchange` against cash in the base currency at the recorded rate, and the units against `market`. A short has a
 * negative position.
 */
export function entryPostings(fill: FillAmounts): readonly Posting[] {
  // A future costs nothing but its charges: its worth is the difference to come.
  if (fill.isMargined) return settle(fill, ZERO, []);
  const signed = fill.side === 'buy' ? fill.notional : negate(fill.notional);
  return settle(fill, signed, [line(`position:${fill.positionId}`, fill.currency, subtract(signed, worthTaken(fill.charges)))]);
}

/**
 * Double entry of a fill that closes: the position leaves at cost, the difference is the realised result before slippage,
 * slippage of both sides is shown as a cost of its own against it, and charges, cash and units follow as in an entry.
 */
export function exitPostings(fill: FillAmounts, closed: ClosedPart): readonly Posting[] {
  const atCost = closed.direction === 'long' ? negate(closed.cost) : closed.cost;
  const signed = fill.side === 'buy' ? fill.notional : negate(fill.notional);
  // What was written off was a cost of the position: it leaves as a charge, not as a loss on price.
  const result = subtract(subtract(atCost, signed), negate(worthTaken(fill.charges)));
  const entrySlippage = closed.entryRate === 0n ? ZERO : multiply(closed.entrySlippage, inverse(closed.entryRate));
  const slippage = add(closed.exitSlippage, entrySlippage);
  return settle(fill, fill.isMargined ? negate(result) : signed, [
    line(`position:${fill.positionId}`, fill.currency, fill.isMargined ? ZERO : atCost),
    line('realised-pnl', fill.currency, negate(add(result, slippage))),
    line('slippage', fill.currency, slippage),
  ]);
}

/**
 * What a corporate action moves: units become others, and cash that a position gives while it stays open (fractions of
 * shares, a company spun off) lowers its cost, and nothing is realised. `amount` is in the quote currency, negative when it
 * is paid (a short); `rate` null when there is none to convert.
 */
export function corporateActionPostings(terms: {
  readonly positionId: string;
  readonly currency: Currency;
  readonly amount: Decimal;
  readonly rate: Decimal | null;
  readonly direction: 'long' | 'short';
  readonly before: { readonly symbol: string; readonly quantity: Decimal };
  readonly after: { readonly symbol: string; readonly quantity: Decimal };
}): readonly Posting[] {
  const { positionId, currency, amount, rate, before, after } = terms;
  const signed = (units: Decimal): Decimal => (terms.direction === 'long' ? units : negate(units));
  const changes: readonly (readonly [string, Decimal])[] =
    before.symbol === after.symbol
      ? [[after.symbol, subtract(signed(after.quantity), signed(before.quantity))]]
      : [
          [before.symbol, negate(signed(before.quantity))],
          [after.symbol, signed(after.quantity)],
        ];
  const units = changes.flatMap(([symbol, change]) => [line(`units:${positionId}`, symbol, change), line('market', symbol, negate(change))]);
  return balanced(rate === null ? units : [...capitalReturn(positionId, currency, amount, rate), ...units]);
}

/**
 * A funding payment of a perpetual: received (or paid, negative) in the quote currency, and settled in the base currency at
 * the recorded rate. Funding is an account of its own, costs positive.
 */
export function fundingPostings({
  amount,
  currency,
  rate,
}: {
  readonly amount: Decimal;
  readonly currency: Currency;
  readonly rate: Decimal;
}): readonly Posting[] {
  const base = multiply(amount, rate);
  return balanced([
    line('funding', currency, negate(amount)),
    line('exchange', currency, amount),
    line('exchange', 'USD', negate(base)),
    line('cash', 'USD', base),
  ]);
}

function capitalReturn(positionId: string, currency: Currency, amount: Decimal, rate: Decimal): readonly Posting[] {
  const base = multiply(amount, rate);
  return [
    line(`position:${positionId}`, currency, negate(amount)),
    line('exchange', currency, amount),
    line('exchange', 'USD', negate(base)),
    line('cash', 'USD', base),
  ];
}

/** @param due what is paid for the units, received when negative: the notional, or of a future the result */
function settle(fill: FillAmounts, due: Decimal, lines: readonly Posting[]): readonly Posting[] {
  const paid = add(due, subtract(worth(fill.charges), worthTaken(fill.charges)));
  const paidBase = multiply(paid, fill.rate);
  return balanced([
    ...lines,
    ...fill.charges.map((charge) => line(`charge:${charge.line}`, fill.currency, charge.amount)),
    line('exchange', fill.currency, negate(paid)),
    line('exchange', 'USD', paidBase),
    line('cash', 'USD', negate(paidBase)),
    ...unitLines(fill),
  ]);
}

/** The units that change hands: `market` is everybody else, and what was taken or written off is kept apart. */
function unitLines(fill: FillAmounts): readonly Posting[] {
  const { positionId, symbol, side, quantity, charges } = fill;
  const moved = side === 'buy' ? quantity : negate(quantity);
  const taken = inKind(charges).map((charge) => line(`units-lost:${charge.line}`, symbol, charge.taken?.amount ?? ZERO));
  return [line(`units:${positionId}`, symbol, subtract(moved, unitsTaken(charges))), ...taken, line('market', symbol, negate(moved))];
}

function balanced(postings: readonly Posting[]): readonly Posting[] {
  const moving = postings.filter((posting) => posting.amount !== 0n);
  assertBalanced(moving);
  return moving;
}

const inverse = (rate: Decimal): Decimal => ((10n ** 16n + rate / 2n) / rate) as Decimal;

/**
 * The result of a closed part in base currency. The net is the cash that came back less the cash that went in, exactly;
 * the price effect is the move at the exit's rate, and the currency effect is what remains: what the rate's own move did
 * to the entry's cost. Slippage is inside the price effect and shown beside it.
 */
export function realisedResult(fill: FillAmounts, closed: ClosedPart, exitCash: Decimal): Realised {
  const cost = subtract(closed.cost, worthTaken(fill.charges));
  const gain = closed.direction === 'long' ? subtract(fill.notional, cost) : subtract(closed.cost, fill.notional);
  const toBase = (amount: Decimal): Decimal => multiply(amount, fill.rate);
  const price = toBase(gain);
  const charges = add(closed.entryCharges, toBase(worth(fill.charges)));
  const net = add(exitCash, closed.entryCash);
  return {
    price,
    currency: subtract(subtract(add(net, charges), price), closed.funding ?? ZERO),
    charges,
    slippage: add(closed.entrySlippage, toBase(closed.exitSlippage)),
    ...(closed.funding === undefined ? {} : { funding: closed.funding }),
    net,
    better: add(closed.entryBetter, toBase(closed.exitBetter)),
    worse: add(closed.entryWorse, toBase(closed.exitWorse)),
  };
}

/** @throws LedgerError `unbalanced` when the postings of an entry do not sum to zero in each currency */
export function assertBalanced(postings: readonly Posting[]): void {
  const totals = new Map<string, Decimal>();
  for (const posting of postings) totals.set(posting.currency, add(totals.get(posting.currency) ?? ZERO, posting.amount));
  for (const [currency, total] of totals) {
    if (total !== 0n) throw new LedgerError('unbalanced', `Postings must sum to zero in ${currency}, they sum to ${text(total)}`, { postings });
  }
}

/** The postings of an event, none for one that moves no money. */
export function postingsOf(event: JournalEvent): readonly Posting[] {
  switch (event.type) {
    case 'session-started':
    case 'corporate-action':
    case 'funding-paid':
      return event.postings;
    case 'filled':
      return event.fill.postings;
    default:
      return [];
  }
}

/** The change of base-currency cash in an entry's postings. */
export function cashChange(postings: readonly Posting[]): Decimal {
  return sum(postings.filter((posting) => posting.account === 'cash' && posting.currency === 'USD').map((posting) => posting.amount));
}
