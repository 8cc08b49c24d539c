import { describe, expect, it } from 'vitest';
import { ALL_SYMBOLS, InstrumentError, instrumentBySymbol, instrumentsOf, resolveSymbol } from '../../../shared/config/instruments.ts';
import { decimal, text } from '../../../shared/kernel/decimal.ts';

const onDay = (date: string): number => Date.parse(`${date}T10:00:00+05:30`);

describe('instruments', () => {
  it('are the six crypto pairs and the ten NSE stocks', () => {
    expect(instrumentsOf('CRYPTO').map(({ symbol }) => symbol)).toEqual(['BTC', 'ETH', 'SOL', 'DOGE', 'ADA', 'DOT']);
    expect(instrumentsOf('NSE').map(({ symbol }) => symbol)).toEqual(
      'RELIANCE TCS HDFCBANK INFY ITC SBIN BHARTIARTL KOTAKBANK LT HCLTECH'.split(' '),
    );
    expect(ALL_SYMBOLS).toHaveLength(16);
  });

  it.each([
    ['BTC', '0.01', '0.00001', '5'],
    ['ETH', '0.01', '0.0001', '5'],
    ['SOL', '0.01', '0.001', '5'],
    ['DOGE', '0.00001', '1', '1'],
    ['ADA', '0.0001', '0.1', '5'],
    ['DOT', '0.001', '0.01', '5'],
  ])('%s has the tick %s, the step %s and the least notional %s of its venue', (symbol, tick, step, least) => {
    const { tickSize, lotStep, minNotional, ...rest } = instrumentBySymbol(symbol);
    expect([tickSize(decimal('7')), lotStep, minNotional].map(text)).toEqual([tick, step, least]);
    expect(rest).toMatchObject({
      symbol,
      venueSymbol: `${symbol}USDT`,
      market: 'CRYPTO',
      venue: 'binance',
      quote: 'USDT',
      shortSale: 'never',
      isin: null,
    });
  });

  it.each([
    ['249.99', '0.01', '0.05'],
    ['250', '0.05', '0.05'],
    ['1000', '0.05', '0.05'],
    ['1000.05', '0.1', '0.05'],
    ['5000', '0.1', '0.05'],
    ['7000', '0.5', '0.05'],
    ['15000', '1', '0.05'],
    ['20000', '1', '0.05'],
    ['20001', '5', '0.05'],
  ])('of NSE at %s have the tick %s since 2025-04-15, and %s before', (price, since, before) => {
    const tickOn = (date: string) => text(instrumentBySymbol('TCS', onDay(date)).tickSize(decimal(price)));
    expect([tickOn('2025-04-15'), tickOn('2025-04-14')]).toEqual([since, before]);
    expect(text(instrumentBySymbol('TCS').tickSize(decimal(price)))).toBe(since);
  });

  it('of NSE trade single shares, without a least notional, short within a day only', () => {
    for (const instrument of instrumentsOf('NSE')) {
      expect([text(instrument.lotStep), text(instrument.minNotional)]).toEqual(['1', '0']);
      expect(instrument).toMatchObject({ venue: 'nse', quote: 'INR', shortSale: 'intraday', isin: expect.stringMatching(/^INE[A-Z0-9]{9}$/) });
    }
  });

  it('change their ISIN with a split: KOTAKBANK on 2026-01-14', () => {
    expect(instrumentBySymbol('KOTAKBANK', onDay('2026-01-13')).isin).toBe('INE237A01028');
    expect(instrumentBySymbol('KOTAKBANK', onDay('2026-01-14')).isin).toBe('INE237A01036');
  });

  it('are the same object for every instant of one era', () => {
    expect(instrumentBySymbol('SBIN', onDay('2026-01-13'))).toBe(instrumentBySymbol('sbin', onDay('2026-08-13')));
  });
});

describe('names of instruments', () => {
  it.each([
    ['btc', { symbol: 'BTC', reason: null }],
    ['BTCUSDT', { symbol: 'BTC', reason: 'BTCUSDT is traded here as BTC' }],
    [' dogeusdt ', { symbol: 'DOGE', reason: 'DOGEUSDT is traded here as DOGE' }],
    ['HDFC', { symbol: 'HDFCBANK', reason: 'HDFC Ltd merged into HDFC Bank in July 2023' }],
    ['RELIANCE', { symbol: 'RELIANCE', reason: null }],
  ])('%j is understood', (name, expected) => {
    expect(resolveSymbol(name)).toEqual(expected);
    expect(instrumentBySymbol(name).symbol).toBe(expected.symbol);
  });

  it('that mean nothing are refused with those that do', () => {
    expect(() => resolveSymbol('XRP')).toThrow(InstrumentError);
    expect(() => resolveSymbol('constructor')).toThrow(/there are BTC, ETH, SOL/);
    expect(() => instrumentBySymbol('')).toThrow(InstrumentError);
  });
});
