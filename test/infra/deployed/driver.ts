import { expect } from 'vitest';
import * as z from 'zod';
import { MINUTE_MS } from '../../../shared/kernel/time.ts';
import { ledgerKeys } from '../../../shared/store/keys.ts';
import { httpEvent, type StreamRecord, streamRecord } from './events.ts';
import type { Lambda, LambdaOutcome } from './lambda.ts';
import { type DeployedStack, deployedStack, marketOf } from './stack.ts';

/** An evening of Friday: NSE is closed, crypto is scanned. */
const START_MS = Date.parse('2026-11-20T13:08:00Z');
const MINUTES = 3;

/** The ends of the minutes whose market arrives one after the other, and of later ones. */
export const minuteAt = (index: number): number => START_MS + (index + 1) * MINUTE_MS;

/** The stack in use: a market that arrives minute by minute, a session, and processes that stay warm. */
export interface Driver {
  readonly stack: DeployedStack;
  /** A function's process, one for all that it is asked. */
  readonly lambda: (name: string) => Lambda;
  /** Puts what the feed wrote in a minute into the tables. */
  readonly arrive: (index: number) => Promise<void>;
  /** Asks the API at an instant. */
  readonly ask: (asked: string, nowMs: number, body?: unknown) => Promise<{ readonly status: number; readonly body: Record<string, unknown> }>;
  /** Texts that wait in the queue of the nudges. */
  readonly nudges: () => readonly string[];
  /** The rows of the session's journal, as the stream tells them. */
  readonly journal: () => Promise<readonly StreamRecord[]>;
  /** What was refused since it was asked last, and addresses beyond this machine. */
  readonly faults: () => readonly string[];
}

/** Deploys the stack, with the first minute of its market. */
export async function startDriver(): Promise<Driver> {
  const stack = await deployedStack();
  const minutes = await marketOf(stack.items, START_MS, MINUTES);
  const warm = new Map<string, Lambda>();
  const lambda = (name: string): Lambda => {
    const known = warm.get(name) ?? stack.lambda(name);
    warm.set(name, known);
    return known;
  };
  const queue = stack.template.resources.find(({ Type, id }) => Type === 'AWS::SQS::Queue' && id.startsWith('Nudges'))?.id;
  await minutes[0]?.arrive();
  return {
    stack,
    lambda,
    arrive: async (index) => minutes[index]?.arrive(),
    ask: async (asked, nowMs, body) => {
      const answer = z.object({ statusCode: z.number(), body: z.string() }).parse(answered(await lambda('api').run(httpEvent(asked, body), nowMs)));
      return { status: answer.statusCode, body: JSON.parse(answer.body) as Record<string, unknown> };
    },
    nudges: () => stack.aws.services.waiting(stack.template.text({ Ref: queue })),
    journal: async () => {
      const active = await stack.items.get('ledger', ledgerKeys.active);
      const { sessionId } = z.object({ sessionId: z.string() }).parse(active?.attributes);
      return (await stack.items.query('ledger', ledgerKeys.journalAfter(sessionId, 0))).map(streamRecord);
    },
    faults: () => [
      ...stack.aws.takeRefused(),
      ...[...warm].flatMap(([name, { foreign }]) => foreign.map((host) => `${name} would have reached ${host}`)),
    ],
  };
}

/** What a function answered. Fails where it threw. */
export const answered = ({ answer, error }: LambdaOutcome): Record<string, unknown> => {
  expect(error).toBeNull();
  return answer as Record<string, unknown>;
};
