import type { ScheduledEvent } from '../../shared/config/schedules.ts';
import { startByItself } from '../../shared/engine/auto-start.ts';
import type { EngineContext } from '../../shared/engine/context.ts';
import { rollTradingDay } from '../../shared/engine/roll-trading-day.ts';

/** Starts a session where one is to start by itself, and opens and closes the trading day's books when they are due at the event's instant. */
export async function runSession(
  context: EngineContext,
  event: ScheduledEvent,
): Promise<{ readonly started: string | null; readonly rolled: readonly string[] }> {
  const atMs = Date.parse(event.scheduledTime);
  // By the clock, not by the event: a run that comes late must not start a session in a market that has closed since.
  const { started } = await startByItself(context, { atMs: context.clock.now() });
  return { started, ...(await rollTradingDay(context, { atMs })) };
}

/** A roll makes up for missed ones, so a late run is as good as a punctual one. */
export const LATEST_ROLL_MS = 3_600_000;
