import type { HealthAnswer } from '../../contracts/v8/health.ts';
import type { Component } from '../../contracts/v8/status.ts';
import { messageOf } from '../../kernel/errors.ts';
import { iso } from '../../kernel/time.ts';
import type { EngineContext } from '../context.ts';
import { feedComponent, feedsNow } from './feeds.ts';

/** Whether the stores can be read, and how the feed stands: the answer that is there when everything else fails. */
export async function health(context: EngineContext): Promise<HealthAnswer> {
  const nowMs = context.clock.now();
  const { scope } = context.world;
  const [ledger, market] = await Promise.all([
    probed(context, 'ledger', () => context.ledger.activeSession()),
    probed(context, 'market', () => context.market.snapshot(scope)),
  ]);
  const components = {
    ledger: ledger.component,
    market: market.component,
    feed: market.isRead ? feedComponent(feedsNow(market.value, nowMs), scope) : UNKNOWN_FEED,
  };
  return { status: ledger.isRead && market.isRead ? 'ok' : 'degraded', components, version: context.settings.version, timestamp: iso(nowMs) };
}

const UNKNOWN_FEED: Component = { status: 'waiting', detail: 'Not known: the market store cannot be read' };

type Probe<T> =
  | { readonly isRead: true; readonly value: T; readonly component: Component }
  | { readonly isRead: false; readonly component: Component };

async function probed<T>(context: EngineContext, name: string, probe: () => Promise<T>): Promise<Probe<T>> {
  try {
    return { isRead: true, value: await probe(), component: { status: 'up', detail: 'Read for this answer' } };
  } catch (error) {
    context.log('error', 'health-probe-failed', { component: name, why: messageOf(error) });
    return { isRead: false, component: { status: 'down', detail: messageOf(error) } };
  }
}
