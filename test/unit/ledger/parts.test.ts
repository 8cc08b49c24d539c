import { describe, expect, it } from 'vitest';
import type { ChargeAmount, Position, Realised } from '../../../shared/contracts/position.ts';
import { decimal, subtract } from '../../../shared/kernel/decimal.ts';
import { addCharges, addRealised, partOfEntry, withoutPart } from '../../../shared/ledger/parts.ts';
import { withPosition } from '../../support/engine-fixtures.ts';

const held = (): Position => {
  const [position] = withPosition({ quantity: '3' }).positions.values();
  if (position === undefined) throw new Error('A position was opened');
  return { ...position, cost: decimal('100'), entryCash: decimal('-100.1'), entryCharges: decimal('0.1') };
};
const charge = (line: string, amount: string, taken?: readonly [currency: string, amount: string]): ChargeAmount => ({
  line,
  amount: decimal(amount),
  ...(taken === undefined ? {} : { taken: { currency: taken[0], amount: decimal(taken[1]) } }),
});
const result = (...amounts: readonly [string, string, string, string, string, string, string]): Realised => {
  const [price, currency, charges, slippage, net, better, worse] = amounts.map(decimal) as [never, never, never, never, never, never, never];
  return { price, currency, charges, slippage, net, better, worse };
};

describe('the part of an entry', () => {
  it('is in proportion to the units, each amount rounded once', () => {
    expect(partOfEntry(held(), decimal('1'))).toMatchObject({
      cost: decimal('33.33333333'),
      entryCash: decimal('-33.36666667'),
      entryCharges: decimal('0.03333333'),
    });
  });

  it('that belongs to all units is what is left, to the last digit', () => {
    const one = decimal('1');
    let left = held();
    for (const units of [one, one]) left = { ...left, ...withoutPart(left, partOfEntry(left, units)), quantity: subtract(left.quantity, units) };
    expect(left).toMatchObject({ quantity: one, cost: decimal('33.33333333'), entryCash: decimal('-33.36666667') });
    const { cost, entryCash, entryCharges, entrySlippage, entryBetter, entryWorse } = left;
    expect(partOfEntry(left, one)).toEqual({ cost, entryCash, entryCharges, entrySlippage, entryBetter, entryWorse });
  });
});

describe('results of parts', () => {
  it('add up figure by figure', () => {
    const [a, b] = [result('1', '2', '3', '4', '5', '6', '7'), result('0.1', '-2', '0.3', '0.4', '-5.5', '0.6', '0.7')];
    expect(addRealised(a, b)).toEqual(result('1.1', '0', '3.3', '4.4', '-0.5', '6.6', '7.7'));
  });
});

describe('charges of two fills', () => {
  it('add up line by line, in the order in which they came', () => {
    const sums = addCharges([charge('stt', '1'), charge('gst', '0.18')], [charge('dp', '13.5'), charge('stt', '0.5')]);
    expect(sums).toEqual([charge('stt', '1.5'), charge('gst', '0.18'), charge('dp', '13.5')]);
  });

  it('add up in what was taken too, and keep money and units apart', () => {
    const inCoin = charge('commission', '10', ['BTC', '0.0001']);
    expect(addCharges([inCoin], [charge('commission', '4', ['BTC', '0.00004']), charge('commission', '3')])).toEqual([
      charge('commission', '14', ['BTC', '0.00014']),
      charge('commission', '3'),
    ]);
  });

  it('of one line within one fill are one line', () => {
    expect(addCharges([charge('stt', '1'), charge('stt', '2')], [])).toEqual([charge('stt', '3')]);
  });
});
