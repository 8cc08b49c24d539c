import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../../../shared/engine/context.ts';
import { createDailyCloses } from '../../../shared/engine/daily-closes.ts';
import type { MarketSource } from '../../../shared/engine/market-source.ts';
import type { DailiesBySymbol } from '../../../shared/engine/ports.ts';
import { createVirtualClock } from '../../../shared/kernel/clock-virtual.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../shared/kernel/time.ts';

const START_MS = Date.UTC(2026, 9, 5, 6);

type Dailies = NonNullable<MarketSource['dailies']>;
const part = (name: string, dailies?: Dailies): MarketSource => ({ name, ...(dailies === undefined ? {} : { dailies }) }) as unknown as MarketSource;
const closes = (symbol: string, close: number): DailiesBySymbol => new Map([[symbol, [{ date: '2026-10-04', close }]]]);

/** What was kept at which hour since the start, over so many hours. */
async function keptBy(parts: readonly MarketSource[], hours: number): Promise<readonly (readonly [hour: number, symbols: string])[]> {
  const clock = createVirtualClock({ startMs: START_MS, speed: Number.POSITIVE_INFINITY });
  const context = { clock, log: () => undefined } as unknown as EngineContext;
  const kept: (readonly [number, string])[] = [];
  const dailies = createDailyCloses(context, { parts } as unknown as MarketSource);
  dailies.start(async (found) => void kept.push([(clock.now() - START_MS) / HOUR_MS, [...found.keys()].join(' ')]));
  clock.at(START_MS + hours * HOUR_MS, '9-end', () => dailies.stop());
  await clock.run(START_MS + hours * HOUR_MS);
  return kept;
}

describe('the daily closes of a feed', () => {
  it('are asked for at the start, over more than a year, and again ten minutes after each midnight in UTC', async () => {
    const spans: number[] = [];
    const source = part('venue', async (fromMs, toMs) => {
      spans.push((toMs - fromMs) / DAY_MS);
      return closes('BTC', 100);
    });
    const kept = await keptBy([source], 49);
    expect(kept).toEqual([
      [0, 'BTC'],
      [18 + 1 / 6, 'BTC'],
      [42 + 1 / 6, 'BTC'],
    ]);
    expect(Math.min(...spans)).toBeGreaterThan(365);
  });

  it('of a source that cannot be asked are asked for again, with growing pauses, while the others are kept', async () => {
    let tries = 0;
    const broken = part('broken', async () => {
      tries += 1;
      if (tries < 4) throw new Error('no network');
      return closes('TCS', 3_000);
    });
    const kept = await keptBy([part('venue', async () => closes('BTC', 100)), broken], 1);
    expect(kept.map(([hour]) => Math.round((hour * HOUR_MS) / MINUTE_MS))).toEqual([0, 1, 3, 7]);
    expect(kept.map(([, symbols]) => symbols)).toEqual(['BTC', 'BTC', 'BTC', 'BTC TCS']);
  });

  it('of a source without days of its own are none', async () => {
    expect(await keptBy([part('replay')], 30)).toEqual([]);
  });
});
