import { describe, expect, it } from 'vitest';
import { LATENCY } from '../../../shared/config/execution.ts';
import { orderLatencyMs } from '../../../shared/execution/latency.ts';

const drawn = Array.from({ length: 2_000 }, (_, index) => orderLatencyMs('seed', `E:${index}`));

describe('the latency of an order', () => {
  it('is a fact of seed and order', () => {
    expect(orderLatencyMs('seed', 'E:1')).toBe(orderLatencyMs('seed', 'E:1'));
    expect(new Set(drawn).size).toBeGreaterThan(100);
    expect(drawn).not.toEqual(Array.from({ length: 2_000 }, (_, index) => orderLatencyMs('other', `E:${index}`)));
  });

  it('is whole milliseconds between the base and the cap, and its tail has the mean of the settings', () => {
    const { baseMs, capMs, meanTailMs } = LATENCY;
    expect(drawn.every((ms) => Number.isInteger(ms) && ms >= baseMs && ms <= capMs)).toBe(true);
    const mean = drawn.reduce((total, ms) => total + ms, 0) / drawn.length;
    expect(Math.abs(mean - baseMs - meanTailMs)).toBeLessThan(0.1 * meanTailMs);
  });
});
