import { describe, expect, it } from 'vitest';
import { perform, performNow, type Steps } from '../../../shared/engine/steps.ts';

/** Asks for two commits and tells what it was answered; a failed one is told instead. */
function* twice(): Steps<readonly string[], string> {
  const told: string[] = [];
  for (const sessionId of ['one', 'two']) {
    try {
      told.push(yield { sessionId, decide: () => null });
    } catch (error) {
      told.push(`failed: ${String(error)}`);
    }
  }
  return told;
}

describe('work in steps', () => {
  it('comes to the same whether its commits are awaited or had at once', async () => {
    expect(await perform(twice(), async ({ sessionId }) => `did ${sessionId}`)).toEqual(['did one', 'did two']);
    expect(performNow(twice(), ({ sessionId }) => `did ${sessionId}`)).toEqual(['did one', 'did two']);
  });

  it('hears of a commit that failed, and goes on', async () => {
    const told = await perform(twice(), async ({ sessionId }) => {
      if (sessionId === 'one') throw new Error('no');
      return 'done';
    });
    expect(told).toEqual(['failed: Error: no', 'done']);
  });

  it('passes on what it throws itself', async () => {
    function* broken(): Steps<void, string> {
      yield { sessionId: 'one', decide: () => null };
      throw new Error('broken');
    }
    await expect(perform(broken(), async () => 'done')).rejects.toThrow('broken');
  });
});
