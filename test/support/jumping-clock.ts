import type { Clock } from '../../shared/kernel/clock.ts';

/** A clock on which a wait is over at once: time stands where the last wait led, or where a test has put it. */
export function jumpingClock(startMs: number): Clock & { readonly jump: (toMs: number) => void } {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    at(ms, _, task) {
      nowMs = Math.max(nowMs, ms);
      queueMicrotask(() => void task());
      return () => {};
    },
    jump: (toMs) => {
      nowMs = toMs;
    },
  };
}
