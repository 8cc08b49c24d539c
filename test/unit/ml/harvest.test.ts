import { describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../../shared/kernel/time.ts';
import type { Bar } from '../../../shared/market/price.ts';
import { createHarvest } from '../../../shared/ml/harvest.ts';
import { confidenceOfOdds } from '../../../shared/strategies/components/break-even.ts';
import { createScalping } from '../../../shared/strategies/scalping.ts';
import { burstMarket } from '../../support/burst-market.ts';

const UNTIL_MS = Date.parse('2025-11-18T16:00Z');
const bars = burstMarket(UNTIL_MS, true);
const last = bars.at(-1) as Bar;

/** What the harvest of the burst brings when the market then goes to `price` and stays. */
function harvested(price: number, afterMs = 0) {
  const harvest = createHarvest(createScalping());
  for (const bar of bars) harvest.add(bar);
  expect(harvest.open()).toBe(1);
  for (let minute = 0; minute < 16; minute++) {
    const open = minute === 0 ? last.close : price;
    harvest.add({
      ...last,
      openMs: UNTIL_MS + afterMs + minute * MINUTE_MS,
      open,
      high: Math.max(open, price),
      low: Math.min(open, price),
      close: price,
      volume: 10,
    });
  }
  return harvest;
}

describe('the harvest of a strategy', () => {
  it('labels an opportunity whose target is reached with 1, and its result is net of the costs of both sides', () => {
    const [row] = harvested(last.close * 1.05).rows();
    expect(row).toMatchObject({
      symbol: 'BTC',
      direction: 'long',
      endedBy: 'target',
      label: 1,
      isTradable: true,
      atMs: UNTIL_MS,
      endMs: UNTIL_MS + MINUTE_MS,
    });
    expect(confidenceOfOdds(row?.leastOdds ?? 0, row?.breakEven ?? 0)).toBeCloseTo(0.65, 12);
    expect(row?.mlShare).toBeCloseTo(0.35, 12);
    expect(row?.netReturn).toBeGreaterThan(0.004);
    expect(row?.netReturn).toBeLessThan(0.028);
  });

  it('labels one that is stopped, or runs out of time, with 0', () => {
    expect(harvested(last.close * 0.97).rows()[0]).toMatchObject({ endedBy: 'stop', label: 0 });
    const [timed] = harvested(last.close * 1.0005).rows();
    expect(timed).toMatchObject({ endedBy: 'time', label: 0, endMs: UNTIL_MS + 15 * MINUTE_MS });
    expect(timed?.netReturn).toBeLessThan(0);
  });

  it('has no label for one that was open when its bars broke off for more than an hour', () => {
    const harvest = harvested(last.close * 1.05, 61 * MINUTE_MS);
    expect(harvest.rows()).toEqual([]);
    expect(harvest.open()).toBe(0);
  });
});
