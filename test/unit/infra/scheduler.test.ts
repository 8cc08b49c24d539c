import { describe, expect, it } from 'vitest';
import { nextFire, startScheduler } from '../../../infra/local/scheduler.ts';
import { SCHEDULES, type ScheduledEvent } from '../../../shared/config/schedules.ts';
import { createVirtualClock } from '../../../shared/kernel/clock-virtual.ts';
import { iso } from '../../../shared/kernel/time.ts';

const at = (text: string): number => Date.parse(text);
const fires = (cron: string, timeZone: 'UTC' | 'Asia/Kolkata', after: string): string | null => {
  const ms = nextFire({ cron, timeZone }, at(after));
  return ms === null ? null : iso(ms);
};

describe('the next fire of an AWS cron', () => {
  it.each([
    ['every minute', 'cron(* * * * ? *)', 'UTC', '2026-11-22T10:00:30Z', '2026-11-22T10:01:00.000Z'],
    ['not the instant itself', 'cron(* * * * ? *)', 'UTC', '2026-11-22T10:01:00Z', '2026-11-22T10:02:00.000Z'],
    ['hours of India', 'cron(* 9-15 ? * MON-FRI *)', 'Asia/Kolkata', '2026-11-20T10:29:30Z', '2026-11-23T03:30:00.000Z'],
    ['every five minutes', 'cron(*/5 * * * ? *)', 'UTC', '2026-11-22T10:01:00Z', '2026-11-22T10:05:00.000Z'],
  ] as const)('is read right: %s', (_, cron, timeZone, after, expected) => {
    expect(fires(cron, timeZone, after)).toBe(expected);
  });
});

describe('the scheduler of one machine', () => {
  it('runs each schedule at its time and delay, and tells the function the time it is for', async () => {
    const clock = createVirtualClock({ startMs: at('2026-11-23T03:59:30Z'), speed: Number.POSITIVE_INFINITY });
    const seen: { readonly event: ScheduledEvent; readonly nowMs: number }[] = [];
    startScheduler(
      clock,
      SCHEDULES,
      async (_, event) => {
        seen.push({ event, nowMs: clock.now() });
      },
      () => undefined,
    );
    await clock.run(at('2026-11-23T04:00:59Z'));
    expect(seen.map(({ event, nowMs }) => [event.name, event.scheduledTime, nowMs - at(event.scheduledTime)])).toEqual([
      ['scan-crypto', '2026-11-23T04:00:00.000Z', 3_000],
      ['scan-nse', '2026-11-23T04:00:00.000Z', 3_000],
      ['monitor', '2026-11-23T04:00:00.000Z', 10_000],
      ['session', '2026-11-23T04:00:00.000Z', 15_000],
      ['alerts', '2026-11-23T04:00:00.000Z', 20_000],
    ]);
  });

  it('says a failed run and goes on with the next', async () => {
    const clock = createVirtualClock({ startMs: at('2026-11-22T10:00:20Z'), speed: Number.POSITIVE_INFINITY });
    const said: string[] = [];
    let runs = 0;
    const every = SCHEDULES.filter(({ name }) => name === 'monitor');
    startScheduler(
      clock,
      every,
      async () => {
        runs += 1;
        throw new Error('the store is away');
      },
      (_, event, facts) => said.push(`${event} ${String(facts?.why)}`),
    );
    await clock.run(at('2026-11-22T10:02:30Z'));
    expect(runs).toBe(2);
    expect(said).toEqual(['scheduled-run-failed the store is away', 'scheduled-run-failed the store is away']);
  });
});
