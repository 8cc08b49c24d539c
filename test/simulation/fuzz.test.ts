import { describe, expect, it } from 'vitest';
import { FUZZED_PARSERS, fuzz } from './fuzzed-parsers.ts';

const COUNT = 1_500;

describe.each(FUZZED_PARSERS)(`${COUNT} mutated inputs for the parser of $name`, (parser) => {
  it('neither crash it nor bring out what its schema forbids', async () => {
    const result = await fuzz(parser, 'in npm test', COUNT);
    expect(result.faults).toEqual([]);
    expect(Object.values(result.kinds).reduce((sum, count) => sum + count, 0)).toBe(COUNT);
    // Some inputs stay good, some become bad: else the mutations would test nothing.
    expect(Object.keys(result.kinds).length).toBeGreaterThan(1);
  });
});
