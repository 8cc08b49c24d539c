import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { type MeasuredValues, measured as metrics } from '../../shared/config/metrics.ts';
import { type ScheduledEvent, scheduledEventSchema } from '../../shared/config/schedules.ts';
import type { EngineContext } from '../../shared/engine/context.ts';
import { wire } from '../../shared/kernel/canonical-json.ts';
import { messageOf, NightdeskError } from '../../shared/kernel/errors.ts';
import type { EpochMs } from '../../shared/kernel/time.ts';

class ScheduledRunError extends NightdeskError<'bad_event'> {}

/** A run as its function sees it: the event after its schema, and the instant that it is for. */
export interface ScheduledRun extends ScheduledEvent {
  readonly scheduledMs: EpochMs;
}

/** What a run came to. A dropped run did nothing, and says why. */
export type ScheduledOutcome = { readonly ran: true; readonly outcome: unknown } | { readonly ran: false; readonly reason: string };

export type ScheduledHandler = (event: unknown, context?: Context) => Promise<ScheduledOutcome>;

/** A run that comes later than this after its time is dropped: the next one is due, and works on fresher prices. */
const LATEST_RUN_MS = 90_000;

/**
 * The one stack of every scheduled function: the event through its schema, late runs dropped with the reason, a log line a
 * run, and errors thrown on, so that the platform tries again. The context comes as a promise, made once a process.
 * @param latestMs how late a run may be, ms; a function whose runs make up for missed ones may take more than the default
 * @param told what of a run's outcome is logged and answered; all of it by default
 * @param measured what of it becomes metrics, by the same line
 */
export function scheduledFunction<Outcome>(
  name: string,
  contextOf: () => Promise<EngineContext>,
  run: (context: EngineContext, run: ScheduledRun) => Promise<Outcome>,
  { latestMs = LATEST_RUN_MS, told = (outcome) => outcome, measured = () => ({}) }: ScheduledOptions<Outcome> = {},
): ScheduledHandler {
  // The platform writes the answer as JSON, which has no decimals.
  const stack = middy(async ({ context, run: due }: Ready): Promise<ScheduledOutcome> => {
    const begunMs = context.clock.now();
    const outcome = await run(context, due);
    const answer = { ran: true, outcome: wire(told(outcome)) } as const;
    logRun(name, { context, run: due, begunMs }, { ...answer, ...metrics(measured(outcome, due, context.clock.now()), context.clock.now()) });
    return answer;
  })
    .use({ onError: logFailure(name) })
    .use({
      before: async (request: middy.Request) => {
        const due = parsed(name, request.event);
        request.event = { context: await contextOf(), run: due } satisfies Ready;
      },
    })
    .use({ before: ({ event }: ReadyRequest) => dropped(name, event, latestMs) });
  // What comes in has any form; the first step makes it ready for all after it.
  return async (event, context = {} as Context) => await stack(event as Ready, context);
}

interface ScheduledOptions<Outcome> {
  readonly latestMs?: number;
  readonly told?: (outcome: Outcome) => unknown;
  readonly measured?: (outcome: Outcome, run: ScheduledRun, nowMs: EpochMs) => MeasuredValues;
}

/** A run with what it works with: the event that the steps after the first one see. */
interface Ready {
  readonly context: EngineContext;
  readonly run: ScheduledRun;
}

type ReadyRequest = middy.Request<Ready>;

function logRun(
  name: string,
  { context, run: { executionId, scheduledTime, scheduledMs }, begunMs }: Ready & { readonly begunMs: EpochMs },
  facts: Readonly<Record<string, unknown>>,
): void {
  const nowMs = context.clock.now();
  context.log('info', `${name}-ran`, { executionId, scheduledTime, lagMs: nowMs - scheduledMs, durationMs: nowMs - begunMs, ...facts });
}

/** An event that never became ready has no log to go to: its error is thrown on like every other, and the platform logs it. */
const logFailure =
  (name: string) =>
  ({ event, error }: middy.Request): void => {
    if (!isReady(event)) return;
    const { context, run } = event;
    context.log('error', `${name}-failed`, { executionId: run.executionId, why: messageOf(error), stack: error?.stack });
  };

const isReady = (event: unknown): event is Ready => typeof event === 'object' && event !== null && 'context' in event && 'run' in event;

function parsed(name: string, event: unknown): ScheduledRun {
  const result = scheduledEventSchema.safeParse(event);
  if (!result.success) {
    const issues = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new ScheduledRunError('bad_event', `${name} received an event of another form: ${issues.join('; ')}`, { issues, event });
  }
  return { ...result.data, scheduledMs: Date.parse(result.data.scheduledTime) };
}

function dropped(name: string, { context, run }: Ready, latestMs: number): ScheduledOutcome | undefined {
  const lateMs = context.clock.now() - run.scheduledMs;
  if (lateMs <= latestMs) return undefined;
  const reason = `The run for ${run.scheduledTime} came ${Math.round(lateMs / 1_000)} s late, at most ${latestMs / 1_000} s is allowed`;
  context.log('warn', `${name}-dropped`, { executionId: run.executionId, reason, lateMs });
  return { ran: false, reason };
}
