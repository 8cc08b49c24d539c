import { describe, expect, it } from 'vitest';
import { CHARGE_FACTS, type ChargeRule, PRODUCTS, parseChargeFacts } from '../../../shared/config/charges.ts';
import { dateOfDay, dayOfDate } from '../../../shared/market/ist.ts';
import { ON } from '../../support/charged-fills.ts';

const VENUES = Object.values(ON).map(({ venue }) => venue);

/** Every kind of fill there is, each with the rules that hold for it on some day. */
const FILLS = VENUES.flatMap((venue) =>
  PRODUCTS.flatMap((product) =>
    (['buy', 'sell'] as const).flatMap((side) =>
      (['maker', 'taker'] as const).flatMap((liquidity) =>
        (['asset-received', 'bnb'] as const).map((paidIn) => ({
          name: `${venue} ${product} ${side} ${liquidity} ${paidIn}`,
          rules: CHARGE_FACTS.rules.filter(
            (rule) =>
              rule.venue === venue &&
              rule.products.includes(product) &&
              ['both', side].includes(rule.side) &&
              ['both', liquidity].includes(rule.liquidity) &&
              [null, paidIn].includes(rule.commissionPaidIn),
          ),
        })),
      ),
    ),
  ),
).filter(({ rules }) => rules.length > 0);

const DAYS = Array.from({ length: dayOfDate('2028-01-01') - dayOfDate('2019-01-01') }, (_, i) => dateOfDay(dayOfDate('2019-01-01') + i));

const linesOn = (rules: readonly ChargeRule[], date: string): readonly string[] =>
  rules.filter(({ from, to }) => (from === null || from <= date) && (to === null || to >= date)).map(({ line }) => line);

describe('cost schedules', () => {
  it('cover every product of every venue', () => {
    const covered = new Set(CHARGE_FACTS.rules.flatMap(({ venue, products }) => products.map((product) => `${venue} ${product}`)));
    expect([...covered].sort()).toEqual([
      'binance spot',
      'binance-futures future',
      'binance-futures perpetual',
      'deribit exercise',
      'deribit future',
      'deribit option',
      'deribit perpetual',
      'nse delivery',
      'nse exercise',
      'nse future',
      'nse intraday',
      'nse netted',
      'nse option',
      'nse physical',
    ]);
  });

  it('have exactly one rule a line for every fill on each day of 2019 to 2027', () => {
    for (const { name, rules } of FILLS) {
      const lines = [...new Set(rules.map(({ line }) => line))].sort().join(' ');
      for (const date of DAYS) {
        const found = [...linesOn(rules, date)].sort().join(' ');
        if (found !== lines) expect.unreachable(`${name} on ${date}: ${found} instead of ${lines}`);
      }
    }
    expect(FILLS.length).toBe(14 * 2 * 2 * 2);
  });

  it('say where each rule comes from', () => {
    for (const { source, from } of CHARGE_FACTS.rules) if (from === null) expect(source).toContain('assumed');
  });

  it('refuse two rules for one fill, and take rules that no fill meets both of', () => {
    const maker = CHARGE_FACTS.rules.find(({ venue, liquidity, to }) => venue === 'deribit' && liquidity === 'maker' && to === null);
    const together = (...rules: readonly object[]) => parseChargeFacts({ ...CHARGE_FACTS, rules });
    expect(() => together({ ...maker }, { ...maker })).toThrow(/two rules at once/);
    expect(() => together({ ...maker }, { ...maker, liquidity: 'both' })).toThrow(/two rules at once/);
    expect(() => together({ ...maker }, { ...maker, commissionPaidIn: 'bnb' })).toThrow(/two rules at once/);
    expect(together({ ...maker, side: 'buy' }, { ...maker, side: 'sell' }).rules).toHaveLength(2);
    expect(together({ ...maker }, { ...maker, liquidity: 'taker' }).rules).toHaveLength(2);
    expect(together({ ...maker, commissionPaidIn: 'asset-received' }, { ...maker, commissionPaidIn: 'bnb' }).rules).toHaveLength(2);
  });

  it('refuse a rule that takes coin from a seller and a rate per nothing', () => {
    const quantity = CHARGE_FACTS.rules.find(({ basis }) => basis === 'quantity');
    expect(() => parseChargeFacts({ ...CHARGE_FACTS, rules: [{ ...quantity, side: 'both' }] })).toThrow();
    expect(() => parseChargeFacts({ ...CHARGE_FACTS, rules: [{ ...quantity, per: '0' }] })).toThrow(/more than nothing/);
  });
});
