import { hostname } from 'node:os';
import { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { readEnvironment } from '../../shared/config/environment.ts';
import { FEED_PUBLISH_EVERY_MS, FEED_READ_ORDERS_EVERY_MS } from '../../shared/config/feed-pace.ts';
import { nseFeedOf } from '../../shared/config/nse-scope.ts';
import type { EngineContext } from '../../shared/engine/context.ts';
import { createFeedService, type FeedService } from '../../shared/engine/feed-service.ts';
import { StoreError } from '../../shared/engine/ports.ts';
import { liveContracts } from '../../shared/feeds/live-contracts.ts';
import { liveSource } from '../../shared/feeds/live-source.ts';
import { wallSleep } from '../../shared/kernel/clock-system.ts';
import { messageOf } from '../../shared/kernel/errors.ts';
import { SECOND_MS } from '../../shared/kernel/time.ts';
import { lambdaContext } from '../middleware/lambda-context.ts';

const LEASE_MS = 40 * SECOND_MS;
const LONG_POLL_S = 20;

/**
 * The Fargate task: holds the sockets, writes bars and prices, and is the paper exchange. In a rolling update two of them
 * run for a moment: the new one waits for the lease, the old one gives it up by stopping.
 */
async function main(): Promise<void> {
  const context = await lambdaContext();
  const { nudgeQueueUrl } = readEnvironment(process.env);
  const common = {
    log: context.log,
    env: process.env,
    seed: context.settings.seed,
    // The world names its source of NSE prices, so that the feed and the functions never mean different ones.
    nse: nseFeedOf(context.world.scope) ?? 'simulated',
  } as const;
  const { clock } = context;
  const contracts = liveContracts(common);
  const source = liveSource({ ...common, clock, markets: context.world.markets, contracts: contracts.sources(clock) });
  const service = createFeedService({ ...context, chains: contracts.chains }, source, {
    // Two on one host are two as well.
    holder: `${hostname()}:${process.pid}`,
    leaseMs: LEASE_MS,
    publishEveryMs: FEED_PUBLISH_EVERY_MS,
    readOrdersEveryMs: FEED_READ_ORDERS_EVERY_MS,
    historyDays: 40,
    keepsChains: true,
    onFenced: (error) => {
      context.log('error', 'feed-fenced', { why: messageOf(error) });
      process.exit(1);
    },
  });
  // Asked to stop while it still waits for the lease, it has nothing to give up.
  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort());
  await startWithLease(context, service, stop.signal);
  await listen(nudgeQueueUrl, service, context, stop.signal);
  await service.stop();
  process.exit(0);
}

async function startWithLease(context: EngineContext, service: FeedService, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      return await service.start();
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'fenced') throw error;
      context.log('info', 'feed-waits-for-lease', { why: messageOf(error) });
      await wallSleep(SECOND_MS);
    }
  }
}

async function listen(queueUrl: string, service: FeedService, context: EngineContext, signal: AbortSignal): Promise<void> {
  const client = new SQSClient({});
  while (!signal.aborted) {
    try {
      const request = new ReceiveMessageCommand({ QueueUrl: queueUrl, WaitTimeSeconds: LONG_POLL_S, MaxNumberOfMessages: 10 });
      const { Messages = [] } = await client.send(request, { abortSignal: signal });
      if (Messages.length === 0) continue;
      await service.nudge();
      const Entries = Messages.map((message, index) => ({ Id: String(index), ReceiptHandle: message.ReceiptHandle ?? '' }));
      await client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    } catch (error) {
      if (signal.aborted) return;
      context.log('warn', 'nudges-not-received', { why: messageOf(error) });
      await wallSleep(SECOND_MS);
    }
  }
}

await main();
