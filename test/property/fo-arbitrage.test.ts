import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instrumentBySymbol } from '../../shared/config/instruments.ts';
import { foArbitrageConfig } from '../../shared/config/strategies.ts';
import { DAY_MS, HOUR_MS } from '../../shared/kernel/time.ts';
import type { DerivativeChain } from '../../shared/market/derivative.ts';
import { calendars } from '../../shared/strategies/fo-arbitrage/calendar.ts';
import { beyondSpreads } from '../../shared/strategies/fo-arbitrage/candidate.ts';
import { carries } from '../../shared/strategies/fo-arbitrage/carry.ts';
import { expectedFunding } from '../../shared/strategies/fo-arbitrage/funding.ts';
import type { ArbitrageMarket } from '../../shared/strategies/fo-arbitrage/market.ts';
import { mostLeft } from '../../shared/strategies/fo-arbitrage/most-left.ts';
import { parities } from '../../shared/strategies/fo-arbitrage/parity.ts';
import { confidenceOf } from '../../shared/strategies/fo-arbitrage/readings.ts';
import { judge, netGain, type Verdict } from '../../shared/strategies/fo-arbitrage/verdict.ts';
import { arbitrageView, futureQuote, optionQuote, type TestChain } from '../support/derivative-views.ts';

const NOW = Date.parse('2026-11-02T08:00:00Z');
const BTC = { ...instrumentBySymbol('BTC', NOW), shortSale: 'margin' } as const;
const CONFIG = foArbitrageConfig.parse({});

interface Drawn {
  readonly spot: number;
  readonly basis: number;
  readonly half: number;
  readonly size: number;
  readonly riskFree: number;
  readonly volatility: number;
}

const drawn = fc.record<Drawn>({
  spot: fc.double({ min: 20_000, max: 200_000, noNaN: true }),
  basis: fc.double({ min: -0.1, max: 0.1, noNaN: true }),
  half: fc.double({ min: 0, max: 0.002, noNaN: true }),
  size: fc.double({ min: 0.001, max: 10, noNaN: true }),
  riskFree: fc.double({ min: 0, max: 0.2, noNaN: true }),
  volatility: fc.double({ min: 0.05, max: 2, noNaN: true }),
});

/** The carry and the reverse of a drawn market: half spread and basis are shares of the price. */
function both({ spot, basis, half, size, riskFree, volatility }: Drawn): readonly [Verdict, Verdict] {
  const future = futureQuote('BTC-2026-12-25', { middle: spot * (1 + basis), half: half * spot, size }, NOW);
  const view = arbitrageView(BTC, NOW, { middle: spot, half: half * spot, size }, [{ venue: 'binance-futures', spot, futures: [future] }]);
  const { chains = [], spot: book = null } = view.derivatives ?? {};
  const sides = book === null || book.bid === null || book.ask === null ? null : { ...book, bid: book.bid, ask: book.ask };
  const market: ArbitrageMarket = {
    config: CONFIG,
    instrument: BTC,
    nowMs: NOW,
    chains,
    spot: sides,
    riskFree,
    volatility,
    maxQuoteAgeMs: 30_000,
    minuteVolatility: 0.001,
  };
  const [carry, reverse] = carries(market).map((candidate) => judge(candidate, market));
  if (carry === undefined || reverse === undefined) throw new Error('no carry and reverse');
  return [carry, reverse];
}

const close = (value: number, expected: number, scale: number): void => expect(Math.abs(value - expected)).toBeLessThan(1e-6 * scale);

describe('what is left of an arbitrage', () => {
  it('falls with every cost: spreads, the riskless rate, volatility', () => {
    fc.assert(
      fc.property(drawn, fc.constantFrom('half', 'riskFree', 'volatility'), fc.double({ min: 1.01, max: 3, noNaN: true }), (market, cost, factor) => {
        const dearer = { ...market, [cost]: market[cost] * factor };
        for (const [before, after] of both(market).map((verdict, i) => [verdict, both(dearer)[i] as Verdict] as const)) {
          expect(after.excess).toBeLessThanOrEqual(before.excess + 1e-6 * market.spot);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('rises with the basis, and confidence with it', () => {
    fc.assert(
      fc.property(drawn, fc.double({ min: 1e-4, max: 0.05, noNaN: true }), (market, more) => {
        const [before] = both(market);
        const [after] = both({ ...market, basis: market.basis + more });
        expect(after.excess).toBeGreaterThan(before.excess);
        expect(confidenceOf(after, CONFIG).confidence).toBeGreaterThanOrEqual(confidenceOf(before, CONFIG).confidence - 1e-9);
      }),
      // Where nothing is left there is no safety in how little the leg risk adds to the loss.
      { numRuns: 60, examples: [[{ spot: 20_000, basis: 1e-16, half: 0, size: 0.001, riskFree: 0, volatility: 0.05 }, 0.003]] },
    );
  });

  it('is the same share of the price at ten times the prices', () => {
    fc.assert(
      fc.property(drawn, (market) => {
        const [small, large] = [both(market), both({ ...market, spot: 10 * market.spot })];
        // Margins and fees are rounded to the venue's least unit: a share of the price, not a share of a rounding.
        for (const [i, verdict] of small.entries()) expect(Math.abs(verdict.excessBps - (large[i] as Verdict).excessBps)).toBeLessThan(0.01);
      }),
      { numRuns: 60 },
    );
  });

  it('is symmetric: a carry and its reverse gain what the other loses, and both pay every cost', () => {
    fc.assert(
      fc.property(drawn, (market) => {
        const [carry, reverse] = both(market);
        close(carry.candidate.gross, -reverse.candidate.gross, market.spot);
        close(carry.costs.spread, reverse.costs.spread, market.spot);
        expect(carry.net + reverse.net).toBeLessThanOrEqual(0);
      }),
      { numRuns: 60 },
    );
  });

  it('is never there on a flat basis', () => {
    fc.assert(
      fc.property(drawn, (market) => {
        for (const { excess } of both({ ...market, basis: 0 })) expect(excess).toBeLessThan(0);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the best of a market', () => {
  const book = (price: number) =>
    fc.record({
      middle: fc.double({ min: 0.97 * price, max: 1.03 * price, noNaN: true }),
      half: fc.double({ min: 0, max: 0.004 * price, noNaN: true }),
    });
  const strikes = [76_000, 78_000, 80_000, 82_000, 84_000];
  const quoted = fc.record({
    futures: fc.tuple(book(80_000), book(80_500)),
    options: fc.array(fc.tuple(book(0.05), book(0.05)), { minLength: strikes.length, maxLength: strikes.length }),
  });
  type Quoted = typeof quoted extends fc.Arbitrary<infer Value> ? Value : never;

  const marketOf = ({ futures: [near, far], options }: Quoted, traded = strikes): ArbitrageMarket => ({
    config: CONFIG,
    instrument: BTC,
    nowMs: NOW,
    chains: [
      chainOf({ venue: 'binance-futures', futures: [futureQuote('BTC-2026-12-25', near, NOW), futureQuote('BTC-2027-03-26', far, NOW)] }),
      chainOf({
        venue: 'deribit',
        options: strikes.flatMap((strike, i) => {
          const [call, put] = options[i] ?? [];
          if (call === undefined || put === undefined || !traded.includes(strike)) return [];
          return [optionQuote(`BTC-2026-12-25-${strike}-C`, call, 80_000, NOW), optionQuote(`BTC-2026-12-25-${strike}-P`, put, 80_000, NOW)];
        }),
      }),
    ],
    spot: { bid: 79_999, ask: 80_001, bidSize: null, askSize: null },
    riskFree: 0.04,
    volatility: 0.5,
    maxQuoteAgeMs: 30_000,
    minuteVolatility: 0.001,
  });
  const chainOf = (told: Omit<TestChain, 'spot'>): DerivativeChain => {
    const [chain] = arbitrageView(BTC, NOW, null, [{ spot: 80_000, ...told }]).derivatives?.chains ?? [];
    if (chain === undefined) throw new Error('no chain');
    return chain;
  };

  it('is the verdict that judging every candidate finds', () => {
    fc.assert(
      fc.property(quoted, (prices) => {
        const market = marketOf(prices);
        const candidates = [...carries(market), ...calendars(market), ...parities(market)];
        const all = candidates.map((candidate) => judge(candidate, market));
        const gains = candidates.map((candidate) => netGain(candidate, market));
        expect(mostLeft(gains, market)).toEqual(all.reduce((a, b) => (b.excessBps > a.excessBps ? b : a)));
      }),
      { numRuns: 30 },
    );
  });

  it('holds the four parities that leave most beyond their spreads, of every strike and both ways', () => {
    fc.assert(
      fc.property(quoted, (prices) => {
        const alone = strikes.flatMap((strike) => parities(marketOf(prices, [strike])));
        expect(alone).toHaveLength(2 * strikes.length);
        expect(parities(marketOf(prices))).toEqual(alone.toSorted((a, b) => beyondSpreads(b) - beyondSpreads(a)).slice(0, 4));
      }),
      { numRuns: 30 },
    );
  });
});

describe('expected funding', () => {
  const quote = fc.record({
    fundingRate: fc.double({ min: -0.01, max: 0.01, noNaN: true }),
    nextFundingMs: fc.integer({ min: NOW, max: NOW + 8 * HOUR_MS }),
    fundingIntervalMs: fc.constantFrom(HOUR_MS, 4 * HOUR_MS, 8 * HOUR_MS),
  });

  const outlook = fc.record({ persistence: fc.double({ min: 0, max: 0.99, noNaN: true }), mean: fc.double({ min: 0, max: 0.001, noNaN: true }) });

  it('lies between every payment at the running rate and every payment at the mean', () => {
    fc.assert(
      fc.property(quote, fc.double({ min: 0, max: 60, noNaN: true }), outlook, (running, days, { persistence, mean }) => {
        const untilMs = NOW + days * DAY_MS;
        const expected = expectedFunding(running, untilMs, { persistence, mean });
        const payments = untilMs < running.nextFundingMs ? 0 : 1 + Math.floor((untilMs - running.nextFundingMs) / running.fundingIntervalMs);
        const level = mean * (running.fundingIntervalMs / (8 * HOUR_MS));
        const [low, high] = [running.fundingRate, level].sort((a, b) => a - b) as [number, number];
        expect(expected).toBeGreaterThanOrEqual(low * payments - 1e-12);
        expect(expected).toBeLessThanOrEqual(high * payments + 1e-12);
      }),
    );
  });

  it('is odd in the rate without a mean', () => {
    fc.assert(
      fc.property(quote, outlook, (running, { persistence }) => {
        const [there, back] = [1, -1].map((sign) =>
          expectedFunding({ ...running, fundingRate: sign * running.fundingRate }, NOW + 9 * DAY_MS, { persistence, mean: 0 }),
        ) as [number, number];
        expect(there).toBeCloseTo(-back, 12);
      }),
    );
  });
});
