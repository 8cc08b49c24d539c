import { describe, expect, it } from 'vitest';
import type { ChargeAmount } from '../../../shared/contracts/position.ts';
import { type Decimal, decimal, text } from '../../../shared/kernel/decimal.ts';
import {
  assertBalanced,
  type ClosedPart,
  capitalPostings,
  cashChange,
  entryPostings,
  exitPostings,
  type FillAmounts,
  realisedResult,
  unitsTaken,
  worthTaken,
} from '../../../shared/ledger/postings.ts';

const buy: FillAmounts = {
  positionId: 'p',
  symbol: 'ITC',
  currency: 'INR',
  isMargined: false,
  side: 'buy',
  quantity: decimal('100'),
  notional: decimal('40000'),
  charges: [
    { line: 'stt', amount: decimal('10') },
    { line: 'stamp', amount: decimal('6') },
  ],
  rate: decimal('0.0125'),
};
const sell: FillAmounts = {
  ...buy,
  side: 'sell',
  notional: decimal('41000'),
  charges: [{ line: 'stt', amount: decimal('10.25') }],
  rate: decimal('0.012'),
};
const long: ClosedPart = {
  direction: 'long',
  cost: decimal('40000'),
  entryRate: decimal('0.0125'),
  entryCash: decimal('-500.2'),
  entryCharges: decimal('0.2'),
  entrySlippage: decimal('0.25'),
  entryBetter: decimal('0.1'),
  entryWorse: decimal('0.6'),
  exitSlippage: decimal('30'),
  exitBetter: decimal('20'),
  exitWorse: decimal('50'),
};
const inCoin = (line: string, amount: string, taken: string): ChargeAmount => ({
  line,
  amount: decimal(amount),
  taken: { currency: 'BTC', amount: decimal(taken) },
});
const show = (postings: ReturnType<typeof entryPostings>): readonly string[] =>
  postings.map((posting) => `${posting.account} ${posting.currency} ${text(posting.amount)}`);
const shown = (values: Readonly<Record<string, Decimal | undefined>>) =>
  Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, text(value)]])));

describe('postings', () => {
  it('bring capital in', () => {
    expect(show(capitalPostings(decimal('100000')))).toEqual(['cash USD 100000', 'capital USD -100000']);
  });

  it('of an entry hold the position at cost, each charge, and cash at the recorded rate', () => {
    expect(show(entryPostings(buy))).toEqual([
      'position:p INR 40000',
      'charge:stt INR 10',
      'charge:stamp INR 6',
      'exchange INR -40016',
      'exchange USD 500.2',
      'cash USD -500.2',
      'units:p ITC 100',
      'market ITC -100',
    ]);
  });

  it('of a short entry hold a negative position and its proceeds', () => {
    expect(show(entryPostings({ ...buy, side: 'sell', charges: [] }))).toEqual([
      'position:p INR -40000',
      'exchange INR 40000',
      'exchange USD -500',
      'cash USD 500',
      'units:p ITC -100',
      'market ITC 100',
    ]);
  });

  it('of an exit take the position out at cost and show slippage of both sides beside the result', () => {
    // gain 1000 INR; slippage 30 of the exit and 0.25 USD / 0.0125 = 20 INR of the entry
    expect(show(exitPostings(sell, long))).toEqual([
      'position:p INR -40000',
      'realised-pnl INR -1050',
      'slippage INR 50',
      'charge:stt INR 10.25',
      'exchange INR 40989.75',
      'exchange USD -491.877',
      'cash USD 491.877',
      'units:p ITC -100',
      'market ITC 100',
    ]);
  });

  it('leave out what a charge took of the units: it is worth something, and was never paid', () => {
    const bought: FillAmounts = {
      positionId: 'p',
      symbol: 'BTC',
      currency: 'USDT',
      isMargined: false,
      side: 'buy',
      quantity: decimal('0.02'),
      notional: decimal('1200'),
      charges: [inCoin('commission', '1.2', '0.00002')],
      rate: decimal('1'),
    };
    expect(show(entryPostings(bought))).toEqual([
      'position:p USDT 1198.8',
      'charge:commission USDT 1.2',
      'exchange USDT -1200',
      'exchange USD 1200',
      'cash USD -1200',
      'units:p BTC 0.01998',
      'units-lost:commission BTC 0.00002',
      'market BTC -0.02',
    ]);
    expect([text(worthTaken(bought.charges)), text(unitsTaken(bought.charges))]).toEqual(['1.2', '0.00002']);
  });

  it('write off what is left under the lot step as a charge, not as a loss on price', () => {
    const sold: FillAmounts = {
      positionId: 'p',
      symbol: 'BTC',
      currency: 'USDT',
      isMargined: false,
      side: 'sell',
      quantity: decimal('0.019'),
      notional: decimal('1159'),
      charges: [{ line: 'commission', amount: decimal('1.159') }, inCoin('dust', '58.8', '0.00098')],
      rate: decimal('1'),
    };
    const nothing = decimal('0');
    const all: ClosedPart = {
      direction: 'long',
      cost: decimal('1198.8'),
      entryRate: decimal('1'),
      entryCash: decimal('-1200'),
      entryCharges: decimal('1.2'),
      entrySlippage: nothing,
      entryBetter: nothing,
      entryWorse: nothing,
      exitSlippage: nothing,
      exitBetter: nothing,
      exitWorse: nothing,
    };
    const postings = exitPostings(sold, all);
    expect(show(postings)).toEqual([
      'position:p USDT -1198.8',
      'realised-pnl USDT -19',
      'charge:commission USDT 1.159',
      'charge:dust USDT 58.8',
      'exchange USDT 1157.841',
      'exchange USD -1157.841',
      'cash USD 1157.841',
      'units:p BTC -0.01998',
      'units-lost:dust BTC 0.00098',
      'market BTC 0.019',
    ]);
    // 1159 less the cost of what was sold, 1140; charges 1.2 + 1.159 + 58.8
    expect(shown({ ...realisedResult(sold, all, cashChange(postings)) })).toMatchObject({ price: '19', charges: '61.159', net: '-42.159' });
  });

  it('that do not balance are refused, in whichever currency', () => {
    expect(() => assertBalanced([{ account: 'cash', currency: 'USD', amount: decimal('0.00000001') }])).toThrow(
      expect.objectContaining({ code: 'unbalanced' }),
    );
    expect(() =>
      assertBalanced([
        { account: 'cash', currency: 'USD', amount: decimal('1') },
        { account: 'cash', currency: 'INR', amount: decimal('-1') },
      ]),
    ).toThrow('must sum to zero in USD');
  });

  it('change base cash only by its own line', () => {
    expect(text(cashChange(entryPostings(buy)))).toBe('-500.2');
    expect(text(cashChange([{ account: 'cash', currency: 'INR', amount: decimal('7') }]))).toBe('0');
  });
});

describe('a realised result', () => {
  it('parts the price effect at the rate of the exit from what the rate did to the cost', () => {
    const exitCash = cashChange(exitPostings(sell, long));
    // price 1000 x 0.012; net 491.877 - 500.2; charges 0.2 + 10.25 x 0.012; currency 40000 x (0.012 - 0.0125);
    // better 0.1 + 20 x 0.012; worse 0.6 + 50 x 0.012
    expect(shown({ ...realisedResult(sell, long, exitCash) })).toEqual({
      price: '12',
      currency: '-20',
      charges: '0.323',
      slippage: '0.61',
      net: '-8.323',
      better: '0.34',
      worse: '1.2',
    });
  });

  it('of a short gains when it is bought back for less', () => {
    const short: ClosedPart = {
      ...long,
      direction: 'short',
      cost: decimal('41000'),
      entryRate: decimal('0.0125'),
      entryCash: decimal('512.5'),
      entryCharges: decimal('0'),
    };
    const back: FillAmounts = { ...buy, charges: [] };
    const exitCash = cashChange(exitPostings(back, short));
    expect(shown({ ...realisedResult(back, short, exitCash) })).toMatchObject({ price: '12.5', currency: '0', net: '12.5' });
  });
});
