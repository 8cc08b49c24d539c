import { MINUTE_MS } from '../../shared/kernel/time.ts';
import type { Bar } from '../../shared/market/price.ts';

/** Five quiet hours that drift up, and when `runs`, one minute that runs with ten times the volume, which scalping takes; they end at `untilMs`. */
export function burstMarket(untilMs: number, runs: boolean): readonly Bar[] {
  const fromMs = untilMs - 301 * MINUTE_MS;
  const quiet = Array.from({ length: 301 }, (_, i): Bar => {
    const drift = 1 + i * 0.00002;
    const [open, close] = [100 * drift, 100 * drift * (i % 3 === 0 ? 0.9997 : 1.0003)];
    const [high, low] = [Math.max(open, close) * 1.0002, Math.min(open, close) * 0.9998];
    return { symbol: 'BTC', openMs: fromMs + i * MINUTE_MS, open, close, high, low, volume: 10, origin: 'received', evidence: 'simulated' };
  });
  if (!runs) return quiet;
  const [before, last] = quiet.slice(-2) as [Bar, Bar];
  const close = before.close * 1.006;
  return [...quiet.slice(0, -1), { ...last, open: before.close, low: before.close, close, high: close, volume: 100 }];
}
