import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../../../shared/engine/context.ts';
import { createHistoryFetch } from '../../../shared/engine/history-fetch.ts';
import type { MarketSource } from '../../../shared/engine/market-source.ts';
import { MINUTE_MS } from '../../../shared/kernel/time.ts';

const MIDNIGHT_MS = Date.UTC(2026, 9, 6);

/** From when on a start at `nowMs` asks for minutes, when the run before owed those from `owedMs` on. */
async function askedFromMs(nowMs: number, owedMs: number | null): Promise<number | null> {
  let askedMs: number | null = null;
  const source = {
    name: 'venue',
    markets: ['CRYPTO'],
    evidence: 'live',
    minutes: async function* (fromMs: number) {
      askedMs = fromMs;
      yield* [];
    },
    quarters: async () => new Map(),
    states: () => [],
  } as unknown as MarketSource;
  const context = {
    clock: { now: () => nowMs },
    log: () => undefined,
    market: { bars: async () => new Map() },
    world: { scope: 'test' },
  } as unknown as EngineContext;
  const owed = owedMs === null ? {} : { venue: { daysFromMs: null, minutesFromMs: owedMs } };
  const keep = { days: async () => undefined, minutes: async () => undefined };
  await createHistoryFetch(context, source).atStart({ knownToMs: nowMs - MINUTE_MS, nowMs, historyDays: 0, owed }, keep);
  return askedMs;
}

describe('the minutes that a run owed', () => {
  it('are asked for by the next start, also when midnight lies between the two', async () => {
    const owedMs = MIDNIGHT_MS - 3 * MINUTE_MS;
    expect(await askedFromMs(MIDNIGHT_MS - MINUTE_MS, owedMs)).toBe(owedMs);
    expect(await askedFromMs(MIDNIGHT_MS + 2 * MINUTE_MS, owedMs)).toBe(owedMs);
  });

  it('are not asked for when nothing was owed', async () => {
    expect(await askedFromMs(MIDNIGHT_MS + 2 * MINUTE_MS, null)).toBe(MIDNIGHT_MS + MINUTE_MS);
  });

  it('are let go when no chart needs them any more', async () => {
    expect(await askedFromMs(MIDNIGHT_MS + 12 * 60 * MINUTE_MS, MIDNIGHT_MS - 5 * 24 * 60 * MINUTE_MS)).toBe(MIDNIGHT_MS - 24 * 60 * MINUTE_MS);
  });
});
