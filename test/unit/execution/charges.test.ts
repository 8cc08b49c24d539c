import { describe, expect, it } from 'vitest';
import { CHARGE_FACTS, parseChargeFacts } from '../../../shared/config/charges.ts';
import { instrumentBySymbol } from '../../../shared/config/instruments.ts';
import { type ChargedFill, chargeNote, chargesFor, totalOf } from '../../../shared/execution/charges.ts';
import { ExecutionError } from '../../../shared/execution/execution-error.ts';
import { decimal, multiply, text } from '../../../shared/kernel/decimal.ts';

type Side = ChargedFill['side'];
type Product = ChargedFill['product'];

function fill(symbol: string, product: Product, side: Side, quantity: string, price: string, date: string): ChargedFill {
  const notional = multiply(decimal(quantity), decimal(price));
  return { instrument: instrumentBySymbol(symbol), product, side, quantity: decimal(quantity), notional, atMs: Date.parse(`${date}T12:00:00+05:30`) };
}

const linesOf = (charges: readonly { line: string; amount: bigint }[]) =>
  Object.fromEntries(charges.map(({ line, amount }) => [line, text(amount as never)]));

function roundTrip(product: Product, date: string) {
  return chargeNote(
    [...chargesFor(fill('RELIANCE', product, 'buy', '100', '1240', date)), ...chargesFor(fill('RELIANCE', product, 'sell', '100', '1250', date))],
    'INR',
  );
}

describe('charges on NSE equity', () => {
  it('of 100 shares bought at 1240 and delivered at 1250 are 292.25', () => {
    const note = roundTrip('delivery', '2026-09-10');
    expect(linesOf(note.lines)).toEqual({ stt: '249', transaction: '7.64', ipft: '0', sebi: '0.25', gst: '1.42', stamp: '18.6', dp: '15.34' });
    expect(text(note.total)).toBe('292.25');
  });

  it('of the same trade within a day are 91.48', () => {
    const note = roundTrip('intraday', '2026-09-10');
    expect(linesOf(note.lines)).toEqual({ brokerage: '40', stt: '31.25', transaction: '7.64', ipft: '0', sebi: '0.25', gst: '8.62', stamp: '3.72' });
    expect(text(note.total)).toBe('91.48');
  });

  it('of 5,000 shares bought and delivered at 1000, without the depository, are 11,124.06', () => {
    const charges = (['buy', 'sell'] as const).flatMap((side) => chargesFor(fill('RELIANCE', 'delivery', side, '5000', '1000', '2026-09-10')));
    expect(
      text(
        chargeNote(
          charges.filter(({ line }) => line !== 'dp'),
          'INR',
        ).total,
      ),
    ).toBe('11124.06');
  });

  it('keep their total when transaction charge and protection fund are split anew on 2026-03-01', () => {
    const before = chargesFor(fill('TCS', 'delivery', 'buy', '4000', '2500', '2026-02-28'));
    const after = chargesFor(fill('TCS', 'delivery', 'buy', '4000', '2500', '2026-03-01'));
    expect(linesOf(before)).toMatchObject({ transaction: '297', ipft: '10' });
    expect(linesOf(after)).toMatchObject({ transaction: '306.99', ipft: '0.01' });
    expect(totalOf(before)).toBe(totalOf(after));
  });

  it.each([
    // Rs 1 crore bought for delivery
    ['2019-10-01', '325', '0.01', '10'],
    ['2020-05-31', '325', '0.01', '10'],
    ['2020-06-01', '325', '0.01', '5'],
    ['2021-01-01', '345', '0.01', '5'],
    ['2021-04-01', '345', '0.01', '10'],
    ['2023-03-31', '345', '0.01', '10'],
    ['2023-04-01', '325', '10', '10'],
    ['2024-09-30', '325', '10', '10'],
    ['2024-10-01', '297', '10', '10'],
  ])('on %s are %s to the exchange, %s to its protection fund and %s to SEBI a crore', (date, transaction, ipft, sebi) => {
    expect(linesOf(chargesFor(fill('TCS', 'delivery', 'buy', '4000', '2500', date)))).toMatchObject({ transaction, ipft, sebi });
  });

  it('match the exchange charge of a broker note of July 2023: SBIN, one share at 560', () => {
    const lines = linesOf(chargesFor(fill('SBIN', 'delivery', 'buy', '1', '560', '2023-07-10')));
    expect(lines).toMatchObject({ stt: '0.56', sebi: '0.00056', transaction: '0.0182', ipft: '0.00056' });
  });

  it('ask for stamp duty from buyers, for the depository from sellers of delivered shares only', () => {
    const lines = (product: Product, side: Side) => Object.keys(linesOf(chargesFor(fill('ITC', product, side, '10', '300', '2026-09-10')))).sort();
    expect(lines('delivery', 'buy')).toEqual(['gst', 'ipft', 'sebi', 'stamp', 'stt', 'transaction']);
    expect(lines('delivery', 'sell')).toEqual(['dp', 'gst', 'ipft', 'sebi', 'stt', 'transaction']);
    expect(lines('intraday', 'buy')).toEqual(['brokerage', 'gst', 'ipft', 'sebi', 'stamp', 'transaction']);
    expect(lines('intraday', 'sell')).toEqual(['brokerage', 'gst', 'ipft', 'sebi', 'stt', 'transaction']);
  });

  it('cap brokerage at Rs 20 for a whole order, however it fills', () => {
    const whole = fill('RELIANCE', 'intraday', 'sell', '100', '1250', '2026-09-10');
    const part = { ...whole, quantity: decimal('50'), notional: decimal('62500') };
    const parts = [chargesFor(part), chargesFor({ ...part, filledNotional: decimal('62500') })];
    expect(linesOf(parts[0] ?? [])).toMatchObject({ brokerage: '18.75' });
    expect(linesOf(parts[1] ?? [])).toMatchObject({ brokerage: '1.25' });
    expect(totalOf(parts.flat())).toBe(totalOf(chargesFor(whole)));
  });

  it('take the depository charge once for a sale that fills in parts', () => {
    const part = fill('ITC', 'delivery', 'sell', '10', '300', '2026-09-10');
    expect(linesOf(chargesFor(part))).toMatchObject({ dp: '15.34' });
    expect(linesOf(chargesFor({ ...part, filledNotional: decimal('3000') }))).toMatchObject({ dp: '0' });
  });
});

describe('charges on Binance spot', () => {
  it.each(['buy', 'sell'] as const)('are 0.1 %% of the notional in USDT for a %s', (side) => {
    expect(linesOf(chargesFor(fill('BTC', 'spot', side, '0.12345', '83286.17', '2026-09-30')))).toEqual({ commission: '10.28167769' });
    expect(linesOf(chargesFor(fill('DOGE', 'spot', side, '1000', '0.1', '2023-03-20')))).toEqual({ commission: '0.1' });
  });
});

describe('what cannot be charged', () => {
  it('is a fill of nothing', () => {
    const bad = fill('BTC', 'spot', 'buy', '1', '100', '2026-09-30');
    for (const broken of [{ notional: decimal('0') }, { quantity: decimal('-1') }, { filledNotional: decimal('-1') }]) {
      expect(() => chargesFor({ ...bad, ...broken })).toThrow(ExecutionError);
    }
  });

  it('is a product that the venue does not have', () => {
    expect(() => chargesFor(fill('BTC', 'delivery', 'buy', '1', '100', '2026-09-30'))).toThrow(/No cost schedule of binance for BTC as delivery/);
    expect(() => chargesFor(fill('ITC', 'spot', 'buy', '1', '100', '2026-09-30'))).toThrow(ExecutionError);
  });

  it('is a line with two rules on one day', () => {
    const [rule] = CHARGE_FACTS.rules;
    expect(() => parseChargeFacts({ ...CHARGE_FACTS, rules: [rule, rule] })).toThrow(/two rules at once/);
  });
});

describe('cost schedules', () => {
  it('leave no day between two rules of a line', () => {
    for (const rule of CHARGE_FACTS.rules) {
      if (rule.from === null) continue;
      const dayBefore = new Date(Date.parse(rule.from) - 86_400_000).toISOString().slice(0, 10);
      const earlier = CHARGE_FACTS.rules.filter(
        (other) =>
          other.line === rule.line &&
          other.venue === rule.venue &&
          other.side === rule.side &&
          `${other.products}` === `${rule.products}` &&
          other.to === dayBefore,
      );
      expect(earlier, `${rule.line} before ${rule.from}`).toHaveLength(1);
    }
  });
});
