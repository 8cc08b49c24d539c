import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { bookText, EMPTY_BOOK, withToken } from '../../../shared/access/token-book.ts';
import { TOKEN_PARAMETER } from '../../../shared/access/token-parameter.ts';
import { SCHEDULES } from '../../../shared/config/schedules.ts';
import { ROUTES } from '../../../shared/contracts/routes.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../shared/kernel/time.ts';
import { alertServer } from '../../support/alert-server.ts';
import { startBinanceRest } from '../../support/binance-rest-server.ts';
import { startBinanceServer } from '../../support/binance-server.ts';
import { freshToken } from '../../support/tokens.ts';
import { plain } from '../permissions-table.ts';
import { at } from '../synthesis.ts';
import { answered, type Driver, minuteAt } from './driver.ts';
import { authorizerEvent, busEvent, dueMs, scheduledEvent, takes } from './events.ts';
import { startFeedTask, startTrading } from './feed-task.ts';
import { mayCall, type Statement, statementsOf } from './role-policies.ts';

const NOBODY = 'ws://127.0.0.1:1';

const placedOrder = z.object({
  accepted: z.literal(true),
  orders: z.tuple([z.object({ id: z.string(), state: z.string(), positionId: z.string() })]),
});

/** A day in which every function does what it is for, and the feed fills: see decision 0054. */
export function dayOfTheStack(the: () => Driver): void {
  // One after the other: as in an account, each finds what was done before it.
  describe('a day of the stack, its bundles run with the environment and the roles of the template', { shuffle: false }, () => {
    const nowMs = minuteAt(0) + 10 * SECOND_MS;
    const LIMIT = { symbol: 'BTC', side: 'buy', quantity: '0.01', type: 'limit', limitPrice: '20000' };

    it.each(SCHEDULES)('$name: $functionName does its run', async ({ name, functionName }) => {
      const minuteMs = minuteAt(0);
      const outcome = answered(await the().lambda(functionName).run(scheduledEvent(name, minuteMs), dueMs(name, minuteMs)));
      expect(outcome).toMatchObject({ ran: true });
    });

    it.each(ROUTES.filter(({ method }) => method === 'GET'))('the API answers $method $path', async ({ path, name }) => {
      const queries: Readonly<Record<string, string>> = { candles: '?symbol=BTC&timeframe=1m', ticks: '?symbol=BTC', chain: '?underlying=NIFTY' };
      const { status } = await the().ask(`GET ${path.replace('/api/v8/live/', '').replace('{id}', 'unknown')}${queries[name] ?? ''}`, nowMs);
      // There is no such order, and nobody gives derivatives where NSE is simulated.
      const expected: Readonly<Record<string, number>> = { order: 404, chain: 200 };
      expect(status).toBe(expected[name] ?? 200);
    });

    it('the API places, previews and cancels orders, and tells the feed', async () => {
      expect((await the().ask('POST orders/preview', nowMs, LIMIT)).status).toBe(200);
      const before = the().nudges().length;
      const placed = await the().ask('POST orders', nowMs, LIMIT);
      expect(placed.status).toBe(200);
      expect(the().nudges()).toHaveLength(before + 1);
      const [{ id }] = placedOrder.parse(placed.body).orders;
      expect(await the().ask(`DELETE orders/${id}`, nowMs)).toMatchObject({ status: 200, body: { order: { state: 'cancelled' } } });
      // Nobody fills yet: this one is left to the monitor.
      expect(await the().ask('POST orders', nowMs, { symbol: 'ETH', side: 'buy', quantity: '0.5' })).toMatchObject({
        status: 202,
        body: { accepted: true },
      });
    });

    it('the API runs a strategy, sets limits, keeps a test alert, and says what is not there', async () => {
      expect((await the().ask('POST execute-strategy/swing', nowMs, { symbol: 'BTC' })).status).toBe(200);
      expect((await the().ask('POST set-risk-limits', nowMs, { maxDailyLoss: 0.04 })).status).toBe(200);
      expect((await the().ask('POST positions/unknown/close', nowMs, {})).status).toBe(404);
      expect((await the().ask('POST positions/unknown/bracket', nowMs, { stop: '1' })).status).toBe(404);
      expect((await the().ask('POST alerts/test', nowMs, {})).status).toBe(202);
    });

    it('the alerts function tells a channel of a secret, and mails by the bus', async () => {
      const slack = await alertServer({ status: 200, body: 'ok' });
      the().stack.aws.services.setParameter('/nightdesk/alerts', JSON.stringify({ slack: slack.url }));
      // What was read of the parameter a moment ago is remembered: a new process has not read it.
      const teller = the().stack.lambda('alerts');
      const outcome = answered(await teller.run(scheduledEvent('alerts', minuteAt(1)), dueMs('alerts', minuteAt(1))));
      teller.stop();
      expect(outcome).toMatchObject({ ran: true });
      expect(slack.received.length).toBeGreaterThan(0);
      expect(the().stack.aws.services.events.map(({ DetailType }) => DetailType)).toContain('alert-mail');
    });

    it('the monitor ends the order that nobody filled, and tells the feed', async () => {
      await the().arrive(1);
      await the().arrive(2);
      const before = the().nudges().length;
      const outcome = answered(
        await the()
          .lambda('monitor')
          .run(scheduledEvent('monitor', minuteAt(2)), dueMs('monitor', minuteAt(2))),
      );
      expect(outcome).toMatchObject({ outcome: { events: ['order-ended'] } });
      expect(the().nudges()).toHaveLength(before + 1);
    });

    it('the authorizer lets a token in that the parameter has the hash of, and no other', async () => {
      const token = freshToken();
      the().stack.aws.services.setParameter(TOKEN_PARAMETER, bookText(withToken(EMPTY_BOOK, token, 0)));
      const verdict = async (header: string): Promise<unknown> =>
        answered(await the().lambda('authorizer').run(authorizerEvent(header), nowMs)).isAuthorized;
      expect([await verdict(`Bearer ${token}`), await verdict(`Bearer ${freshToken()}`)]).toEqual([true, false]);
    });

    it('the outbox tells the journal on the bus, and the rule hands what is worth telling to the alerts function', async () => {
      const before = the().stack.aws.services.events.length;
      const Records = await the().journal();
      expect(answered(await the().lambda('outbox').run({ Records }, nowMs))).toEqual({ batchItemFailures: [] });
      const told = the().stack.aws.services.events.slice(before);
      expect(told).toHaveLength(Records.length);
      const pattern = the().stack.template.resolve(
        the()
          .stack.template.resources.filter(({ Type, id }) => Type === 'AWS::Events::Rule' && id.startsWith('AlertsEvents'))
          .map((rule) => at(rule, 'EventPattern'))[0],
      );
      expect(told.filter((event) => takes(pattern, busEvent(event))).map(({ DetailType }) => DetailType)).toContain('session-started');
    });

    it('the image function has the image built and tells CloudFormation', async () => {
      const cloudFormation = await alertServer({ status: 200 });
      const custom = the().stack.template.resources.find(({ Type }) => Type === 'Custom::FeedImage');
      if (custom === undefined) throw new Error('the template has no image');
      const ResourceProperties = the().stack.template.resolve(custom.Properties);
      const ids = { StackId: 's', RequestId: 'r', LogicalResourceId: custom.id };
      answered(
        await the()
          .lambda('image')
          .run({ RequestType: 'Create', ResponseURL: cloudFormation.url, ...ids, ResourceProperties }, null),
      );
      expect(cloudFormation.received.map(({ body }) => JSON.parse(body) as unknown)).toMatchObject([{ Status: 'SUCCESS' }]);
    });

    it('the feed fills what the API places and closes, and hears of it by the queue', async () => {
      const startMs = minuteAt(2) + 50 * SECOND_MS;
      const aheadMs = startMs - Date.now();
      const now = (): number => Date.now() + aheadMs;
      const [venue, rest] = [await startBinanceServer(), await startBinanceRest(() => 60_000)];
      const stopTrading = startTrading(venue, { symbol: 'BTCUSDT', price: 60_000, aheadMs });
      const { bundle, environment } = the().stack.feed();
      const outside = {
        NIGHTDESK_BINANCE_WS_URLS: venue.url,
        NIGHTDESK_BINANCE_REST_URLS: rest.url,
        NIGHTDESK_COINBASE_WS_URLS: NOBODY,
        NIGHTDESK_KRAKEN_WS_URLS: NOBODY,
        NIGHTDESK_FX_URLS: 'http://127.0.0.1:1',
      };
      const feed = startFeedTask(bundle, { ...environment, ...outside }, aheadMs);
      try {
        await feed.told('feed-started');
        await untilQuoted(the(), now);
        const bought = await the().ask('POST orders', now(), { symbol: 'BTC', side: 'buy', quantity: '0.01' });
        const [{ positionId, state }] = placedOrder.parse(bought.body).orders;
        expect([bought.status, state]).toEqual([200, 'filled']);
        expect(await the().ask(`POST positions/${positionId}/close`, now(), {})).toMatchObject({ status: 200, body: { order: { state: 'filled' } } });
        expect(the().nudges()).toEqual([]);
        expect(await feed.stop()).toBe(0);
        expect(feed.output()).not.toMatch(/nudges-not-received|fill-not-booked|feed-write-failed/);
      } finally {
        await feed.stop();
        stopTrading();
        await venue.close();
        await rest.stop();
      }
    });

    it('the session function closes and opens the books of a later day', async () => {
      const laterMs = minuteAt(0) + 3 * DAY_MS;
      const outcome = answered(await the().lambda('session').run(scheduledEvent('session', laterMs), dueMs('session', laterMs)));
      expect(z.object({ outcome: z.object({ rolled: z.array(z.string()).min(2) }) }).safeParse(outcome).success).toBe(true);
    });

    it('the night verifies the ledger and puts the report of the day into the bucket', async () => {
      const laterMs = minuteAt(0) + 3 * DAY_MS + 3 * HOUR_MS;
      const outcome = answered(await the().lambda('nightly').run(scheduledEvent('nightly', laterMs), dueMs('nightly', laterMs)));
      expect(outcome).toMatchObject({ ran: true });
      const bucket = the().stack.template.resources.find(({ Type, id }) => Type === 'AWS::S3::Bucket' && id.startsWith('Reports'))?.id;
      const kept = the().stack.aws.services.objects(the().stack.template.text({ Ref: bucket }));
      expect(kept).toEqual(expect.arrayContaining([expect.stringMatching(/^reports\/\S*2026-11-23\S*\.md$/)]));
    });

    it('the API ends a session and starts the next', async () => {
      const laterMs = minuteAt(0) + 3 * DAY_MS + MINUTE_MS;
      expect(await the().ask('POST stop-paper-trading', laterMs, {})).toMatchObject({ status: 200, body: { status: 'stopped' } });
      expect((await the().ask('POST start-paper-trading', laterMs, { startingCapital: 100_000 })).status).toBe(200);
    });

    it('has run every function that the template has, and the feed', () => {
      const roles = new Set(the().stack.aws.made.map(({ role }) => role));
      expect([...the().stack.functionNames.map((name) => the().stack.roleOf(name)), the().stack.feedRole].filter((role) => !roles.has(role))).toEqual(
        [],
      );
    });

    it('would have failed without any one of the rights that the roles have, but for those that the platform uses, or another day', () => {
      const missed = (role: string, statements: readonly Statement[]): boolean =>
        the().stack.aws.made.some((call) => call.role === role && !mayCall(statements, call));
      const roles = [...the().stack.functionNames.map((name) => the().stack.roleOf(name)), the().stack.feedRole];
      const granted = new Set<string>();
      const spare = roles.flatMap((role) => {
        const statements = statementsOf(the().stack.template, role);
        expect(missed(role, statements)).toBe(false);
        const rights = rightsOf(statements).map((right) => ({ ...right, name: `${plain(role)} ${right.action} ${shortName(right.resource)}` }));
        for (const { name } of rights) granted.add(name);
        return rights.filter(({ without }) => !missed(role, without)).map(({ name }) => name);
      });
      const known = new Set(Object.values(SPARE).flat());
      expect(spare.filter((right) => !PLATFORM.test(right) && !known.has(right))).toEqual([]);
      expect([...known].filter((right) => !granted.has(right))).toEqual([]);
    });

    it('is denied what a right was taken away for: the run fails, and says which', async () => {
      const role = the().stack.roleOf('monitor');
      the().stack.aws.alterPolicies((of, statements) => (of === role ? statements.map((each) => without(each, 'dynamodb:Query')) : statements));
      const cold = the().stack.lambda('monitor');
      const { error } = await cold.run(scheduledEvent('monitor', minuteAt(2)), dueMs('monitor', minuteAt(2)));
      cold.stop();
      the().stack.aws.alterPolicies((_, statements) => statements);
      expect(error).toMatch(/dynamodb:Query/);
      expect(the().stack.aws.takeRefused()).toEqual([expect.stringMatching(/^MonitorFunctionRole\w+ may not dynamodb:Query on \S+Ledger/)]);
    });
  });
}

/** Waits until the API knows a price of now. */
async function untilQuoted({ ask }: Driver, now: () => number): Promise<void> {
  const quotes = z.object({ quotes: z.array(z.object({ symbol: z.string(), evidence: z.string() })) });
  for (;;) {
    const found = quotes.parse((await ask('GET quotes?symbol=BTC', now())).body).quotes;
    if (found.some(({ evidence }) => evidence === 'live')) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

interface Right {
  readonly action: string;
  readonly resource: string;
  /** The statements that are left when it is taken away. */
  readonly without: readonly Statement[];
}

/** Every action on every resource that some statement allows, and what is left without it. */
function rightsOf(statements: readonly Statement[]): readonly Right[] {
  const pairs = statements.flatMap(({ actions, resources }) => actions.flatMap((action) => resources.map((resource) => ({ action, resource }))));
  const distinct = [...new Map(pairs.map((pair) => [`${pair.action} ${pair.resource}`, pair])).values()];
  return distinct.map(({ action, resource }) => ({
    action,
    resource,
    without: [...statements, { effect: 'Deny', actions: [action], resources: [resource], conditions: [] }],
  }));
}

const without = (statement: Statement, action: string): Statement => ({ ...statement, actions: statement.actions.filter((each) => each !== action) });

/** A resource of the stack by its name in the template, without the hash. */
const shortName = (resource: string): string => {
  const named = resource.split(':').slice(5).join(':');
  return /^(?:table\/)?Nightdesk(?:Data|Trading)-(Ledger|Market|Nudges)[0-9A-F]{8}$/.exec(named)?.[1] ?? named;
};

/** What Lambda itself does in a function's name: writes its log, reads the stream for it, hands on what it could not do. */
const PLATFORM =
  /Role (logs:(CreateLogStream|PutLogEvents) log-group:|sqs:(SendMessage|GetQueueUrl|GetQueueAttributes) \S+-(FailedRuns|OutboxUndelivered)|dynamodb:(DescribeStream|GetRecords|GetShardIterator|ListStreams) table\/\S+\/stream\/)/;

/** Rights of the code that no call of this day needs, and when they are needed. */
const SPARE: Readonly<Record<string, readonly string[]>> = {
  'a scan that finds a trade tells the feed; this evening no strategy finds one': ['ScanFunctionRole sqs:SendMessage Nudges'],
  'a corporate action replaces exits, and the feed is told': ['SessionFunctionRole sqs:SendMessage Nudges'],
  'a ledger that does not verify raises an alert; this one is sound': ['NightlyFunctionRole dynamodb:PutItem Ledger'],
  'a session that is stopping stops when it is flat, which takes its row of the active one away': ['MonitorFunctionRole dynamodb:DeleteItem Ledger'],
  'every function that trades has the same rights on the tables (grants.ts): the store chooses how it reads': [
    'AlertsFunctionRole dynamodb:GetItem Market',
    'FeedTaskTaskRole dynamodb:BatchGetItem Ledger',
    'FeedTaskTaskRole dynamodb:BatchGetItem Market',
    'MonitorFunctionRole dynamodb:BatchGetItem Ledger',
    'MonitorFunctionRole dynamodb:BatchGetItem Market',
    'MonitorFunctionRole dynamodb:Query Market',
    'ScanFunctionRole dynamodb:BatchGetItem Ledger',
    'ScanFunctionRole dynamodb:DeleteItem Ledger',
    'ScanFunctionRole dynamodb:GetItem Market',
    'SessionFunctionRole dynamodb:BatchGetItem Ledger',
    'SessionFunctionRole dynamodb:BatchGetItem Market',
    'SessionFunctionRole dynamodb:DeleteItem Ledger',
    'SessionFunctionRole dynamodb:Query Market',
  ],
};
