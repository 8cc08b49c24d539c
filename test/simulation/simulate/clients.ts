import type { EngineContext } from '../../../shared/engine/context.ts';
import { EngineError } from '../../../shared/engine/errors.ts';
import { StoreError } from '../../../shared/engine/ports.ts';
import type { Rng } from '../../../shared/kernel/rng.ts';
import { SECOND_MS } from '../../../shared/kernel/time.ts';
import type { Book } from './books.ts';
import type { Faults } from './faults.ts';
import type { Owner, Scheduler } from './scheduler.ts';

/** What a person asks for, under a key of its own. */
export interface Request {
  readonly key: string;
  /** The part of the answer that the same request is given whenever it is asked again: until another session begins. */
  readonly send: (context: EngineContext, key: string) => Promise<string>;
}

interface Answered {
  readonly answer: string;
  /** How many sessions there had been by then. */
  readonly sessions: number;
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
  readonly hosts: () => readonly EngineContext[];
  readonly books: () => readonly Book[];
  readonly complain: (fault: string) => void;
}

const PATIENCE_MS = 4 * SECOND_MS;
const PAUSE_MS = SECOND_MS;

export function createClients({ owner, scheduler, faults, draw, hosts, books, complain }: ClientParts): Clients {
  const answers = new Map<string, Answered>();
  const open = new Map<string, Request>();

  const contradict = ({ key }: Request, answer: string): void => {
    const before = answers.get(key);
    if (before === undefined || before.sessions < books().length || before.answer === answer) return;
    complain(`request ${key} was answered ${before.answer}, and ${answer} when it came again`);
  };

  const answered = (request: Request, answer: string): void => {
    contradict(request, answer);
    answers.set(request.key, { answer, sessions: books().length });
    open.delete(request.key);
  };

  /** A refusal changes nothing and is not recorded: the same request may be done when it comes again. But what was done stays done. */
  const refused = (request: Request, code: string): void => {
    contradict(request, `refused: ${code}`);
    open.delete(request.key);
  };

  const failed = (request: Request, error: unknown): void => {
    if (error instanceof EngineError && error.code === 'contention') {
      const { sessionId, commandId } = error.context;
      const isDone = books().some((book) => book.sessionId === sessionId && book.commands.has(String(commandId)));
      if (isDone) complain(`request ${request.key} was told that ${commandId} lost its races, and it is in the journal`);
    } else if (error instanceof EngineError) {
      refused(request, error.code);
      return;
    } else if (!(error instanceof StoreError) || error.code === 'corrupt') {
      complain(`request ${request.key} failed: ${String(error)}`);
    }
    scheduler.at(owner, scheduler.nowMs() + PAUSE_MS, `again ${request.key}`, () => again(request));
  };

  const send = async (request: Request): Promise<void> => {
    const able = hosts();
    const host = able[Math.floor(draw.next() * able.length)];
    if (host === undefined) return;
    try {
      answered(request, await request.send(host, request.key));
    } catch (error) {
      failed(request, error);
    }
  };

  const again = (request: Request): void => {
    if (!open.has(request.key)) return;
    scheduler.soon(owner, `request ${request.key}`, () => void send(request));
    if (faults.strikes('request-doubled')) scheduler.soon(owner, `request ${request.key} once more`, () => void send(request));
    scheduler.at(owner, scheduler.nowMs() + PATIENCE_MS, `patience ${request.key}`, () => again(request));
  };

  return {
    submit: (request) => {
      open.set(request.key, request);
      again(request);
    },
    waiting: () => [...open.keys()],
    answered: () => answers.size,
  };
}
