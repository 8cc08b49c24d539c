import type { EpochMs } from './time.ts';

/** What is to be done at an instant of virtual time. */
export interface Task {
  readonly ms: EpochMs;
  readonly label: string;
  readonly ordinal: number;
  readonly run: () => Promise<void> | void;
  cancelled: boolean;
}

export interface TaskHeap {
  readonly push: (task: Task) => void;
  readonly pop: () => Task | undefined;
  readonly peek: () => Task | undefined;
}

const isBefore = (a: Task, b: Task): boolean => {
  if (a.ms !== b.ms) return a.ms < b.ms;
  return a.label === b.label ? a.ordinal < b.ordinal : a.label < b.label;
};

/** Tasks in the order in which a virtual clock works them off: by instant, then by label, then as they were asked for. */
export function createTaskHeap(): TaskHeap {
  const heap: Task[] = [];
  const at = (index: number): Task => heap[index] as Task;
  const swap = (i: number, j: number): void => {
    [heap[i], heap[j]] = [at(j), at(i)];
  };
  const sink = (from: number): void => {
    let parent = from;
    for (;;) {
      const [left, right] = [2 * parent + 1, 2 * parent + 2];
      let least = parent;
      if (left < heap.length && isBefore(at(left), at(least))) least = left;
      if (right < heap.length && isBefore(at(right), at(least))) least = right;
      if (least === parent) return;
      swap(parent, least);
      parent = least;
    }
  };
  return {
    peek: () => heap[0],
    push: (task) => {
      heap.push(task);
      let child = heap.length - 1;
      while (child > 0) {
        const parent = (child - 1) >> 1;
        if (!isBefore(at(child), at(parent))) return;
        swap(child, parent);
        child = parent;
      }
    },
    pop: () => {
      const first = heap[0];
      const last = heap.pop();
      if (first === undefined || last === undefined || heap.length === 0) return first;
      heap[0] = last;
      sink(0);
      return first;
    },
  };
}
