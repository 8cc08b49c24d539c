import { describe, expect, it } from 'vitest';
import { withFunctionBundles } from '../support/function-bundles.ts';

const MOST_BYTES = 600_000;

describe('the bundles of the functions', () => {
  it('are loaded at a cold start in at most 600 kB each', async () => {
    const sizes = await withFunctionBundles((bundles) => bundles.map(({ name, startBytes }) => ({ name, startBytes })));
    const withStores = sizes.filter(({ name }) => ['api', 'monitor', 'scan', 'session'].includes(name));
    expect(withStores).toHaveLength(4);
    // What has less than the SDK's client of DynamoDB in it was not bundled.
    expect(withStores.filter(({ startBytes }) => startBytes < 200_000)).toEqual([]);
    expect(sizes.filter(({ startBytes }) => startBytes > MOST_BYTES)).toEqual([]);
  });
});
