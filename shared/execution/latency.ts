import { LATENCY } from '../config/execution.ts';
import { rng } from '../kernel/rng.ts';

/**
 * Time from acceptance until the venue has the order, ms: a base plus an exponential tail, capped. Drawn by the order's
 * id, so that the same order has the same latency whoever computes it and whenever.
 */
export function orderLatencyMs(seed: string, orderId: string): number {
  const { baseMs, meanTailMs, capMs } = LATENCY;
  const tail = -meanTailMs * Math.log(1 - rng(seed, 'latency', orderId).next());
  return Math.round(Math.min(baseMs + tail, capMs));
}
