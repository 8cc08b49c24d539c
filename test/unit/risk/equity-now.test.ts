import { expect, it } from 'vitest';
import { decimal } from '../../../shared/kernel/decimal.ts';
import { equityOf, withEquity } from '../../../shared/risk/equity-now.ts';
import { withPosition } from '../../support/engine-fixtures.ts';

it('equity is worked out once for all that ask within a look, when the first one asks', () => {
  let marked = 0;
  const facts = withEquity({
    account: withPosition(),
    markOf: () => {
      marked += 1;
      return decimal('101');
    },
    rateOf: () => decimal('1'),
  });
  expect(marked).toBe(0);
  expect([equityOf(facts), equityOf(facts), equityOf({ ...facts })]).toEqual(Array(3).fill(equityOf({ ...facts, equityNow: undefined })));
  // Once for the three, and once for the one that was asked without what is known.
  expect(marked).toBe(2);
});
