import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../../../../shared/engine/context.ts';
import { performanceView } from '../../../../shared/engine/views/performance.ts';
import { bandOf } from '../../../../shared/engine/views/pnl-band.ts';
import { portfolio } from '../../../../shared/engine/views/portfolio.ts';
import { trades } from '../../../../shared/engine/views/trades.ts';
import { decimal } from '../../../../shared/kernel/decimal.ts';
import type { Account } from '../../../../shared/ledger/account.ts';
import { contextOver, createRows } from '../../../support/engine-world.ts';
import { commitOf, entryFill, entryOrder, exitFill, orderPlaced, START_MS, sessionStarted } from '../../../support/ledger-fixtures.ts';
import { movableClock } from '../../../support/movable-clock.ts';

type Events = Parameters<typeof commitOf>[2];

/** 2 BTC bought at 100, which could have been had at 99.9 or cost 100.4. */
const bought: Events = [orderPlaced(entryOrder()), (now) => entryFill(now, 'E:1', { price: '100', commission: '0.2', band: ['99.9', '100.4'] })];
/** Sold at 103, where 103.1 or 102.5 might have been had; `quantity` of them. */
const sold =
  (quantity: string) =>
  (now: Account): ReturnType<typeof exitFill> =>
    exitFill(now, 'P:E:1', { price: '103', commission: '0', quantity, band: ['103.1', '102.5'], atMs: START_MS + 60_000 });

async function booked(...events: Events): Promise<EngineContext> {
  const context = contextOver(createRows(), movableClock(START_MS + 120_000));
  await context.ledger.commit(commitOf(null, 'all', [sessionStarted('S-1'), ...events]));
  return context;
}

describe('a result between kinder and harsher fills', () => {
  it('is the net with what they would have changed', () => {
    expect(bandOf({ net: decimal('5'), better: decimal('0.5'), worse: decimal('7') })).toEqual({ optimistic: '5.5', pessimistic: '-2' });
  });
});

describe('the band of a trade', () => {
  it('holds both of its sides: entry and exit could each have been better or worse', async () => {
    const { trades: listed } = await trades(await booked(...bought, sold('2')), { limit: 10 });
    // 206 - 200 - 0.2; better 2 x 0.1 + 2 x 0.1; worse 2 x 0.4 + 2 x 0.5
    expect(listed).toMatchObject([{ netPnL: '5.8', band: { optimistic: '6.2', pessimistic: '4' } }]);
  });

  it('adds up over its parts', async () => {
    const { trades: listed } = await trades(await booked(...bought, sold('0.5'), sold('1.5')), { limit: 10 });
    expect(listed).toMatchObject([{ netPnL: '5.8', quantity: '2', band: { optimistic: '6.2', pessimistic: '4' } }]);
  });
});

describe('the band of a portfolio', () => {
  it('is of what is realised: of an open position nothing is', async () => {
    expect(await portfolio(await booked(...bought), {})).toMatchObject({ realisedPnL: '0', realisedBand: { optimistic: '0', pessimistic: '0' } });
  });

  it('counts a part that was closed with its share of the entry', async () => {
    const shown = await portfolio(await booked(...bought, sold('0.5')), {});
    // 51.5 - 50 - 0.05; a quarter of what the whole could have been
    expect(shown).toMatchObject({ realisedPnL: '1.45', realisedBand: { optimistic: '1.55', pessimistic: '1' } });
    expect(shown.positions).toMatchObject([{ quantity: '1.5', closedQuantity: '0.5', realisedPnL: '1.45' }]);
  });

  it('is none where there is no session', async () => {
    expect((await portfolio(contextOver(createRows(), movableClock(START_MS)), {})).realisedBand).toBeNull();
  });
});

describe('the band of a performance', () => {
  it('is of all fills, also those of what is still open', async () => {
    const { performance } = await performanceView(await booked(...bought))({});
    // Valued at its entry for want of a price: the charge is what was lost.
    expect(performance).toMatchObject({ totalPnL: -0.2, band: { optimistic: '0', pessimistic: '-1' } });
  });

  it('is that of the trades when all is closed, also when it was closed in parts', async () => {
    for (const events of [[sold('2')], [sold('0.3'), sold('1.7')]]) {
      const { performance } = await performanceView(await booked(...bought, ...events))({});
      expect(performance).toMatchObject({ totalPnL: 5.8, band: { optimistic: '6.2', pessimistic: '4' } });
    }
  });
});
