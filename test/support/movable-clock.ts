import type { Clock } from '../../shared/kernel/clock.ts';
import { systemClock } from '../../shared/kernel/clock-system.ts';

/** Machine time, moved to an instant, that a test can push on; the machine's timers run as they do. */
export function movableClock(startMs: number): Clock & { readonly move: (ms: number) => void } {
  const real = systemClock((error) => {
    throw error;
  });
  let offsetMs = startMs - real.now();
  return {
    now: () => real.now() + offsetMs,
    at: (ms, label, task) => real.at(ms - offsetMs, label, task),
    move: (ms) => {
      offsetMs += ms;
    },
  };
}
