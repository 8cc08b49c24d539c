import {
  afterAttempt,
  deliveryOn,
  isSettled,
  nextMessage,
  type OpenAlert,
  type Outcome,
  paceAfter,
  type Wishes,
} from '../../alerts/delivery-plan.ts';
import type { DeliveryRules } from '../../config/alerts.ts';
import type { Alert, ChannelName, ChannelPaces } from '../../contracts/alert.ts';
import { messageOf } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import type { EpochMs } from '../../kernel/time.ts';
import type { AlertStore, DeliveryClaim } from '../ports.ts';

/** A way to tell a person: everything beyond it is the outside world. */
export interface AlertChannel {
  readonly name: ChannelName;
  /** One message with all of them, stamped with the instant. Ends within the timeout. */
  readonly send: (alerts: readonly Alert[], nowMs: EpochMs) => Promise<Outcome>;
}

export interface DeliveryContext {
  readonly store: AlertStore;
  readonly channels: readonly AlertChannel[];
  readonly wishes: Wishes;
  readonly rules: DeliveryRules;
  /** Wall clock, also where markets run on another: nights, patience and servers are those of the real world. */
  readonly now: () => EpochMs;
  /** Names this process. */
  readonly holder: string;
  readonly log: Log;
}

const OPEN_AT_ONCE = 200;
const ROUNDS = 10;

interface Attempt {
  readonly channel: ChannelName;
  readonly batch: readonly OpenAlert[];
  readonly outcome: Outcome;
}

/**
 * Tells what is due on every channel, one message after the other, and keeps how it went. What must wait is left for the next
 * call; what is given up is kept with its reason. One process at a time delivers.
 * @returns how many messages went out, failed ones included
 * @throws StoreError
 */
export async function deliverAlerts(context: DeliveryContext): Promise<number> {
  const { store, now, holder } = context;
  if (!isAnythingDue(context, await unsettled(context), await store.paces())) return 0;
  let claim = await store.claim({ holder, nowMs: now(), untilMs: heldUntil(context) });
  let messages = 0;
  for (let round = 0; claim !== null && round < ROUNDS; round++) {
    const attempts: readonly Attempt[] = await tell(context, await unsettled(context), claim.paces);
    if (attempts.length === 0) break;
    messages += attempts.length;
    claim = await keep(context, claim, attempts);
  }
  if (claim !== null) await store.keepPaces(claim, claim.paces, 0);
  return messages;
}

/** A claim outlives the slowest round. */
const heldUntil = ({ now, rules }: DeliveryContext): EpochMs => now() + 3 * rules.timeoutMs;

/** What is still to be told. What is not to be told any more leaves the queue. */
async function unsettled({ store, channels, wishes }: DeliveryContext): Promise<readonly OpenAlert[]> {
  const names = channels.map(({ name }) => name);
  const left: OpenAlert[] = [];
  for (const open of await store.open(OPEN_AT_ONCE)) {
    if (isSettled(open, names, wishes)) await store.record(open, true);
    else left.push(open);
  }
  return left;
}

function isAnythingDue(context: DeliveryContext, open: readonly OpenAlert[], paces: ChannelPaces): boolean {
  return open.length > 0 && context.channels.some(({ name }) => batchFor(context, name, open, paces).length > 0);
}

const batchFor = ({ wishes, rules, now }: DeliveryContext, channel: ChannelName, open: readonly OpenAlert[], paces: ChannelPaces) =>
  nextMessage(open, { channel, pace: paces[channel], wishes, rules, nowMs: now() });

async function tell(context: DeliveryContext, open: readonly OpenAlert[], paces: ChannelPaces): Promise<readonly Attempt[]> {
  const attempts = context.channels.map(async (channel): Promise<Attempt | null> => {
    const batch = batchFor(context, channel.name, open, paces);
    return batch.length === 0 ? null : { channel: channel.name, batch, outcome: await sent(context, channel, batch) };
  });
  return (await Promise.all(attempts)).filter((attempt) => attempt !== null);
}

async function sent({ now, log }: DeliveryContext, channel: AlertChannel, batch: readonly OpenAlert[]): Promise<Outcome> {
  const outcome = await channel
    .send(
      batch.map(({ alert }) => alert),
      now(),
    )
    .catch((error: unknown): Outcome => ({ kind: 'failed', why: messageOf(error), retryAfterMs: null }));
  if (outcome.kind !== 'delivered') log('warn', 'alert-not-delivered', { channel: channel.name, alerts: batch.length, ...outcome });
  return outcome;
}

/** @returns the claim as it goes on; null when another process has taken it meanwhile */
async function keep(context: DeliveryContext, claim: DeliveryClaim, attempts: readonly Attempt[]): Promise<DeliveryClaim | null> {
  const { store, rules, now } = context;
  const nowMs = now();
  const paces = { ...claim.paces };
  const told = new Map<string, OpenAlert>();
  for (const { channel, batch, outcome } of attempts) {
    paces[channel] = paceAfter(paces[channel], outcome, rules, nowMs);
    for (const open of batch) {
      const { alert, deliveries } = told.get(open.alert.id) ?? open;
      const delivery = afterAttempt(deliveryOn(deliveries, channel), outcome, rules, nowMs);
      if (delivery.state === 'dead')
        context.log('error', 'alert-given-up', { id: alert.id, channel, attempts: delivery.attempts, why: delivery.why });
      told.set(alert.id, { alert, deliveries: { ...deliveries, [channel]: delivery } });
    }
  }
  for (const open of told.values()) {
    await store.record(
      open,
      isSettled(
        open,
        context.channels.map(({ name }) => name),
        context.wishes,
      ),
    );
  }
  return store.keepPaces(claim, paces, heldUntil(context));
}
