import { describe, expect, it } from 'vitest';
import { instrumentBySymbol } from '../../../shared/config/instruments.ts';
import { foArbitrageConfig } from '../../../shared/config/strategies.ts';
import { booklessConcession } from '../../../shared/execution/slippage.ts';
import { DAY_MS } from '../../../shared/kernel/time.ts';
import type { Instrument } from '../../../shared/market/instrument.ts';
import { carries } from '../../../shared/strategies/fo-arbitrage/carry.ts';
import { costsOf } from '../../../shared/strategies/fo-arbitrage/costs.ts';
import { createFoArbitrage } from '../../../shared/strategies/fo-arbitrage.ts';
import type { StrategyView } from '../../../shared/strategies/strategy.ts';
import { arbitrageView, futureQuote, optionQuote, perpetualQuote } from '../../support/derivative-views.ts';

const NOW = Date.parse('2026-11-02T08:00:00Z');
const YEAR = 365 * DAY_MS;
const BTC = instrumentBySymbol('BTC', NOW);
/** Coin that may be sold short: no venue of ours offers it, and the rule must hold where one does. */
const SHORTABLE: Instrument = { ...BTC, shortSale: 'margin' };
const RELIANCE = instrumentBySymbol('RELIANCE', NOW);
const NIFTY: Instrument = { ...RELIANCE, symbol: 'NIFTY', venueSymbol: 'NIFTY 50' };

// Every cost below is written out by hand from the published schedules, beside the code that is tested.
const legRisk = (legs: number, price: number, sigma: number): number => (legs - 1) * price * sigma * Math.sqrt(60 / YEAR / 2);
const SPOT_FEE = 0.001;
const FUTURE_FEE = 0.0005;
const GST = 1.18;
const CRORE = 1e7;
/** Exchange, SEBI and GST of a side, on its notional. */
const NSE_CASH = (GST * (307 + 10)) / CRORE;
const NSE_FUTURE = (GST * (183 + 10)) / CRORE;
const NSE_OPTION = (GST * (3553 + 10)) / CRORE;
const BROKERAGE = 20 * GST;
/** What a broker asks of a contract that ends in shares, on their value. */
const PHYSICAL = 0.0025 * GST;

const quarter = Date.parse('2026-12-25T08:00:00Z');
const years = (quarter - NOW) / YEAR;
const december = Date.parse('2026-12-29T10:10:00Z');
const january = Date.parse('2027-01-25T10:10:00Z');

interface Planted {
  readonly what: string;
  readonly structure: string;
  /** The view in which the deviation is so large, in the price of the underlying. */
  readonly view: (deviation: number) => StrategyView;
  /** What is left of it, by hand. */
  readonly left: (deviation: number) => number;
  readonly price: number;
}

const dated = (instrument: Instrument) => (x: number) =>
  arbitrageView(instrument, NOW, { middle: 80_000, half: 0.5 }, [
    { venue: 'binance-futures', spot: 80_000, futures: [futureQuote('BTC-2026-12-25', { middle: 80_000 + x, half: 1 }, NOW)] },
  ]);

/** Parity at NSE: the call is dearer than the put by what is planted. */
/** A month further on at the riskless rate and the allowance between months. */
const farNifty = 26_000 * Math.exp((0.0934 * (january - december)) / YEAR);
const NIFTY_FUTURE = 26_000;
const NIFTY_PUT = 300;

const PLANTED: readonly Planted[] = [
  {
    what: 'Binance spot against a dated future',
    structure: 'cash-and-carry',
    price: 80_000,
    view: dated(BTC),
    left(x) {
      const future = 80_000 + x;
      const fees = SPOT_FEE * 80_000.5 + FUTURE_FEE * (future - 1) + (SPOT_FEE + FUTURE_FEE) * future;
      return x - 3 - fees - legRisk(2, 80_000, 0.9) - 0.04 * years * (80_000.5 + future / 5);
    },
  },
  {
    what: 'a dated future against Binance spot that can be sold short',
    structure: 'reverse-cash-and-carry',
    price: 80_000,
    view: (x) => dated(SHORTABLE)(-x),
    left(x) {
      const future = 80_000 - x;
      const fees = SPOT_FEE * 79_999.5 + FUTURE_FEE * (future + 1) + (SPOT_FEE + FUTURE_FEE) * 80_000;
      return x - 3 - fees - legRisk(2, 80_000, 0.9) - 0.08 * years * 80_000 - 0.04 * years * (79_999.5 + future / 5);
    },
  },
  {
    what: 'Binance spot against a perpetual with funding',
    structure: 'cash-and-carry',
    price: 80_000,
    // What is planted is the running funding rate, told as the funding of a week.
    view: (x) =>
      arbitrageView(BTC, NOW, { middle: 80_000, half: 0.5 }, [
        { venue: 'binance-futures', spot: 80_000, perpetual: perpetualQuote('BTC-PERP', { middle: 80_000, half: 1 }, x / 80_000 / 13.1888, NOW) },
      ]),
    left(x) {
      const fees = SPOT_FEE * (80_000.5 + 80_000) + FUTURE_FEE * (79_999 + 80_000);
      return x - 3 - fees - legRisk(2, 80_000, 0.9) - ((0.04 * 7) / 365) * (80_000.5 + 16_000);
    },
  },
  {
    what: 'a perpetual that pays its longs against Binance spot that can be sold short',
    structure: 'reverse-cash-and-carry',
    price: 80_000,
    // What is planted is the worth of a week's funding at a negative rate, of which the return to the mean takes its part.
    view: (x) =>
      arbitrageView(SHORTABLE, NOW, { middle: 80_000, half: 0.5 }, [
        { venue: 'binance-futures', spot: 80_000, perpetual: perpetualQuote('BTC-PERP', { middle: 80_000, half: 1 }, -rateOf(x), NOW) },
      ]),
    left(x) {
      const fees = SPOT_FEE * (79_999.5 + 80_000) + FUTURE_FEE * (80_001 + 80_000);
      return x - 3 - fees - legRisk(2, 80_000, 0.9) - ((0.08 * 7) / 365) * 80_000 - ((0.04 * 7) / 365) * (79_999.5 + 16_000);
    },
  },
  {
    what: 'two quarters of Binance, the far one dear',
    structure: 'calendar-spread',
    price: 80_000,
    view: (x) => binanceMonths(x),
    left: (x) => calendarLeft(x, 1),
  },
  {
    what: 'two quarters of Binance, the far one cheap',
    structure: 'calendar-spread',
    price: 80_000,
    view: (x) => binanceMonths(-x),
    left: (x) => calendarLeft(x, -1),
  },
  {
    what: 'a perpetual of Binance below a dated future',
    structure: 'calendar-spread',
    price: 80_000,
    view: (x) => perpetualBesideDated(x),
    left(x) {
      const future = 80_000 + x;
      const payments = 3 * 53;
      // A long pays, and what it pays returns to the mean of 0.008 %.
      const funding = 80_000 * (0.00008 * payments + 0.00002 * ((1 - 0.95 ** payments) / 0.05));
      const fees = FUTURE_FEE * (80_001 + future - 1 + future + future);
      return x - funding - 4 - fees - legRisk(2, 80_000, 0.9) - 0.04 * years * (16_000 + future / 5);
    },
  },
  {
    what: 'a perpetual of Binance above a dated future',
    structure: 'calendar-spread',
    price: 80_000,
    view: (x) => perpetualBesideDated(-x),
    left(x) {
      const future = 80_000 - x;
      // A short receives, and what it receives is counted on to die out.
      const funding = 80_000 * (0.0001 * ((1 - 0.95 ** (3 * 53)) / 0.05));
      const fees = FUTURE_FEE * (79_999 + future + 1 + 80_000 + 80_000);
      return x + funding - 4 - fees - legRisk(2, 80_000, 0.9) - 0.04 * years * (16_000 + future / 5);
    },
  },
  {
    what: 'shares at NSE against their future',
    structure: 'cash-and-carry',
    price: 1400,
    view: (x) =>
      arbitrageView(RELIANCE, NOW, { middle: 1400, half: 0.05 }, [
        { venue: 'nse', spot: 1400, futures: [futureQuote('RELIANCE-2026-12-29', { middle: 1400 + x, half: 0.1 }, NOW)] },
      ]),
    left(x) {
      const future = 1400 + x;
      const [bought, sold] = [1400.05, future - 0.1];
      const entry = (0.001 + 0.00015 + NSE_CASH) * bought + (0.0005 + NSE_FUTURE) * sold + BROKERAGE / 500;
      // Delivering the shares asks a broker's quarter of a per cent: dearer than trading both legs again.
      const end = (0.001 + PHYSICAL) * future + 15.34 / 500;
      // Daily deviation of 0.4 / sqrt(252) scans wider than the floor of 14.2 %.
      const margin = ((6 * 0.4 * Math.SQRT2) / Math.sqrt(252)) * 1400 + 0.035 * future;
      return x - 0.15 - entry - end - legRisk(2, 1400, 0.4) - ((0.0534 * (december - NOW)) / YEAR) * (bought + margin);
    },
  },
  {
    what: 'two months of NIFTY',
    structure: 'calendar-spread',
    price: 26_000,
    view: (x) =>
      arbitrageView(NIFTY, NOW, null, [
        {
          venue: 'nse',
          spot: 26_000,
          futures: [
            futureQuote('NIFTY-2026-12-29', { middle: 26_000, half: 0.5 }, NOW),
            futureQuote('NIFTY-2027-01-25', { middle: farNifty + x, half: 1 }, NOW),
          ],
        },
      ]),
    left(x) {
      const far = farNifty + x;
      const fees = (side: number, stt: number, stamp: number): number => side * (NSE_FUTURE + stt + stamp) + BROKERAGE / 65;
      const all = fees(26_000.5, 0, 0.00002) + fees(far - 1, 0.0005, 0) + fees(far, 0.0005, 0) + fees(far, 0, 0.00002);
      const margin = 0.0175 * far + 0.02 * (26_000 + far);
      const hold = (december - DAY_MS - NOW) / YEAR;
      return x - 3 - all - legRisk(2, 26_000, 0.4) - 0.0534 * hold * margin;
    },
  },
  {
    what: 'a call and a put of NIFTY against the future, the call dear',
    structure: 'put-call-parity',
    price: NIFTY_FUTURE,
    view: (x) => niftyPair(x),
    left(x) {
      const [call, put] = [NIFTY_PUT + x, NIFTY_PUT];
      const future = (price: number, stt: number, stamp: number): number => price * (NSE_FUTURE + stt + stamp) + BROKERAGE / 65;
      const option = (price: number, stt: number, stamp: number): number => price * (NSE_OPTION + stt + stamp) + BROKERAGE / 65;
      const entry = future(NIFTY_FUTURE + 1, 0, 0.00002) + option(call - 0.5, 0.0015, 0) + option(put + 0.5, 0, 0.00003);
      const closed = future(NIFTY_FUTURE, 0.0005, 0) + option(call, 0, 0.00003) + option(put, 0.0015, 0) + 2;
      return x - 2 - entry - closed - legRisk(3, NIFTY_FUTURE, 0.4) - ((0.0534 * (december - NOW)) / YEAR) * niftyMargin(put + 0.5, call - 0.5);
    },
  },
  {
    what: 'a call and a put of NIFTY against the future, the put dear',
    structure: 'put-call-parity',
    price: NIFTY_FUTURE,
    view: (x) => niftyPair(-x),
    left(x) {
      const [call, put] = [NIFTY_PUT, NIFTY_PUT + x];
      const future = (price: number, stt: number, stamp: number): number => price * (NSE_FUTURE + stt + stamp) + BROKERAGE / 65;
      const option = (price: number, stt: number, stamp: number): number => price * (NSE_OPTION + stt + stamp) + BROKERAGE / 65;
      const entry = future(NIFTY_FUTURE - 1, 0.0005, 0) + option(put - 0.5, 0.0015, 0) + option(call + 0.5, 0, 0.00003);
      const closed = future(NIFTY_FUTURE, 0, 0.00002) + option(put, 0, 0.00003) + option(call, 0.0015, 0) + 2;
      return x - 2 - entry - closed - legRisk(3, NIFTY_FUTURE, 0.4) - ((0.0534 * (december - NOW)) / YEAR) * niftyMargin(call + 0.5, put - 0.5);
    },
  },
  {
    what: 'inverse options of Deribit against a future of Binance, the call dear',
    structure: 'put-call-parity',
    price: 80_000,
    view: (x) => coinPair(x),
    left: (x) => coinLeft(x, 'call'),
  },
  {
    what: 'inverse options of Deribit against a future of Binance, the put dear',
    structure: 'put-call-parity',
    price: 80_000,
    view: (x) => coinPair(-x),
    left: (x) => coinLeft(x, 'put'),
  },
];

/** A quarter further on at a carry a year. */
const farCoin = (carry: number): number => 80_000 * Math.exp((carry * (Date.parse('2027-03-26T08:00:00Z') - quarter)) / YEAR);

/** A perpetual of Binance that pays, and a dated future so much above it. */
const perpetualBesideDated = (apart: number): ReturnType<typeof arbitrageView> =>
  arbitrageView(BTC, NOW, null, [
    {
      venue: 'binance-futures',
      spot: 80_000,
      perpetual: perpetualQuote('BTC-PERP', { middle: 80_000, half: 1 }, 0.0001, NOW),
      futures: [futureQuote('BTC-2026-12-25', { middle: 80_000 + apart, half: 1 }, NOW)],
    },
  ]);

/** Dear by so much beyond the riskless rate of 4 % and the allowance of 2 %; cheap when negative. */
function binanceMonths(x: number): StrategyView {
  const far = farCoin(x > 0 ? 0.06 : 0.02);
  // The near month pays the riskless rate too, so that one carry holds for both ways.
  const spot = 80_000 / Math.exp(0.04 * years);
  return arbitrageView(BTC, NOW, null, [
    {
      venue: 'binance-futures',
      spot,
      futures: [futureQuote('BTC-2026-12-25', { middle: 80_000, half: 1 }, NOW), futureQuote('BTC-2027-03-26', { middle: far + x, half: 1 }, NOW)],
    },
  ]);
}

/**
 * The rate a payment at which a week of a perpetual's funding is worth so much: 21 payments, of which a long counts the first in
 * full and each later one nearer to the mean of 0.008 %.
 */
function rateOf(worth: number): number {
  const weights = (1 - 0.95 ** 21) / 0.05;
  return (worth / 80_000 + 0.00008 * (21 - weights)) / weights;
}

function calendarLeft(x: number, sign: 1 | -1): number {
  const far = farCoin(sign === 1 ? 0.06 : 0.02) + sign * x;
  const fees = FUTURE_FEE * (80_000 + far + 2 * Math.max(80_000, far));
  return x - 4 - fees - legRisk(2, 80_000, 0.9) - 0.04 * ((quarter - DAY_MS - NOW) / YEAR) * ((80_000 + far) / 5);
}

function niftyPair(x: number): StrategyView {
  return arbitrageView(NIFTY, NOW, null, [
    {
      venue: 'nse',
      spot: 25_900,
      futures: [futureQuote('NIFTY-2026-12-29', { middle: NIFTY_FUTURE, half: 1 }, NOW)],
      options: [
        optionQuote('NIFTY-2026-12-29-26000-C', { middle: NIFTY_PUT + Math.max(0, x), half: 0.5 }, NIFTY_FUTURE, NOW),
        optionQuote('NIFTY-2026-12-29-26000-P', { middle: NIFTY_PUT + Math.max(0, -x), half: 0.5 }, NIFTY_FUTURE, NOW),
      ],
    },
  ]);
}

/** A conversion is fully hedged at one expiry: its margin is its maximum loss, and never below the premium that is paid. */
const niftyMargin = (paid: number, received: number): number => Math.max(paid - received, 0);

/** The strike stands at the future, so that at parity the call costs what the put does. */
function coinPair(x: number): StrategyView {
  const futures = [futureQuote('BTC-2026-12-25', { middle: 80_000, half: 1 }, NOW)];
  return arbitrageView(BTC, NOW, null, [
    { venue: 'binance-futures', spot: 80_000, futures },
    {
      venue: 'deribit',
      spot: 80_000,
      options: [
        optionQuote('BTC-2026-12-25-80000-C', { middle: 0.05 + Math.max(0, x) / 80_000, half: 0.0001 }, 80_000, NOW),
        optionQuote('BTC-2026-12-25-80000-P', { middle: 0.05 + Math.max(0, -x) / 80_000, half: 0.0001 }, 80_000, NOW),
      ],
    },
  ]);
}

function coinLeft(x: number, dear: 'call' | 'put'): number {
  const [sold, bought] = [0.05 + x / 80_000 - 0.0001, 0.05 + 0.0001];
  const option = (share: number, premium: number): number => 80_000 * Math.min(share, 0.125 * premium);
  const fees = option(0.0003, sold) + option(0.0003, bought) + FUTURE_FEE * (dear === 'call' ? 80_001 : 79_999);
  const closed = option(0.0003, sold + 0.0001) + option(0.0003, bought - 0.0001) + FUTURE_FEE * 80_000 + 2 * 8 + 1;
  // A short at the money asks 15 % and its premium, which it brought.
  const margin = 80_000 / 5 + 80_000 * (0.15 + bought);
  return x - (2 * 8 + 1) - fees - closed - legRisk(3, 80_000, 0.9) - 0.04 * years * margin;
}

/** The deviation at which nothing is left, by halving. */
function breakEven(left: (deviation: number) => number, price: number): number {
  let [low, high] = [0, price];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (left(middle) > 0) high = middle;
    else low = middle;
  }
  return high;
}

const strategy = createFoArbitrage();
const evaluate = (view: StrategyView) => strategy.evaluate(view);

describe('an arbitrage of futures and options', () => {
  it.each(PLANTED)('is taken 10 bp above all costs and refused 10 bp below: $what', ({ view, left, price, structure }) => {
    const even = breakEven(left, price);
    const above = evaluate(view(even + 0.001 * price));
    expect(above).toMatchObject({ kind: 'structure', structure });
    if (above.kind !== 'structure') throw new Error(above.kind);
    expect(above.confidence).toBeGreaterThan(above.leastConfidence);
    expect(evaluate(view(even - 0.001 * price))).toMatchObject({ kind: 'quiet' });
  });

  it.each(PLANTED)('costs what the schedules say, to a tenth of a basis point: $what', ({ view, left, price }) => {
    const even = breakEven(left, price);
    expect(evaluate(view(even + 1e-5 * price)).kind).toBe('structure');
    expect(evaluate(view(even - 1e-5 * price)).kind).toBe('quiet');
  });

  it('buys what it can buy at the ask and sells at the bid, all legs in the same number of units', () => {
    const answer = evaluate(dated(BTC)(6_000));
    expect(answer).toMatchObject({
      legs: [
        { instrument: { symbol: 'BTC' }, side: 'buy', ratio: 1, price: 80_000.5 },
        { instrument: { symbol: 'BTC-2026-12-25' }, side: 'sell', ratio: 1, price: 85_999 },
      ],
      unit: 0.001,
      exits: { convergedBps: 0, stopLoss: 800 + 1.5 + 123, stopAt: 'middle', takeProfit: null },
      maxHoldingMs: quarter - NOW,
      // 800 of basis, 3 of spreads, and the fees of both ends: 80.0005 + 42.9995, and .15 % of 86,000.
      riskPerUnit: 800 + 3 + 123 + 129,
    });
  });

  it('never sells coin that cannot be sold short, however cheap its future is', () => {
    expect(evaluate(dated(BTC)(-20_000))).toMatchObject({ kind: 'quiet', reason: 'below_costs' });
  });

  it('never sells shares short to the expiry of a cheap future: NSE lets nobody keep them overnight', () => {
    const cheap = arbitrageView(RELIANCE, NOW, { middle: 1400, half: 0.05 }, [
      { venue: 'nse', spot: 1400, futures: [futureQuote('RELIANCE-2026-12-29', { middle: 1200, half: 0.1 }, NOW)] },
    ]);
    expect(evaluate(cheap)).toMatchObject({ kind: 'quiet', reason: 'below_costs' });
  });

  it('never buys a cheap far month at NSE: of a share it tells of a dividend', () => {
    const cheap = arbitrageView(RELIANCE, NOW, null, [
      {
        venue: 'nse',
        spot: 1400,
        futures: [
          futureQuote('RELIANCE-2026-12-29', { middle: 1400, half: 0.1 }, NOW),
          futureQuote('RELIANCE-2027-01-25', { middle: 1300, half: 0.1 }, NOW),
        ],
      },
    ]);
    expect(evaluate(cheap)).toMatchObject({ kind: 'quiet', reason: 'below_costs' });
  });

  it('opens nothing on quotes of an instant that is still to come', () => {
    expect(evaluate({ ...dated(BTC)(6_000), nowMs: NOW - 1 })).toMatchObject({ kind: 'quiet' });
  });

  it('says what is missing: the costs, or the riskless rate', () => {
    expect(evaluate(dated(BTC)(50))).toMatchObject({ reason: 'below_costs' });
    expect(evaluate(dated(BTC)(500))).toMatchObject({ reason: 'below_risk_free' });
  });

  const withoutBook = (last: number | null): StrategyView => {
    const view = dated(BTC)(6_000);
    const chains = (view.derivatives?.chains ?? []).map((chain) => ({
      ...chain,
      futures: chain.futures.map((quote) => ({ ...quote, bid: null, ask: null, last, mark: 86_000 })),
    }));
    return { ...view, derivatives: view.derivatives === null ? null : { ...view.derivatives, chains } };
  };

  it('opens nothing on marks and last prices of contracts', () => {
    for (const last of [null, 86_000]) expect(evaluate(withoutBook(last))).toMatchObject({ kind: 'quiet', reason: 'no_book' });
  });

  it('takes coin that comes from bars alone as far from its last price as an order without a book is filled', () => {
    const view = dated(BTC)(6_000);
    const spot = { last: 80_000, bid: null, ask: null, bidSize: null, askSize: null };
    const taken = evaluate({ ...view, derivatives: view.derivatives === null ? null : { ...view.derivatives, spot } });
    // Half spread, slippage of the regime, impact of a small order: of BTC at 90 % a year.
    const { total } = booklessConcession({
      instrument: BTC,
      price: 80_000,
      quantity: 0.001,
      minuteVolatility: 0.9 / Math.sqrt(525_600),
      minuteVolume: null,
    });
    expect(total).toBeGreaterThan(0.0006);
    expect(taken).toMatchObject({ kind: 'structure', legs: [{ price: 80_000 * (1 + total) }, { price: 85_999 }] });
  });

  it('opens nothing on quotes that are half a minute old', () => {
    const view = dated(BTC)(6_000);
    const later = NOW + 300_000;
    expect(evaluate({ ...view, nowMs: later })).toMatchObject({ kind: 'quiet', reason: 'stale_quotes' });
  });

  it('leaves a basis alone that is not there for one lot', () => {
    const thin = arbitrageView(BTC, NOW, { middle: 80_000 }, [
      { venue: 'binance-futures', spot: 80_000, futures: [futureQuote('BTC-2026-12-25', { middle: 86_000, size: 0.0004 }, NOW)] },
    ]);
    expect(evaluate(thin)).toMatchObject({ kind: 'quiet', reason: 'thin_book' });
  });

  it('goes by a riskless rate that is set in place of the recorded one', () => {
    const paid = createFoArbitrage(foArbitrageConfig.parse({ riskFree: { USD: 0.6 } }));
    expect(evaluate(dated(BTC)(6_000)).kind).toBe('structure');
    expect(paid.evaluate(dated(BTC)(6_000))).toMatchObject({ kind: 'quiet', reason: 'below_risk_free' });
  });

  it('looks at the books whenever it is asked, not only when a candle closes', () => {
    expect(evaluate({ ...dated(BTC)(6_000), nowMs: NOW + 10_000 }).kind).toBe('structure');
  });

  it('takes what is left of the best of everything that is quoted', () => {
    const view = arbitrageView(BTC, NOW, { middle: 80_000 }, [
      {
        venue: 'binance-futures',
        spot: 80_000,
        perpetual: perpetualQuote('BTC-PERP', { middle: 80_000 }, 0.0008, NOW),
        futures: [futureQuote('BTC-2026-12-25', { middle: 85_000 }, NOW), futureQuote('BTC-2027-03-26', { middle: 92_000 }, NOW)],
      },
    ]);
    const best = evaluate(view);
    if (best.kind !== 'structure') throw new Error(best.kind);
    expect(best.legs.map(({ instrument }) => instrument.symbol)).toEqual(['BTC', 'BTC-2027-03-26']);
  });
});

// Closes of NSE of 2026-03-27 as derivatives.md C has them, reckoned with the charges in force from 2026-04-01.
describe('the recorded closes of 2026-03-27', () => {
  const atMs = Date.parse('2026-03-27T10:00:00Z');
  const april = Date.parse('2026-04-01T03:45:00Z');
  const reliance = instrumentBySymbol('RELIANCE', atMs);
  const closes = (nowMs: number) =>
    arbitrageView(reliance, nowMs, { middle: 1348.1 }, [
      { venue: 'nse', spot: 1348.1, futures: [futureQuote('RELIANCE-2026-04-28', { middle: 1354.9 }, nowMs)] },
    ]);
  const carryOf = (view: StrategyView) => {
    const { derivatives, instrument, nowMs } = view;
    const config = foArbitrageConfig.parse({});
    const [carry] = carries({
      config,
      instrument,
      nowMs,
      chains: derivatives?.chains ?? [],
      spot: { bid: 1348.1, ask: 1348.1, bidSize: null, askSize: null },
      riskFree: 0.0534,
      volatility: 0.25,
      maxQuoteAgeMs: 30_000,
      minuteVolatility: 0.001,
    });
    if (carry === undefined) throw new Error('no carry');
    return carry;
  };

  it("carry RELIANCE for 3,400 a lot gross and 1,855.57 of costs beside the depository and the broker's fee of a delivery, 2.6 % a year", () => {
    const carry = carryOf(closes(atMs));
    const { spread, entry, end } = costsOf(carry, 500, april, 'horizon');
    const [gross, costs] = [500 * carry.gross, 500 * (spread + entry + end - PHYSICAL * 1354.9) - 15.34];
    expect(gross).toBeCloseTo(3_400, 6);
    expect(costs).toBeCloseTo(1_855.57, 2);
    expect((((gross - costs) / (500 * 1348.1)) * YEAR) / carry.holdMs).toBeCloseTo(0.026, 3);
    expect(carry.basis).toBeCloseTo(0.0575, 4);
  });

  it('are no arbitrage, neither by their own charges nor by those of April', () => {
    // Without the broker's fee the 2.6 % are below what a bill earns; with it nothing is left at all.
    expect(evaluate(closes(atMs))).toMatchObject({ kind: 'quiet', reason: 'below_costs' });
    expect(evaluate(closes(april))).toMatchObject({ kind: 'quiet', reason: 'below_costs' });
  });

  it('stand at 4.45 % a year for NIFTY, which no one can buy', () => {
    const view = arbitrageView(NIFTY, atMs, null, [
      { venue: 'nse', spot: 22_819.6, futures: [futureQuote('NIFTY-2026-04-28', { middle: 22_908.7 }, atMs)] },
    ]);
    expect(evaluate(view)).toMatchObject({ kind: 'quiet', reason: 'no_book' });
    const asIf = arbitrageView(reliance, atMs, { middle: 22_819.6 }, view.derivatives?.chains ?? []);
    const refused = evaluate(asIf);
    expect(refused).toMatchObject({ kind: 'quiet', reason: 'below_risk_free', why: expect.stringContaining('a basis of 4.45 % a year') });
  });
});
