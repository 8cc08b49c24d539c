import { describe, expect, it } from 'vitest';
import { runSession } from '../../../functions/session/session.ts';
import { type AutoStart, autoStartOf, autoStartSchema, autoStartText } from '../../../shared/config/auto-start.ts';
import type { ScheduledEvent } from '../../../shared/config/schedules.ts';
import { startByItself } from '../../../shared/engine/auto-start.ts';
import type { EngineContext } from '../../../shared/engine/context.ts';
import { startSession, stopSession } from '../../../shared/engine/sessions.ts';
import { createVirtualClock } from '../../../shared/kernel/clock-virtual.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';
import { iso, MINUTE_MS } from '../../../shared/kernel/time.ts';
import { contextOver, createRows, type Rows } from '../../support/engine-world.ts';
import { runTo } from '../../support/recording-sink.ts';

const ist = (text: string): number => Date.parse(`${text}+05:30`);
const NEXT = 5 * MINUTE_MS;

interface Desk {
  readonly context: EngineContext;
  readonly rows: Rows;
  /** Lets the schedule fire as it does every five minutes, up to an instant. */
  readonly until: (toMs: number) => Promise<readonly string[]>;
}

function desk(autoStart: Partial<AutoStart>, startMs: number, rows = createRows()): Desk {
  const clock = createVirtualClock({ startMs, speed: Number.POSITIVE_INFINITY });
  const context = contextOver(rows, clock, {
    exclusive: false,
    world: { scope: 'test', evidence: 'simulated', markets: ['CRYPTO', 'NSE'] },
    settings: {
      marketMode: 'both',
      seed: 'seed',
      version: 'test',
      configVersion: 'test',
      barWaitMs: 0,
      autoStart: autoStartSchema.parse(autoStart),
    },
  });
  const until = async (toMs: number): Promise<readonly string[]> => {
    const started: string[] = [];
    for (let atMs = Math.ceil(clock.now() / NEXT) * NEXT; atMs <= toMs; atMs += NEXT) {
      await runTo(clock, atMs);
      const event: ScheduledEvent = { name: 'session', market: null, scheduledTime: iso(atMs), executionId: 'e' };
      const { started: id } = await runSession(context, event);
      if (id !== null) started.push(id);
    }
    return started;
  };
  return { context, rows, until };
}

describe('a session that is to start with NSE', () => {
  it('starts at the open of a trading day, once, with what the settings say, and its day is closed at the close', async () => {
    const { context, until } = desk(
      { when: 'nse', strategies: ['swing'], startingCapital: 5_000, riskLimits: { maxDailyLoss: 0.02 } },
      ist('2026-10-06T08:00:00'),
    );
    expect(await until(ist('2026-10-06T09:10:00'))).toEqual([]);
    const [started, ...others] = await until(ist('2026-10-06T15:00:00'));
    expect(others).toEqual([]);
    const account = await context.accounts.active();
    expect(account).toMatchObject({
      sessionId: started,
      strategies: ['swing'],
      startedMs: ist('2026-10-06T09:15:00'),
      limits: { maxDailyLoss: 0.02, maxPositionSize: 0.2 },
    });
    expect(account?.startingCapital).toBe(decimal('5000'));
    expect(account?.day.date).toBe('2026-10-06');
    expect(await until(ist('2026-10-07T10:00:00'))).toEqual([]);
    expect((await context.accounts.active())?.day.date).toBe('2026-10-07');
  });

  it.each([
    ['weekend', '2026-10-03'],
    ['holiday', '2026-10-02'],
  ])('does not start on a %s', async (_, date) => {
    expect(await desk({ when: 'nse' }, ist(`${date}T09:00:00`)).until(ist(`${date}T16:00:00`))).toEqual([]);
  });

  it('stays stopped for the day when a person stopped it, and starts on the next', async () => {
    const { context, until } = desk({ when: 'nse' }, ist('2026-10-06T09:15:00'));
    expect(await until(ist('2026-10-06T10:00:00'))).toHaveLength(1);
    await stopSession(context, { closePositions: true }, null);
    expect(await until(ist('2026-10-06T15:30:00'))).toEqual([]);
    expect(await until(ist('2026-10-07T10:00:00'))).toHaveLength(1);
  });

  it('leaves a session alone that a person has started', async () => {
    const { context, until } = desk({ when: 'nse' }, ist('2026-10-06T08:00:00'));
    const { account } = await startSession(context, { startingCapital: decimal('700'), strategies: null, riskLimits: {} }, null);
    expect(await until(ist('2026-10-06T12:00:00'))).toEqual([]);
    expect((await context.accounts.active())?.sessionId).toBe(account.sessionId);
  });

  it('that a person began and ended before the open does not keep the day from starting', async () => {
    const { context, until } = desk({ when: 'nse' }, ist('2026-10-06T08:00:00'));
    await startSession(context, { startingCapital: decimal('700'), strategies: null, riskLimits: {} }, null);
    await stopSession(context, { closePositions: true }, null);
    expect(await until(ist('2026-10-06T09:20:00'))).toHaveLength(1);
  });
});

describe('a session that is always to run', () => {
  it('starts at once, at any hour of any day', async () => {
    expect(await desk({ when: 'always' }, ist('2026-10-04T03:00:00')).until(ist('2026-10-04T06:00:00'))).toHaveLength(1);
  });

  it('stays stopped until the day closes when a person stopped it', async () => {
    const { context, until } = desk({ when: 'always' }, ist('2026-10-06T10:00:00'));
    await until(ist('2026-10-06T10:05:00'));
    await stopSession(context, { closePositions: true }, null);
    expect(await until(ist('2026-10-06T15:25:00'))).toEqual([]);
    expect(await until(ist('2026-10-06T16:00:00'))).toHaveLength(1);
  });
});

describe('runs that come at once', () => {
  it('make one session of it, whichever comes first', async () => {
    const rows = createRows();
    const atMs = ist('2026-10-06T09:15:00');
    const contexts = Array.from({ length: 6 }, () => desk({ when: 'always' }, atMs, rows).context);
    const outcomes = await Promise.all(contexts.map((context) => startByItself(context, { atMs })));
    const started = new Set(outcomes.flatMap(({ started }) => started ?? []));
    expect(started.size).toBe(1);
    expect(await rows.ledger.sessions()).toHaveLength(1);
  });
});

describe('sessions that nobody wants to start by themselves', () => {
  it('do not, and the setting survives its way through an environment variable', async () => {
    expect(await desk({}, ist('2026-10-06T09:15:00')).until(ist('2026-10-06T12:00:00'))).toEqual([]);
    const setting = autoStartSchema.parse({ when: 'nse', strategies: ['swing'] });
    expect(autoStartOf(autoStartText(setting))).toEqual(setting);
    expect([autoStartOf('on'), autoStartOf('{"when":"dawn"}'), autoStartOf('')]).toEqual([null, null, null]);
  });
});
