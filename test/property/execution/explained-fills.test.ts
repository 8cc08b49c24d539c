import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explainFills } from '../../../shared/engine/explain-fill.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';
import type { BookLevel } from '../../../shared/market/order-book.ts';
import { bareQuote, tickOf } from '../../support/engine-fixtures.ts';
import { entryOrder, orderPlaced, START_MS } from '../../support/ledger-fixtures.ts';
import { type MatchedJournal, matchedJournal } from '../../support/matched-journal.ts';

const cents = fc.integer({ min: 9_700, max: 10_400 }).map((price) => price / 100);
const units = fc.integer({ min: 1, max: 40_000 }).map((size) => size / 10_000);
const side = fc.array(units, { minLength: 1, maxLength: 6 });
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });

/** A moment of the market, and what the matcher is asked at it. */
const moment = fc.record({
  last: cents,
  spread: orNull(fc.integer({ min: 1, max: 30 })),
  bids: side,
  asks: side,
  hasBook: fc.boolean(),
  tick: orNull(fc.record({ motion: fc.constantFrom('print' as const, 'sweep' as const), quantity: units, low: cents })),
  queueAhead: orNull(units),
  extreme: orNull(cents),
  volatility: orNull(fc.double({ min: 0, max: 0.01, noNaN: true })),
  minuteVolume: orNull(fc.double({ min: 0, max: 100, noNaN: true })),
});
type Moment = typeof moment extends fc.Arbitrary<infer T> ? T : never;

const instruction = fc.oneof(
  fc.constant({ type: 'market' as const }),
  cents.map((limit) => ({ type: 'limit' as const, limit: decimal(String(limit)) })),
  cents.map((stop) => ({ type: 'stop' as const, stop: decimal(String(stop)) })),
  fc.tuple(cents, cents).map(([stop, limit]) => ({ type: 'stop-limit' as const, stop: decimal(String(stop)), limit: decimal(String(limit)) })),
  fc.constant({ type: 'trailing-stop' as const, trail: { kind: 'share' as const, share: 0.01 } }),
);

const levels = (sizes: readonly number[], best: number, step: number): readonly BookLevel[] =>
  sizes.map((quantity, index) => ({ price: Number((best + index * step).toFixed(2)), quantity }));

function lookAt(journal: MatchedJournal, at: Moment, atMs: number): void {
  const { last, spread, hasBook, tick, queueAhead, extreme, volatility, minuteVolume } = at;
  const [bids, asks] =
    spread === null ? [[], []] : [levels(at.bids, last - 0.01, -0.01), levels(at.asks, Number((last + spread / 100).toFixed(2)), 0.01)];
  const [bid, ask] = [bids[0], asks[0]];
  const top = bid === undefined || ask === undefined ? {} : { bid: bid.price, ask: ask.price, bidSize: bid.quantity, askSize: ask.quantity };
  const book = { symbol: 'BTC', bids, asks, source: 'test', evidence: 'simulated', exchangeMs: atMs, receivedMs: atMs } as const;
  const sketch = {
    nowMs: atMs,
    quotes: [bareQuote('BTC', last, atMs, top)],
    books: hasBook && spread !== null ? [book] : [],
    tape: { volatility, minuteVolume },
  };
  const met = tick === null ? null : tickOf('BTC', last, atMs, { motion: tick.motion, quantity: tick.quantity, ahead: { low: tick.low, high: 104 } });
  for (const orderId of journal.account().orders.keys())
    journal.look(sketch, { orderId, tick: met, extreme, queueAhead: queueAhead === null ? null : -queueAhead });
}

describe('every fill that the matcher makes', () => {
  it('is made again to the last digit from what the journal keeps', async () => {
    let fills = 0;
    const session = fc.record({ instruction, isBuy: fc.boolean(), isIoc: fc.boolean(), moments: fc.array(moment, { minLength: 2, maxLength: 12 }) });
    await fc.assert(
      fc.asyncProperty(session, async ({ isBuy, isIoc, moments, ...of }) => {
        const journal = matchedJournal();
        const levelsOf = isBuy ? { stop: '98.5', target: '103' } : { side: 'sell' as const, stop: '103', target: '98.5' };
        const order = { ...entryOrder(levelsOf), instruction: of.instruction, timeInForce: isIoc ? ('IOC' as const) : ('GTC' as const) };
        journal.happen('place', [orderPlaced(order)]);
        for (const [index, at] of moments.entries()) lookAt(journal, at, START_MS + 1_000 + index * 7_000);
        for await (const { differences } of explainFills(ReadableStream.from(journal.rows), 'test')) {
          expect(differences).toEqual([]);
          fills += 1;
        }
      }),
      { numRuns: 400 },
    );
    expect(fills).toBeGreaterThan(200);
  });
});
