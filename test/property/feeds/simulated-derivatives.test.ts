import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { CONTRACT_FACTS } from '../../../shared/config/contract-facts.ts';
import { instrumentBySymbol, instrumentsOf } from '../../../shared/config/instruments.ts';
import { NSE_CALENDAR } from '../../../shared/config/nse-calendar.ts';
import { derivativeParameters } from '../../../shared/feeds/simulated/derivatives/parameters.ts';
import { atTheMoneyVariance, impliedVariance } from '../../../shared/feeds/simulated/derivatives/surface.ts';
import { createSimulatedDerivatives, type SimulatedDerivatives } from '../../../shared/feeds/simulated-derivatives.ts';
import { createSimulatedMarket } from '../../../shared/feeds/simulated-market.ts';
import { fromNumber, toNumber } from '../../../shared/kernel/decimal.ts';
import { DAY_MS, MINUTE_MS } from '../../../shared/kernel/time.ts';
import { marketPhase, tradingDay } from '../../../shared/market/calendar.ts';
import type { DerivativeChain } from '../../../shared/market/derivative.ts';
import { dateOfDay, dayOfDate, istDayOf } from '../../../shared/market/ist.ts';

const PARAMETERS = derivativeParameters();
const { noise, spreads, rate } = PARAMETERS;
const BPS = 1e-4;

interface Book {
  readonly bid: number | null;
  readonly ask: number;
  readonly last: number | null;
}
interface Option extends Book {
  readonly expiry: string;
  readonly expiryMs: number;
  readonly strike: number;
  readonly right: string;
  readonly iv: number;
}
/** A chain with the terms of its contracts beside their prices; the simulation offers every contract. */
type FlatChain = Omit<DerivativeChain, 'futures' | 'options'> & {
  readonly futures: readonly (Book & { readonly expiry: string; readonly expiryMs: number })[];
  readonly options: readonly Option[];
};

function flat(chain: DerivativeChain): FlatChain {
  const book = ({ bid, ask, last }: DerivativeChain['options'][number] | DerivativeChain['futures'][number]): Book => {
    if (ask === null) throw new Error('the simulation offers every contract');
    return { bid, ask, last };
  };
  const futures = chain.futures.map((quote) => ({ ...quote.instrument.contract, ...book(quote) }));
  const options = chain.options.map((quote) => ({ ...quote.instrument.contract, ...book(quote), iv: quote.iv ?? Number.NaN }));
  return { ...chain, futures, options };
}

interface Known extends SimulatedDerivatives {
  readonly chain: (underlying: string, atMs: number) => FlatChain | null;
}

function derivatives(seed = 'chain'): Known {
  const made = createSimulatedDerivatives({ seed });
  const chain = (underlying: string, atMs: number): FlatChain | null => made.chains(underlying, atMs).map(flat)[0] ?? null;
  return { ...made, chain };
}

/** Instants of derivative sessions of 2026. */
const days = Array.from({ length: 363 }, (_, i) => tradingDay(NSE_CALENDAR, dateOfDay(dayOfDate('2026-01-01') + i), 'derivatives')).flatMap((day) =>
  day.kind === 'session' ? day : [],
);
const anyInstant = fc
  .record({ day: fc.constantFrom(...days), share: fc.double({ min: 0, max: 0.9999, noNaN: true }) })
  .map(({ day, share }) => Math.floor(day.openMs + share * (day.continuousCloseMs - day.openMs)));
const anyUnderlying = fc.constantFrom(...Object.keys(PARAMETERS.underlyings));

const yearsTo = (expiryMs: number, atMs: number): number => (expiryMs - atMs) / (365 * DAY_MS);
const middle = ({ bid, ask }: { readonly bid: number | null; readonly ask: number }): number => ((bid ?? 0) + ask) / 2;
const half = ({ bid, ask }: { readonly bid: number | null; readonly ask: number }): number => (ask - (bid ?? 0)) / 2;

/** The strikes of one expiry, in order: call and put of each. */
function strikesOf({ options }: FlatChain, expiry: string): readonly { readonly strike: number; readonly call: Option; readonly put: Option }[] {
  const of = options.filter((option) => option.expiry === expiry);
  return of.flatMap((call, i) => (call.right === 'call' ? [{ strike: call.strike, call, put: of[i + 1] as Option }] : []));
}

const expiriesOf = ({ options }: FlatChain): readonly string[] => [...new Set(options.map(({ expiry }) => expiry))];

describe('a chain of the simulated derivatives', () => {
  const known = derivatives();
  const eachChain = (check: (chain: FlatChain, atMs: number) => void): void =>
    fc.assert(
      fc.property(anyUnderlying, anyInstant, (underlying, atMs) => {
        const chain = known.chain(underlying, atMs);
        if (chain === null) throw new Error(`no chain of ${underlying} at ${new Date(atMs).toISOString()}`);
        check(chain, atMs);
      }),
      { numRuns: 20 },
    );

  it('has futures that stand off their carry by no more than the stated noise and half their spread', () => {
    eachChain(({ underlying, spot, futures }, atMs) => {
      const of = PARAMETERS.underlyings[underlying];
      expect(futures).toHaveLength(3);
      for (const future of futures) {
        const fair = spot * Math.exp((of?.carry ?? 0) * yearsTo(future.expiryMs, atMs));
        const most = noise.most * noise[of?.kind ?? 'stock'].basisBps * BPS * fair;
        expect(Math.abs(middle(future) - fair)).toBeLessThanOrEqual(1.01 * most + half(future));
      }
    });
  });

  it('keeps put-call parity with the future but for the stated noise and half the spreads', () => {
    eachChain((chain, atMs) => {
      const { kind } = PARAMETERS.underlyings[chain.underlying] ?? { kind: 'stock' };
      for (const future of chain.futures) {
        const discount = Math.exp(-rate * yearsTo(future.expiryMs, atMs));
        for (const { strike, call, put } of strikesOf(chain, future.expiry)) {
          const off = middle(call) - middle(put) - discount * (middle(future) - strike);
          const most = noise.most * noise[kind].parityBps * BPS * middle(future);
          expect(Math.abs(off)).toBeLessThanOrEqual(1.01 * most + half(call) + half(put) + half(future));
        }
      }
    });
  });

  it('lets nobody earn for sure with options of one expiry: verticals and butterflies cost something, prices keep their bounds', () => {
    eachChain((chain, atMs) => {
      for (const expiry of expiriesOf(chain)) {
        const strikes = strikesOf(chain, expiry);
        const expiryMs = strikes[0]?.call.expiryMs ?? 0;
        const discount = Math.exp(-rate * yearsTo(expiryMs, atMs));
        strikes.forEach(({ strike, call, put }, i) => {
          const [next, after] = [strikes[i + 1], strikes[i + 2]];
          expect(put.bid ?? 0).toBeLessThanOrEqual(discount * strike);
          expect(call.bid ?? 0).toBeLessThanOrEqual(1.01 * chain.spot * Math.exp(rate));
          if (next === undefined) return;
          // Bought at the ask and sold at the bid; a step of strikes pays at most its discounted width.
          const width = discount * (next.strike - strike);
          expect(call.ask - (next.call.bid ?? 0)).toBeGreaterThanOrEqual(0);
          expect(next.put.ask - (put.bid ?? 0)).toBeGreaterThanOrEqual(0);
          expect((call.bid ?? 0) - next.call.ask).toBeLessThanOrEqual(width + 1e-9);
          expect((next.put.bid ?? 0) - put.ask).toBeLessThanOrEqual(width + 1e-9);
          if (after === undefined) return;
          expect(call.ask + after.call.ask - 2 * (next.call.bid ?? 0)).toBeGreaterThanOrEqual(0);
          expect(put.ask + after.put.ask - 2 * (next.put.bid ?? 0)).toBeGreaterThanOrEqual(0);
        });
      }
    });
  });

  it('has middles that fall with the strike and bend the right way, to the rounding of its grid', () => {
    eachChain((chain) => {
      for (const { expiry } of chain.futures) {
        const calls = strikesOf(chain, expiry).map(({ call }) => call);
        calls.forEach((call, i) => {
          const [next, after] = [calls[i + 1], calls[i + 2]];
          if (next === undefined || after === undefined || call.bid === null || next.bid === null || after.bid === null) return;
          const tick = chain.spot < 250 ? 0.01 : 0.05;
          expect(middle(next)).toBeLessThanOrEqual(middle(call) + tick);
          expect(middle(call) + middle(after) - 2 * middle(next)).toBeGreaterThanOrEqual(-2 * tick);
        });
      }
    });
  });

  it('is on the price grids, with a bid below its ask and a last price on one of them', () => {
    eachChain(({ underlying, options, futures, lotSize }, atMs) => {
      const onGrid = (price: number, tick: number): boolean => Math.abs(price / tick - Math.round(price / tick)) < 1e-6;
      for (const { bid, ask, last, strike } of options) {
        const optionTick = strike < 250 ? 0.01 : 0.05;
        expect(onGrid(ask, optionTick) && (bid === null || (onGrid(bid, optionTick) && bid > 0 && bid < ask))).toBe(true);
        expect([bid, ask]).toContain(last);
      }
      const listed = instrumentBySymbol(`${underlying}-${futures[0]?.expiry}`, atMs);
      const futureTick = toNumber(listed.tickSize(fromNumber(futures[0]?.ask ?? 0)));
      for (const { bid, ask } of futures) expect(onGrid(ask, futureTick) && bid !== null && bid < ask).toBe(true);
      expect(lotSize).toBe(toNumber(listed.lotStep));
      expect(spreads.optionTicks).toBeGreaterThan(0);
    });
  });

  it('is the same whatever was asked before, for the same seed', () => {
    const instants = days.slice(0, 20).map(({ openMs }, i) => openMs + i * MINUTE_MS);
    const inOrder = instants.map((atMs) => known.chain('NIFTY', atMs));
    const other = derivatives();
    const backwards = [...instants].reverse().map((atMs) => other.chain('NIFTY', atMs));
    expect(backwards.reverse()).toEqual(inOrder);
    expect(derivatives('another').chain('NIFTY', instants[0] ?? 0)).not.toEqual(inOrder[0]);
  });
});

describe('the underlyings of the chains', () => {
  it('stand where the simulated market has them', () => {
    const atMs = Date.parse('2026-10-05T11:00:30+05:30');
    const market = createSimulatedMarket({
      seed: 'chain',
      instruments: instrumentsOf('NSE'),
      phaseAt: (of, at) => marketPhase(NSE_CALENDAR, of, at).phase,
    });
    const known = derivatives();
    for (const { symbol } of instrumentsOf('NSE')) {
      expect(known.chain(symbol, atMs)?.spot).toBe(market.ticks(symbol, atMs - MINUTE_MS, atMs + 1).at(-1)?.price);
    }
    expect(known.underlyings).toHaveLength(12);
  });
});

describe('expiries of the simulated derivatives', () => {
  const known = derivatives();
  const listed = (underlying: string, at: string): readonly string[] => [
    ...new Set(known.chain(underlying, Date.parse(at))?.options.map(({ expiry }) => expiry)),
  ];

  it('are the last Tuesday of the month since September 2025, the day before on a holiday, the last Thursday before', () => {
    // Tuesday 2026-11-24 and Tuesday 2026-03-31 are holidays.
    expect(listed('BANKNIFTY', '2026-10-05T11:00:00+05:30')).toEqual(['2026-10-27', '2026-11-23', '2026-12-29']);
    expect(listed('RELIANCE', '2026-01-28T11:00:00+05:30')).toEqual(['2026-02-24', '2026-03-30', '2026-04-28']);
    expect(listed('TCS', '2025-06-02T11:00:00+05:30')).toEqual(['2025-06-26', '2025-07-31', '2025-08-28']);
  });

  it('of NIFTY are weekly besides', () => {
    expect(listed('NIFTY', '2026-10-05T11:00:00+05:30')).toEqual([
      '2026-10-06',
      '2026-10-13',
      '2026-10-19',
      '2026-10-27',
      '2026-11-23',
      '2026-12-29',
    ]);
  });

  it('pass at their hour: then the next one stands in front', () => {
    expect(listed('SBIN', '2026-10-27T15:39:00+05:30')[0]).toBe('2026-10-27');
    expect(listed('SBIN', '2026-10-28T09:15:00+05:30')[0]).toBe('2026-11-23');
  });

  it('have no chain while derivatives do not trade, and none on what they do not know', () => {
    expect(known.chain('LT', Date.parse('2026-10-05T15:39:00+05:30'))).not.toBeNull();
    for (const closed of ['2026-10-05T15:40:00+05:30', '2026-10-05T09:14:59+05:30', '2026-10-04T11:00:00+05:30'])
      expect(known.chain('LT', Date.parse(closed))).toBeNull();
    expect(() => known.chain('HDFC', Date.parse('2026-10-05T11:00:00+05:30'))).toThrow(expect.objectContaining({ code: 'unknown_underlying' }));
  });
});

describe('the surface of implied volatility', () => {
  const anySmile = fc.constantFrom(PARAMETERS.smile.index, PARAMETERS.smile.stock);
  const anyTerm = fc.record({
    now: fc.double({ min: 0.03, max: 1.5, noNaN: true }),
    longRun: fc.double({ min: 0.03, max: 1.5, noNaN: true }),
    reversionYears: fc.double({ min: 0.02, max: 1, noNaN: true }),
  });
  const anyYears = fc.double({ min: 1e-4, max: 0.5, noNaN: true });

  it('has a total variance that never falls with time, at any moneyness', () => {
    fc.assert(
      fc.property(anySmile, anyTerm, anyYears, anyYears, fc.double({ min: -0.5, max: 0.5, noNaN: true }), (smile, term, one, other, k) => {
        const [near, far] = [Math.min(one, other), Math.max(one, other)];
        const at = (years: number): number => impliedVariance(k, atTheMoneyVariance(term, years), smile);
        expect(at(far)).toBeGreaterThanOrEqual(at(near) * (1 - 1e-12));
      }),
    );
  });

  // g(k) = (1 - k w' / 2w)^2 - w'^2 / 4 (1 / w + 1 / 4) + w'' / 2 >= 0 (Gatheral, Jacquier 2014, lemma 2.2): the density is nowhere negative.
  it('implies a density that is nowhere negative', () => {
    fc.assert(
      fc.property(anySmile, anyTerm, anyYears, fc.double({ min: -0.6, max: 0.6, noNaN: true }), (smile, term, years, k) => {
        const theta = atTheMoneyVariance(term, years);
        const step = 1e-3 * Math.sqrt(theta);
        const w = (at: number): number => impliedVariance(at, theta, smile);
        const slope = (w(k + step) - w(k - step)) / (2 * step);
        const bend = (w(k + step) + w(k - step) - 2 * w(k)) / step ** 2;
        const density = (1 - (k * slope) / (2 * w(k))) ** 2 - (slope ** 2 / 4) * (1 / w(k) + 1 / 4) + bend / 2;
        expect(density).toBeGreaterThan(-1e-3);
      }),
    );
  });

  it('is dearer for low strikes than for high ones, and about what the market moves', () => {
    const known = derivatives();
    const chain = known.chain('NIFTY', Date.parse('2026-10-05T11:00:00+05:30'));
    const [future] = chain?.futures.slice(0, 1) ?? [];
    const of = chain?.options.filter(({ expiry, right }) => expiry === future?.expiry && right === 'call') ?? [];
    const ivAt = (moneyness: number): number =>
      of.reduce((best, option) =>
        Math.abs(option.strike / (chain?.spot ?? 1) - moneyness) < Math.abs(best.strike / (chain?.spot ?? 1) - moneyness) ? option : best,
      ).iv;
    expect(ivAt(0.95)).toBeGreaterThan(ivAt(1.05));
    expect(ivAt(1)).toSatisfy((iv: number) => iv > 0.06 && iv < 0.5);
  });
});

const isLastOfMonth = (atMs: number): boolean => new Date(atMs).getUTCMonth() !== new Date(atMs + 7 * DAY_MS).getUTCMonth();

describe('the noise of basis and parity', () => {
  const known = derivatives('noise');
  // A stock: its chain has fewer strikes, and its noise is far above the rounding of its grid.
  const UNDERLYING = 'LT';
  const STEP_MINUTES = 4;
  const STEPS = 80;
  let basis: readonly (readonly number[])[] = [];

  beforeAll(() => {
    basis = days.slice(20, 56).map(({ openMs }) =>
      Array.from({ length: STEPS }, (_, step) => {
        const atMs = openMs + step * STEP_MINUTES * MINUTE_MS;
        const chain = known.chain(UNDERLYING, atMs);
        const future = chain?.futures[1];
        if (chain === null || future === undefined) throw new Error('no future');
        return Math.log(middle(future) / chain.spot) - (PARAMETERS.underlyings[UNDERLYING]?.carry ?? 0) * yearsTo(future.expiryMs, atMs);
      }),
    );
  });

  it('has the stated deviation, and halves in the stated time', () => {
    const squares = basis.flat().reduce((total, value) => total + value ** 2, 0) / basis.flat().length;
    expect(Math.sqrt(squares) / BPS / noise.stock.basisBps).toSatisfy((share: number) => share > 0.85 && share < 1.15);
    const lag = noise.halfLifeMinutes.basis / STEP_MINUTES;
    const products = basis.flatMap((values) => values.slice(lag).map((value, i) => value * (values[i] ?? 0)));
    const correlation = products.reduce((total, value) => total + value, 0) / products.length / squares;
    expect(correlation).toSatisfy((value: number) => value > 0.4 && value < 0.6);
  });

  it('fades before expiry', () => {
    const last = days
      .filter(({ openMs }) => CONTRACT_FACTS.expiries.nse.at(-1)?.weekday === new Date(openMs).getUTCDay() && isLastOfMonth(openMs))
      .slice(0, 8);
    expect(last).toHaveLength(8);
    for (const { openMs } of last) {
      const chain = known.chain('BANKNIFTY', openMs + 360 * MINUTE_MS);
      const future = chain?.futures[0];
      expect(future?.expiry).toBe(dateOfDay(istDayOf(openMs)));
      expect(Math.abs(middle(future ?? { bid: 0, ask: 0 }) / (chain?.spot ?? 1) - 1)).toBeLessThan(0.4 * BPS);
    }
  });
});
