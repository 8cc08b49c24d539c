import { createLevelHeap, type LevelHeap } from './level-heap.ts';

/** Trails that have seen the same best price: they move together. */
interface Cohort<T> {
  extreme: number;
  /** By how near they follow, the nearest first: keys are negated shares or distances. */
  readonly followers: LevelHeap<T>;
}

/** Levels that follow a price at the same kind of distance, on the same side of it. Prices are positive. */
export interface TrailingLevels<T> {
  readonly put: (value: T, extreme: number, by: number) => void;
  readonly remove: (value: T) => void;
  readonly visitReached: (price: number, visit: (value: T) => void) => void;
  /** Whether the price reaches any level. O(1). */
  readonly isReached: (price: number) => boolean;
  /** Whether the price is better than one that a trail hangs on: advancing to it would move that. O(1). */
  readonly isMoved: (price: number) => boolean;
  readonly advance: (price: number) => void;
  readonly extreme: (value: T) => number | null;
}

export interface Trailing {
  /** `below`: the level follows the highest price and is reached from above; `above` mirrors it. */
  readonly side: 'below' | 'above';
  readonly kind: 'share' | 'distance';
}

/**
 * The level of a trail: one formula for the index and for the exit's exact check, so that they agree to the last bit.
 *
 *   below: extreme * (1 - share)   or   extreme - distance
 *   above: extreme * (1 + share)   or   extreme + distance
 */
export function trailLevel({ side, kind }: Trailing, extreme: number, by: number): number {
  const sign = side === 'below' ? 1 : -1;
  return kind === 'share' ? extreme * (1 - sign * by) : extreme - sign * by;
}

/**
 * A new best price moves every trail whose extreme it passes. Instead of each by itself, trails of one extreme are held as a
 * cohort: a new best price makes one cohort of all that it passes, the smaller poured into the larger, and a trail is poured
 * at most log n times until it is put again. Inside a cohort the order of the levels does not depend on the extreme.
 */
export function createTrailingLevels<T>(trailing: Trailing): TrailingLevels<T> {
  const sign = trailing.side === 'below' ? 1 : -1;
  const cohortOf = new Map<T, Cohort<T>>();
  const byExtreme = new Map<number, Cohort<T>>();
  /** The cohort that a better price passes first. */
  const weakest = createLevelHeap<Cohort<T>>();
  /** The cohort whose nearest level is reached first. */
  const nearest = createLevelHeap<Cohort<T>>();

  /** A level as a key: the greater, the sooner a price reaches it. */
  const keyOf = (extreme: number, followerKey: number): number => sign * trailLevel(trailing, extreme, -followerKey);

  const leave = (cohort: Cohort<T>): void => {
    byExtreme.delete(cohort.extreme);
    weakest.remove(cohort);
    nearest.remove(cohort);
  };

  const stand = (cohort: Cohort<T>): void => {
    byExtreme.set(cohort.extreme, cohort);
    weakest.put(cohort, -sign * cohort.extreme);
    nearest.put(cohort, keyOf(cohort.extreme, cohort.followers.greatestKey() as number));
  };

  const join = (value: T, cohort: Cohort<T>, key: number): void => {
    cohort.followers.put(value, key);
    cohortOf.set(value, cohort);
  };

  const merged = (a: Cohort<T>, b: Cohort<T>): Cohort<T> => {
    const [large, small] = a.followers.size() >= b.followers.size() ? [a, b] : [b, a];
    small.followers.visitAll((value, key) => join(value, large, key));
    return large;
  };

  return {
    put: (value, extreme, by) => {
      const cohort = byExtreme.get(extreme) ?? { extreme, followers: createLevelHeap<T>() };
      join(value, cohort, -by);
      stand(cohort);
    },
    remove: (value) => {
      const cohort = cohortOf.get(value);
      if (cohort === undefined) return;
      cohortOf.delete(value);
      cohort.followers.remove(value);
      if (cohort.followers.size() === 0) leave(cohort);
      else stand(cohort);
    },
    visitReached: (price, visit) => {
      const isReached = (key: number): boolean => key >= sign * price;
      nearest.visitReached(isReached, ({ extreme, followers }) => followers.visitReached((key) => isReached(keyOf(extreme, key)), visit));
    },
    isReached: (price) => {
      const key = nearest.greatestKey();
      return key !== undefined && key >= sign * price;
    },
    isMoved: (price) => {
      const key = weakest.greatestKey();
      return key !== undefined && -key < sign * price;
    },
    advance: (price) => {
      let grown: Cohort<T> | null = null;
      for (;;) {
        const next = weakest.first();
        if (next === undefined || sign * next.extreme >= sign * price) break;
        leave(next);
        grown = grown === null ? next : merged(grown, next);
      }
      if (grown === null) return;
      const known = byExtreme.get(price);
      if (known !== undefined) {
        leave(known);
        grown = merged(grown, known);
      }
      grown.extreme = price;
      stand(grown);
    },
    extreme: (value) => cohortOf.get(value)?.extreme ?? null,
  };
}
