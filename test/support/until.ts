import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 5;

/** For `vi.waitFor`: as long as the slowest machine could need. What is there earlier is seen at once. */
export const PATIENT = { timeout: 60_000, interval: 50 } as const;

/** Waits until something is so, however slow the machine is: what never becomes so is ended by the time limit of the test. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(LOOK_EVERY_MS);
}
