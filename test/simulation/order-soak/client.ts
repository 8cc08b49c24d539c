import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { quotesAnswer } from '../../../shared/contracts/v8/market-data.ts';
import { amendAnswer, type OrderAnswer, oneOrderAnswer, ordersAnswer, placeAnswer } from '../../../shared/contracts/v8/orders.ts';
import { portfolioAnswer } from '../../../shared/contracts/v8/portfolio.ts';
import { startAnswer } from '../../../shared/contracts/v8/sessions.ts';
import { rng } from '../../../shared/kernel/rng.ts';
import type { EpochMs } from '../../../shared/kernel/time.ts';
import { isWorkingState } from '../../../shared/ledger/order-standing.ts';
import { drawRequest, type Known, startRequest } from './drawn-requests.ts';
import type { Promises } from './promises.ts';
import type { Asked, SoakRequest } from './requests.ts';

/** A life of the program as its client sees it. */
export interface ServedLife {
  readonly base: string;
  /** Called as soon as a request is on its way, with how many there were in this life. */
  readonly onSent: (ordinal: number) => void;
  /** Whether nothing more is to be begun. */
  readonly isOver: () => boolean;
  /** Whether the program may fail by itself from now on: its store was killed. */
  readonly isStoreGone: () => boolean;
}

export interface SoakClient {
  /** Asks again for all that has no answer, then goes on with new requests until the life is over. */
  readonly trade: (life: ServedLife) => Promise<void>;
  /** Asks again until everything is answered. */
  readonly finish: (life: ServedLife) => Promise<void>;
  readonly asked: () => readonly Asked[];
  readonly sessionId: () => string | null;
  /** The newest instant that an answer was of since the program started last, and when it came by our own clock. */
  readonly told: () => Told | null;
  /** A program has started, whose clock shows this. */
  readonly startedAt: (atMs: EpochMs) => void;
  readonly counts: () => ClientCounts;
}

export interface Told {
  readonly atMs: EpochMs;
  readonly wallMs: number;
}

export interface ClientCounts {
  /** Requests sent, each time counted. */
  readonly sent: number;
  /** Sent again because no answer had come. */
  readonly repeated: number;
  /** Sent again although they had been acknowledged. */
  readonly askedAgain: number;
  readonly refusals: ReadonlyMap<string, number>;
  /** Answers that say that it is not known what was done: asked again later. */
  readonly failures: ReadonlyMap<string, number>;
}

const WORKERS = 5;
const MOST_OPEN = 12;
const LOOK_EVERY_MS = 500;
/** Of a client: a busy machine is no fault of the program. */
const PATIENCE_MS = 60_000;
const PAUSE_MS = { least: 10, most: 160 };
/** What no request of ours may ever be told: its session, its order and its position were acknowledged, its id is its own. */
const NEVER_TOLD: ReadonlySet<string> = new Set([
  'idempotency_mismatch',
  'unknown_order',
  'unknown_position',
  'unknown_session',
  'no_active_session',
  'invalid_body',
  'invalid_query',
]);

const problem = z.object({ code: z.string(), detail: z.string().optional() });

export function createSoakClient({
  seed,
  promises,
  complain,
}: {
  readonly seed: string;
  readonly promises: Promises;
  readonly complain: (fault: string) => void;
}): SoakClient {
  const draw = rng('order-soak requests', seed);
  const all: Asked[] = [];
  const counts = { sent: 0, repeated: 0, askedAgain: 0, refusals: new Map<string, number>(), failures: new Map<string, number>() };
  let sessionId: string | null = null;
  let known: Known | null = null;
  let told: Told | null = null;
  let sentInLife = 0;

  const newlyAsked = (request: SoakRequest): Asked => {
    const asked: Asked = { request, fate: 'unanswered', times: 0, wasCutOff: false, lasting: null, contradiction: null };
    all.push(asked);
    return asked;
  };

  const hearTime = (body: unknown): void => {
    const { data } = z.object({ timestamp: z.string() }).safeParse(body);
    const atMs = data === undefined ? Number.NaN : Date.parse(data.timestamp);
    if (atMs >= (told?.atMs ?? 0)) told = { atMs, wallMs: performance.now() };
  };

  /** Sends a request once. False when no answer came. */
  const send = async (asked: Asked, life: ServedLife): Promise<boolean> => {
    const { request } = asked;
    counts.sent += 1;
    asked.times += 1;
    if (asked.times > 1 && asked.fate === 'unanswered') counts.repeated += 1;
    if (asked.fate === 'acknowledged') counts.askedAgain += 1;
    const answer = exchange(life.base, request);
    sentInLife += 1;
    life.onSent(sentInLife);
    const came = await answer;
    if (came === null) {
      if (asked.fate === 'unanswered') asked.wasCutOff = true;
      return false;
    }
    hearTime(came.body);
    if (came.status < 300) acknowledge(asked, came.body);
    else refuse(asked, came, life);
    return true;
  };

  const acknowledge = (asked: Asked, body: unknown): void => {
    const lasting = lastingOf(asked.request, body);
    if (asked.lasting !== null && asked.lasting !== lasting) asked.contradiction = lasting;
    asked.fate = 'acknowledged';
    asked.lasting ??= lasting;
  };

  const lastingOf = (request: SoakRequest, body: unknown): string => {
    switch (request.kind) {
      case 'start': {
        const answer = startAnswer.parse(body);
        sessionId = answer.sessionId;
        return answer.sessionId;
      }
      case 'place': {
        const { accepted, refusal, orders } = placeAnswer.parse(body);
        for (const order of orders) promises.hear(order);
        if (orders.length !== request.places)
          complain(`Request ${request.commandId} places ${request.places} orders, its answer has ${orders.length}`);
        return JSON.stringify({ accepted, reason: refusal?.reason ?? null, orders: orders.map(({ id }) => id) });
      }
      case 'cancel':
      case 'close': {
        const { order } = oneOrderAnswer.parse(body);
        promises.hear(order);
        if (request.kind === 'cancel' && order.state !== 'cancelled') complain(`Order ${order.id} is ${order.state} after it was cancelled`);
        return order.id;
      }
      case 'amend': {
        const { orderId, before, after } = amendAnswer.parse(body);
        return JSON.stringify({ orderId, before, after });
      }
    }
  };

  const refuse = (asked: Asked, { status, body }: Came, life: ServedLife): void => {
    const code = problem.safeParse(body).data?.code ?? `status ${status}`;
    const { commandId } = asked.request;
    if (status >= 500) {
      count(counts.failures, code);
      // A program that loses its store does not know what was done, and says so.
      if (status !== 503 && !life.isStoreGone()) complain(`Request ${commandId} failed with ${status}: ${JSON.stringify(body)}`);
      return;
    }
    if (NEVER_TOLD.has(code)) complain(`Request ${commandId} was refused with ${code}: ${JSON.stringify(body)}`);
    if (asked.fate === 'acknowledged') {
      asked.contradiction = `refused with ${code}`;
      return;
    }
    count(counts.refusals, code);
    asked.fate = 'refused';
  };

  /** Reads what stands: prices for the next requests, and what is said of orders. False when no answer came. */
  const look = async (life: ServedLife): Promise<boolean> => {
    const read = async <T>(path: string, schema: z.ZodType<T>): Promise<T | null> => {
      const came = await exchange(life.base, { method: 'GET', path, body: null, key: null });
      if (came?.status !== 200) return null;
      hearTime(came.body);
      return schema.parse(came.body);
    };
    const [quotes, portfolio, orders] = [
      await read('quotes', quotesAnswer),
      await read('portfolio', portfolioAnswer),
      await read('orders?limit=200', ordersAnswer),
    ];
    if (quotes === null || portfolio === null || orders === null) return false;
    for (const order of orders.orders) {
      promises.hear(order);
      if (isWorkingState(order.state) && order.waiting === null) complain(`Order ${order.id} is ${order.state}, and does not say what it waits for`);
    }
    known = {
      nowMs: Date.parse(quotes.timestamp),
      prices: new Map(quotes.quotes.map(({ symbol, last }) => [symbol, Number(last)])),
      positions: portfolio.positions.filter(({ id }) => orders.orders.some((order) => isRestingExitOf(order, id))),
      working: orders.orders.filter(({ purpose, state }) => purpose === 'entry' && isWorkingState(state)),
    };
    return true;
  };

  const unanswered = (): readonly Asked[] => all.filter(({ fate }) => fate === 'unanswered');

  /** What has no answer, and some of what has: the same request again is the same answer. */
  const askAgain = async (life: ServedLife): Promise<void> => {
    const lately = all.filter(({ fate, request }) => fate === 'acknowledged' && (request.key !== null || request.kind === 'place')).slice(-40);
    const some = [0, 1].flatMap(() => lately[Math.floor(draw.next() * lately.length)] ?? []);
    await Promise.all([...unanswered(), ...some].map((asked) => send(asked, life)));
  };

  const work = async (life: ServedLife): Promise<void> => {
    while (!life.isOver()) {
      // With so many questions open a client waits: a program that has lost its store puts off every one of them.
      if (known !== null && known.prices.size > 0 && unanswered().length < MOST_OPEN) {
        const asked = newlyAsked(drawRequest(draw, known, `soak-${seed}-${all.length}`));
        // Networks deliver twice: now and then the same request comes while the first one is under way.
        const isDoubled = draw.next() < 0.06 && asked.request.kind !== 'cancel';
        const sent = await Promise.all(isDoubled ? [send(asked, life), send(asked, life)] : [send(asked, life)]);
        if (sent.includes(false) && life.isOver()) return;
      }
      await sleep(PAUSE_MS.least + (PAUSE_MS.most - PAUSE_MS.least) * draw.next());
    }
  };

  const watch = async (life: ServedLife): Promise<void> => {
    while (!life.isOver()) {
      if (!(await look(life))) return;
      await sleep(LOOK_EVERY_MS);
    }
  };

  const begin = async (life: ServedLife): Promise<void> => {
    sentInLife = 0;
    if (all.length === 0) newlyAsked(startRequest(seed));
    await askAgain(life);
  };

  return {
    trade: async (life) => {
      await begin(life);
      if (sessionId === null || !(await look(life))) return;
      await Promise.all([watch(life), ...Array.from({ length: WORKERS }, () => work(life))]);
    },
    finish: async (life) => {
      await begin(life);
      const until = performance.now() + PATIENCE_MS;
      while (unanswered().length > 0 && performance.now() < until) {
        await sleep(PAUSE_MS.most);
        await Promise.all(unanswered().map((asked) => send(asked, life)));
      }
      for (const { request } of unanswered()) complain(`Request ${request.commandId} got no answer for ${PATIENCE_MS / 1_000} s`);
      await look(life);
    },
    asked: () => all,
    sessionId: () => sessionId,
    told: () => told,
    startedAt: (atMs) => {
      told = { atMs, wallMs: performance.now() };
    },
    counts: () => counts,
  };
}

/** What is being closed already is closed no more: most requests are to change something. */
const isRestingExitOf = ({ purpose, positionId, state, marketReason }: OrderAnswer, id: string): boolean =>
  purpose === 'exit' && positionId === id && isWorkingState(state) && marketReason === null;

interface Came {
  readonly status: number;
  readonly body: unknown;
}

/** The answer, once all of it is there; null when the line broke before, or none came for so long that a client gives up. */
async function exchange(
  base: string,
  { method, path, body, key }: { readonly method: string; readonly path: string; readonly body: unknown; readonly key: string | null },
): Promise<Came | null> {
  const headers = { ...(body === null ? {} : { 'content-type': 'application/json' }), ...(key === null ? {} : { 'idempotency-key': key }) };
  try {
    const response = await fetch(`${base}/${path}`, {
      method,
      headers,
      ...(body === null ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return { status: response.status, body: await response.json() };
  } catch {
    return null;
  }
}

function count(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}
