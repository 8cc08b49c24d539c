import type { Rng } from '../../../shared/kernel/rng.ts';
import type { EpochMs } from '../../../shared/kernel/time.ts';

/** Whose work a task is: what is pending of a process that died is not given back to it. */
export interface Owner {
  readonly name: string;
  isAlive: boolean;
  /** What its clock shows beside the true time, ms. */
  offsetMs: number;
  /** Nothing of it goes on before this true time: the machine has stopped the process for a while, and it does not know. */
  pausedUntilMs: number;
}

/** Something that happens at one instant of the schedule, whole: nothing else happens meanwhile. */
interface Task {
  readonly owner: Owner;
  readonly label: string;
  readonly run: () => Promise<void> | void;
  /** Happens whether or not its owner lives: a request that is on its way. */
  outlives: boolean;
}

interface Timer {
  readonly owner: Owner;
  /** In the owner's own time. */
  readonly ms: EpochMs;
  readonly label: string;
  readonly ordinal: number;
  readonly run: () => Promise<void> | void;
}

/**
 * Decides what happens next, from a seed and nothing else. Whatever a process waits for is a task or a timer here: a request
 * under way, its answer, a message, an instant. After each the code that waited for it runs until it waits again.
 */
export interface Scheduler {
  /** True time. */
  readonly nowMs: () => EpochMs;
  /** Something that may happen from now on, in any order with what else may. */
  readonly soon: (owner: Owner, label: string, run: Task['run'], options?: { readonly outlives?: boolean }) => void;
  /** Something that happens when the owner's clock shows `ms`, or later. */
  readonly at: (owner: Owner, ms: EpochMs, label: string, run: Timer['run']) => () => void;
  /** The owner is gone. What it had under way happens yet when `outlives` says so of its label, else never. */
  readonly kill: (owner: Owner, outlives: (label: string) => boolean) => void;
  /** One step; false when nothing is left to happen until `untilMs`. */
  readonly step: (untilMs: EpochMs) => Promise<boolean>;
  /** How likely time goes on although something could happen at this instant. */
  setHaste: (share: number) => void;
  readonly steps: () => number;
}

export function createScheduler(startMs: EpochMs, draw: Rng, trace: ((line: string) => void) | null): Scheduler {
  let nowMs = startMs;
  let tasks: Task[] = [];
  let timers: Timer[] = [];
  let ordinal = 0;
  let steps = 0;
  let haste = 0;

  const dueMs = (timer: Timer): EpochMs => Math.max(timer.ms - timer.owner.offsetMs, timer.owner.pausedUntilMs);
  const isEarlier = (a: Timer, b: Timer): boolean => {
    const [aMs, bMs] = [Math.max(dueMs(a), nowMs), Math.max(dueMs(b), nowMs)];
    if (aMs !== bMs) return aMs < bMs;
    return a.label === b.label ? a.ordinal < b.ordinal : a.label < b.label;
  };
  const nextTimer = (): Timer | undefined => {
    let next = timers[0];
    for (const timer of timers) if (next === undefined || isEarlier(timer, next)) next = timer;
    return next;
  };
  /** A request that is on its way does not wait for the process that sent it. */
  const readyMs = ({ owner, outlives }: Task): EpochMs => (outlives ? nowMs : Math.max(nowMs, owner.pausedUntilMs));
  const nextPaused = (): Task | undefined => {
    let next: Task | undefined;
    for (const task of tasks) if (readyMs(task) > nowMs && (next === undefined || readyMs(task) < readyMs(next))) next = task;
    return next;
  };

  type Picked = Pick<Task, 'owner' | 'label' | 'run'> & { readonly atMs: EpochMs };

  const take = (task: Task, atMs: EpochMs): Picked => {
    tasks.splice(tasks.indexOf(task), 1);
    return { ...task, atMs };
  };

  const pick = (untilMs: EpochMs): Picked | null => {
    const timer = nextTimer();
    const timerMs = timer === undefined ? Number.POSITIVE_INFINITY : Math.max(nowMs, dueMs(timer));
    const ready = tasks.filter((task) => readyMs(task) <= nowMs);
    const choices = ready.length + (timerMs <= nowMs ? 1 : 0);
    const goesOn = choices === 0 || (timerMs <= untilMs && draw.next() < haste);
    const task = goesOn ? undefined : ready[Math.floor(draw.next() * choices)];
    if (task !== undefined) return take(task, nowMs);
    const paused = nextPaused();
    if (paused !== undefined && readyMs(paused) < timerMs && readyMs(paused) <= untilMs) return take(paused, readyMs(paused));
    if (timer === undefined || timerMs > untilMs) return null;
    timers.splice(timers.indexOf(timer), 1);
    return { ...timer, atMs: timerMs };
  };

  return {
    nowMs: () => nowMs,
    soon: (owner, label, run, { outlives = false } = {}) => {
      if (owner.isAlive || outlives) tasks.push({ owner, label, run, outlives });
    },
    at: (owner, ms, label, run) => {
      const timer: Timer = { owner, ms: Math.round(ms), label, ordinal: ordinal++, run };
      if (owner.isAlive) timers.push(timer);
      return () => {
        timers = timers.filter((each) => each !== timer);
      };
    },
    kill: (owner, outlives) => {
      owner.isAlive = false;
      timers = timers.filter((timer) => timer.owner !== owner);
      tasks = tasks.filter((task) => {
        if (task.owner !== owner || task.outlives) return true;
        task.outlives = outlives(task.label);
        return task.outlives;
      });
    },
    step: async (untilMs) => {
      const picked = pick(untilMs);
      if (picked === null) {
        nowMs = Math.max(nowMs, untilMs);
        return false;
      }
      nowMs = picked.atMs;
      steps += 1;
      trace?.(`${String(steps).padStart(5)} +${((nowMs - startMs) / 1_000).toFixed(3)} ${picked.owner.name} ${picked.label}`);
      await picked.run();
      await settled();
      return true;
    },
    setHaste: (share) => {
      haste = share;
    },
    steps: () => steps,
  };
}

/** All code that can go on has gone on: promises are worked off before the next turn of the loop. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
