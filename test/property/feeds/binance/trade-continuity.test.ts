import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTradeContinuity } from '../../../../shared/feeds/binance/trade-continuity.ts';

const SPAN_MS = 1_000;

/** Trades at rising instants, some of them lost, and the heard ones a little out of order. */
const trades = fc
  .array(fc.record({ afterMs: fc.integer({ min: 0, max: 700 }), isLost: fc.boolean(), lateBy: fc.integer({ min: 0, max: 3 }) }), {
    minLength: 1,
    maxLength: 40,
  })
  .map((drawn) => {
    let atMs = 10_000;
    return drawn.map(({ afterMs, isLost, lateBy }, index) => {
      atMs += afterMs;
      return { symbol: 'BTC', sequence: 100 + index, exchangeMs: atMs, isLost: isLost && index > 0, place: index === 0 ? -1 : index + lateBy };
    });
  });

type Happened = (typeof trades extends fc.Arbitrary<infer Trades> ? Trades : never)[number];

/** Whether the trades heard before a span, in it and after it leave no number out. */
function isProven(all: readonly Happened[], fromMs: number, toMs: number): boolean {
  const heard = all.filter(({ isLost }) => !isLost);
  const before = heard.findLast(({ exchangeMs }) => exchangeMs < fromMs);
  const after = heard.find(({ exchangeMs }) => exchangeMs > toMs);
  if (before === undefined || after === undefined) return false;
  return all.every(({ isLost, sequence }) => !isLost || sequence < before.sequence || sequence > after.sequence);
}

describe('the continuity of trades', () => {
  it('calls a span whole only when no trade in it was lost, and every span that heard trades on both sides prove', () => {
    fc.assert(
      fc.property(trades, (all) => {
        const continuity = createTradeContinuity();
        for (const trade of all.filter(({ isLost }) => !isLost).sort((a, b) => a.place - b.place)) continuity.heard(trade);
        for (let fromMs = 9_000; fromMs < 30_000; fromMs += SPAN_MS) {
          const toMs = fromMs + SPAN_MS;
          const isWhole = continuity.isWhole('BTC', fromMs, toMs);
          if (isProven(all, fromMs, toMs)) expect(isWhole).toBe(true);
          const lost = all.filter(({ isLost, exchangeMs }) => isLost && exchangeMs >= fromMs && exchangeMs < toMs);
          if (isWhole) expect(lost).toEqual([]);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('knows nothing of the time before a venue began to number anew', () => {
    const continuity = createTradeContinuity();
    for (const sequence of [50, 51, 52]) continuity.heard({ symbol: 'BTC', sequence, exchangeMs: sequence * 100 });
    expect(continuity.isWhole('BTC', 5_000, 5_200)).toBe(true);
    continuity.heard({ symbol: 'BTC', sequence: 1, exchangeMs: 5_300 });
    expect(continuity.isWhole('BTC', 5_000, 5_200)).toBe(false);
  });

  it('forgets the oldest time when there are too many holes, and then calls nothing in it whole', () => {
    const continuity = createTradeContinuity();
    for (let i = 0; i < 1_000; i++) continuity.heard({ symbol: 'BTC', sequence: 2 * i, exchangeMs: 10 * i });
    expect(continuity.isWhole('BTC', 0, 10)).toBe(false);
    expect(continuity.isWhole('BTC', 9_000, 9_010)).toBe(false);
  });
});
