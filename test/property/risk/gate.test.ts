import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instrumentBySymbol } from '../../../shared/config/instruments.ts';
import { STRATEGY_MAX_POSITION } from '../../../shared/config/risk.ts';
import { excerpt } from '../../../shared/engine/view.ts';
import { add, type Decimal, decimal, divide, fromNumber, max, multiply, subtract, sum, toNumber, ZERO } from '../../../shared/kernel/decimal.ts';
import { type Account, availableCash, equity, exposure, type MarkOf, type RateOf, reserved, riskAtStops } from '../../../shared/ledger/account.ts';
import { exposuresOf } from '../../../shared/risk/exposures.ts';
import { riskGate } from '../../../shared/risk/gate.ts';
import { bookOutcomes, gateValueAtRisk } from '../../../shared/risk/var/book.ts';
import { NO_RISK_MODEL } from '../../../shared/risk/var/risk-model.ts';
import { bareQuote, OPEN_PHASE, opportunityOf, startedAccount } from '../../support/engine-fixtures.ts';
import { entryFill, entryOrder, happen, orderPlaced, rateOf, START_MS } from '../../support/ledger-fixtures.ts';

const SYMBOLS = ['BTC', 'ETH', 'SOL', 'DOGE', 'ADA', 'DOT'] as const;
const PRICES: Record<string, number> = { BTC: 60_000, ETH: 3_000, SOL: 150, DOGE: 0.2, ADA: 0.5, DOT: 6 };
const BASE: RateOf = () => decimal('1');

const step = fc.record({
  symbol: fc.constantFrom(...SYMBOLS),
  strategy: fc.constantFrom('scalping' as const, 'swing' as const),
  stopShare: fc.double({ min: 0.002, max: 0.06, noNaN: true }),
  /** How far the price has moved from the bar that the opportunity was seen on, as a share of the way to the stop. */
  moved: fc.double({ min: -0.9, max: 0.9, noNaN: true }),
  drift: fc.double({ min: 0.95, max: 1.05, noNaN: true }),
  isFilled: fc.boolean(),
  costShare: fc.double({ min: 0, max: 0.005, noNaN: true }),
});

const limits = fc.record({
  maxPositionSize: fc.double({ min: 0.01, max: 0.5, noNaN: true }),
  maxTotalExposure: fc.double({ min: 0.02, max: 1, noNaN: true }),
  maxPortfolioRisk: fc.double({ min: 0.0005, max: 0.15, noNaN: true }),
  maxDailyLoss: fc.constant(1),
  maxDrawdown: fc.constant(1),
  maxMarketExposure: fc.double({ min: 0.05, max: 1, noNaN: true }),
  maxVar: fc.double({ min: 0.002, max: 0.1, noNaN: true }),
  maxOpenPositions: fc.integer({ min: 1, max: 12 }),
});

/** Loss at the stops of what is held and of what is on its way, share of equity. */
function riskOf(account: Account, equityNow: Decimal): number {
  const pending = sum(
    [...account.orders.values()].flatMap((order) => {
      if (order.purpose !== 'entry') return [];
      const entry = fromNumber(order.intent.quote.last);
      if (order.bracket.stop === null) throw new Error('a strategy places no entry without a stop');
      return [multiply(multiply(order.quantity, entry), divide(max(ZERO, subtract(entry, order.bracket.stop)), entry))];
    }),
  );
  return riskAtStops(account, equityNow, BASE) + toNumber(pending) / toNumber(equityNow);
}

/** Without history: what everything would lose if it moved as is assumed. */
const valueAtRisk = (account: Account, markOf: MarkOf): number =>
  gateValueAtRisk(bookOutcomes(NO_RISK_MODEL, exposuresOf(account, markOf, BASE)), 0.95);

describe('no sequence of opportunities', () => {
  it('ends with a limit broken at the moment of an entry', () => {
    let passed = 0;
    fc.assert(
      fc.property(limits, fc.array(step, { minLength: 1, maxLength: 14 }), (changed, steps) => {
        const start = startedAccount();
        let account: Account = { ...start, limits: { ...start.limits, ...changed } };
        const prices = { ...PRICES };
        const markOf: MarkOf = (symbol) => fromNumber(prices[symbol] ?? 0);
        for (const [index, { symbol, strategy, stopShare, moved, drift, isFilled, costShare }] of steps.entries()) {
          prices[symbol] = (prices[symbol] ?? 1) * drift;
          const last = prices[symbol] ?? 1;
          const entry = last / (1 + moved * stopShare);
          const opportunity = opportunityOf({ entry, stop: entry * (1 - stopShare), target: entry * (1 + 2 * stopShare) });
          const nowMs = START_MS + index * 60_000;
          const instrument = instrumentBySymbol(symbol);
          const verdict = riskGate({
            nowMs,
            account,
            strategy,
            instrument,
            rules: null,
            opportunity,
            quote: bareQuote(symbol, last, nowMs),
            rate: { ...rateOf('USDT'), asOfMs: nowMs },
            phase: OPEN_PHASE,
            product: 'spot',
            direction: 'long',
            squareOffMs: null,
            markOf,
            rateOf: BASE,
          });
          if (verdict.verdict === 'refused') continue;
          passed += 1;
          const equityNow = equity(account, markOf, BASE);
          const cashBefore = availableCash(account);
          const riskBefore = valueAtRisk(account, markOf) / toNumber(equityNow);
          const sketch = entryOrder({
            id: `E:${index}`,
            symbol,
            atMs: nowMs,
            stop: opportunity.stop.toFixed(8),
            target: opportunity.target.toFixed(8),
          });
          const order = {
            ...sketch,
            strategy,
            quantity: verdict.quantity,
            reserved: verdict.reserve,
            intent: { ...sketch.intent, quote: excerpt(bareQuote(symbol, last, nowMs)) },
          };
          account = happen(account, `place ${index}`, [orderPlaced(order)]).after;
          const share = (amount: Decimal): number => toNumber(amount) / toNumber(equityNow);
          const size = share(multiply(verdict.quantity, fromNumber(last)));
          // Floats and 8 places: dust.
          const dust = 1e-6;
          expect(size).toBeLessThanOrEqual(Math.min(account.limits.maxPositionSize, STRATEGY_MAX_POSITION[strategy] ?? 0) + dust);
          expect(share(add(exposure(account, markOf, BASE), reserved(account)))).toBeLessThanOrEqual(account.limits.maxTotalExposure + dust);
          expect(riskOf(account, equityNow)).toBeLessThanOrEqual(account.limits.maxPortfolioRisk + dust);
          expect(share(add(exposure(account, markOf, BASE), reserved(account)))).toBeLessThanOrEqual((account.limits.maxMarketExposure ?? 1) + dust);
          expect(valueAtRisk(account, markOf) / toNumber(equityNow)).toBeLessThanOrEqual(Math.max(riskBefore, account.limits.maxVar ?? 1) + dust);
          expect(account.orders.size).toBeLessThanOrEqual(account.limits.maxOpenPositions ?? 1);
          expect(verdict.reserve <= add(cashBefore, decimal('0.0001'))).toBe(true);
          if (!isFilled) continue;
          const price = fromNumber(last * (1 + costShare));
          account = happen(account, `fill ${index}`, [(now) => entryFill(now, order.id, { price: toText(price), atMs: nowMs + 100 })]).after;
          expect(account.cash >= 0n).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
    expect(passed).toBeGreaterThan(300);
  });
});

const toText = (price: Decimal): string => toNumber(price).toFixed(8);
