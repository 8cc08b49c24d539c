import { describe, expect, it } from 'vitest';
import { decideMatch } from '../../../shared/engine/decide-match.ts';
import { entryHeldBack } from '../../../shared/engine/held-back.ts';
import { exitId } from '../../../shared/ledger/resting-exit.ts';
import { bareQuote, tickOf, viewOfSketch, withPosition } from '../../support/engine-fixtures.ts';
import { entryOrder, LIMITS, START_MS } from '../../support/ledger-fixtures.ts';
import { asked } from '../../support/working-orders.ts';

const LATER_MS = START_MS + 60_000;
/** A delayed price far below the stop: traded eleven minutes ago, told now or some while ago. */
const exitAt = (receivedMs: number) =>
  decideMatch(
    withPosition(),
    viewOfSketch({ nowMs: LATER_MS, quotes: [bareQuote('BTC', 50, receivedMs, { evidence: 'delayed', exchangeMs: receivedMs - 660_000 })] }),
    asked(exitId('P:E:1', 1), { tick: tickOf('BTC', 50, receivedMs) }),
  );

describe('an exit on a delayed price', () => {
  it('fills when the price has just been told, and keeps the label, so that its figures are told apart', () => {
    expect(exitAt(LATER_MS)?.rows[0]?.event).toMatchObject({ type: 'filled', fill: { purpose: 'exit', evidence: 'delayed', exitReason: 'stop' } });
  });

  it('waits when even the telling is too long ago', () => {
    expect(exitAt(LATER_MS - LIMITS.maxPriceAgeMs - 1)).toBeNull();
  });
});

describe('an entry on a delayed price', () => {
  it('is held back, and says why', () => {
    const quotes = [bareQuote('BTC', 100, LATER_MS, { evidence: 'delayed' })];
    expect(entryHeldBack(viewOfSketch({ nowMs: LATER_MS, quotes }), entryOrder())).toMatchObject({ code: 'delayed_price' });
    const live = [bareQuote('BTC', 100, LATER_MS, { evidence: 'live' })];
    expect(entryHeldBack(viewOfSketch({ nowMs: LATER_MS, quotes: live }), entryOrder())).toBeNull();
  });
});
