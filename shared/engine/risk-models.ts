import { VALUE_AT_RISK } from '../config/risk.ts';
import { type EpochMs, HOUR_MS, MINUTE_MS } from '../kernel/time.ts';
import { createRiskModel, NO_RISK_MODEL, type RiskModel } from '../risk/var/risk-model.ts';
import type { EngineContext } from './context.ts';

/** How old what was read of the daily closes may be: they change once a day, and are looked for more often until there are some. */
const READ_EVERY_MS = HOUR_MS;
const READ_AGAIN_MS = MINUTE_MS;

interface Kept {
  readonly model: RiskModel;
  /** Newest day of the closes and how many series: a model of the same ones is not built twice. */
  readonly of: string;
  readonly readMs: EpochMs;
}

const kept = new WeakMap<EngineContext, Kept>();

/**
 * How prices move together, from the daily closes that the feed keeps: a model that knows nothing until there are some. Warm it
 * costs no read; the model is built when the closes have become others.
 */
export async function riskModelNow(context: EngineContext): Promise<RiskModel> {
  const nowMs = context.clock.now();
  const before = kept.get(context);
  const freshMs = before?.model === NO_RISK_MODEL ? READ_AGAIN_MS : READ_EVERY_MS;
  if (before !== undefined && nowMs - before.readMs < freshMs) return before.model;
  const closes = await context.market.dailies(context.world.scope);
  const of = JSON.stringify([...closes].map(([symbol, days]) => [symbol, days.length, days.at(-1)?.date]));
  const { days, leastDays, paths } = VALUE_AT_RISK;
  const isKnown = before?.of === of;
  const model = isKnown
    ? before.model
    : closes.size === 0
      ? NO_RISK_MODEL
      : createRiskModel(closes, { days, leastDays, paths, seed: context.settings.seed });
  kept.set(context, { model, of, readMs: nowMs });
  return model;
}
