import { describe, expect, it } from 'vitest';
import { createSteppedClock } from '../../../shared/kernel/clock-stepped.ts';

describe('a stepped clock', () => {
  it('works off what is due before an instant, by time, label and order, and leaves the instant itself for later', () => {
    const clock = createSteppedClock(1_000);
    const done: string[] = [];
    const note = (name: string) => (): void => void done.push(`${name} at ${clock.now()}`);
    clock.at(3_000, 'b', note('b'));
    clock.at(2_000, 'z', note('z'));
    clock.at(3_000, 'a', note('a1'));
    clock.at(3_000, 'a', note('a2'));
    clock.at(4_000, 'c', note('c'));
    clock.at(500, 'past', note('past'));
    clock.advance(4_000);
    expect(done).toEqual(['past at 1000', 'z at 2000', 'a1 at 3000', 'a2 at 3000', 'b at 3000']);
    expect(clock.now()).toBe(4_000);
    clock.advance(4_001);
    expect(done.at(-1)).toBe('c at 4000');
  });

  it('runs what a task asks for within the same step, and nothing that was cancelled', () => {
    const clock = createSteppedClock(0);
    const done: string[] = [];
    const cancel = clock.at(30, 'never', () => void done.push('never'));
    clock.at(10, 'first', () => {
      cancel();
      clock.at(20, 'second', () => void done.push('second'));
    });
    clock.advance(100);
    expect(done).toEqual(['second']);
  });

  it('refuses a task that awaits', () => {
    const clock = createSteppedClock(0);
    clock.at(1, 'waits', async () => undefined);
    expect(() => clock.advance(2)).toThrow(/Task waits awaits something/);
  });
});
