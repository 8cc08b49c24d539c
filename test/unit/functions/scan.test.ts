import { expect, it } from 'vitest';
import { runScan } from '../../../functions/scan/scan.ts';
import { createVirtualClock } from '../../../shared/kernel/clock-virtual.ts';
import { contextOver, createRows } from '../../support/engine-world.ts';
import { START_MS } from '../../support/ledger-fixtures.ts';

it.each([
  [0, [3_000]],
  [1_200, [1_800]],
  [3_000, []],
  [40_000, []],
])('a scan that is called %d ms into its minute waits %j ms for the bar of the minute', async (afterMs, waits) => {
  const waited: number[] = [];
  const clock = createVirtualClock({ startMs: START_MS + afterMs, speed: Number.POSITIVE_INFINITY });
  const context = contextOver(createRows(), clock, { sleep: async (ms) => void waited.push(ms) });
  const scheduledTime = new Date(START_MS).toISOString();
  await runScan(context, { name: 'scan-crypto', market: 'CRYPTO', scheduledTime, executionId: 'x' });
  expect(waited).toEqual(waits);
});
