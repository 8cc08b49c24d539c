import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { marginTermsOn } from '../../shared/config/margin.ts';
import { marginOf } from '../../shared/execution/margin/margin-of.ts';
import type { NseOptionLeg } from '../../shared/execution/margin/nse-scan.ts';
import { orderMargin } from '../../shared/execution/margin/order-margin.ts';
import { decimal, toNumber } from '../../shared/kernel/decimal.ts';
import { NO_RECORDED_DATA, recordedFiles } from '../support/recorded-data.ts';

const [brackets] = recordedFiles('binance-futures', /^leverage_tiers_usdm_.*\.json\.gz$/);
const [basket] = recordedFiles('oracles/kiteconnect-mocks', /^basket_margins\.json$/);
const [order] = recordedFiles('oracles/kiteconnect-mocks', /^order_margins\.json$/);
const named = (title: string, file: string | undefined): string => `${title}${file === undefined ? ` (${NO_RECORDED_DATA})` : ''}`;

const bracketRow = z.object({
  maxNotional: z.number(),
  maintenanceMarginRate: z.number(),
  maxLeverage: z.number(),
  info: z.object({ cum: z.string() }),
});

describe.skipIf(brackets === undefined)(named('recorded brackets of Binance', brackets), () => {
  const recorded =
    brackets === undefined ? {} : z.record(z.string(), z.array(bracketRow)).parse(JSON.parse(gunzipSync(readFileSync(brackets)).toString()));
  const { tiers } = marginTermsOn('binanceUsdm', '2024-10-24');

  it('are the ones in force on their day', () => {
    expect(Object.keys(tiers)).toHaveLength(6);
    for (const [symbol, known] of Object.entries(tiers)) {
      const rows = recorded[`${symbol.slice(0, -'USDT'.length)}/USDT:USDT`] ?? [];
      const found = rows.map((row) => ({
        upToNotional: row.maxNotional,
        rate: row.maintenanceMarginRate,
        cum: Number(row.info.cum),
        maxLeverage: row.maxLeverage,
      }));
      expect(known, symbol).toEqual(found);
    }
  });
});

const marginRow = z.object({ span: z.number(), exposure: z.number(), option_premium: z.number(), var: z.number(), total: z.number() });
const basketAnswer = z.object({ data: z.object({ initial: marginRow, final: marginRow, orders: z.array(marginRow) }) });

// The answer does not say what was asked: 75 units sold at 35.65 and bought at 6.95 make its premiums, and 2 % of 19,434.15 its
// exposure. The clearing house's risk arrays of that day are not here, so its scan itself cannot be made again.
describe.skipIf(basket === undefined)(named('a recorded basket of a short and a long NIFTY call', basket), () => {
  // Read in the tests: what is skipped is gone through all the same, also where there is no data.
  const answered = () => basketAnswer.parse(JSON.parse(readFileSync(basket ?? '', 'utf8'))).data;
  const atMs = Date.parse('2023-07-11T06:00:00Z');
  const call = { kind: 'option', right: 'call', quantity: 75, forward: 19_480, iv: 0.1, expiryMs: Date.parse('2023-07-27T10:00:00Z') } as const;
  const short: NseOptionLeg = { ...call, direction: 'short', strike: 20_600, price: 35.65 };
  const long: NseOptionLeg = { ...call, direction: 'long', strike: 20_700, price: 6.95 };
  const ask = (...legs: readonly NseOptionLeg[]) =>
    marginOf({ regime: 'nse-derivatives', isIndex: true, underlyingPrice: 19_434.15, dailyVolatility: null, legs }, atMs);
  const part = ({ parts }: ReturnType<typeof ask>, name: string): number =>
    toNumber(parts.find((each) => each.name === name)?.amount ?? decimal('0'));

  it('asks of the long its premium alone, and of the short scan and exposure', () => {
    const { orders } = answered();
    expect(toNumber(ask(long).initial)).toBe(orders[1]?.total);
    expect(part(ask(short), 'exposure')).toBeCloseTo(orders[0]?.exposure ?? Number.NaN, 1);
    expect(part(ask(short), 'premium')).toBe(orders[0]?.option_premium);
    expect(part(ask(short), 'scan')).toBeGreaterThan(0);
  });

  it('nets the premiums as the deposit does, keeps the exposure margin and shrinks the scan once the long is there', () => {
    const { initial, final } = answered();
    const together = ask(short, long);
    expect(part(together, 'premium') - toNumber(together.proceeds)).toBeCloseTo(final.option_premium, 8);
    expect(final.exposure).toBe(initial.exposure);
    expect(part(together, 'exposure')).toBe(part(ask(short), 'exposure'));
    expect(part(together, 'scan') / part(ask(short), 'scan')).toBeLessThan(0.25);
    expect(final.span / initial.span).toBeLessThan(0.25);
  });
});

describe.skipIf(order === undefined)(named('a recorded order for a share of INFY for delivery', order), () => {
  const answer = z.object({ data: z.tuple([marginRow]) }).safeParse(order === undefined ? null : JSON.parse(readFileSync(order, 'utf8')));

  it('asks its price in full', () => {
    const asked = answer.data?.data[0].total ?? Number.NaN;
    const margin = orderMargin({ product: 'delivery', direction: 'long', notional: decimal('1498'), atMs: Date.parse('2021-07-28T06:00:00Z') });
    expect(toNumber(margin.initial)).toBe(asked);
  });
});
