import { describe, expect, it } from 'vitest';
import type { EntryOrder, ExitOrder, Instruction } from '../../../shared/contracts/order.ts';
import { attentionTo } from '../../../shared/engine/watches.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';
import { withPosition } from '../../support/engine-fixtures.ts';
import { START_MS } from '../../support/ledger-fixtures.ts';
import { exitIn, orderWith } from '../../support/working-orders.ts';

const EXTREME = 105;
const SHORT = { symbol: 'RELIANCE', side: 'sell', currency: 'INR', quantity: '10', stop: '101.5', target: '97' } as const;

describe('an entry', () => {
  const entry = (terms: Partial<EntryOrder>) => attentionTo(orderWith(terms), EXTREME);
  const STOP_LIMIT: Instruction = { type: 'stop-limit', stop: decimal('101'), limit: decimal('102') };

  it.each<readonly [string, Partial<EntryOrder>]>([
    ['is at market', {}],
    ['is a stop that was met', { instruction: { type: 'stop', stop: decimal('101') }, triggeredMs: START_MS }],
    ['waits for the closing auction', { instruction: { type: 'limit', limit: decimal('99') }, tradedIn: 'closing-auction' }],
  ])('is tried at every price when it %s', (_, terms) => {
    expect(entry(terms)).toEqual({ isDue: true, levels: null });
  });

  it.each<readonly [string, Partial<EntryOrder>, unknown]>([
    [
      'a limit to buy from above',
      { instruction: { type: 'limit', limit: decimal('99') } },
      { watch: { below: 99, above: null, trail: null }, limit: 99 },
    ],
    [
      'a limit to sell from below',
      { side: 'sell', instruction: { type: 'limit', limit: decimal('101') } },
      { watch: { below: null, above: 101, trail: null }, limit: 101 },
    ],
    [
      'a stop to buy from below',
      { instruction: { type: 'stop', stop: decimal('101') } },
      { watch: { below: null, above: 101, trail: null }, limit: null },
    ],
    [
      'a stop to sell from above',
      { side: 'sell', instruction: { type: 'stop', stop: decimal('99') } },
      { watch: { below: 99, above: null, trail: null }, limit: null },
    ],
    ['a stop-limit by its stop', { instruction: STOP_LIMIT }, { watch: { below: null, above: 101, trail: null }, limit: null }],
    [
      'a stop-limit that was met by its limit',
      { instruction: STOP_LIMIT, triggeredMs: 1 },
      { watch: { below: 102, above: null, trail: null }, limit: 102 },
    ],
    [
      'a trail to buy over the lowest',
      { instruction: { type: 'trailing-stop', trail: { kind: 'share', share: 0.02 } } },
      { watch: { below: null, above: null, trail: { side: 'above', extreme: EXTREME, by: { kind: 'share', value: 0.02 } } }, limit: null },
    ],
    [
      'a trail to sell under the highest',
      { side: 'sell', instruction: { type: 'trailing-stop', trail: { kind: 'distance', distance: 3, basis: 'ATR' } } },
      { watch: { below: null, above: null, trail: { side: 'below', extreme: EXTREME, by: { kind: 'distance', value: 3 } } }, limit: null },
    ],
  ])('is woken by its level: %s', (_, terms, levels) => {
    expect(entry(terms)).toEqual({ isDue: false, levels });
  });
});

describe('an exit', () => {
  const exit = (terms: Partial<ExitOrder> = {}, sketch: Parameters<typeof withPosition>[0] = {}) =>
    attentionTo({ ...exitIn(withPosition(sketch)), ...terms }, EXTREME);
  const TRAIL = { kind: 'share', share: 0.02 } as const;

  it('of a long is woken by its stop below and its target above, and stands in a queue at the target', () => {
    expect(exit()).toEqual({ isDue: false, levels: { watch: { below: 98.5, above: 103, trail: null }, limit: 103 } });
  });

  it('of a short is woken the other way round', () => {
    expect(exit({ trail: TRAIL }, SHORT)).toEqual({
      isDue: false,
      levels: { watch: { below: 97, above: 101.5, trail: { side: 'above', extreme: EXTREME, by: { kind: 'share', value: 0.02 } } }, limit: 97 },
    });
  });

  it('that was asked for is tried at every price, and knows no levels any more', () => {
    expect(exit({ trail: TRAIL, atMarket: { reason: 'manual', quantity: null, requestedMs: 1 } })).toEqual({ isDue: true, levels: null });
  });

  it('of which a part was asked for is both: the bracket goes on for the rest', () => {
    const part = exit({ trail: TRAIL, atMarket: { reason: 'manual', quantity: decimal('1'), requestedMs: 1 } });
    expect(part.isDue).toBe(true);
    expect(part.levels).toEqual(exit({ trail: TRAIL }).levels);
  });
});
