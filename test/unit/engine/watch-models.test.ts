import { describe, expect, it } from 'vitest';
import type { ScanRecord } from '../../../shared/contracts/decisions.ts';
import type { EngineContext } from '../../../shared/engine/context.ts';
import { monitorPositions } from '../../../shared/engine/monitor-positions.ts';
import { startSession } from '../../../shared/engine/sessions.ts';
import { createVirtualClock } from '../../../shared/kernel/clock-virtual.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';
import { iso, MINUTE_MS } from '../../../shared/kernel/time.ts';
import type { ModelSet } from '../../../shared/ml/model-set.ts';
import { contextOver, createRows, type Rows } from '../../support/engine-world.ts';
import { START_MS } from '../../support/ledger-fixtures.ts';
import { artefactSaying, modelSaying } from '../../support/models.ts';

const VERSION = artefactSaying(0.7).hash.slice(0, 12);
const WORLD = { scope: 'test', evidence: 'simulated', markets: ['CRYPTO'] } as const;

/** In training half of the values lay below zero; here all lie above. */
const scanOf = (ordinal: number, value: number): ScanRecord => ({
  id: `scan:CRYPTO:${iso(START_MS + ordinal * MINUTE_MS)}`,
  ordinal,
  minuteMs: START_MS + ordinal * MINUTE_MS,
  atMs: START_MS + ordinal * MINUTE_MS,
  markets: ['CRYPTO'],
  decisions: Array.from({ length: 50 }, (_, place) => ({
    id: `${ordinal}:${place}`,
    strategy: 'scalping',
    symbol: 'BTC',
    market: 'CRYPTO',
    timeframe: '1m',
    outcome: 'refused',
    reason: 'leastOdds',
    why: '',
    limit: null,
    direction: 'long',
    confidence: 0.7,
    parts: [],
    odds: { value: 0.5, least: 0.65, modelVersion: VERSION, features: artefactSaying(0.7).features.map(() => (place % 2 === 0 ? value : 1)) },
    entry: 1,
    stop: 1,
    target: 1,
    quantity: null,
    sizedBy: null,
    orderId: null,
    lastBarMs: START_MS,
    quote: null,
  })),
  quiet: [],
  missingBars: [],
});

async function watched(
  model: ModelSet,
  value: number,
): Promise<{ readonly context: EngineContext; readonly rows: Rows; readonly events: readonly string[] }> {
  const rows = createRows();
  const clock = createVirtualClock({ startMs: START_MS, speed: Number.POSITIVE_INFINITY });
  const context = contextOver(rows, clock, { world: WORLD, model });
  const { account } = await startSession(context, { startingCapital: decimal('100000'), strategies: ['scalping'], riskLimits: {} }, null);
  const events: string[] = [];
  for (const ordinal of [1, 2]) {
    await rows.ledger.keepScan(account.sessionId, scanOf(ordinal, value));
    events.push(...(await monitorPositions(context, { minuteMs: START_MS + ordinal * MINUTE_MS })).events);
  }
  return { context, rows, events };
}

const off = async ({ accounts }: EngineContext) => (await accounts.active())?.modelsOff ?? [];

describe("the monitor's look at the models", () => {
  it('switches off, in the journal and once, one whose features have drifted', async () => {
    const { context, rows, events } = await watched(modelSaying(0.7), 1);
    expect(events).toEqual(['model-switched-off']);
    expect(await off(context)).toMatchObject([{ strategy: 'scalping', modelVersion: VERSION, why: expect.stringContaining('PSI') }]);
    expect((await monitorPositions(context, { minuteMs: START_MS + 3 * MINUTE_MS })).events).toEqual([]);
    const anew = contextOver(rows, createVirtualClock({ startMs: START_MS, speed: Number.POSITIVE_INFINITY }), { world: WORLD });
    expect(await off(anew)).toHaveLength(1);
  });

  it('leaves on one that meets what it was trained on, counting each scan once', async () => {
    const { context, events } = await watched(modelSaying(0.7), -1);
    expect(events).toEqual([]);
    await monitorPositions(context, { minuteMs: START_MS + 4 * MINUTE_MS });
    const { state } = await context.ledger.alerts.watch(`${(await context.accounts.active())?.sessionId}:models`);
    expect(state.models?.scalping).toMatchObject({ decisions: 100, lastOrdinal: 2, modelVersion: VERSION });
  });

  it('reads nothing where there is no model', async () => {
    const { context, events } = await watched({ of: () => null, states: [] }, 1);
    expect(events).toEqual([]);
    const { state } = await context.ledger.alerts.watch(`${(await context.accounts.active())?.sessionId}:models`);
    expect(state.models).toBeUndefined();
  });
});
