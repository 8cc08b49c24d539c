import { describe, expect, it } from 'vitest';
import { BOOK_MAX_AGE_MS } from '../../../shared/config/execution.ts';
import { createDesk } from '../../../shared/engine/desk.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';
import { MINUTE_MS } from '../../../shared/kernel/time.ts';
import type { BookTop } from '../../../shared/market/price.ts';
import { tickOf } from '../../support/engine-fixtures.ts';
import { rateOf, START_MS } from '../../support/ledger-fixtures.ts';
import { barsOf, missing, walk } from '../../support/series.ts';

const top = (bid: number, ask: number, atMs: number): BookTop => ({
  symbol: 'BTC',
  bid,
  ask,
  bidSize: 1,
  askSize: 2,
  exchangeMs: atMs,
  receivedMs: atMs,
  source: 'test',
  evidence: 'simulated',
});

describe('a quote on the desk', () => {
  it('is the last print with the book as it was told last', () => {
    const desk = createDesk();
    desk.top(top(99, 101, 1_000));
    expect(desk.view(1_000).quote('BTC')).toMatchObject({ last: 100, bid: 99, ask: 101, receivedMs: 1_000 });
    desk.tick(tickOf('BTC', 100.5, 2_000));
    expect(desk.view(2_000).quote('BTC')).toMatchObject({ last: 100.5, bid: 99, ask: 101, bidSize: 1, askSize: 2, receivedMs: 2_000 });
    expect(desk.view(2_000).quote('ETH')).toBeNull();
  });

  it('loses a book that nobody has told for long, and keeps the print', () => {
    const desk = createDesk();
    desk.top(top(99, 101, 0));
    desk.tick(tickOf('BTC', 100.5, BOOK_MAX_AGE_MS));
    expect(desk.view(BOOK_MAX_AGE_MS).quote('BTC')).toMatchObject({ bid: 99 });
    expect(desk.view(BOOK_MAX_AGE_MS + 1).quote('BTC')).toMatchObject({ last: 100.5, bid: null, ask: null, bidSize: null, askSize: null });
  });

  it('is put back as a snapshot has it', () => {
    const desk = createDesk();
    desk.top(top(99, 101, 1_000));
    desk.tick(tickOf('ETH', 5, 1_500));
    const again = createDesk();
    again.restore(desk.quotes(2_000));
    expect(again.quotes(2_000)).toEqual(desk.quotes(2_000));
    expect(again.quotes(2_000).map(({ symbol }) => symbol)).toEqual(['BTC', 'ETH']);
  });
});

describe('a rate on the desk', () => {
  it('is the one that the source knows, and the base currency is one of itself', () => {
    const desk = createDesk();
    desk.rates([rateOf('INR', '0.0125')]);
    expect(desk.view(5).rate('INR')?.value).toBe(decimal('0.0125'));
    expect(desk.view(5).rate('USD')).toMatchObject({ value: decimal('1'), asOfMs: 5 });
    expect(desk.view(5).rate('USDT')).toBeNull();
  });
});

describe('the tape', () => {
  const bars = barsOf(walk('tape', 40, { fromMs: START_MS }));
  const afterMs = START_MS + 40 * MINUTE_MS;

  it('is unknown until ten whole minutes are', () => {
    const desk = createDesk();
    for (const bar of bars.slice(0, 9)) desk.bar(bar);
    desk.bar(missing(bars[9] as never));
    expect(desk.view(afterMs).tape('BTC')).toEqual({ volatility: null, minuteVolume: null });
    desk.bar(bars[10] as never);
    expect(desk.view(afterMs).tape('BTC').minuteVolume).toBeGreaterThan(0);
  });

  it('is the volatility and mean volume of the last half hour', () => {
    const desk = createDesk();
    for (const bar of bars) desk.bar(bar);
    const last = bars.slice(10);
    const returns = last.slice(1).map((bar, index) => Math.log(bar.close / (last[index]?.close ?? 1)));
    const mean = returns.reduce((total, each) => total + each, 0) / returns.length;
    const deviation = Math.sqrt(returns.reduce((total, each) => total + (each - mean) ** 2, 0) / (returns.length - 1));
    const tape = desk.view(afterMs).tape('BTC');
    expect(tape.volatility).toBeCloseTo(deviation, 12);
    expect(tape.minuteVolume).toBeCloseTo(last.reduce((total, bar) => total + bar.volume, 0) / 30, 9);
  });

  it('forgets what is older than an hour, and takes no minute twice', () => {
    const desk = createDesk();
    for (const bar of [...bars.slice(0, 20), ...bars.slice(0, 20)]) desk.bar(bar);
    expect(desk.view(START_MS + 60 * MINUTE_MS).tape('BTC').minuteVolume).toBeCloseTo(
      bars.slice(0, 20).reduce((total, bar) => total + bar.volume, 0) / 20,
      9,
    );
    expect(desk.view(START_MS + 75 * MINUTE_MS).tape('BTC')).toEqual({ volatility: null, minuteVolume: null });
  });
});
