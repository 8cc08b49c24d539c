import { VALUE_AT_RISK } from '../config/risk.ts';
import { type EpochMs, HOUR_MS } from '../kernel/time.ts';
import { createRiskModel, NO_RISK_MODEL, type RiskModel } from '../risk/var/risk-model.ts';
import type { EngineContext } from './context.ts';
import { dailiesOf } from './daily-closes.ts';
import type { DailiesBySymbol } from './ports.ts';

/** How old what was read of the daily closes may be: they change once a day, at a known time unless a source could not be asked. */
const READ_EVERY_MS = HOUR_MS;

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
  if (before !== undefined && isFresh(before, nowMs)) return before.model;
  const closes = await context.market.dailies(context.world.scope);
  const of = JSON.stringify([...closes].map(([symbol, days]) => [symbol, days.length, days.at(-1)?.date]));
  const model = before?.of === of ? before.model : riskModelOf(closes, context.settings.seed);
  kept.set(context, { model, of, readMs: nowMs });
  return model;
}

/** Until there are some closes they are looked for each time, and anew when those of another day have been fetched. */
function isFresh({ model, readMs }: Kept, nowMs: EpochMs): boolean {
  if (model === NO_RISK_MODEL) return nowMs <= readMs;
  return nowMs - readMs < READ_EVERY_MS && dailiesOf(nowMs) === dailiesOf(readMs);
}

/** The model of daily closes, built when it is asked something: most days nobody enters, and 10,000 days are not drawn in vain. */
export function riskModelOf(closes: DailiesBySymbol, seed: string): RiskModel {
  if (closes.size === 0) return NO_RISK_MODEL;
  const { days, leastDays, paths } = VALUE_AT_RISK;
  let built: RiskModel | null = null;
  const model = (): RiskModel => {
    built ??= createRiskModel(closes, { days, leastDays, paths, seed });
    return built;
  };
  return {
    get days() {
      return model().days;
    },
    get asOf() {
      return model().asOf;
    },
    get factors() {
      return model().factors;
    },
    get historical() {
      return model().historical;
    },
    get simulated() {
      return model().simulated;
    },
    whyUnknown: (factor) => model().whyUnknown(factor),
    deviation: (factor) => model().deviation(factor),
    correlation: (a, b) => model().correlation(a, b),
  };
}
