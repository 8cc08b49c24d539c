import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instrumentBySymbol, instrumentsOf } from '../../../shared/config/instruments.ts';
import { NSE_CALENDAR } from '../../../shared/config/nse-calendar.ts';
import { SimulationParameters, simulationParameters } from '../../../shared/feeds/simulated/parameters.ts';
import { createSimulatedMarket, type SimulatedMarket, SimulatedMarketError } from '../../../shared/feeds/simulated-market.ts';
import { type Decimal, decimal, toNumber } from '../../../shared/kernel/decimal.ts';
import { digest } from '../../../shared/kernel/digest.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../shared/kernel/time.ts';
import { marketPhase } from '../../../shared/market/calendar.ts';
import type { SessionPhase } from '../../../shared/market/calendar-facts.ts';
import type { Instrument, Market } from '../../../shared/market/instrument.ts';
import type { Bar, Candle, Tick } from '../../../shared/market/price.ts';
import { bucketOf, createRollup, type RolledCandle } from '../../../shared/market/rollup.ts';
import type { Timeframe } from '../../../shared/market/timeframe.ts';

/** NSE's day since 2026-08-03, 09:15 to 15:30 in India with its closing auction, on weekdays; here with one holiday and one Sunday session. */
const HOLIDAY = '2026-10-20';
const SPECIAL_SUNDAY = '2026-11-08';
const CLOCK = (hour: number, minute: number): number => hour * 60 + minute;
function phaseAt(market: Market, atMs: number): SessionPhase | 'closed' {
  if (market === 'CRYPTO') return 'continuous';
  const local = new Date(atMs + 5.5 * HOUR_MS);
  const date = local.toISOString().slice(0, 10);
  const minute = CLOCK(local.getUTCHours(), local.getUTCMinutes());
  if (date === SPECIAL_SUNDAY) return minute >= CLOCK(18, 15) && minute < CLOCK(19, 15) ? 'continuous' : 'closed';
  if (date === HOLIDAY || local.getUTCDay() % 6 === 0 || minute < CLOCK(9, 0)) return 'closed';
  if (minute < CLOCK(9, 15)) return 'pre-open-entry';
  if (minute < CLOCK(15, 15)) return 'continuous';
  if (minute < CLOCK(15, 20)) return 'reference-price';
  if (minute < CLOCK(15, 25)) return 'closing-auction-entry';
  if (minute < CLOCK(15, 30)) return 'closing-auction-limit-entry';
  return minute < CLOCK(15, 35) ? 'closing-auction-matching' : 'closed';
}

const CRYPTO = instrumentsOf('CRYPTO');
const NSE = instrumentsOf('NSE');
const INSTRUMENTS = [...CRYPTO, ...NSE];
const SYMBOLS = INSTRUMENTS.map(({ symbol }) => symbol);

const market = (seed: string | number = 7): SimulatedMarket => createSimulatedMarket({ seed, instruments: INSTRUMENTS, phaseAt });
const at = (iso: string): number => Date.parse(iso);
/** A Wednesday. */
const DAY = at('2026-10-14T00:00:00Z');
const NSE_OPEN = at('2026-10-14T09:15:00+05:30');

const anySymbol = fc.constantFrom(...SYMBOLS);
/** A minute of 2025 or 2026. */
const anyMinute = fc.integer({ min: at('2025-01-01T00:00:00Z') / MINUTE_MS, max: at('2026-12-31T00:00:00Z') / MINUTE_MS }).map((n) => n * MINUTE_MS);

/** The bar that a minute's trades make; volume summed in units of 1e-8, as the exchange would. */
function aggregate(ticks: readonly Tick[]): Pick<Candle, 'open' | 'high' | 'low' | 'close' | 'volume'> {
  const prices = ticks.map(({ price }) => price);
  return {
    open: prices[0] ?? Number.NaN,
    high: Math.max(...prices),
    low: Math.min(...prices),
    close: prices.at(-1) ?? Number.NaN,
    volume: ticks.reduce((total, { quantity }) => total + Math.round(quantity * 1e8), 0) / 1e8,
  };
}

const shapeOf = ({ open, high, low, close, volume }: Candle) => ({ open, high, low, close, volume });
const isOnGrid = (value: number, step: Decimal): boolean => decimal(value.toFixed(8)) % step === 0n && Number(value.toFixed(8)) === value;
const logReturns = (bars: readonly Candle[]): number[] => bars.slice(1).map(({ close }, i) => Math.log(close / (bars[i] as Candle).close));
/** Moves within a session only: the gap over a night is left out. */
const minuteReturns = (bars: readonly Bar[]): number[] =>
  logReturns(bars).filter((_, i) => (bars[i + 1] as Bar).openMs - (bars[i] as Bar).openMs === MINUTE_MS);
const mean = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0) / values.length;
const deviation = (values: readonly number[]): number => {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
};

function correlation(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  return mean(a.map((value, i) => (value - meanA) * ((b[i] as number) - meanB))) / (deviation(a) * deviation(b));
}

describe('the simulated market', () => {
  it('is the same for the same seed, whoever makes it', () => {
    const one = market('night');
    const other = market('night');
    for (const symbol of ['BTC', 'RELIANCE']) {
      expect(one.bars(symbol, DAY, DAY + 2 * DAY_MS)).toEqual(other.bars(symbol, DAY, DAY + 2 * DAY_MS));
      expect(one.ticks(symbol, NSE_OPEN, NSE_OPEN + HOUR_MS)).toEqual(other.ticks(symbol, NSE_OPEN, NSE_OPEN + HOUR_MS));
      expect(one.bookTops(symbol, NSE_OPEN, NSE_OPEN + HOUR_MS)).toEqual(other.bookTops(symbol, NSE_OPEN, NSE_OPEN + HOUR_MS));
    }
  });

  it('is another one for another seed', () => {
    expect(market(1).bars('BTC', DAY, DAY + HOUR_MS)).not.toEqual(market(2).bars('BTC', DAY, DAY + HOUR_MS));
    expect(market(1).usdInr(DAY)).not.toBe(market(2).usdInr(DAY));
  });

  // New parameters or a new construction make another market: then this digest changes with them, knowingly.
  it('stays, bit for bit, the market that earlier sessions recorded', () => {
    const known = market('golden');
    const from = NSE_OPEN;
    const seen = ['BTC', 'DOGE', 'RELIANCE'].map((symbol) => [
      known.bars(symbol, from, from + HOUR_MS),
      known.ticks(symbol, from, from + HOUR_MS),
      known.bookTops(symbol, from, from + HOUR_MS),
    ]);
    expect(digest(seen, known.usdInr(from))).toBe('36244dbf050720bb15657531616efa25e1971a3db77600ba4bd986daaecfdd15');
  });

  it('gives the same bar whether asked at random or in order, and whatever else was asked before', () => {
    const sequential = market();
    const inOrder = new Map(SYMBOLS.map((symbol) => [symbol, sequential.bars(symbol, DAY, DAY + DAY_MS)]));
    const random = market();
    fc.assert(
      fc.property(anySymbol, fc.integer({ min: 0, max: 1439 }), anyMinute, (symbol, minute, elsewhere) => {
        random.bar(symbol, elsewhere);
        const minuteMs = DAY + minute * MINUTE_MS;
        const expected = inOrder.get(symbol)?.find(({ openMs }) => openMs === minuteMs) ?? null;
        expect(random.bar(symbol, minuteMs + 31_007)).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });

  it('gives the same ticks when a range is asked for in pieces', () => {
    const whole = market();
    const pieces = market();
    const from = NSE_OPEN - 10 * MINUTE_MS;
    const until = NSE_OPEN + 30 * MINUTE_MS;
    for (const symbol of ['ETH', 'TCS']) {
      const stepMs = 7_919;
      const collected: Tick[] = [];
      for (let ms = from; ms < until; ms += stepMs) collected.push(...pieces.ticks(symbol, ms, Math.min(until, ms + stepMs)));
      expect(collected).toEqual(whole.ticks(symbol, from, until));
    }
  });

  it('labels everything as simulated', () => {
    const known = market();
    const labels = { source: 'simulated', evidence: 'simulated' };
    expect(known.bar('BTC', DAY)).toMatchObject({ origin: 'received', evidence: 'simulated' });
    for (const tick of known.ticks('BTC', DAY, DAY + MINUTE_MS)) expect(tick).toMatchObject({ ...labels, motion: 'print' });
    for (const top of known.bookTops('BTC', DAY, DAY + MINUTE_MS)) expect(top).toMatchObject(labels);
  });

  it('refuses a symbol it does not have and a time that is none', () => {
    const code = (code: string) => expect.objectContaining({ code });
    expect(() => market().bar('HDFC', DAY)).toThrow(code('unknown_symbol'));
    expect(() => market().bars('BTC', Number.NaN, DAY)).toThrow(code('bad_time'));
    expect(() => market().usdInr(-1)).toThrow(code('bad_time'));
    expect(() => createSimulatedMarket({ seed: 1, instruments: [{ ...instrumentBySymbol('ITC'), symbol: 'TATAMOTORS' }], phaseAt })).toThrow(
      SimulatedMarketError,
    );
  });

  it('stands at the published levels at the end of their date', () => {
    const last = market().bar('BTC', at('2026-09-30T23:59:00Z'));
    expect(last?.close).toBe(83_286);
    expect(market('another').usdInr(at('2026-10-01T00:00:00Z'))).toBe(95.7);
  });
});

describe('a simulated minute', () => {
  const known = market();

  it('is exactly the aggregate of its ticks, or still: no tick, no volume, one price', () => {
    fc.assert(
      fc.property(anySymbol, anyMinute, (symbol, minuteMs) => {
        const bar = known.bar(symbol, minuteMs);
        const ticks = known.ticks(symbol, minuteMs, minuteMs + MINUTE_MS);
        if (bar === null || bar.volume === 0) {
          expect(ticks).toEqual([]);
          if (bar !== null) expect([bar.open, bar.high, bar.low]).toEqual([bar.close, bar.close, bar.close]);
        } else expect(aggregate(ticks)).toEqual(shapeOf(bar));
      }),
      { numRuns: 400 },
    );
  });

  it('is the aggregate of its ticks in every minute of a day', () => {
    for (const symbol of ['DOT', 'KOTAKBANK']) {
      const byMinute = Map.groupBy(known.ticks(symbol, DAY, DAY + DAY_MS), ({ exchangeMs }) => exchangeMs - (exchangeMs % MINUTE_MS));
      const bars = known.bars(symbol, DAY, DAY + DAY_MS);
      const traded = bars.filter(({ volume }) => volume > 0);
      expect([...byMinute.keys()]).toEqual(traded.map(({ openMs }) => openMs));
      for (const bar of traded) expect(aggregate(byMinute.get(bar.openMs) ?? [])).toEqual(shapeOf(bar));
    }
  });

  it('has 5 to 60 ticks at rising times, never more than 24 s apart while the market is open', () => {
    for (const symbol of SYMBOLS) {
      const ticks = known.ticks(symbol, NSE_OPEN, NSE_OPEN + 3 * HOUR_MS);
      const counts = [...Map.groupBy(ticks, ({ exchangeMs }) => Math.floor(exchangeMs / MINUTE_MS)).values()].map(({ length }) => length);
      expect(counts).toHaveLength(180);
      expect(Math.min(...counts)).toBeGreaterThanOrEqual(5);
      expect(Math.max(...counts)).toBeLessThanOrEqual(60);
      const gaps = ticks.slice(1).map(({ exchangeMs }, i) => exchangeMs - (ticks[i] as Tick).exchangeMs);
      expect(Math.min(...gaps)).toBeGreaterThan(0);
      expect(Math.max(...gaps)).toBeLessThanOrEqual(24_000);
    }
  });

  it('has prices on the venue grid and volumes of whole lots above zero', () => {
    for (const { symbol, tickSize, lotStep } of INSTRUMENTS) {
      const from = NSE_OPEN;
      for (const { open, high, low, close, volume } of known.bars(symbol, from, from + 2 * HOUR_MS)) {
        for (const price of [open, high, low, close]) expect(isOnGrid(price, tickSize(decimal(price.toFixed(8))))).toBe(true);
        expect(volume).toBeGreaterThan(0);
        expect(isOnGrid(volume, lotStep)).toBe(true);
      }
      for (const { price, quantity } of known.ticks(symbol, from, from + 20 * MINUTE_MS)) {
        expect(isOnGrid(price, tickSize(decimal(price.toFixed(8))))).toBe(true);
        expect(quantity).toBeGreaterThan(0);
        expect(isOnGrid(quantity, lotStep)).toBe(true);
      }
    }
  });

  it('keeps to the grid of each price on a day that crosses a boundary of the grid', () => {
    const itc = instrumentBySymbol('ITC');
    const near = simulationParameters();
    const boundary = { ...near, instruments: { ...near.instruments, ITC: { ...near.instruments.ITC, level: 250 } } };
    const crossing = createSimulatedMarket({ seed: 3, instruments: [itc], phaseAt, parameters: SimulationParameters.parse(boundary) });
    const bars = crossing.bars('ITC', at('2026-09-21T00:00:00Z'), at('2026-10-15T00:00:00Z'));
    const crossed = [...Map.groupBy(bars, ({ openMs }) => Math.floor(openMs / DAY_MS)).values()].filter(
      (day) => day.some(({ low }) => low < 249.9) && day.some(({ high }) => high > 250.1),
    );
    expect(crossed.length).toBeGreaterThan(0);
    for (const { open, high, low, close } of bars) {
      for (const price of [open, high, low, close]) expect(isOnGrid(price, itc.tickSize(decimal(price.toFixed(8))))).toBe(true);
    }
  });

  it('has a book that is never crossed or locked, on the grid, close around the last trade', () => {
    for (const { symbol, tickSize } of INSTRUMENTS) {
      const until = NSE_OPEN + HOUR_MS;
      const ticks = known.ticks(symbol, NSE_OPEN, until);
      const tops = known.bookTops(symbol, NSE_OPEN, until);
      expect(tops.map(({ exchangeMs }) => exchangeMs)).toEqual(ticks.map(({ exchangeMs }) => exchangeMs));
      tops.forEach(({ bid, ask, bidSize, askSize }, i) => {
        const { price } = ticks[i] as Tick;
        expect(bid).toBeGreaterThan(0);
        expect(bid).toBeLessThan(ask);
        expect([bid, ask]).toContain(price);
        expect(ask - bid).toBeLessThan(Math.max(0.0012 * price, 1.5 * toNumber(tickSize(decimal(price.toFixed(8))))));
        expect(isOnGrid(bid, tickSize(decimal(bid.toFixed(8)))) && isOnGrid(ask, tickSize(decimal(ask.toFixed(8))))).toBe(true);
        expect(Math.min(bidSize ?? 0, askSize ?? 0)).toBeGreaterThan(0);
      });
    }
  });
});

describe('sessions of the simulated market', () => {
  const known = market();

  it('let crypto trade every minute of a weekend', () => {
    const saturday = at('2026-10-17T00:00:00Z');
    expect(known.bars('BTC', saturday, saturday + 2 * DAY_MS)).toHaveLength(2 * 1440);
  });

  it('let NSE trade in the continuous session of the days that the calendar says, with one print in the closing auction', () => {
    const from = at('2026-10-16T00:00:00+05:30');
    const bars = known.bars('INFY', from, from + 5 * DAY_MS);
    const opens = [...new Set(bars.map(({ openMs }) => new Date(openMs + 5.5 * HOUR_MS).toISOString().slice(0, 10)))];
    expect(opens).toEqual(['2026-10-16', '2026-10-19']);
    const traded = bars.filter(({ volume }) => volume > 0);
    expect([bars.length, traded.length]).toEqual([2 * 375, 2 * 361]);
    expect(traded[0]?.openMs).toBe(at('2026-10-16T09:15:00+05:30'));
    expect(traded.slice(-2).map(({ openMs }) => openMs)).toEqual([at('2026-10-19T15:14:00+05:30'), at('2026-10-19T15:29:00+05:30')]);
  });

  it('open NSE with the print of the pre-open auction, at the instant of the open, a gap away from the day before', () => {
    const openMs = at('2026-10-15T09:15:00+05:30');
    for (const { symbol } of NSE) {
      const [first] = known.ticks(symbol, openMs - DAY_MS / 2, openMs + MINUTE_MS);
      expect(first).toMatchObject({ exchangeMs: openMs, price: known.bar(symbol, openMs)?.open });
      expect(first?.price).not.toBe(known.bar(symbol, at('2026-10-14T15:29:00+05:30'))?.close);
    }
  });

  it('stand still from 15:15 on, and close with one auction print within 3 % of the mean price of the quarter of an hour before', () => {
    for (const { symbol } of NSE) {
      const minutes = known.bars(symbol, at('2026-10-14T15:00:00+05:30'), at('2026-10-14T15:30:00+05:30'));
      const [quarter, still, auction] = [minutes.slice(0, 15), minutes.slice(15, 29), minutes.at(-1)];
      const last = quarter.at(-1)?.close;
      expect(still.map(({ open, high, low, close, volume }) => [open, high, low, close, volume])).toEqual(
        still.map(() => [last, last, last, last, 0]),
      );
      const ticks = known.ticks(symbol, at('2026-10-14T15:15:00+05:30'), at('2026-10-15T09:15:00+05:30'));
      expect(ticks.map(({ price, quantity }) => [price, quantity])).toEqual([[auction?.close, auction?.volume]]);
      const volume = quarter.reduce((total, bar) => total + bar.volume, 0);
      const reference = quarter.reduce((total, { high, low, close, volume: units }) => total + (units * (high + low + close)) / 3, 0) / volume;
      expect(Math.abs((auction?.close ?? 0) / reference - 1)).toBeLessThanOrEqual(0.03);
      expect(auction?.volume).toBeGreaterThan(volume / 30);
    }
  });

  it('keep an auction that would go further inside its band', () => {
    const { markets, ...rest } = simulationParameters();
    const wild = { ...markets.NSE, closingAuction: { ...markets.NSE.closingAuction, spread: 0.5 } };
    const parameters = SimulationParameters.parse({ ...rest, markets: { ...markets, NSE: wild } });
    const moved = createSimulatedMarket({ seed: 7, instruments: INSTRUMENTS, phaseAt, parameters });
    for (const { symbol, tickSize } of NSE) {
      const last = moved.bar(symbol, at('2026-10-14T15:14:00+05:30'))?.close ?? Number.NaN;
      const auction = moved.bar(symbol, at('2026-10-14T15:29:00+05:30'))?.close ?? Number.NaN;
      expect(Math.abs(auction / last - 1), symbol).toSatisfy((share: number) => share > 0.02 && share < 0.045);
      expect(isOnGrid(auction, tickSize(decimal(auction.toFixed(8))))).toBe(true);
    }
  });

  it('are silent when NSE is closed: no bar, no tick, no book', () => {
    for (const closed of ['2026-10-14T09:14:59.999+05:30', '2026-10-14T15:30:00+05:30', '2026-10-17T11:00:00+05:30', `${HOLIDAY}T11:00:00+05:30`]) {
      expect(known.bar('SBIN', at(closed))).toBeNull();
    }
    const from = at('2026-10-14T15:30:00+05:30');
    const until = at('2026-10-15T09:15:00+05:30');
    expect(known.ticks('SBIN', from, until)).toEqual([]);
    expect(known.bookTops('SBIN', from, until)).toEqual([]);
    expect(known.ticks('SBIN', from, until + MINUTE_MS).length).toBeGreaterThan(0);
  });

  it('follow a special session on a Sunday evening', () => {
    const sunday = at(`${SPECIAL_SUNDAY}T00:00:00+05:30`);
    const bars = known.bars('LT', sunday, sunday + DAY_MS);
    expect(bars).toHaveLength(60);
    expect(bars[0]?.openMs).toBe(at(`${SPECIAL_SUNDAY}T18:15:00+05:30`));
  });

  it('follow the calendar of the exchange: 375 minutes trade before the closing auction came, 360 and the auction since, none on a holiday', () => {
    const listed = createSimulatedMarket({
      seed: 7,
      instruments: INSTRUMENTS,
      phaseAt: (marketOf, atMs) => marketPhase(NSE_CALENDAR, marketOf, atMs).phase,
    });
    const minutesOn = (date: string): number => {
      const startMs = at(`${date}T00:00:00+05:30`);
      return listed.bars('RELIANCE', startMs, startMs + DAY_MS).filter(({ volume }) => volume > 0).length;
    };
    expect(['2026-07-31', '2026-08-03', '2026-10-02', '2026-02-01'].map(minutesOn)).toEqual([375, 361, 0, 375]);
  });

  it('open NSE with a gap over the night, and crypto at midnight without one', () => {
    const gaps = (symbol: string): number[] => {
      const days = known.rolled(symbol, '1d', at('2026-08-03T00:00:00Z'), at('2026-11-20T00:00:00Z'));
      return days.slice(1).map(({ open }, i) => Math.abs(Math.log(open / (days[i] as Candle).close)));
    };
    expect(mean(gaps('RELIANCE'))).toBeGreaterThan(0.003);
    expect(Math.max(...gaps('RELIANCE'))).toBeLessThan(0.12);
    expect(Math.max(...gaps('ETH'))).toBeLessThan(1e-4);
  });
});

describe('rolled candles of the simulated market', () => {
  const known = market();

  it.each<[string, Timeframe]>([
    ['BTC', '15m'],
    ['SOL', '1h'],
    ['ADA', '1d'],
    ['RELIANCE', '15m'],
    ['TCS', '1h'],
    ['HCLTECH', '1d'],
  ])('of %s %s equal the rolling up of its one-minute bars', (symbol, timeframe) => {
    const from = at('2026-10-09T00:00:00Z');
    const until = at('2026-10-17T00:00:00Z');
    const own = INSTRUMENTS.find((instrument) => instrument.symbol === symbol) as Instrument;
    const expected: RolledCandle[] = [];
    const rollup = createRollup(own.market, timeframe, (candle) => expected.push(candle));
    // One bar more ends the last span.
    const next = known.bars(symbol, until, until + 5 * DAY_MS)[0] as Bar;
    for (const bar of [...known.bars(symbol, from, until), next]) rollup.add(bar);
    expect(known.rolled(symbol, timeframe, from, until)).toEqual(expected.filter(({ openMs }) => openMs < until));
    expect(expected.length).toBeGreaterThan(4);
  });

  it('never hold what happens after the end of the range', () => {
    const cut = DAY + 10 * HOUR_MS + 7 * MINUTE_MS;
    for (const [symbol, marketOf] of [
      ['BTC', 'CRYPTO'],
      ['RELIANCE', 'NSE'],
    ] as const) {
      const candles = known.rolled(symbol, '1h', DAY - DAY_MS, cut);
      expect(candles.every(({ openMs }) => bucketOf(marketOf, '1h', openMs).endMs <= cut)).toBe(true);
    }
    expect(known.rolled('BTC', '1h', DAY, cut).at(-1)?.openMs).toBe(DAY + 9 * HOUR_MS);
  });

  it('begin with the first whole span of the range', () => {
    expect(known.rolled('BTC', '1h', DAY + MINUTE_MS, DAY + 3 * HOUR_MS).map(({ openMs }) => openMs)).toEqual([DAY + HOUR_MS, DAY + 2 * HOUR_MS]);
  });
});

describe('the life of simulated prices', () => {
  it('stays above zero and within a plausible range over three years, for several seeds', () => {
    const { instruments } = simulationParameters();
    for (const seed of [1, 2, 3]) {
      const known = market(seed);
      for (const { symbol, market: of } of INSTRUMENTS) {
        // Only days far apart are asked for: the daily walk in between is cheap, its minutes are not.
        for (let ms = at(of === 'NSE' ? '2024-01-10T05:00:00Z' : '2024-01-10T00:00:00Z'); ms < at('2026-12-20T00:00:00Z'); ms += 91 * DAY_MS) {
          const bar = known.bar(symbol, ms);
          if (bar === null) continue;
          const share = bar.close / (instruments[symbol]?.level ?? Number.NaN);
          expect(share, `${symbol} of seed ${seed}`).toSatisfy((value: number) => value > 0.25 && value < 4);
        }
      }
    }
  });

  it('moves crypto by 0.03 to 0.15 % in a typical minute, and NSE by 0.03 to 0.1 %', () => {
    const known = market();
    const typical = (symbol: string): number => deviation(minuteReturns(known.bars(symbol, DAY - 21 * DAY_MS, DAY)));
    for (const { symbol } of CRYPTO) expect(typical(symbol), symbol).toSatisfy((value: number) => value > 0.0003 && value < 0.0015);
    for (const { symbol } of NSE) expect(typical(symbol), symbol).toSatisfy((value: number) => value > 0.0003 && value < 0.001);
  });

  it.each([
    ['crypto', CRYPTO],
    ['NSE', NSE],
  ])('moves the symbols of %s together', (_, instruments) => {
    const known = market();
    const returns = instruments.map(({ symbol }) => minuteReturns(known.bars(symbol, DAY - 14 * DAY_MS, DAY)));
    for (const [i, one] of returns.entries()) {
      for (const other of returns.slice(i + 1)) expect(correlation(one, other)).toSatisfy((value: number) => value > 0.1 && value < 0.95);
    }
  });

  it('moves crypto and NSE apart from each other', () => {
    const known = market();
    const days = (symbol: string): Map<number, number> => {
      const candles = known.rolled(symbol, '1d', at('2025-01-01T00:00:00Z'), at('2026-01-01T00:00:00Z'));
      return new Map(logReturns(candles).map((move, i) => [Math.floor((candles[i + 1] as Candle).openMs / DAY_MS), move]));
    };
    const btc = days('BTC');
    const both = [...days('RELIANCE')].filter(([day]) => btc.has(day));
    expect(
      Math.abs(
        correlation(
          both.map(([, move]) => move),
          both.map(([day]) => btc.get(day) ?? Number.NaN),
        ),
      ),
    ).toBeLessThan(0.25);
  });

  // Recorded, by the same count: 8.7 to 11.8 a day on Binance 2023 to 2025, 1.0 to 3.0 on NSE in August 2016.
  it('has momentum bursts with a surge of volume as often as recorded days have', () => {
    const known = market();
    for (const { symbol, market: marketOf } of INSTRUMENTS) {
      const bars = known.bars(symbol, DAY - 28 * DAY_MS, DAY);
      const aDay = burstsIn(bars) / new Set(bars.map(({ openMs }) => Math.floor(openMs / DAY_MS))).size;
      expect(aDay, symbol).toSatisfy((value: number) => (marketOf === 'CRYPTO' ? value > 6 && value < 13 : value > 0.7 && value < 3.5));
    }
  });

  it('clusters volatility: large moves follow large moves', () => {
    const moves = logReturns(market().bars('BTC', DAY - 21 * DAY_MS, DAY)).map(Math.abs);
    expect(correlation(moves.slice(0, -5), moves.slice(5))).toBeGreaterThan(0.1);
  });
});

describe('the simulated rupee', () => {
  it('has a close in dollars for each day of a range that is over, as its rate at the end of the day tells it', () => {
    const known = market();
    const fromMs = at('2026-10-01T00:00:00Z');
    const closes = known.rupeeCloses(fromMs + 1, fromMs + 3.5 * DAY_MS);
    expect(closes).toEqual([
      { date: '2026-10-02', close: 1 / known.usdInr(fromMs + 2 * DAY_MS) },
      { date: '2026-10-03', close: 1 / known.usdInr(fromMs + 3 * DAY_MS) },
    ]);
  });

  const known = market();

  it('is quoted with four places, near its level, and moves slowly', () => {
    const hours = Array.from({ length: 24 * 365 }, (_, hour) => known.usdInr(DAY + hour * HOUR_MS));
    for (const rate of hours) expect(rate).toSatisfy((value: number) => value > 80 && value < 115 && Number(value.toFixed(4)) === value);
    const moves = hours.slice(1).map((rate, i) => Math.abs(Math.log(rate / (hours[i] as number))));
    expect(Math.max(...moves)).toBeLessThan(0.006);
    expect(mean(moves)).toBeGreaterThan(0.0001);
  });

  it('is continuous across hours and days', () => {
    for (const edge of [DAY, DAY + HOUR_MS]) expect(Math.abs(known.usdInr(edge) - known.usdInr(edge - 1))).toBeLessThanOrEqual(0.0002);
  });
});

describe('the parameters of the simulated market', () => {
  it('refuse an unknown field and a date that is none', () => {
    const good = simulationParameters();
    expect(SimulationParameters.safeParse({ ...good, surprise: 1 }).success).toBe(false);
    expect(SimulationParameters.safeParse({ ...good, levelDate: 'yesterday' }).success).toBe(false);
  });

  it('each say what they mean', () => {
    const { comments, ...groups } = simulationParameters();
    const said = Object.keys(comments).map((name) => name.split('.')[0]);
    expect(Object.keys(groups).filter((name) => !said.includes(name))).toEqual([]);
  });
});

/** Windows of 10 minutes that move 0.3 % or more (and twice what a window typically does) on at least 2.5 times the median volume; overlapping ones count once. */
function burstsIn(bars: readonly Bar[]): number {
  const median = bars.map(({ volume }) => volume).sort((a, b) => a - b)[bars.length >> 1] ?? Number.NaN;
  const threshold = Math.max(0.003, 2 * Math.sqrt(10) * deviation(minuteReturns(bars)));
  let bursts = 0;
  for (let i = 10; i < bars.length; i++) {
    const first = bars[i - 10] as Bar;
    const last = bars[i] as Bar;
    if (last.openMs - first.openMs !== 10 * MINUTE_MS) continue;
    const volume = mean(bars.slice(i - 9, i + 1).map((bar) => bar.volume));
    if (Math.abs(Math.log(last.close / first.close)) < threshold || volume < 2.5 * median) continue;
    bursts++;
    i += 15;
  }
  return bursts;
}
