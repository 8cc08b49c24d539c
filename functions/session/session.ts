import type { ScheduledEvent } from '../../shared/config/schedules.ts';
import type { EngineContext } from '../../shared/engine/context.ts';
import { rollTradingDay } from '../../shared/engine/roll-trading-day.ts';

/** Opens and closes the trading day's books when they are due at the event's instant. */
export function runSession(context: EngineContext, event: ScheduledEvent): Promise<{ readonly rolled: readonly string[] }> {
  return rollTradingDay(context, { atMs: Date.parse(event.scheduledTime) });
}

/** A roll makes up for missed ones, so a late run is as good as a punctual one. */
export const LATEST_ROLL_MS = 3_600_000;
