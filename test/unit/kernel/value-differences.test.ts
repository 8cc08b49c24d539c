import { describe, expect, it } from 'vitest';
import { decimal } from '../../../shared/kernel/decimal.ts';
import { valueDifferences } from '../../../shared/kernel/value-differences.ts';

describe('the differences of two values', () => {
  it('are none when they are written alike', () => {
    const value = { price: decimal('1.50'), levels: [{ price: 0, size: null }], why: undefined };
    expect(valueDifferences(value, { levels: [{ size: null, price: -0 }], price: '1.5' })).toEqual([]);
  });

  it('are the leaves that differ, each with its place', () => {
    const one = { price: decimal('1.5'), charges: [{ line: 'stt', amount: decimal('2') }], quote: { bid: 1, ask: null } };
    const other = { price: decimal('1.50000001'), charges: [{ line: 'stt', amount: decimal('3') }], quote: { bid: 1, ask: 2 } };
    expect(valueDifferences(one, other)).toEqual([
      { path: 'charges[0].amount', one: '2', other: '3' },
      { path: 'price', one: '1.5', other: '1.50000001' },
      { path: 'quote.ask', one: null, other: 2 },
    ]);
  });

  it('say where one has something that the other has not', () => {
    expect(valueDifferences({ rows: [1, 2] }, { rows: [1], book: {} })).toEqual([
      { path: 'rows[1]', one: 2, other: undefined },
      { path: 'book', one: undefined, other: {} },
    ]);
    expect(valueDifferences([{ a: [] }], [{ a: {} }])).toEqual([{ path: '[0].a', one: [], other: {} }]);
  });

  it('are of the values themselves when those are no lists and no objects', () => {
    expect(valueDifferences(null, 'x')).toEqual([{ path: '', one: null, other: 'x' }]);
  });
});
