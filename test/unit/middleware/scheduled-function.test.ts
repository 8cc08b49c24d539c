import { describe, expect, it } from 'vitest';
import { type ScheduledRun, scheduledFunction } from '../../../functions/middleware/scheduled-function.ts';
import type { MeasuredValues } from '../../../shared/config/metrics.ts';
import type { EngineContext } from '../../../shared/engine/context.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';
import { metricsIn } from '../../support/embedded-metrics.ts';

const AT = '2026-11-18T07:00:00Z';
const EVENT = { name: 'monitor', market: null, scheduledTime: AT, executionId: 'run-1' };

interface Line {
  readonly level: string;
  readonly event: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** A function at `lateMs` after its time, what it was run with, and what it logged. */
function scheduled(
  lateMs: number,
  outcome: () => Promise<unknown> = async () => ({ checked: true }),
  latestMs?: number,
  measured?: (outcome: unknown, run: ScheduledRun, nowMs: number) => MeasuredValues,
) {
  const runs: ScheduledRun[] = [];
  const lines: Line[] = [];
  const context = {
    clock: { now: () => Date.parse(AT) + lateMs },
    log: (level: string, event: string, facts: Line['facts'] = {}) => void lines.push({ level, event, facts }),
  } as unknown as EngineContext;
  const handler = scheduledFunction(
    'monitor',
    async () => context,
    (_context, run) => {
      runs.push(run);
      return outcome();
    },
    { ...(latestMs === undefined ? {} : { latestMs }), ...(measured === undefined ? {} : { measured }) },
  );
  return { handler, runs, lines };
}

describe('a scheduled function', () => {
  it('runs for the instant that its event names, and logs what came of it', async () => {
    const { handler, runs, lines } = scheduled(1_500);
    expect(await handler(EVENT)).toEqual({ ran: true, outcome: { checked: true } });
    expect(runs).toEqual([{ ...EVENT, scheduledMs: Date.parse(AT) }]);
    expect(lines).toEqual([
      {
        level: 'info',
        event: 'monitor-ran',
        facts: { executionId: 'run-1', scheduledTime: AT, lagMs: 1_500, durationMs: 0, ran: true, outcome: { checked: true } },
      },
    ]);
  });

  it('carries what was measured of a run in the line of the run, and not in its answer', async () => {
    const { handler, lines } = scheduled(
      2_000,
      async () => 7,
      undefined,
      (outcome, run, nowMs) => ({
        DecisionsTaken: Number(outcome),
        ScanLagMs: nowMs - run.scheduledMs,
      }),
    );
    expect(await handler(EVENT)).toEqual({ ran: true, outcome: 7 });
    expect(metricsIn(JSON.stringify(lines[0]?.facts))?.values).toEqual({ DecisionsTaken: 7, ScanLagMs: 2_000 });
  });

  it('answers decimals as text: the platform writes the answer as JSON, which has none', async () => {
    const { handler, lines } = scheduled(0, async () => ({ quantity: decimal('0.5') }));
    const answer = await handler(EVENT);
    expect(JSON.parse(JSON.stringify(answer))).toEqual({ ran: true, outcome: { quantity: '0.5' } });
    expect(lines).toMatchObject([{ event: 'monitor-ran', facts: { outcome: { quantity: '0.5' } } }]);
  });

  it('runs at 90 s after its time and is dropped, with the reason, when it comes later', async () => {
    expect(await scheduled(90_000).handler(EVENT)).toMatchObject({ ran: true });
    const late = scheduled(90_001);
    expect(await late.handler(EVENT)).toEqual({ ran: false, reason: `The run for ${AT} came 90 s late, at most 90 s is allowed` });
    expect(late.runs).toEqual([]);
    expect(late.lines).toMatchObject([{ level: 'warn', event: 'monitor-dropped', facts: { lateMs: 90_001, executionId: 'run-1' } }]);
  });

  it('takes another bound where missed runs are made up for', async () => {
    const { handler } = scheduled(600_000, undefined, 3_600_000);
    expect(await handler(EVENT)).toMatchObject({ ran: true });
  });

  it('throws an error on, so that the platform tries again', async () => {
    const { handler, lines } = scheduled(0, async () => {
      throw new TypeError('no table');
    });
    await expect(handler(EVENT)).rejects.toThrow(new TypeError('no table'));
    expect(lines).toMatchObject([{ level: 'error', event: 'monitor-failed', facts: { why: 'no table', executionId: 'run-1' } }]);
  });

  it.each([
    ['nothing', undefined],
    ['an unknown schedule', { ...EVENT, name: 'cleanup' }],
    ['a time of another form', { ...EVENT, scheduledTime: 'now' }],
    ['an unknown field', { ...EVENT, extra: 1 }],
    ['no execution id', { name: 'monitor', market: null, scheduledTime: AT }],
  ])('refuses an event with %s, and does not run', async (_what, event) => {
    const { handler, runs } = scheduled(0);
    await expect(handler(event)).rejects.toMatchObject({ code: 'bad_event' });
    expect(runs).toEqual([]);
  });

  it('keeps runs that overlap apart', async () => {
    const { handler, runs } = scheduled(0, () => new Promise((resolve) => setTimeout(resolve, 5)));
    await Promise.all(['a', 'b', 'c'].map((executionId) => handler({ ...EVENT, executionId })));
    expect(runs.map(({ executionId }) => executionId)).toEqual(['a', 'b', 'c']);
  });
});
