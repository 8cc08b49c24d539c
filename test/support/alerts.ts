import type { DeliveryRules } from '../../shared/config/alerts.ts';
import type { Alert } from '../../shared/contracts/alert.ts';
import type { RolledCandle } from '../../shared/market/rollup.ts';
import { START_MS } from './ledger-fixtures.ts';

/** An alert with what a test does not care about filled in. */
export const alertOf = (id: string, more: Partial<Alert> = {}): Alert => ({
  id,
  kind: 'fill',
  severity: 'info',
  atMs: START_MS,
  scope: 'test',
  evidence: 'simulated',
  sessionId: 'session',
  symbol: 'BTC',
  title: `Alert ${id}`,
  text: 'Something happened',
  facts: { price: '100' },
  ...more,
});

/** Small numbers, so that a test reaches every bound. */
export const QUICK: DeliveryRules = {
  timeoutMs: 60_000,
  attempts: 4,
  firstBackOffMs: 5_000,
  mostBackOffMs: 15_000,
  mostRetryAfterMs: 60_000,
  mostInOne: 3,
  gapMs: 1_000,
  most: 4,
  windowMs: 60_000,
};

/** For services that never answer, which are waited for in vain. */
export const HURRIED: DeliveryRules = { ...QUICK, timeoutMs: 800 };

/** Closed bars of one span, of which a test says closes or volumes. */
export const candlesOf = (spanMs: number, bars: readonly Partial<RolledCandle>[], startMs = START_MS): readonly RolledCandle[] =>
  bars.map((bar, index) => {
    const close = bar.close ?? 100;
    return { openMs: startMs + index * spanMs, open: close, high: close, low: close, close, volume: 10, isComplete: true, ...bar };
  });
