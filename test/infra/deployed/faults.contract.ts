import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { SCHEDULES } from '../../../shared/config/schedules.ts';
import { MINUTE_MS, SECOND_MS } from '../../../shared/kernel/time.ts';
import { at } from '../synthesis.ts';
import { answered, type Driver, minuteAt } from './driver.ts';
import { deliver } from './event-source.ts';
import { busEvent, dueMs, httpEvent, scheduledEvent, takes } from './events.ts';
import type { Fault } from './guarded-aws.ts';

const LATE_MS = 10 * MINUTE_MS;
const THROTTLED = { status: 400, body: { __type: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException', message: 'slow down' } };
const isWrite = (operation: string): boolean => operation === 'TransactWriteItems' || operation === 'PutItem';

/** Faults of what the functions stand on, while a session is active. */
export function faultsOfTheStack(the: () => Driver): void {
  /** Asks something while DynamoDB has a fault. */
  const meanwhile = async <T>(fault: Fault, something: () => Promise<T>): Promise<T> => {
    the().stack.aws.meddle(fault);
    try {
      return await something();
    } finally {
      the().stack.aws.meddle(null);
    }
  };
  const orderIds = (body: unknown): readonly string[] =>
    z
      .object({ orders: z.array(z.object({ id: z.string() })) })
      .parse(body)
      .orders.map(({ id }) => id);
  const nowMs = minuteAt(0) + 10 * SECOND_MS;
  const order = (clientOrderId: string) => ({ clientOrderId, symbol: 'BTC', side: 'buy', quantity: '0.01', type: 'limit', limitPrice: '20000' });
  /** Ids of the orders that a client's id is part of. */
  const kept = async (clientOrderId: string): Promise<readonly string[]> =>
    orderIds((await the().ask('GET orders?limit=100', nowMs)).body).filter((id) => id.includes(clientOrderId));
  /** The first event that is worth telling, from the journal by way of the outbox. */
  const sessionStarted = async () => {
    answered(
      await the()
        .lambda('outbox')
        .run({ Records: (await the().journal()).slice(0, 1) }, nowMs),
    );
    const told = the().stack.aws.services.events.at(-1);
    if (told === undefined) throw new Error('Nothing was told on the bus');
    return told;
  };
  const outbox = () => {
    const mapping = the().stack.template.resources.find(({ Type }) => Type === 'AWS::Lambda::EventSourceMapping');
    if (mapping === undefined) throw new Error('Nothing is triggered by the ledger');
    return mapping;
  };

  describe('a fault under the deployed functions', () => {
    it('a store that throttles one request in three is asked again, and nothing is done twice', async () => {
      let asked = 0;
      const placed = await meanwhile(
        async () => (asked++ % 3 === 0 ? THROTTLED : null),
        () => the().ask('POST orders', nowMs, order('throttled')),
      );
      expect(placed.body).toMatchObject({ accepted: true });
      expect(await kept('throttled')).toHaveLength(1);
    });

    it('a store that takes no write is said so with 503 and when to come again, and the order is not there', async () => {
      const refused = await meanwhile(
        async ({ operation }) => (isWrite(operation) ? THROTTLED : null),
        () => the().ask('POST orders', nowMs, order('busy')),
      );
      expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable' } });
      expect(await kept('busy')).toEqual([]);
    });

    it('a schedule whose store gives no answer to reads fails, so that the platform comes again', async () => {
      const run = () =>
        the()
          .lambda('monitor')
          .run(scheduledEvent('monitor', minuteAt(0)), dueMs('monitor', minuteAt(0)));
      answered(await run());
      const outcome = await meanwhile(async () => THROTTLED, run);
      expect(outcome.error).toMatch(/gave no answer to a read/);
      expect(the().lambda('monitor').told('monitor-failed')).toHaveLength(1);
    });

    it('a slow store only takes longer', async () => {
      const slow: Fault = async () => {
        await sleep(150);
        return null;
      };
      expect((await meanwhile(slow, () => the().ask('POST orders', nowMs, order('slow')))).body).toMatchObject({ accepted: true });
    });

    it('a write whose answer is lost is looked up: the order is there once, and the client is told so', async () => {
      let writes = 0;
      const late: Fault = async ({ operation }, done) => {
        if (!isWrite(operation) || writes++ > 0) return null;
        await done();
        await sleep(4 * SECOND_MS);
        return THROTTLED;
      };
      const placed = await meanwhile(late, () => the().ask('POST orders', nowMs, order('lost')));
      expect(placed).toMatchObject({ status: 200, body: { accepted: true } });
      expect(await kept('lost')).toHaveLength(1);
    });

    it('a store that never answers writes is given up before the function is ended, with 503', async () => {
      const refused = await meanwhile(
        async ({ operation }) => (isWrite(operation) ? new Promise(() => undefined) : null),
        () =>
          the()
            .lambda('api')
            .run(httpEvent('POST orders', order('silent')), nowMs),
      );
      expect(refused).toMatchObject({ error: null, answer: { statusCode: 503, body: expect.stringContaining('"code":"unknown"') } });
      expect(refused.leftMs).toBeGreaterThan(0);
    });

    it('a request that comes twice at once, to two processes, is one order', async () => {
      const request = httpEvent('POST orders', order('twice'));
      const other = the().stack.lambda('api');
      const twice = await Promise.all([the().lambda('api'), other].map(async (api) => answered(await api.run(request, nowMs))));
      other.stop();
      expect(twice.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
      expect(new Set(twice.flatMap(({ body }) => orderIds(JSON.parse(String(body))))).size).toBe(1);
      expect(await kept('twice')).toHaveLength(1);
    });

    it('a scan that the scheduler starts twice, in two processes, is one scan', async () => {
      const run = async (): Promise<unknown> => {
        const scan = the().stack.lambda('scan');
        const outcome = answered(await scan.run(scheduledEvent('scan-crypto', minuteAt(0)), dueMs('scan-crypto', minuteAt(0))));
        scan.stop();
        return outcome.ran;
      };
      expect(await Promise.all([run(), run()])).toEqual([true, true]);
      expect((await the().ask('GET decisions', nowMs)).body.scans).toBe(1);
    });

    // Trading days that were not rolled, and nights without a report, are made up for.
    it.each(SCHEDULES.filter(({ functionName }) => functionName !== 'session' && functionName !== 'nightly'))(
      'a run of $name that comes 10 minutes late is dropped, and said to be',
      async ({ name, functionName }) => {
        const outcome = answered(
          await the()
            .lambda(functionName)
            .run(scheduledEvent(name, nowMs), nowMs + LATE_MS),
        );
        expect(outcome).toEqual({ ran: false, reason: expect.stringMatching(/came 6\d\d s late, at most 90 s is allowed/) });
        expect(the().lambda(functionName).told(`${functionName}-dropped`).at(-1)).toMatchObject({
          lateMs: expect.toSatisfy((ms: number) => ms >= LATE_MS),
        });
      },
    );

    it('a rolling of the books that comes 10 minutes late is made up for, because no other will', async () => {
      const outcome = answered(
        await the()
          .lambda('session')
          .run(scheduledEvent('session', nowMs), nowMs + LATE_MS),
      );
      expect(outcome).toMatchObject({ ran: true });
    });

    it('an event of another account is not let by the rule, nor by the function where somebody changed the rule', async () => {
      const rule = the().stack.template.resources.find(({ Type, id }) => Type === 'AWS::Events::Rule' && id.startsWith('AlertsEvents'));
      const pattern = rule === undefined ? {} : the().stack.template.resolve(at(rule, 'EventPattern'));
      const told = await sessionStarted();
      const foreign = busEvent(told, '999999999999');
      expect([takes(pattern, busEvent(told)), takes(pattern, foreign)]).toEqual([true, false]);
      expect(answered(await the().lambda('alerts').run(foreign, nowMs))).toEqual({ dropped: 'of account 999999999999' });
    });

    it('an event that the bus hands over twice raises one alert', async () => {
      const told = await sessionStarted();
      const [first, second] = [busEvent(told), busEvent(told)];
      const raised = [await the().lambda('alerts').run(first, nowMs), await the().lambda('alerts').run(second, nowMs)].map(
        (each) => answered(each).raised,
      );
      expect(raised).toEqual([expect.stringMatching(/^S-\S+:1$/), null]);
    });

    it.each([0, 4, 9])(
      'a poisoned record at place %i of the stream goes to the dead letters alone, and all others are told in their order',
      async (place) => {
        const sound = [...(await the().journal())];
        while (sound.length < 14) sound.push(...sound.slice(0, 14 - sound.length));
        const numbered = sound.map((record, index) => ({ ...record, dynamodb: { ...record.dynamodb, SequenceNumber: String(1_000 + index) } }));
        const poison = { eventName: 'INSERT', dynamodb: { SequenceNumber: 'poison', NewImage: { pk: { S: 'S#x' }, sk: { S: 'J#9' } } } } as const;
        const before = the().stack.aws.services.events.length;
        const { givenUp } = await deliver(outbox(), numbered.toSpliced(place, 0, poison), (event) => the().lambda('outbox').run(event, nowMs));
        expect(givenUp).toEqual([['poison']]);
        const told = the()
          .stack.aws.services.events.slice(before)
          .map(({ Detail }) => (JSON.parse(Detail) as { seq: string }).seq);
        expect(told).toEqual(numbered.map(({ dynamodb }) => (dynamodb.NewImage.seq as { N: string }).N));
      },
    );

    it('a function whose clock is behind that of the feed takes its prices for new, and never for older than they are', async () => {
      const quotes = z.object({ quotes: z.array(z.object({ ageMs: z.number().nonnegative() })).min(1) });
      expect(quotes.safeParse((await the().ask('GET quotes', minuteAt(0) - 20 * SECOND_MS)).body).success).toBe(true);
    });

    it('a function whose clock is two minutes ahead opens nothing on prices that look old to it, and drops its run', async () => {
      const market = await the().ask('POST orders', nowMs + 2 * MINUTE_MS, { symbol: 'BTC', side: 'buy', quantity: '0.01' });
      expect(market.body).toMatchObject({ accepted: false });
      const outcome = answered(
        await the()
          .lambda('scan')
          .run(scheduledEvent('scan-crypto', nowMs), nowMs + 2 * MINUTE_MS),
      );
      expect(outcome).toMatchObject({ ran: false });
    });
  });
}
