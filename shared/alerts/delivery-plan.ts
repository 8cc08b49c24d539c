import type { DeliveryRules } from '../config/alerts.ts';
import type { Alert, AlertKind, ChannelName, ChannelPaces, Deliveries, Delivery } from '../contracts/alert.ts';
import type { EpochMs } from '../kernel/time.ts';
import { isQuiet, type QuietHours } from './quiet-hours.ts';

/** An alert that has not been told on every channel yet. */
export interface OpenAlert {
  readonly alert: Alert;
  readonly deliveries: Deliveries;
}

/** What a person wants to be told, and when. */
export interface Wishes {
  readonly quiet: QuietHours | null;
  /** Kinds that are kept and not told. */
  readonly muted: ReadonlySet<AlertKind>;
}

/** How one attempt ended. A refusal is final; `retryAfterMs` is what the other side asked for. */
export type Outcome =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'failed'; readonly why: string; readonly retryAfterMs: number | null }
  | { readonly kind: 'refused'; readonly why: string };

const NEVER_TRIED: Delivery = { state: 'waiting', attempts: 0, atMs: 0, why: null };

export const deliveryOn = (deliveries: Deliveries, channel: ChannelName): Delivery => deliveries[channel] ?? NEVER_TRIED;

/** Whether nothing is left to do for an alert: it is muted, or every channel has told it or given up. */
export function isSettled({ alert, deliveries }: OpenAlert, channels: readonly ChannelName[], { muted }: Wishes): boolean {
  return muted.has(alert.kind) || channels.every((channel) => deliveryOn(deliveries, channel).state !== 'waiting');
}

/** What bounds a channel at an instant. */
export interface PlanInput {
  readonly channel: ChannelName;
  readonly pace: ChannelPaces[ChannelName];
  readonly wishes: Wishes;
  readonly rules: DeliveryRules;
  readonly nowMs: EpochMs;
}

/**
 * The alerts that go into the channel's next message now, oldest first; none while it must wait. Nothing is dropped for the
 * sake of the pace: what waits is told together.
 */
export function nextMessage(open: readonly OpenAlert[], { channel, pace, wishes, rules, nowMs }: PlanInput): readonly OpenAlert[] {
  const { sentMs = [], blockedUntilMs = 0 } = pace ?? {};
  if (nowMs < blockedUntilMs || nowMs < Math.max(0, ...sentMs) + rules.gapMs) return [];
  const isNight = isQuiet(wishes.quiet, nowMs);
  const due = open.filter(({ alert, deliveries }) => {
    const { state, atMs } = deliveryOn(deliveries, channel);
    return state === 'waiting' && atMs <= nowMs && !wishes.muted.has(alert.kind) && (!isNight || isUrgent(alert));
  });
  const isSpent = sentMs.filter((ms) => ms > nowMs - rules.windowMs).length >= rules.most;
  // A message that must go takes along what waits beside it: that costs no further one.
  if (isSpent && !due.some(({ alert }) => isUrgent(alert))) return [];
  const urgentFirst = [...due.filter(({ alert }) => isUrgent(alert)), ...due.filter(({ alert }) => !isUrgent(alert))];
  return urgentFirst.slice(0, rules.mostInOne);
}

/** Somebody who tests a channel waits for the message. */
const isUrgent = ({ severity, kind }: Alert): boolean => severity === 'critical' || kind === 'test';

/** A delivery after an attempt. */
export function afterAttempt(before: Delivery, outcome: Outcome, rules: DeliveryRules, nowMs: EpochMs): Delivery {
  const attempts = before.attempts + 1;
  if (outcome.kind === 'delivered') return { state: 'delivered', attempts, atMs: nowMs, why: null };
  const { why } = outcome;
  if (outcome.kind === 'refused' || attempts >= rules.attempts) return { state: 'dead', attempts, atMs: nowMs, why };
  return { state: 'waiting', attempts, atMs: nowMs + Math.max(backOffMs(attempts, rules), patienceMs(outcome, rules)), why };
}

/** A channel's pace after a message: what is older than the window is forgotten. */
export function paceAfter(
  pace: ChannelPaces[ChannelName],
  outcome: Outcome,
  rules: DeliveryRules,
  nowMs: EpochMs,
): NonNullable<ChannelPaces[ChannelName]> {
  const recent = (pace?.sentMs ?? []).filter((ms) => ms > nowMs - rules.windowMs);
  return { sentMs: [...recent, nowMs], blockedUntilMs: nowMs + patienceMs(outcome, rules) };
}

const backOffMs = (attempts: number, { firstBackOffMs, mostBackOffMs }: DeliveryRules): number =>
  Math.min(mostBackOffMs, firstBackOffMs * 2 ** (attempts - 1));

const patienceMs = (outcome: Outcome, { mostRetryAfterMs }: DeliveryRules): number =>
  outcome.kind === 'failed' ? Math.min(mostRetryAfterMs, outcome.retryAfterMs ?? 0) : 0;
