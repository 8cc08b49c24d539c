import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createVirtualClock, type VirtualClock } from '../../../shared/kernel/clock-virtual.ts';

const fast = (startMs = 0): VirtualClock => createVirtualClock({ startMs, speed: Number.POSITIVE_INFINITY });

describe('a virtual clock', () => {
  it('works off tasks in the order of time, whatever the order in which they came', async () => {
    const clock = fast();
    const seen: string[] = [];
    for (const ms of [300, 100, 500, 200, 400]) clock.at(ms, 'x', () => void seen.push(`${ms}@${clock.now()}`));
    await clock.run(500);
    expect(seen).toEqual(['100@100', '200@200', '300@300', '400@400', '500@500']);
  });

  it('orders the tasks of one instant by their labels, and those of one label as they came', async () => {
    const clock = fast();
    const seen: string[] = [];
    const add = (label: string, name: string): void => void clock.at(100, label, () => void seen.push(name));
    add('3-schedule', 'scan');
    add('0-source', 'first tick');
    add('1-minute', 'minute');
    add('0-source', 'second tick');
    await clock.run(100);
    expect(seen).toEqual(['first tick', 'second tick', 'minute', 'scan']);
  });

  it('keeps order among thousands of tasks', async () => {
    const clock = fast();
    const seen: number[] = [];
    for (let index = 0; index < 5_000; index++) clock.at((index * 7_919) % 5_003, 'x', () => void seen.push(clock.now()));
    clock.at(5_003, 'end', () => undefined);
    await clock.run(5_003);
    expect(seen).toHaveLength(5_000);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  it('waits for each task before time goes on', async () => {
    const clock = fast();
    const seen: string[] = [];
    clock.at(100, 'slow', async () => {
      seen.push('slow begins');
      await new Promise((resolve) => setTimeout(resolve, 5));
      seen.push(`slow ends at ${clock.now()}`);
    });
    clock.at(101, 'next', () => void seen.push('next'));
    await clock.run(101);
    expect(seen).toEqual(['slow begins', 'slow ends at 100', 'next']);
  });

  it('runs a task whose instant has passed as soon as possible, and never goes back', async () => {
    const clock = fast(1_000);
    const seen: number[] = [];
    clock.at(200, 'late', () => void seen.push(clock.now()));
    clock.at(1_500, 'later', () => void clock.at(1_200, 'past', () => void seen.push(clock.now())));
    clock.at(2_000, 'end', () => undefined);
    await clock.run(2_000);
    expect(seen).toEqual([1_000, 1_500]);
  });

  it('leaves out a task that was cancelled', async () => {
    const clock = fast();
    const seen: string[] = [];
    const cancel = clock.at(100, 'a', () => void seen.push('a'));
    clock.at(50, 'b', cancel);
    clock.at(150, 'c', () => void seen.push('c'));
    await clock.run(150);
    expect(seen).toEqual(['c']);
  });

  it('stops at the instant it was told, and later goes on from there', async () => {
    const clock = fast();
    const seen: number[] = [];
    const tick = (): void => {
      seen.push(clock.now());
      clock.at(clock.now() + 100, 'tick', tick);
    };
    clock.at(100, 'tick', tick);
    await clock.run(250);
    expect([clock.now(), seen]).toEqual([250, [100, 200]]);
    await clock.run(400);
    expect([clock.now(), seen]).toEqual([400, [100, 200, 300, 400]]);
  });

  it('throws what a task throws, and can go on', async () => {
    const clock = fast();
    const seen: string[] = [];
    clock.at(100, 'bad', async () => {
      throw new Error('the disk is full');
    });
    clock.at(200, 'good', () => void seen.push('good'));
    await expect(clock.run(200)).rejects.toThrow('the disk is full');
    await clock.run(200);
    expect(seen).toEqual(['good']);
  });

  it('holds time while it is paused', async () => {
    const clock = fast();
    const seen: string[] = [];
    clock.at(100, 'pause', () => clock.pause());
    clock.at(200, 'after', () => void seen.push('after'));
    const running = clock.run(200);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect([clock.isPaused(), clock.now(), seen]).toEqual([true, 100, []]);
    clock.resume();
    await running;
    expect([clock.isPaused(), seen]).toEqual([false, ['after']]);
  });

  it('ends at once when it is stopped, and leaves the rest', async () => {
    const clock = fast();
    const seen: string[] = [];
    clock.at(100, 'stop', () => clock.stop());
    clock.at(200, 'after', () => void seen.push('after'));
    await clock.run(1_000);
    expect([clock.now(), seen]).toEqual([100, []]);
  });

  it('wakes for a task that comes while there is none', async () => {
    const clock = fast();
    const running = clock.run(300);
    await new Promise((resolve) => setTimeout(resolve, 2));
    let isDone = false;
    clock.at(300, 'late', () => {
      isDone = true;
    });
    await running;
    expect(isDone).toBe(true);
  });
});

describe('a virtual clock with a speed', () => {
  /** Wall time that a test moves. */
  const wall = (): { ms: number; now: () => number } => {
    const state = { ms: 0, now: () => state.ms };
    return state;
  };

  it('flows between tasks at its speed, but never past the next one', async () => {
    const time = wall();
    const clock = createVirtualClock({ startMs: 1_000, speed: 60, wallMs: time.now });
    clock.at(1_600, 'next', () => undefined);
    void clock.run(1_600);
    expect(clock.now()).toBe(1_000);
    time.ms = 5;
    expect(clock.now()).toBe(1_300);
    time.ms = 1_000;
    expect(clock.now()).toBe(1_600);
    clock.stop();
  });

  it('takes as long as its speed says', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const clock = createVirtualClock({ startMs: 0, speed: 100 });
    const begun = performance.now();
    const wallOf: number[] = [];
    for (const ms of [2_000, 4_000, 6_000]) clock.at(ms, 'x', () => void wallOf.push(performance.now() - begun));
    const run = clock.run(6_000);
    for (let ms = 1; ms <= 60; ms++) {
      // Between two milliseconds the clock does all that it has to do: it lets the process breathe, and waits anew.
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
      await vi.advanceTimersByTimeAsync(1);
    }
    await run;
    expect(wallOf).toEqual([20, 40, 60]);
  });

  it('does not make up for the time it was paused', async () => {
    const time = wall();
    const clock = createVirtualClock({ startMs: 0, speed: 10, wallMs: time.now });
    clock.at(10_000, 'far', () => undefined);
    void clock.run(10_000);
    time.ms = 100;
    clock.pause();
    time.ms = 500;
    expect(clock.now()).toBe(1_000);
    clock.resume();
    time.ms = 510;
    expect(clock.now()).toBe(1_100);
    clock.stop();
  });

  it('does not go back when it begins to run', async () => {
    const time = wall();
    const clock = createVirtualClock({ startMs: 0, speed: 10, wallMs: time.now });
    clock.at(10_000, 'far', () => undefined);
    time.ms = 100;
    const before = clock.now();
    void clock.run(10_000);
    expect(clock.now()).toBeGreaterThanOrEqual(before);
    clock.stop();
  });

  it('does not go back when a task comes for an instant that has passed', async () => {
    const time = wall();
    const clock = createVirtualClock({ startMs: 0, speed: 10, wallMs: time.now });
    clock.at(10_000, 'far', () => undefined);
    void clock.run(10_000);
    time.ms = 100;
    expect(clock.now()).toBe(1_000);
    const seen: number[] = [];
    clock.at(800, 'past', () => void seen.push(clock.now()));
    expect(clock.now()).toBe(1_000);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(seen).toEqual([1_000]);
    clock.stop();
  });
});
