import type { JournalEventOf } from '../../contracts/journal.ts';
import type { Position } from '../../contracts/position.ts';
import type { Rate } from '../../contracts/terms.ts';
import { fromNumber, multiply, negate } from '../../kernel/decimal.ts';
import type { EpochMs } from '../../kernel/time.ts';
import { fundingPostings } from '../../ledger/postings.ts';
import type { Funding } from '../../market/derivative.ts';

/** The command that books one payment of one position: whoever comes again finds it done. */
export const fundingId = (positionId: string, fundingMs: EpochMs): string => `funding:${positionId}:${fundingMs}`;

/** The payments that a position in a perpetual was there for and that are not booked yet, oldest first. */
export function dueFundings(position: Position, fundings: readonly Funding[], nowMs: EpochMs): readonly Funding[] {
  if (position.product !== 'perpetual') return [];
  const afterMs = position.fundedMs ?? position.openedMs;
  return fundings.filter(({ atMs }) => atMs > afterMs && atMs <= nowMs).sort((a, b) => a.atMs - b.atMs);
}

/**
 * A funding payment as a journal entry:
 *
 *   amount = -sign x quantity x mark x rate,  sign = 1 for a long, -1 for a short
 *
 * received when positive. Settled in the base currency at the rate of the booking.
 * @see Binance support: "Introduction to Binance Futures funding rates"
 */
export function fundingPaid(position: Position, funding: Funding, rate: Rate, nowMs: EpochMs): JournalEventOf<'funding-paid'> {
  const mark = fromNumber(funding.mark);
  const paidByLongs = multiply(multiply(position.quantity, mark), fromNumber(funding.rate));
  const amount = position.direction === 'long' ? negate(paidByLongs) : paidByLongs;
  return {
    type: 'funding-paid',
    atMs: nowMs,
    positionId: position.id,
    symbol: position.symbol,
    fundingMs: funding.atMs,
    fundingRate: funding.rate,
    mark,
    quantity: position.quantity,
    currency: position.currency,
    amount,
    rate,
    postings: fundingPostings({ amount, currency: position.currency, rate: rate.value }),
  };
}
