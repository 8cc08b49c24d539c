import { describe, expect, it } from 'vitest';
import type { Product } from '../../../shared/config/charges.ts';
import { type Charge, chargeNote, chargesFor, totalOf } from '../../../shared/execution/charges.ts';
import { ExecutionError } from '../../../shared/execution/execution-error.ts';
import { decimal, text } from '../../../shared/kernel/decimal.ts';
import { chargedFill, linesOf, type Side } from '../../support/charged-fills.ts';

function roundTrip(product: Product, quantity: string, buy: string, sell: string, date: string): readonly Charge[] {
  return [
    ...chargesFor(chargedFill('nse', product, 'buy', quantity, buy, date)),
    ...chargesFor(chargedFill('nse', product, 'sell', quantity, sell, date)),
  ];
}

describe('the worked examples on NSE', () => {
  it.each([
    {
      what: '100 shares bought at 1240 and delivered at 1250',
      charges: roundTrip('delivery', '100', '1240', '1250', '2026-09-10'),
      total: '292.25',
      lines: { stt: '249', transaction: '7.64', ipft: '0', sebi: '0.25', gst: '1.42', stamp: '18.6', dp: '15.34' },
    },
    {
      what: 'the same trade within a day',
      charges: roundTrip('intraday', '100', '1240', '1250', '2026-09-10'),
      total: '91.48',
      lines: { brokerage: '40', stt: '31.25', transaction: '7.64', ipft: '0', sebi: '0.25', gst: '8.62', stamp: '3.72' },
    },
    {
      what: '5,000 shares bought and delivered at 1000, without the depository',
      charges: roundTrip('delivery', '5000', '1000', '1000', '2026-09-10').filter(({ line }) => line !== 'dp'),
      total: '11124.06',
      lines: { stt: '10000', transaction: '306.99', ipft: '0.01', sebi: '10', gst: '57.06', stamp: '750' },
    },
    {
      what: 'a lot of the NIFTY future, 65 bought at 23,450 and sold at 23,485.20',
      charges: roundTrip('future', '65', '23450', '23485.20', '2026-09-10'),
      total: '910.43',
      lines: { brokerage: '40', stt: '763.27', transaction: '55.83', ipft: '0', sebi: '3.05', gst: '17.8', stamp: '30.48' },
    },
    {
      what: 'a lot of an option, 65 bought at 60 and sold at 100',
      charges: roundTrip('option', '65', '60', '100', '2026-09-10'),
      total: '61.44',
      lines: { brokerage: '40', stt: '9.75', transaction: '3.7', ipft: '0', sebi: '0.01', gst: '7.87', stamp: '0.12' },
    },
  ])('are met to the paisa by $what: $total', ({ charges, total, lines }) => {
    const note = chargeNote(charges, 'INR');
    expect(linesOf(note.lines)).toEqual(lines);
    expect(text(note.total)).toBe(total);
  });
});

describe('charges on NSE equity', () => {
  const crore = (date: string) => linesOf(chargesFor(chargedFill('nse', 'delivery', 'buy', '4000', '2500', date)));

  it('keep their total when transaction charge and protection fund are split anew on 2026-03-01', () => {
    expect(crore('2026-02-28')).toMatchObject({ transaction: '297', ipft: '10', gst: '57.06' });
    expect(crore('2026-03-01')).toMatchObject({ transaction: '306.99', ipft: '0.01', gst: '57.06' });
  });

  it.each([
    // Rs 1 crore bought for delivery
    ['2019-10-01', '325', '0.01', '10', '60.3018'],
    ['2020-05-31', '325', '0.01', '10', '60.3018'],
    ['2020-06-01', '325', '0.01', '5', '59.4018'],
    ['2021-01-01', '345', '0.01', '5', '63.0018'],
    ['2021-04-01', '345', '0.01', '10', '63.9018'],
    ['2023-03-31', '345', '0.01', '10', '63.9018'],
    ['2023-04-01', '325', '10', '10', '60.3'],
    ['2024-03-31', '325', '10', '10', '60.3'],
    ['2024-04-01', '322', '10', '10', '59.76'],
    ['2024-09-30', '322', '10', '10', '59.76'],
    ['2024-10-01', '297', '10', '10', '57.06'],
  ])('on %s are %s to the exchange, %s to its protection fund, %s to SEBI and %s of GST a crore', (date, transaction, ipft, sebi, gst) => {
    expect(crore(date)).toMatchObject({ transaction, ipft, sebi, gst });
  });

  it('ask for stamp duty from buyers, for the depository from sellers of delivered shares only', () => {
    const lines = (product: Product, side: Side) =>
      Object.keys(linesOf(chargesFor(chargedFill('nse', product, side, '10', '300', '2026-09-10')))).sort();
    expect(lines('delivery', 'buy')).toEqual(['gst', 'ipft', 'sebi', 'stamp', 'stt', 'transaction']);
    expect(lines('delivery', 'sell')).toEqual(['dp', 'gst', 'ipft', 'sebi', 'stt', 'transaction']);
    expect(lines('intraday', 'buy')).toEqual(['brokerage', 'gst', 'ipft', 'sebi', 'stamp', 'transaction']);
    expect(lines('intraday', 'sell')).toEqual(['brokerage', 'gst', 'ipft', 'sebi', 'stt', 'transaction']);
  });

  it('cap brokerage at Rs 20 for a whole order, however it fills', () => {
    const whole = chargedFill('nse', 'intraday', 'sell', '100', '1250', '2026-09-10');
    const part = chargedFill('nse', 'intraday', 'sell', '50', '1250', '2026-09-10');
    const parts = [chargesFor(part), chargesFor({ ...part, filledNotional: decimal('62500') })];
    expect(parts.map((charges) => linesOf(charges).brokerage)).toEqual(['18.75', '1.25']);
    expect(totalOf(parts.flat())).toBe(totalOf(chargesFor(whole)));
  });

  it('take the depository charge once a day for a share, however its sales are ordered and filled', () => {
    const part = chargedFill('nse', 'delivery', 'sell', '10', '300', '2026-09-10');
    expect(linesOf(chargesFor(part))).toMatchObject({ dp: '15.34' });
    expect(linesOf(chargesFor({ ...part, filledNotional: decimal('3000') }))).toMatchObject({ dp: '0' });
    expect(linesOf(chargesFor({ ...part, dpChargedToday: true }))).toEqual({ ...linesOf(chargesFor(part)), dp: '0' });
    expect(linesOf(chargesFor({ ...part, dpChargedToday: true, filledNotional: decimal('3000') }))).toMatchObject({ dp: '0' });
  });

  it('change at midnight in India', () => {
    const fill = chargedFill('nse', 'future', 'sell', '1', '10000', '2026-03-31');
    const stt = (at: string) => linesOf(chargesFor({ ...fill, atMs: Date.parse(at) })).stt;
    expect([stt('2026-03-31T23:59:59.999+05:30'), stt('2026-04-01T00:00:00+05:30')]).toEqual(['2', '5']);
  });
});

describe('charges on NSE derivatives', () => {
  it.each([
    // Rs 1 crore of futures, or of premium, sold
    ['future', '2020-12-31', '1000', '190', '0.01'],
    ['future', '2021-01-01', '1000', '200', '0.01'],
    ['future', '2023-03-31', '1000', '200', '0.01'],
    ['future', '2023-04-01', '1250', '190', '10'],
    ['future', '2024-04-01', '1250', '188', '10'],
    ['future', '2024-09-30', '1250', '188', '10'],
    ['future', '2024-10-01', '2000', '173', '10'],
    ['future', '2026-03-31', '2000', '182.99', '0.01'],
    ['future', '2026-04-01', '5000', '182.99', '0.01'],
    ['option', '2020-12-31', '5000', '5000', '0.01'],
    ['option', '2023-03-31', '5000', '5300', '0.01'],
    ['option', '2023-04-01', '6250', '5000', '50'],
    ['option', '2024-04-01', '6250', '4950', '50'],
    ['option', '2024-10-01', '10000', '3503', '50'],
    ['option', '2026-03-31', '10000', '3552.99', '0.01'],
    ['option', '2026-04-01', '15000', '3552.99', '0.01'],
  ] as const)('of a %s on %s are %s of STT, %s to the exchange and %s to its protection fund a crore', (product, date, stt, transaction, ipft) => {
    expect(linesOf(chargesFor(chargedFill('nse', product, 'sell', '100000', '100', date)))).toMatchObject({ stt, transaction, ipft });
  });

  it.each([
    ['2026-03-31', '8.125'],
    ['2026-04-01', '9.75'],
  ])('of an exercise on %s are %s of STT on the intrinsic value, from the holder and not from the writer', (date, stt) => {
    const exercised = (side: Side) => linesOf(chargesFor(chargedFill('nse', 'exercise', side, '65', '100', date)));
    expect(exercised('sell')).toEqual({ brokerage: '20', stt, gst: '3.6' });
    expect(exercised('buy')).toEqual({ brokerage: '20', gst: '3.6' });
  });

  it('take Rs 20 for an order of options of any size, once', () => {
    const option = chargedFill('nse', 'option', 'buy', '65', '0.05', '2026-09-10');
    expect(linesOf(chargesFor(option))).toMatchObject({ brokerage: '20' });
    expect(linesOf(chargesFor({ ...option, filledNotional: decimal('3.25') }))).toMatchObject({ brokerage: '0' });
    expect(linesOf(chargesFor({ ...option, dpChargedToday: true }))).toMatchObject({ brokerage: '20' });
  });
});

describe('charges on Binance spot', () => {
  const fill = (side: Side, quantity = '0.12345', price = '83286.17') => chargedFill('binance', 'spot', side, quantity, price, '2026-09-30');

  it('are taken from a buyer in the coin: 0.1 % of it, worth what it costs at the fill', () => {
    const [commission, ...others] = chargesFor(fill('buy'));
    expect(commission).toEqual({ line: 'commission', amount: decimal('10.28167769'), taken: { currency: 'BTC', amount: decimal('0.00012345') } });
    expect(others).toEqual([]);
  });

  it('are taken from a seller out of the proceeds', () => {
    expect(chargesFor(fill('sell'))).toEqual([{ line: 'commission', amount: decimal('10.28167769') }]);
  });

  it.each([
    // quantity, coin taken: half-way cases go to the even unit
    ['0.00001', '0.00000001'],
    ['0.00001499', '0.00000001'],
    ['0.000015', '0.00000002'],
    ['0.000025', '0.00000002'],
    ['0.0000051', '0.00000001'],
    ['0.000005', '0'],
    ['0.00002549', '0.00000003'],
  ])('of %s BTC are %s BTC: rounded once, half-even, to the eighth place', (quantity, taken) => {
    const [commission] = chargesFor(fill('buy', quantity, '80000'));
    expect(text(commission?.taken?.amount ?? decimal('1'))).toBe(taken);
    expect(commission?.amount).toBe(decimal(taken) * 80_000n);
  });

  it.each(['buy', 'sell'] as const)('are a quarter less and leave the coin alone when paid in BNB: a %s', (side) => {
    expect(chargesFor(fill(side, '1', '80000'), undefined, 'bnb')).toEqual([{ line: 'commission', amount: decimal('60') }]);
  });

  it('were assumed the same before the first known rate', () => {
    const [commission] = chargesFor(chargedFill('binance', 'spot', 'buy', '1000', '0.1', '2023-03-20'));
    expect(commission).toMatchObject({ amount: decimal('0.1'), taken: { amount: decimal('1') } });
  });
});

describe('charges on crypto derivatives', () => {
  it.each([
    ['binance-futures', 'perpetual', 'maker', '2026-11-01', '16'],
    ['binance-futures', 'perpetual', 'taker', '2026-11-01', '40'],
    ['binance-futures', 'future', 'taker', '2020-01-01', '40'],
    ['deribit', 'future', 'maker', '2026-08-01', '12'],
    ['deribit', 'future', 'taker', '2026-08-01', '28'],
    ['deribit', 'perpetual', 'taker', '2026-07-31', '40'],
    ['deribit', 'perpetual', 'maker', '2026-07-31', '0'],
  ] as const)('of 80,000 on %s as %s %s on %s are %s', (venue, product, liquidity, date, commission) => {
    for (const side of ['buy', 'sell'] as const) {
      expect(linesOf(chargesFor({ ...chargedFill(venue, product, side, '1', '80000', date), liquidity }))).toEqual({ commission });
    }
  });

  it.each([
    // premium in coin of one BTC at 80,000: 0.03 % is 24, delivery 0.015 % is 12, the cap an eighth of the premium
    ['option', '0.03', '24'],
    ['option', '0.0024', '24'],
    ['option', '0.0023', '23'],
    ['option', '0.0001', '1'],
    ['exercise', '0.03', '12'],
    ['exercise', '0.0012', '12'],
    ['exercise', '0.001', '10'],
  ] as const)('of a Deribit %s worth %s BTC are %s: a share of the underlying, at most an eighth of the premium', (product, coin, commission) => {
    const premium = text((decimal(coin) * 80_000n) as ReturnType<typeof decimal>);
    const fill = { ...chargedFill('deribit', product, 'buy', '1', premium, '2026-11-01'), underlyingNotional: decimal('80000') };
    expect(linesOf(chargesFor(fill))).toEqual({ commission });
  });

  it('change at midnight UTC', () => {
    const fill = chargedFill('deribit', 'future', 'buy', '1', '80000', '2026-08-01');
    const at = (instant: string) => linesOf(chargesFor({ ...fill, atMs: Date.parse(instant) })).commission;
    expect([at('2026-07-31T23:59:59.999Z'), at('2026-08-01T00:00:00Z')]).toEqual(['40', '28']);
  });

  it('of an option cannot be told without the notional of its underlying', () => {
    expect(() => chargesFor(chargedFill('deribit', 'option', 'buy', '1', '2400', '2026-11-01'))).toThrow(/notional of its underlying/);
  });
});

describe('what cannot be charged', () => {
  it('is a fill of nothing', () => {
    const bad = chargedFill('binance', 'spot', 'buy', '1', '100', '2026-09-30');
    const nothing = decimal('0');
    for (const broken of [
      { notional: nothing },
      { quantity: decimal('-1') },
      { price: nothing },
      { underlyingNotional: nothing },
      { filledNotional: decimal('-1') },
    ]) {
      expect(() => chargesFor({ ...bad, ...broken })).toThrow(ExecutionError);
    }
  });

  it.each([
    ['binance', 'delivery'],
    ['binance', 'perpetual'],
    ['nse', 'spot'],
    ['binance-futures', 'option'],
    ['deribit', 'spot'],
  ] as const)('is a product that the venue does not have: on %s a %s', (venue, product) => {
    expect(() => chargesFor(chargedFill(venue, product, 'buy', '1', '100', '2026-09-30'))).toThrow(/No cost schedule of/);
  });
});
