import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { dayOfTheStack } from './deployed/day.contract.ts';
import { type Driver, startDriver } from './deployed/driver.ts';
import { faultsOfTheStack } from './deployed/faults.contract.ts';

let driver: Driver;

beforeAll(async () => {
  driver = await startDriver();
});
afterAll(() => driver?.stack.stop());

/** Whatever a function was asked: it was allowed what it did, and went to no other place. */
afterEach(() => {
  expect(driver.faults()).toEqual([]);
});

describe('the deployed stack', { shuffle: false }, () => {
  faultsOfTheStack(() => driver);
  dayOfTheStack(() => driver);
});
