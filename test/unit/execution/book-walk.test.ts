import { describe, expect, it } from 'vitest';
import type { Taking } from '../../../shared/contracts/fill.ts';
import { type BookWalker, takenByPrice, walkBook, wholeLots } from '../../../shared/execution/book-walk.ts';
import { decimal, text } from '../../../shared/kernel/decimal.ts';
import type { BookLevel } from '../../../shared/market/order-book.ts';

const ASKS: readonly BookLevel[] = [
  { price: 100.01, quantity: 4 },
  { price: 100.03, quantity: 4 },
  { price: 100.1, quantity: 100 },
];
const BIDS: readonly BookLevel[] = [
  { price: 99.99, quantity: 4 },
  { price: 99.9, quantity: 100 },
];

const walker = (more: Partial<BookWalker> = {}): BookWalker => ({
  side: 'buy',
  quantity: decimal('10'),
  lotStep: decimal('0.001'),
  limit: null,
  takings: [],
  ...more,
});
const taking = (levels: readonly BookLevel[], side: Taking['side'] = 'buy'): Taking => ({
  symbol: 'SOL',
  side,
  quantity: decimal(String(levels.reduce((total, { quantity }) => total + quantity, 0))),
  levels,
  atMs: 0,
});
const shown = (levels: readonly BookLevel[], more: Partial<BookWalker>): string | null => {
  const walk = walkBook(levels, walker(more));
  return walk === null ? null : `${text(walk.quantity)} at ${text(walk.price)}`;
};

describe('an order that walks a book', () => {
  it.each`
    quantity   | got                      | because
    ${'4'}     | ${'4 at 100.01'}         | ${'the best level holds all of it'}
    ${'8'}     | ${'8 at 100.02'}         | ${'half at the second level'}
    ${'10'}    | ${'10 at 100.036'}       | ${'the rest at the third'}
    ${'108'}   | ${'108 at 100.09407408'} | ${'all that stands there, its average rounded against the buyer'}
    ${'500'}   | ${'108 at 100.09407408'} | ${'no more than stands there'}
    ${'4.001'} | ${'4.001 at 100.010005'} | ${'one lot beyond the best level'}
  `('gets $got: $because', ({ quantity, got }) => {
    expect(shown(ASKS, { quantity: decimal(quantity) })).toBe(got);
  });

  it('rounds the average of a sale down', () => {
    expect(shown(BIDS, { side: 'sell', quantity: decimal('7') })).toBe('7 at 99.95142857');
    expect(shown(ASKS, { side: 'buy', quantity: decimal('7') })).toBe('7 at 100.01857143');
  });

  it('tells what it took from which level', () => {
    expect(walkBook(ASKS, walker())?.levels).toEqual([ASKS[0], ASKS[1], { price: 100.1, quantity: 2 }]);
  });

  it('goes no further than its limit, to either side', () => {
    expect(shown(ASKS, { limit: decimal('100.03') })).toBe('8 at 100.02');
    expect(shown(ASKS, { limit: decimal('100.02') })).toBe('4 at 100.01');
    expect(shown(ASKS, { limit: decimal('100') })).toBeNull();
    expect(shown(BIDS, { side: 'sell', limit: decimal('99.99') })).toBe('4 at 99.99');
    expect(shown(BIDS, { side: 'sell', limit: decimal('100') })).toBeNull();
  });

  it('finds nothing in an empty side, nor where less than a lot stands', () => {
    expect(shown([], {})).toBeNull();
    expect(shown([{ price: 100, quantity: 0.0009 }], {})).toBeNull();
  });

  it('takes whole lots of each level, and passes one that holds less', () => {
    const odd = [
      { price: 100, quantity: 1.0009 },
      { price: 101, quantity: 0.0005 },
      { price: 102, quantity: 9 },
    ];
    const walk = walkBook(odd, walker({ quantity: decimal('2') }));
    expect(walk?.levels).toEqual([
      { price: 100, quantity: 1 },
      { price: 102, quantity: 1 },
    ]);
  });
});

describe('what an account took from a book', () => {
  it('stays missing from the level it was taken from, however often the book is told again', () => {
    const once = taking([{ price: 100.01, quantity: 3 }]);
    expect(shown(ASKS, { quantity: decimal('1'), takings: [once] })).toBe('1 at 100.01');
    expect(shown(ASKS, { quantity: decimal('5'), takings: [once] })).toBe('5 at 100.026');
  });

  it('adds up over its takings, and a level that is used up is passed', () => {
    const takings = [
      taking([{ price: 100.01, quantity: 3 }]),
      taking([
        { price: 100.01, quantity: 1 },
        { price: 100.03, quantity: 2 },
      ]),
    ];
    expect(shown(ASKS, { quantity: decimal('3'), takings })).toBe('3 at 100.05333334');
    expect([...takenByPrice(takings, 'buy')].map(([price, quantity]) => [price, text(quantity)])).toEqual([
      [100.01, '4'],
      [100.03, '2'],
    ]);
  });

  it('by the other side, or at a price that has gone, changes nothing', () => {
    const takings = [taking([{ price: 100.01, quantity: 4 }], 'sell'), taking([{ price: 100, quantity: 4 }])];
    expect(shown(ASKS, { takings })).toBe(shown(ASKS, {}));
    expect([...takenByPrice(takings, 'sell').keys()]).toEqual([100.01]);
  });

  it('can be more than stands there now: then nothing does', () => {
    expect(shown(ASKS.slice(0, 1), { takings: [taking([{ price: 100.01, quantity: 9 }])] })).toBeNull();
  });
});

describe('whole lots', () => {
  it.each`
    wanted        | available     | lotStep    | fills         | because
    ${'10'}       | ${'10'}       | ${'1'}     | ${'10'}       | ${'all of it is there'}
    ${'10'}       | ${'7.5'}      | ${'1'}     | ${'7'}        | ${'a part, rounded down'}
    ${'9.999'}    | ${'20'}       | ${'1'}     | ${'9'}        | ${'the venue takes no order for the rest of a lot'}
    ${'0.000999'} | ${'20'}       | ${'0.001'} | ${'0.000999'} | ${'under one lot it goes whole'}
    ${'0.000999'} | ${'0.000998'} | ${'0.001'} | ${'0'}        | ${'or not at all'}
    ${'10'}       | ${'0'}        | ${'1'}     | ${'0'}        | ${'nothing is there'}
    ${'10'}       | ${'-3'}       | ${'1'}     | ${'0'}        | ${'more was taken than stands there'}
    ${'0.5'}      | ${'-3'}       | ${'1'}     | ${'0'}        | ${'also under one lot'}
  `('of $wanted, $available there: $fills, $because', ({ wanted, available, lotStep, fills }) => {
    expect(text(wholeLots(decimal(wanted), decimal(available), decimal(lotStep)))).toBe(fills);
  });
});
