/** Values under keys, the greatest key first: a binary heap that knows where each value stands. Keys are numbers, never NaN. */
export interface LevelHeap<T> {
  /** Adds a value, or moves one that is there to another key. O(log n). */
  readonly put: (value: T, key: number) => void;
  /** Takes a value out; nothing where it is not in. O(log n). */
  readonly remove: (value: T) => void;
  readonly size: () => number;
  /** The value with the greatest key. */
  readonly first: () => T | undefined;
  readonly greatestKey: () => number | undefined;
  /**
   * Visits the values whose key is reached, in no order that means anything. `isReached` holds for every key above one that it
   * holds for. O(found): keys below one that is not reached are not asked.
   */
  readonly visitReached: (isReached: (key: number) => boolean, visit: (value: T) => void) => void;
  readonly visitAll: (visit: (value: T, key: number) => void) => void;
}

export function createLevelHeap<T>(): LevelHeap<T> {
  const values: T[] = [];
  const keys: number[] = [];
  const places = new Map<T, number>();
  const keyAt = (place: number): number => keys[place] as number;

  const set = (place: number, value: T, key: number): void => {
    values[place] = value;
    keys[place] = key;
    places.set(value, place);
  };

  /** Moves what lies above it down until the key fits, from a place that is free. */
  const rise = (from: number, value: T, key: number): void => {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (keyAt(parent) >= key) break;
      set(place, values[parent] as T, keyAt(parent));
      place = parent;
    }
    set(place, value, key);
  };

  /** Moves what lies below it up until the key fits, from a place that is free. */
  const sink = (from: number, value: T, key: number): void => {
    let place = from;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= keys.length) break;
      if (child + 1 < keys.length && keyAt(child + 1) > keyAt(child)) child += 1;
      if (keyAt(child) <= key) break;
      set(place, values[child] as T, keyAt(child));
      place = child;
    }
    set(place, value, key);
  };

  const settle = (place: number, value: T, key: number): void => {
    if (place > 0 && keyAt((place - 1) >> 1) < key) rise(place, value, key);
    else sink(place, value, key);
  };

  const visitFrom = (place: number, isReached: (key: number) => boolean, visit: (value: T) => void): void => {
    if (place >= keys.length || !isReached(keyAt(place))) return;
    visit(values[place] as T);
    visitFrom(2 * place + 1, isReached, visit);
    visitFrom(2 * place + 2, isReached, visit);
  };

  return {
    put: (value, key) => {
      const place = places.get(value);
      if (place === undefined) rise(keys.length, value, key);
      else settle(place, value, key);
    },
    remove: (value) => {
      const place = places.get(value);
      if (place === undefined) return;
      places.delete(value);
      const [lastValue, lastKey] = [values.pop() as T, keys.pop() as number];
      if (place < keys.length) settle(place, lastValue, lastKey);
    },
    size: () => keys.length,
    first: () => values[0],
    greatestKey: () => keys[0],
    visitReached: (isReached, visit) => visitFrom(0, isReached, visit),
    visitAll: (visit) => {
      for (const [place, value] of values.entries()) visit(value, keyAt(place));
    },
  };
}
