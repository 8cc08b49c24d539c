import { describe, expect, it, vi } from 'vitest';
import { CHARGE_FACTS } from '../../../shared/config/charges.ts';
import { decimal, text } from '../../../shared/kernel/decimal.ts';
import { balancesOf, placed, type Standing } from '../../support/matched-orders.ts';

// The one setting, as its file would have it.
vi.mock('../../../shared/config/data/charges.json', async (original) => {
  const { default: facts } = await original<{ readonly default: object }>();
  return { default: { ...facts, commissionPaidIn: 'bnb' } };
});

const DEEP: Standing = { last: 100, bids: [{ price: 99.99, quantity: 1_000 }], asks: [{ price: 100.01, quantity: 1_000 }] };

function roundTrip() {
  const matched = placed('1.234');
  matched.look('E:1', DEEP);
  const held = matched.account().positions.get('P:E:1');
  matched.closeAtMarket('P:E:1');
  matched.look('X:P:E:1:1', DEEP);
  return { matched, held, fills: matched.fills() };
}

describe('coin that is bought on Binance with the commission paid in BNB', () => {
  it('is asked for by a setting', () => {
    expect(CHARGE_FACTS.commissionPaidIn).toBe('bnb');
  });

  it('arrives whole, and the discounted commission is paid in money on both sides', () => {
    const { held, fills } = roundTrip();
    expect(held).toMatchObject({ quantity: decimal('1.234'), cost: decimal('123.41234') });
    // 0.075 % of 1.234 x 100.01 and of 1.234 x 99.99
    expect(fills.map(({ charges }) => charges)).toEqual([
      [{ line: 'commission', amount: decimal('0.09255926') }],
      [{ line: 'commission', amount: decimal('0.09254074') }],
    ]);
    expect(held?.entryCash).toBe(decimal('-123.50489926'));
  });

  it('leaves no dust: all that was bought is sold', () => {
    const { matched, fills } = roundTrip();
    expect(fills.map(({ quantity, unitsLost }) => [text(quantity), text(unitsLost)])).toEqual([
      ['1.234', '0'],
      ['1.234', '0'],
    ]);
    expect(matched.account().positions.size).toBe(0);
    expect(balancesOf(fills)).toMatchObject({ 'units:P:E:1 SOL': 0n, 'market SOL': 0n });
    expect(Object.keys(balancesOf(fills)).filter((account) => account.startsWith('units-lost'))).toEqual([]);
  });
});
