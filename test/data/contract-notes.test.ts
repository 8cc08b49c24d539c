import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Product } from '../../shared/config/charges.ts';
import { chargesFor } from '../../shared/execution/charges.ts';
import { fromNumber, ONE, toNumber } from '../../shared/kernel/decimal.ts';
import { ON, type Side } from '../support/charged-fills.ts';
import { NO_RECORDED_DATA, recordedFiles } from '../support/recorded-data.ts';

const chargesSchema = z.object({
  transaction_tax: z.number(),
  exchange_turnover_charge: z.number(),
  sebi_turnover_charge: z.number(),
  brokerage: z.number(),
  stamp_duty: z.number(),
  gst: z.object({ total: z.number() }),
});
const orderSchema = z.object({ tradingsymbol: z.string(), exchange: z.string(), charges: chargesSchema });
const tradedSchema = orderSchema.extend({ quantity: z.number(), price: z.number() });
const ordersOf = <Order extends z.ZodType>(order: Order) => z.object({ data: z.array(order) });

type NoteCharges = z.infer<typeof chargesSchema>;

const [basketFile, marginsFile, noteFile] = recordedFiles(
  'oracles/kiteconnect-mocks',
  /^(basket_margins|order_margins|virtual_contract_note)\.json$/,
);
const notRun = noteFile === undefined ? ` (${NO_RECORDED_DATA})` : '';

const read = (file = ''): unknown => JSON.parse(readFileSync(file, 'utf8'));

function charged(product: Product, side: Side, notional: number, date: string) {
  const amount = fromNumber(notional);
  const atMs = Date.parse(`${date}T12:00:00+05:30`);
  const charges = chargesFor({ instrument: ON.nse, product, side, liquidity: 'taker', quantity: ONE, price: amount, notional: amount, atMs });
  const lines = { brokerage: 0, stt: 0, transaction: 0, ipft: 0, sebi: 0, stamp: 0, gst: 0 };
  return { ...lines, ...Object.fromEntries(charges.map((charge) => [charge.line, toNumber(charge.amount)])) };
}

/** The lines of a note, its exchange charge being the transaction charge with or without the protection fund's part. */
function expectLines(note: NoteCharges, ours: ReturnType<typeof charged>, exchange: number): void {
  expect(ours.stt).toBeCloseTo(note.transaction_tax, 7);
  expect(exchange).toBeCloseTo(note.exchange_turnover_charge, 7);
  expect(ours.sebi).toBeCloseTo(note.sebi_turnover_charge, 7);
}

/**
 * Zerodha's published notes are of three dates: each holds under the rates of its own. None names its day; the rates and the
 * contracts do. What a note says and the law does not (stamp duty in whole rupees, a paisa of brokerage) stands beside it.
 */
describe.skipIf(noteFile === undefined)(`published contract notes${notRun}`, () => {
  const note = noteFile === undefined ? [] : ordersOf(tradedSchema).parse(read(noteFile)).data;

  it.each([
    // The option expired on 2023-07-13; both are charged Rs 325 or 5,000 and the fund's 10 or 50 a crore, in force from 2023-04-01.
    ['SBIN', 'delivery'],
    ['NIFTY2371317900PE', 'option'],
  ] as const)('of July 2023 hold for %s, line by line: protection fund within the exchange charge and free of GST', (symbol, product) => {
    const order = note.find(({ tradingsymbol }) => tradingsymbol === symbol);
    if (order === undefined) expect.unreachable(symbol);
    const ours = charged(product, 'buy', order.quantity * order.price, '2023-07-10');
    expectLines(order.charges, ours, ours.transaction + ours.ipft);
    expect(ours.brokerage).toBe(order.charges.brokerage);
    expect(ours.gst).toBeCloseTo(order.charges.gst.total, 7);
    // 8.4 paise by law for the share, half a paisa for the option.
    expect(Math.round(ours.stamp)).toBe(order.charges.stamp_duty);
  });

  it('of July 2023 name one more order, of an exchange that is not traded here', () => {
    expect(note.filter(({ exchange }) => !['NSE', 'NFO'].includes(exchange)).map(({ exchange }) => exchange)).toEqual(['MCX']);
  });

  it('of a basket of July 2023 hold for both options, the exchange charge shown without the protection fund', () => {
    const { data } = z.object({ data: z.object({ orders: z.array(orderSchema) }) }).parse(read(basketFile));
    const sides: Readonly<Record<string, Side>> = { NIFTY23JUL20600CE: 'sell', NIFTY23JUL20700CE: 'buy' };
    expect(data.orders.map(({ tradingsymbol }) => tradingsymbol)).toEqual(Object.keys(sides));
    for (const { tradingsymbol, charges } of data.orders) {
      // The note does not say the premium: SEBI's Rs 10 a crore does.
      const ours = charged('option', sides[tradingsymbol] ?? 'buy', charges.sebi_turnover_charge * 1e6, '2023-07-10');
      expectLines(charges, ours, ours.transaction);
      expect(ours.brokerage).toBe(charges.brokerage);
      expect(ours.gst).toBeCloseTo(charges.gst.total, 7);
      expect(Math.round(ours.stamp)).toBe(charges.stamp_duty);
    }
  });

  describe('of INFY bought for 1,498', () => {
    const [infy] = marginsFile === undefined ? [] : ordersOf(orderSchema.extend({ var: z.number() })).parse(read(marginsFile)).data;
    const ours = (date: string) => charged('delivery', 'buy', infy?.var ?? 1, date);

    it.each(['2021-04-01', '2022-06-01', '2023-03-31'])('hold on %s, but for a paisa of brokerage with its GST', (date) => {
      if (infy === undefined) expect.unreachable('no INFY');
      expectLines(infy.charges, ours(date), ours(date).transaction);
      expect(ours(date).stamp).toBeCloseTo(infy.charges.stamp_duty, 2);
      expect([infy.charges.brokerage, ours(date).brokerage]).toEqual([0.01, 0]);
      // The fund's Rs 0.01 a crore is 0.0000015 here.
      expect(ours(date).gst + 0.18 * infy.charges.brokerage).toBeCloseTo(infy.charges.gst.total, 6);
    });

    it.each(['2021-03-31', '2023-04-01'])('do not hold on %s, the days before and after', (date) => {
      const differs = ours(date).sebi !== infy?.charges.sebi_turnover_charge || ours(date).transaction !== infy.charges.exchange_turnover_charge;
      expect(differs).toBe(true);
    });
  });
});
