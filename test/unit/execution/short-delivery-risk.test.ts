import { describe, expect, it } from 'vitest';
import { CHARGE_FACTS } from '../../../shared/config/charges.ts';
import { chargeNote, chargesFor } from '../../../shared/execution/charges.ts';
import { shortDeliveryRisk } from '../../../shared/execution/short-delivery-risk.ts';
import { add, decimal } from '../../../shared/kernel/decimal.ts';
import { chargedFill } from '../../support/charged-fills.ts';

const sale = { ...chargedFill('nse', 'delivery', 'sell', '100', '1250', '2026-09-10'), isBeforeDelivery: true };

describe('the risk of a sale before delivery', () => {
  it('costs its probability times the penalty: 0.21 % x 20 % of the notional', () => {
    expect(shortDeliveryRisk(sale)).toEqual([{ line: 'short-delivery-risk', amount: decimal('52.5') }]);
  });

  it('follows the parameters of the facts', () => {
    const facts = { ...CHARGE_FACTS, shortDelivery: { probability: '0.01', penaltyShare: '0.5', source: 'test' } };
    expect(shortDeliveryRisk(sale, facts)).toEqual([{ line: 'short-delivery-risk', amount: decimal('625') }]);
  });

  it.each([
    ['a share that has been delivered', { isBeforeDelivery: false }],
    ['a purchase', { side: 'buy' }],
    ['a trade within the day', { product: 'intraday' }],
    ['another venue', { instrument: { symbol: 'BTC', venue: 'binance' } }],
  ] as const)('is none for %s', (_what, change) => {
    expect(shortDeliveryRisk({ ...sale, ...change })).toEqual([]);
  });

  it('is a line of the note like the others', () => {
    const note = chargeNote([...chargesFor(sale), ...shortDeliveryRisk(sale)], 'INR');
    expect(note.lines.map(({ line }) => line)).toContain('short-delivery-risk');
    expect(note.total).toBe(add(chargeNote(chargesFor(sale), 'INR').total, decimal('52.5')));
  });
});
