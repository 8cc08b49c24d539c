import { describe, expect, it } from 'vitest';
import { readYahooChart, YahooChartError } from '../../../../shared/feeds/nse/yahoo-chart.ts';
import { MINUTE_MS } from '../../../../shared/kernel/time.ts';
import { YAHOO_ERROR, yahooChart } from '../../../support/yahoo-charts.ts';

const AT_MS = Date.UTC(2026, 9, 13, 5, 30);
const LAST = { price: 1_240.449951171875, atMs: AT_MS + 21_000 };

describe('a chart of Yahoo', () => {
  it('tells its last price in paise at its own time, and its minutes', () => {
    const chart = readYahooChart(yahooChart('RELIANCE', LAST, [[AT_MS - MINUTE_MS, 1_240.0999755859375, 1_241, 1_240, 1_240.5, 900]]), MINUTE_MS);
    expect(chart).toEqual({
      symbol: 'RELIANCE.NS',
      last: { price: 1_240.45, atMs: AT_MS + 21_000 },
      candles: [{ openMs: AT_MS - MINUTE_MS, open: 1_240.1, high: 1_241, low: 1_240, close: 1_240.5, volume: 900 }],
      refused: 0,
    });
  });

  it('leaves out minutes without a price, and the running moment that stands off the grid', () => {
    const rows = [
      [AT_MS - 2 * MINUTE_MS, null, null, null, null, null],
      [AT_MS - MINUTE_MS, 1, 1, 1, null, 5],
      [AT_MS, 2, 2, 2, 2, null],
      [AT_MS + 21_000, 3, 3, 3, 3, 0],
    ] as const;
    expect(readYahooChart(yahooChart('TCS', null, rows), MINUTE_MS)).toMatchObject({
      last: null,
      candles: [{ openMs: AT_MS, volume: 0 }],
      refused: 0,
    });
  });

  it('counts rows that cannot be true', () => {
    const rows = [
      [AT_MS, 2, 1, 2, 2, 5],
      [AT_MS + MINUTE_MS, -1, 1, -1, 1, 5],
    ] as const;
    expect(readYahooChart(yahooChart('TCS', LAST, rows), MINUTE_MS)).toMatchObject({ candles: [], refused: 2 });
  });

  it('may have nothing to tell', () => {
    expect(readYahooChart(yahooChart('TCS', null, []), MINUTE_MS)).toEqual({ symbol: 'TCS.NS', last: null, candles: [], refused: 0 });
  });

  it('that is an error says so in the words of the service', () => {
    expect(() => readYahooChart(YAHOO_ERROR, MINUTE_MS)).toThrow(/Yahoo says no: Not Found No data found/);
  });

  it.each([
    ['a list', []],
    ['nothing', null],
    ['a text', 'Edge: Too Many Requests'],
    ['a chart without a result', { chart: { result: null, error: null } }],
    ['prices as texts', { chart: { result: [{ meta: { symbol: 'X' }, timestamp: ['1'], indicators: { quote: [{}] } }], error: null } }],
    ['another currency', { chart: { result: [{ meta: { symbol: 'X', currency: 'USD' }, indicators: { quote: [{}] } }], error: null } }],
  ])('is not %s', (_, answer) => {
    expect(() => readYahooChart(answer, MINUTE_MS)).toThrow(YahooChartError);
  });
});
