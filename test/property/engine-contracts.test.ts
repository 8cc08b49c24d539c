import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expiryMsOf } from '../../shared/config/contracts.ts';
import { type JournalRow, journalRowSchema } from '../../shared/contracts/journal.ts';
import { decideExpiry, decideFunding } from '../../shared/engine/contracts/settle-contracts.ts';
import { draftOn } from '../../shared/engine/draft.ts';
import { canonicalJson } from '../../shared/kernel/canonical-json.ts';
import { add, type Decimal, sum, ZERO } from '../../shared/kernel/decimal.ts';
import { HOUR_MS } from '../../shared/kernel/time.ts';
import type { Account } from '../../shared/ledger/account.ts';
import { apply } from '../../shared/ledger/apply.ts';
import { cashChange, postingsOf } from '../../shared/ledger/postings.ts';
import type { Funding } from '../../shared/market/derivative.ts';
import { chainSource } from '../support/contract-chains.ts';
import { closedIn, contractOrder, matched } from '../support/contract-runs.ts';
import { bareQuote, viewOfSketch } from '../support/engine-fixtures.ts';
import { happen, START_MS, sessionStarted } from '../support/ledger-fixtures.ts';

const EXPIRY = '2025-01-31';
const SYMBOLS = ['BTC-PERP', `BTC-${EXPIRY}`, `BTC-${EXPIRY}-90000-C`, `BTC-${EXPIRY}-70000-P`] as const;

/** What happens to one position: it is opened, funded where it can be, and closed or left to its expiry. */
const life = fc.record({
  symbol: fc.constantFrom(...SYMBOLS),
  side: fc.constantFrom<'buy' | 'sell'>('buy', 'sell'),
  lots: fc.integer({ min: 1, max: 20 }),
  entry: fc.integer({ min: 50_000, max: 110_000 }),
  exit: fc.integer({ min: 50_000, max: 110_000 }),
  premium: fc.integer({ min: 2, max: 400 }).map((ticks) => ticks * 0.0005),
  left: fc.integer({ min: 2, max: 400 }).map((ticks) => ticks * 0.0005),
  tether: fc.integer({ min: 980, max: 1_020 }).map((thousandths) => String(thousandths / 1_000)),
  funding: fc.double({ min: -0.003, max: 0.003, noNaN: true }),
  expires: fc.boolean(),
});
type Life = typeof life extends fc.Arbitrary<infer T> ? T : never;

function marketAt(nowMs: number, each: Life, spot: number, premium: number, settled = false) {
  const isOption = each.symbol.length > 15;
  const [bid, ask] = isOption ? [premium, premium + 0.0005] : [spot, spot + 0.1];
  const deliveries = settled ? [{ expiryMs: expiryMsOf('deribit', EXPIRY), price: spot, source: 'test' }] : [];
  return viewOfSketch({
    nowMs,
    rates: { USDT: each.tether, BTC: String(spot) },
    quotes: [bareQuote('BTC', spot, nowMs)],
    chains: chainSource([{ atMs: nowMs, venue: isOption ? 'deribit' : 'binance-futures', spot, books: { [each.symbol]: [bid, ask] }, deliveries }]),
  });
}

/** The journal of a session in which every position lives and ends. */
function journalOf(lives: readonly Life[]): { readonly rows: readonly JournalRow[]; readonly after: Account } {
  const started = happen(null, 'start', [sessionStarted('s', '100000000')]);
  const rows: JournalRow[] = [...started.rows];
  let account = started.after;
  const take = (draft: { readonly rows: readonly JournalRow[]; readonly account: () => Account } | null): void => {
    if (draft === null) return;
    rows.push(...draft.rows);
    account = draft.account();
  };
  lives.forEach((each, index) => {
    const openMs = START_MS + index * 1_000 + 2_000;
    const view = marketAt(openMs, each, each.entry, each.premium);
    const quantity = each.symbol.length > 15 ? String(each.lots / 10) : String(each.lots / 1_000);
    const id = `E:${index}`;
    const order = { ...contractOrder(view, each.symbol, each.side, quantity), id, positionId: `P:${index}` };
    const placed = draftOn(account, `place:${index}`);
    placed.emit({ type: 'order-placed', atMs: order.acceptedMs, order });
    take(placed);
    take(matched(account, view, id));
    const funding: Funding = { atMs: openMs + HOUR_MS, rate: each.funding, mark: each.exit };
    const laterMs = openMs + 2 * HOUR_MS;
    take(decideFunding(account, marketAt(laterMs, each, each.exit, each.left), order.positionId, funding));
    const isEnded = each.expires && each.symbol !== 'BTC-PERP';
    const endMs = expiryMsOf('deribit', EXPIRY) + 60_000;
    if (isEnded) take(decideExpiry(account, marketAt(endMs, each, each.exit, each.left, true), order.positionId, 'test'));
    else {
      const draft = closedIn(account, marketAt(laterMs + 20_000, each, each.exit, each.left), order.positionId);
      // The request to close is a command of its own, whose row the draft follows.
      const position = account.positions.get(order.positionId);
      const asked = draftOn(account, `ask:${index}`);
      asked.emit({ type: 'exit-requested', atMs: laterMs, orderId: position?.exitId ?? '', reason: 'manual', quantity: null, activeFromMs: laterMs });
      expect(draft.account().positions.size).toBe(0);
      take(asked);
      take(matched(account, marketAt(laterMs + 20_000, each, each.exit, each.left), position?.exitId ?? ''));
    }
  });
  return { rows, after: account };
}

const RUNS = { numRuns: 40 };

describe('the books of contracts', () => {
  it('balance in each currency, move the cash that they say, and end with the capital and the net results, exactly', () => {
    fc.assert(
      fc.property(fc.array(life, { minLength: 1, maxLength: 4 }), (lives) => {
        const { rows, after } = journalOf(lives);
        let cash = ZERO;
        const nets: Decimal[] = [];
        for (const { event } of rows) {
          const totals = new Map<string, Decimal>();
          for (const { currency, amount } of postingsOf(event)) totals.set(currency, add(totals.get(currency) ?? ZERO, amount));
          expect([...totals.values()].every((total) => total === 0n)).toBe(true);
          cash = add(cash, cashChange(postingsOf(event)));
          if (event.type === 'filled' && event.fill.realised !== null) nets.push(event.fill.realised.net);
        }
        expect(after.positions.size).toBe(0);
        expect(after.cash).toBe(cash);
        expect(after.cash).toBe(add(after.startingCapital, sum(nets)));
      }),
      RUNS,
    );
  });

  it('explain every result by price, currency, funding and charges, and leave nothing blocked', () => {
    fc.assert(
      fc.property(fc.array(life, { minLength: 1, maxLength: 3 }), (lives) => {
        for (const { event } of journalOf(lives).rows) {
          if (event.type !== 'filled' || event.fill.realised === null) continue;
          const { price, currency, funding = ZERO, charges, net } = event.fill.realised;
          expect(price + currency + funding - charges).toBe(net);
        }
      }),
      RUNS,
    );
  });

  it('replayed from their stored form give the account', () => {
    fc.assert(
      fc.property(fc.array(life, { minLength: 1, maxLength: 3 }), (lives) => {
        const { rows, after } = journalOf(lives);
        let account: Account | null = null;
        for (const row of rows) account = apply(account, journalRowSchema.parse(JSON.parse(canonicalJson(row))));
        expect(account).toEqual(after);
      }),
      RUNS,
    );
  });
});
