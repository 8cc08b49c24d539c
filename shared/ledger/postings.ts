import type { JournalEvent, Posting, Realised } from '../contracts/journal.ts';
import { add, type Decimal, multiply, negate, subtract, sum, text, ZERO } from '../kernel/decimal.ts';
import type { Currency } from '../market/instrument.ts';
import { LedgerError } from './account.ts';

/** The amounts of one fill, quote currency unless said; all positive. */
export interface FillAmounts {
  readonly positionId: string;
  readonly currency: Currency;
  readonly side: 'buy' | 'sell';
  /** quantity x fill price. */
  readonly notional: Decimal;
  readonly charges: readonly { readonly line: string; readonly amount: Decimal }[];
  /** Base currency for one unit of the quote currency at the fill. */
  readonly rate: Decimal;
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
  /** Slippage of this exit, quote currency. */
  readonly exitSlippage: Decimal;
}

const line = (account: string, currency: Currency, amount: Decimal): Posting => ({ account, currency, amount });

/**
 * Capital brought in at the start.
 * Every account is a line of its own: assets are positive, income and capital negative, costs positive.
 */
export function capitalPostings(capital: Decimal): readonly Posting[] {
  return [line('cash', 'USD', capital), line('capital', 'USD', negate(capital))];
}

/**
 * Double entry of a fill that opens: the position at cost and the charges in the quote currency against `exchange`, and
 * `exchange` against cash in the base currency at the recorded rate. A short has a negative position.
 */
export function entryPostings(fill: FillAmounts): readonly Posting[] {
  const signed = fill.side === 'buy' ? fill.notional : negate(fill.notional);
  return settle(fill, [line(`position:${fill.positionId}`, fill.currency, signed)], signed);
}

/**
 * Double entry of a fill that closes: the position leaves at cost, the difference is the realised result before slippage,
 * slippage of both sides is shown as a cost of its own against it, and charges and cash follow as in an entry.
 */
export function exitPostings(fill: FillAmounts, closed: ClosedPart): readonly Posting[] {
  const atCost = closed.direction === 'long' ? negate(closed.cost) : closed.cost;
  const signed = fill.side === 'buy' ? fill.notional : negate(fill.notional);
  const result = subtract(atCost, signed);
  const entrySlippage = closed.entryRate === 0n ? ZERO : multiply(closed.entrySlippage, inverse(closed.entryRate));
  const slippage = add(closed.exitSlippage, entrySlippage);
  return settle(
    fill,
    [
      line(`position:${fill.positionId}`, fill.currency, atCost),
      line('realised-pnl', fill.currency, negate(add(result, slippage))),
      line('slippage', fill.currency, slippage),
    ],
    signed,
  );
}

/**
 * Cash that a position gives while it stays open (fractions of shares, a company spun off): its cost falls by it, and nothing
 * is realised. `amount` is in the quote currency, negative when it is paid (a short). Nothing for nothing.
 */
export function capitalReturnPostings(positionId: string, currency: Currency, amount: Decimal, rate: Decimal): readonly Posting[] {
  const base = multiply(amount, rate);
  const postings = [
    line(`position:${positionId}`, currency, negate(amount)),
    line('exchange', currency, amount),
    line('exchange', 'USD', negate(base)),
    line('cash', 'USD', base),
  ].filter((posting) => posting.amount !== 0n);
  assertBalanced(postings);
  return postings;
}

function settle(fill: FillAmounts, lines: readonly Posting[], signedNotional: Decimal): readonly Posting[] {
  const charged = sum(fill.charges.map((charge) => charge.amount));
  const paid = add(signedNotional, charged);
  const paidBase = multiply(paid, fill.rate);
  const postings = [
    ...lines,
    ...fill.charges.map((charge) => line(`charge:${charge.line}`, fill.currency, charge.amount)),
    line('exchange', fill.currency, negate(paid)),
    line('exchange', 'USD', paidBase),
    line('cash', 'USD', negate(paidBase)),
  ].filter((posting) => posting.amount !== 0n);
  assertBalanced(postings);
  return postings;
}

const inverse = (rate: Decimal): Decimal => ((10n ** 16n + rate / 2n) / rate) as Decimal;

/**
 * The result of a closed part in base currency. The net is the cash that came back less the cash that went in, exactly;
 * the price effect is the move at the exit's rate, and the currency effect is what remains: what the rate's own move did
 * to the entry's cost. Slippage is inside the price effect and shown beside it.
 */
export function realisedResult(fill: FillAmounts, closed: ClosedPart, exitCash: Decimal): Realised {
  const gain = closed.direction === 'long' ? subtract(fill.notional, closed.cost) : subtract(closed.cost, fill.notional);
  const price = multiply(gain, fill.rate);
  const charges = add(closed.entryCharges, multiply(sum(fill.charges.map((charge) => charge.amount)), fill.rate));
  const net = add(exitCash, closed.entryCash);
  const slippage = add(closed.entrySlippage, multiply(closed.exitSlippage, fill.rate));
  return { price, currency: subtract(add(net, charges), price), charges, slippage, net };
}

/** @throws LedgerError `unbalanced` when the postings of an entry do not sum to zero in each currency */
export function assertBalanced(postings: readonly Posting[]): void {
  const totals = new Map<Currency, Decimal>();
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
