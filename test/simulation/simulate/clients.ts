import type { EngineContext } from '../../../shared/engine/context.ts';
import { EngineError } from '../../../shared/engine/errors.ts';
import { StoreError } from '../../../shared/engine/ports.ts';
import type { Rng } from '../../../shared/kernel/rng.ts';
import { SECOND_MS } from '../../../shared/kernel/time.ts';
import type { Book } from './books.ts';
import type { Faults } from './faults.ts';
import type { Complain } from './problems.ts';
import type { Process } from './process.ts';
import type { Owner, Scheduler } from './scheduler.ts';

/** What a person asks for, under a key of its own. */
export interface Request {
  readonly key: string;
  /** Sessions that it begins when it is done. */
  readonly begins: 0 | 1;
  /**
   * The part of the answer that the same request is given whenever it is asked again, until another session begins; null where
   * nothing was done, of which nothing is recorded.
   */
  readonly send: (context: EngineContext, key: string) => Promise<string | null>;
}

interface Asked {
  readonly request: Request;
  /** How many sessions there had been when it was asked first. */
  readonly sessions: number;
  /** What was done, once it is known. */
  done: string | null;
  isAnswered: boolean;
  times: number;
}

/** People who ask again under the same key until they have an answer, and sometimes do not wait for it. */
export interface Clients {
  readonly submit: (request: Request) => void;
  /** Requests without an answer. */
  readonly waiting: () => readonly string[];
  readonly answered: () => number;
}

export interface ClientParts {
  /** On whose behalf the clients wait: they live for ever. */
  readonly owner: Owner;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly draw: Rng;
  /** Processes that take requests now. */
  readonly hosts: () => readonly Process[];
  readonly books: () => readonly Book[];
  readonly complain: Complain;
}

const PATIENCE_MS = 4 * SECOND_MS;
/** Nobody waits for longer than this many patiences: who has to ask again does so while things settle. */
const LONGEST_WAIT = 8;
const PAUSE_MS = SECOND_MS;

export function createClients({ owner, scheduler, faults, draw, hosts, books, complain }: ClientParts): Clients {
  const all: Asked[] = [];

  /** Whether no session began since; by clocks that jump the one that began last may not be the newest, which is the one that is asked. */
  const isOfLastSession = (sessions: number): boolean => {
    const begun = books().map(({ account }) => account.startedMs);
    return begun.length <= sessions && begun.every((startedMs) => startedMs <= (begun.at(-1) ?? 0));
  };

  const contradict = ({ request, sessions, done }: Asked, answer: string): void => {
    if (isOfLastSession(sessions + request.begins) && done !== null && done !== answer)
      complain('answers', `request ${request.key} was answered ${done}, and ${answer} when it came again`);
  };

  const answered = (asked: Asked, answer: string | null): void => {
    asked.isAnswered = true;
    if (answer === null) return;
    contradict(asked, answer);
    asked.done = answer;
  };

  const failed = (asked: Asked, error: unknown, wasDone: boolean): void => {
    const { key } = asked.request;
    if (error instanceof EngineError && error.code !== 'contention') {
      // A refusal changes nothing and is not recorded: the same request may be done when it comes again. What was known to be done
      // when it was sent stays done.
      if (wasDone) contradict(asked, `refused: ${error.code}`);
      asked.isAnswered = true;
      return;
    }
    if (error instanceof EngineError) foundDone(asked, error);
    else if (!(error instanceof StoreError) || error.code === 'corrupt') complain('errors', `request ${key} failed: ${String(error)}`);
    scheduler.at(owner, scheduler.nowMs() + asked.times * PAUSE_MS, `again ${key}`, () => ask(asked));
  };

  /** Who is told that nothing was done must not find it done. */
  const foundDone = ({ request }: Asked, { context }: EngineError): void => {
    const isDone = books().some((book) => book.sessionId === context.sessionId && book.commands.has(String(context.commandId)));
    if (isDone) complain('answers', `request ${request.key} was told that ${context.commandId} lost its races, and it is in the journal`);
  };

  const send = async (asked: Asked): Promise<void> => {
    const able = hosts();
    const host = able[Math.floor(draw.next() * able.length)];
    if (host === undefined) return;
    const wasDone = asked.done !== null;
    try {
      answered(asked, await asked.request.send(host.context, asked.request.key));
    } catch (error) {
      failed(asked, error, wasDone);
    }
  };

  const ask = (asked: Asked): void => {
    if (asked.isAnswered) return;
    asked.times += 1;
    const { key } = asked.request;
    scheduler.soon(owner, `request ${key}`, () => void send(asked));
    if (faults.strikes('request-doubled')) scheduler.soon(owner, `request ${key} once more`, () => void send(asked));
    scheduler.at(owner, scheduler.nowMs() + Math.min(asked.times, LONGEST_WAIT) * PATIENCE_MS, `patience ${key}`, () => ask(asked));
  };

  return {
    submit: (request) => {
      const asked: Asked = { request, sessions: books().length, done: null, isAnswered: false, times: 0 };
      all.push(asked);
      ask(asked);
    },
    waiting: () => all.filter(({ isAnswered }) => !isAnswered).map(({ request }) => request.key),
    answered: () => all.filter(({ isAnswered }) => isAnswered).length,
  };
}
