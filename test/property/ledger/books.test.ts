import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JournalRow, journalRowSchema } from '../../../shared/contracts/journal.ts';
import type { Posting } from '../../../shared/contracts/terms.ts';
import { canonicalJson } from '../../../shared/kernel/canonical-json.ts';
import { add, type Decimal, sum, text, ZERO } from '../../../shared/kernel/decimal.ts';
import { type Account, equity } from '../../../shared/ledger/account.ts';
import { apply, journalRow } from '../../../shared/ledger/apply.ts';
import type { Currency } from '../../../shared/market/instrument.ts';
import { entryFill, entryOrder, equityMarked, exitFill, happen, orderPlaced, START_MS, sessionStarted } from '../../support/ledger-fixtures.ts';

/** Decimal text of at most 8 places, between the units given (1e-8 each). */
const amount = (min: bigint, max: bigint) => fc.bigInt({ min, max }).map((units) => text(units as Decimal));

const side = fc.record({ price: amount(1n, 10n ** 14n), commission: amount(0n, 10n ** 12n), slippage: amount(0n, 10n ** 12n) });
const trip = fc.record({
  currency: fc.constantFrom<Currency>('USD', 'USDT', 'INR'),
  side: fc.constantFrom<'buy' | 'sell'>('buy', 'sell'),
  quantity: amount(1n, 10n ** 12n),
  entryRate: amount(1n, 10n ** 9n),
  exitRate: amount(1n, 10n ** 9n),
  entry: side,
  exit: side,
  isClosed: fc.boolean(),
});
type Trip = typeof trip extends fc.Arbitrary<infer T> ? T : never;
const trips = fc.array(trip, { minLength: 1, maxLength: 5 });
const capital = amount(10n ** 8n, 10n ** 16n);

/** The journal of a session that makes the trips one after the other, those not closed staying open. */
function sessionOf(start: string, all: readonly Trip[]): { readonly after: Account; readonly rows: readonly JournalRow[] } {
  const events = all.flatMap((each, index) => {
    const order = entryOrder({ id: `E:${index}`, side: each.side, currency: each.currency, quantity: each.quantity, atMs: START_MS + index });
    const exit = (account: Account) => exitFill(account, order.positionId, { ...each.exit, rate: each.exitRate });
    return [
      orderPlaced(order),
      (account: Account) => entryFill(account, order.id, { ...each.entry, rate: each.entryRate }),
      ...(each.isClosed ? [exit] : []),
      equityMarked(START_MS + index, start),
    ];
  });
  return happen(null, 'all', [sessionStarted('s', start), ...events]);
}

const postingsOf = (rows: readonly JournalRow[]): readonly Posting[] =>
  rows.flatMap(({ event }) => (event.type === 'session-started' ? event.postings : event.type === 'filled' ? event.fill.postings : []));

const balances = (postings: readonly Posting[], name: (posting: Posting) => string): ReadonlyMap<string, Decimal> => {
  const totals = new Map<string, Decimal>();
  for (const posting of postings) totals.set(name(posting), add(totals.get(name(posting)) ?? ZERO, posting.amount));
  return totals;
};

describe('the books', () => {
  it('balance: every entry sums to zero in each currency', () => {
    fc.assert(
      fc.property(capital, trips, (start, all) => {
        for (const row of sessionOf(start, all).rows) {
          for (const total of balances(postingsOf([row]), (posting) => posting.currency).values()) expect(total).toBe(0n);
        }
      }),
    );
  });

  it('agree with the account: its cash, and its open positions at cost', () => {
    fc.assert(
      fc.property(capital, trips, (start, all) => {
        const { after, rows } = sessionOf(start, all);
        const totals = balances(postingsOf(rows), (posting) => `${posting.account} ${posting.currency}`);
        expect(totals.get('cash USD') ?? ZERO).toBe(after.cash);
        for (const [account, total] of totals) {
          if (!account.startsWith('position:')) continue;
          const position = after.positions.get(account.slice('position:'.length, account.lastIndexOf(' ')));
          const cost = position?.cost ?? ZERO;
          expect(total).toBe(position?.direction === 'short' ? -cost : cost);
        }
      }),
    );
  });

  it('end, when every position is closed, with the capital and the net results, exactly', () => {
    fc.assert(
      fc.property(capital, trips, (start, all) => {
        const { after, rows } = sessionOf(
          start,
          all.map((each) => ({ ...each, isClosed: true })),
        );
        const nets = rows.map(({ event }) => (event.type === 'filled' ? (event.fill.realised?.net ?? ZERO) : ZERO));
        expect(after.cash).toBe(add(after.startingCapital, sum(nets)));
        expect(after.totals.realised).toBe(sum(nets));
        expect(
          equity(
            after,
            () => null,
            () => null,
          ),
        ).toBe(after.cash);
      }),
    );
  });

  it('explain every net result by price, currency and charges, exactly', () => {
    fc.assert(
      fc.property(capital, trips, (start, all) => {
        for (const { event } of sessionOf(start, all).rows) {
          if (event.type !== 'filled' || event.fill.realised === null) continue;
          const { price, currency, charges, net } = event.fill.realised;
          expect(price + currency - charges).toBe(net);
        }
      }),
    );
  });
});

describe('the journal', () => {
  it('replayed from its stored form gives the account', () => {
    fc.assert(
      fc.property(capital, trips, (start, all) => {
        const { after, rows } = sessionOf(start, all);
        const stored = rows.map((row) => journalRowSchema.parse(JSON.parse(canonicalJson(row))));
        expect(stored.reduce<Account | null>(apply, null)).toEqual(after);
      }),
    );
  });

  it('shows a changed row by its hash, at that row and at every later one', () => {
    fc.assert(
      fc.property(trips, fc.nat(), fc.constantFrom('event', 'command'), (all, pick, what) => {
        const { rows } = sessionOf('1000', all);
        const changedAt = pick % rows.length;
        const changed = rows.map((row, index) => {
          if (index !== changedAt) return row;
          return what === 'command' ? { ...row, commandId: `${row.commandId}!` } : { ...row, event: { ...row.event, atMs: row.event.atMs + 1 } };
        });
        // Only the place in the chain is needed, not the account: a changed row may contradict it.
        let head: Account | null = null;
        const broken = changed.map((row, index) => {
          const isBroken = journalRow(head, row.commandId, row.event).hash !== row.hash;
          const truth: JournalRow | undefined = rows[index];
          if (truth !== undefined) head = { ...apply(head, truth), hash: journalRow(head, row.commandId, row.event).hash };
          return isBroken;
        });
        expect(broken).toEqual(rows.map((_, index) => index >= changedAt));
      }),
    );
  });
});
