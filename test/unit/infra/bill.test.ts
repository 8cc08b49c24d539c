import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { billOf } from '../../../infra/cost/bill.ts';
import { billPage, monthlyBill, SYMBOL_COUNTS } from '../../../infra/cost/bill-page.ts';
import { configuredBill } from '../../../infra/cost/configured-bill.ts';
import { readMeasurement } from '../../../infra/cost/measurement.ts';
import { dayOf, dayOfMix, lambdaSeconds, operationsOf } from '../../../infra/cost/operations.ts';
import { billIn, withBill } from '../../../infra/cost/readme-bill.ts';
import { alwaysFree, awsPrice, PRICED_ITEMS, PRICED_REGIONS } from '../../../shared/config/aws-prices.ts';
import { readDeployment } from '../../../shared/config/deployment.ts';

const measured = readMeasurement();
const { measuredOn } = measured;
const readme = readFileSync(fileURLToPath(new URL('../../../README.md', import.meta.url)), 'utf8');

describe('the monthly bill', () => {
  it('of six symbols of crypto and ten of NSE is under $10 in Mumbai, all in, and under $7 with Spot', () => {
    expect(monthlyBill({ measured, symbols: 16 }).usd).toBeLessThan(10);
    expect(monthlyBill({ measured, symbols: 16, purchase: 'spot' }).usd).toBeLessThan(7);
  });

  it('has the task, its address and the market rows in it, which are never free', () => {
    const { lines, usd } = monthlyBill({ measured, symbols: 16 });
    const paid = (line: string): number => lines.filter((each) => each.line === line).reduce((total, each) => total + each.listUsd - each.freeUsd, 0);
    expect(paid('feed task: processor') + paid('feed task: memory')).toBeCloseTo(5.3, 1);
    expect(paid('public IPv4 address')).toBeCloseTo(3.65, 2);
    expect(paid('market: writes')).toBeGreaterThan(0.2);
    expect(lines.reduce((total, each) => total + each.listUsd - each.freeUsd, 0)).toBeCloseTo(usd, 8);
  });

  it('stands in the README as the command prints it', () => {
    expect(billIn(readme)).toBe(billPage(measured).trim());
  });

  it('replaces the one in the README and nothing around it', () => {
    const other = withBill(readme, 'another page');
    expect(billIn(other)).toBe('another page');
    expect(withBill(other, billPage(measured))).toBe(readme);
    expect(() => withBill('# no place', 'page')).toThrow(/has no/);
  });

  it('grows with the symbols', () => {
    const bills = SYMBOL_COUNTS.map((symbols) => monthlyBill({ measured, symbols }).usd);
    expect(bills).toEqual([...bills].sort((a, b) => a - b));
    expect(new Set(bills).size).toBe(bills.length);
  });

  it('is of what was measured where that was measured', () => {
    expect(dayOf(measured, 6)).toBe(measured.tables.crypto);
    expect(dayOf(measured, 16)).toBe(measured.tables.both);
  });

  it('of a mix lies between those of its parts, and is what was measured where it is that', () => {
    expect(dayOfMix(measured, { crypto: 6, nse: 10 })).toBe(measured.tables.both);
    expect(dayOfMix(measured, { crypto: 6, nse: 0 })).toBe(measured.tables.crypto);
    const usd = (crypto: number, nse: number): number => monthlyBill({ measured, symbols: { crypto, nse } }).usd;
    const rising = [usd(2, 0), usd(2, 5), usd(6, 5), usd(6, 10)];
    expect(rising).toEqual([...rising].sort((a, b) => a - b));
    expect(usd(2, 5)).toBeLessThan(usd(6, 10));
    expect(usd(6, 10)).toBeCloseTo(monthlyBill({ measured, symbols: 16 }).usd, 10);
  });

  it('begins with that of the symbols, the region and the capacity that are configured', () => {
    const line = (config: object): string => configuredBill(measured, readDeployment(config), 'the file');
    const shipped = monthlyBill({ measured, symbols: 16 }).usd.toFixed(2);
    expect(line({})).toBe(`As configured (the file): 6 symbols of crypto and 10 of NSE in ap-south-1, on demand: $${shipped} a month.`);
    expect(line({ symbols: ['BTC', 'ITC'] })).toMatch(/1 symbols of crypto and 1 of NSE/);
    expect(line({ region: 'eu-west-1', feed: { capacity: 'spot' } })).toMatch(/ap-south-1 \(no prices of eu-west-1 are kept\), on Spot/);
  });

  it('takes what is free off the lines of an item together, in proportion', () => {
    const free = alwaysFree('lambda-gb-second', measuredOn).units;
    const operation = (line: string, units: number) => ({ line, item: 'lambda-gb-second', units, from: '' }) as const;
    const price = awsPrice('lambda-gb-second', 'ap-south-1', measuredOn).usdPerUnit;
    const within = billOf([operation('a', free / 2), operation('b', free / 2)], 'ap-south-1', measuredOn);
    expect(within.usd).toBeCloseTo(0, 10);
    expect(within.listUsd).toBeCloseTo(free * price, 8);
    const above = billOf([operation('a', free), operation('b', 3 * free)], 'ap-south-1', measuredOn);
    expect(above.freeUsd).toBeCloseTo(free * price, 8);
    expect(above.lines.map((line) => line.freeUsd / above.freeUsd)).toEqual([expect.closeTo(0.25, 8), expect.closeTo(0.75, 8)]);
  });

  it('says of each price that is no listed one why it is assumed', () => {
    const { lines } = monthlyBill({ measured, symbols: 16, purchase: 'spot' });
    expect(lines.find(({ item }) => item === 'fargate-spot-vcpu-hour')?.isAssumed).toBe(true);
    expect(lines.find(({ item }) => item === 'public-ipv4-hour')?.isAssumed).toBe(false);
  });

  it('reckons a run on Lambda longer, the less memory and so the less of a processor it has', () => {
    expect(lambdaSeconds(1_769, 100, 0)).toBeCloseTo(0.1, 8);
    expect(lambdaSeconds(884.5, 100, 0)).toBeCloseTo(0.2, 8);
    expect(lambdaSeconds(3_538, 100, 0)).toBeCloseTo(0.1, 8);
  });

  it('counts every run that the schedules declare', () => {
    const runs = operationsOf(measured, 16, 'on-demand').filter(({ line }) => line.endsWith('function: runs'));
    const aDay = Object.fromEntries(runs.map(({ line, units }) => [line.split(' ')[0], Math.round(units / (730 / 24))]));
    expect(aDay).toMatchObject({ scan: 24 * 60 + 11 * 60, monitor: 24 * 60, session: 24 * 12 });
  });
});

describe('the price list', () => {
  it.each(PRICED_REGIONS)('has a price of everything in %s on the day of the measurement, with its source', (region) => {
    for (const item of PRICED_ITEMS) {
      const { usdPerUnit, source, isAssumed } = awsPrice(item, region, measuredOn);
      expect(usdPerUnit).toBeGreaterThanOrEqual(0);
      expect(source.length).toBeGreaterThan(isAssumed ? 'assumed: '.length + 10 : 10);
    }
  });

  it('has no price before its first date', () => {
    expect(() => awsPrice('alarm', 'ap-south-1', '2020-01-01')).toThrow(/no price of alarm/);
    expect(alwaysFree('alarm', '2020-01-01').units).toBe(0);
  });
});
