import { orderLatencyMs } from '../../execution/latency.ts';
import type { EngineContext } from '../context.ts';

const STEP_MS = 25;

/**
 * Waits while a change of what the venue holds is on its way there, as long as an order would be: until then the venue goes on
 * with what it has, and may fill it. Nothing is promised before: who asked and hears nothing has changed nothing.
 */
export async function onItsWay({ clock, sleep }: Pick<EngineContext, 'clock' | 'sleep'>, seed: string, request: string): Promise<void> {
  const latencyMs = orderLatencyMs(seed, request);
  const arrivesMs = clock.now() + latencyMs;
  // A virtual clock may be faster than the pauses; one that stands still must not hold the request for ever.
  for (let waitedMs = 0; clock.now() < arrivesMs && waitedMs < latencyMs; waitedMs += STEP_MS) await sleep(Math.min(STEP_MS, latencyMs - waitedMs));
}
