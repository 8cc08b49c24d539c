import { describe, expect, it } from 'vitest';
import { decimal, text } from '../../../shared/kernel/decimal.ts';
import { balancesOf, type Matched, placed, type Standing } from '../../support/matched-orders.ts';

const DEEP: Standing = { last: 100, bids: [{ price: 99.99, quantity: 1_000 }], asks: [{ price: 100.01, quantity: 1_000 }] };
const BARE: Standing = { last: 100 };
const EXIT = 'X:P:E:1:1';

/** Bought and sold again, all at once. */
function roundTrip(quantity: string, standing: Standing): Matched {
  const matched = placed(quantity);
  matched.look('E:1', standing);
  matched.closeAtMarket('P:E:1');
  matched.look(EXIT, standing);
  return matched;
}

describe('coin that is bought on Binance', () => {
  const bought = () => {
    const matched = placed('10');
    return { matched, fill: matched.look('E:1', DEEP), position: matched.account().positions.get('P:E:1') };
  };

  it('arrives less the commission: a thousandth of the coin', () => {
    const { fill, position } = bought();
    expect(fill).toMatchObject({ quantity: decimal('10'), price: decimal('100.01'), unitsLost: decimal('0.01') });
    expect(fill?.charges).toEqual([{ line: 'commission', amount: decimal('1.0001'), taken: { currency: 'SOL', amount: decimal('0.01') } }]);
    expect(position?.quantity).toBe(decimal('9.99'));
  });

  it('is paid for in full: the commission is a charge in the worth of the coin, and no part of the cost', () => {
    const { matched, position } = bought();
    expect(text(matched.account().cash)).toBe('998999.9');
    expect(position).toMatchObject({ cost: decimal('999.0999'), entryCash: decimal('-1000.1'), entryCharges: decimal('1.0001') });
  });

  it('is what the exit rests for', () => {
    const { matched } = bought();
    expect(matched.account().orders.get(EXIT)?.quantity).toBe(decimal('9.99'));
  });

  it('is sold for money less the commission', () => {
    const fills = roundTrip('10', DEEP).fills();
    expect(fills[1]).toMatchObject({ quantity: decimal('9.99'), price: decimal('99.99'), unitsLost: 0n });
    expect(fills[1]?.charges).toEqual([{ line: 'commission', amount: decimal('0.9989001') }]);
  });

  it('that was bought in parts is charged in each, and held as what arrived of all', () => {
    const matched = placed('10');
    const thin = (quantity: number): Standing => ({ ...DEEP, asks: [{ price: 100.01, quantity }] });
    expect(matched.look('E:1', thin(3))).toMatchObject({ quantity: decimal('3'), unitsLost: decimal('0.003') });
    expect(matched.look('E:1', thin(7))).toMatchObject({ quantity: decimal('7'), unitsLost: decimal('0.007') });
    expect(matched.account().positions.get('P:E:1')).toMatchObject({ quantity: decimal('9.99'), entryCharges: decimal('1.0001') });
    expect(matched.account().orders.get(EXIT)?.quantity).toBe(decimal('9.99'));
  });
});

describe('what the commission leaves under the lot step', () => {
  it.each([
    ['a book', DEEP],
    ['a last price only', BARE],
  ])('is written off when the rest is sold to %s: a charge of its own, at cost', (_, standing) => {
    // 1.234 less 0.001234 are 1.232766, of which 1.232 can be sold.
    const matched = roundTrip('1.234', standing);
    const [entry, exit] = matched.fills();
    expect([text(exit?.quantity ?? decimal('0')), text(exit?.unitsLost ?? decimal('0'))]).toEqual(['1.232', '0.000766']);
    const dust = exit?.charges.find(({ line }) => line === 'dust');
    expect(dust?.taken).toEqual({ currency: 'SOL', amount: decimal('0.000766') });
    expect(Number(dust?.amount) / 1e8).toBeCloseTo((0.000766 * Number(entry?.price)) / 1e8, 8);
    expect([matched.account().positions.size, matched.account().orders.size]).toEqual([0, 0]);
  });

  it('is in the result, which is the change of cash exactly', () => {
    const matched = roundTrip('1.234', DEEP);
    const { totals, cash, startingCapital } = matched.account();
    expect(totals.realised).toBe(cash - startingCapital);
    const charged = matched.fills().flatMap(({ charges }) => charges.map(({ amount }) => amount));
    expect(totals.charges).toBe(charged.reduce((sum, amount) => sum + amount, 0n));
  });

  it('is none where the holding itself is under one lot: that is sold whole, so that its position ends', () => {
    for (const standing of [DEEP, BARE]) {
      const matched = roundTrip('0.001', standing);
      expect(matched.fills()[1]).toMatchObject({ quantity: decimal('0.000999'), unitsLost: 0n });
      expect(matched.account().positions.size).toBe(0);
    }
  });

  it('is nobody else’s: units bought are units sold, taken and written off', () => {
    const balances = balancesOf(roundTrip('1.234', DEEP).fills());
    expect(balances).toMatchObject({
      'units:P:E:1 SOL': 0n,
      'units-lost:commission SOL': decimal('0.001234'),
      'units-lost:dust SOL': decimal('0.000766'),
      'market SOL': decimal('-0.002'),
      'position:P:E:1 USDT': 0n,
    });
  });
});
