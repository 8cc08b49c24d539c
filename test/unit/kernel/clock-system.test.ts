import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock, wallSleep } from '../../../shared/kernel/clock-system.ts';

describe('the wall clock', () => {
  const failures: string[] = [];
  const clock = systemClock((error, label) => failures.push(`${label}: ${error instanceof Error ? error.message : String(error)}`));

  beforeEach(() => {
    failures.length = 0;
    vi.useFakeTimers({ now: Date.UTC(2025, 0, 6) });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('runs a task at its instant, and one that is late at once', async () => {
    const seen: string[] = [];
    clock.at(clock.now() + 1_000, 'soon', () => void seen.push('soon'));
    clock.at(clock.now() - 1_000, 'late', () => void seen.push('late'));
    await vi.advanceTimersByTimeAsync(0);
    expect(seen).toEqual(['late']);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(seen).toEqual(['late', 'soon']);
  });

  it('does not run a task that was cancelled', async () => {
    const task = vi.fn();
    clock.at(clock.now() + 10, 'x', task)();
    await vi.advanceTimersByTimeAsync(20);
    expect(task).not.toHaveBeenCalled();
  });

  it('waits for an instant that is further away than one timer reaches', async () => {
    const monthsMs = 90 * 86_400_000;
    const task = vi.fn();
    clock.at(clock.now() + monthsMs, 'far', task);
    await vi.advanceTimersByTimeAsync(monthsMs - 1);
    expect(task).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(task).toHaveBeenCalledOnce();
  });

  it('never runs a task before its instant, though the timer fires early', async () => {
    const seen: number[] = [];
    const dueMs = clock.now() + 100;
    clock.at(dueMs, 'due', () => void seen.push(clock.now()));
    // The wall clock is set back by a moment: the timer, which counts on its own, is early by as much.
    vi.setSystemTime(clock.now() - 3);
    await vi.advanceTimersByTimeAsync(100);
    expect(seen).toEqual([]);
    await vi.advanceTimersByTimeAsync(3);
    expect(seen).toEqual([dueMs]);
  });

  it('tells of a task that failed, by its label', async () => {
    clock.at(0, 'thrown', () => {
      throw new Error('no');
    });
    clock.at(0, 'rejected', () => Promise.reject(new Error('never')));
    await vi.advanceTimersByTimeAsync(0);
    expect(failures.sort()).toEqual(['rejected: never', 'thrown: no']);
  });

  it('sleeps', async () => {
    const slept = vi.fn();
    const sleeping = wallSleep(50).then(slept);
    await vi.advanceTimersByTimeAsync(49);
    expect(slept).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await sleeping;
    expect(slept).toHaveBeenCalled();
  });
});
