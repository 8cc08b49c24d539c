import { ExecutionError } from './execution-error.ts';
import { createLevelHeap, type LevelHeap } from './level-heap.ts';
import { createTrailingLevels, type Trailing, type TrailingLevels } from './trailing-levels.ts';

/** What wakes an order. Levels in the quote currency. */
export interface Watch {
  /** Woken when the price is at or below this level. Null: not watched. */
  readonly below: number | null;
  /** Woken when the price is at or above this level. Null: not watched. */
  readonly above: number | null;
  /**
   * A level that follows the price: `by` under the highest price since `extreme` was the best (side `below`, the stop of a
   * long), or over the lowest (side `above`). A share is of the extreme, a distance is in the quote currency.
   */
  readonly trail: {
    readonly side: Trailing['side'];
    readonly extreme: number;
    readonly by: { readonly kind: Trailing['kind']; readonly value: number };
  } | null;
}

/** The resting orders of one symbol, held by what wakes them, so that a tick asks only those that it may reach. Prices are positive. */
export interface TriggerIndex {
  /**
   * Adds an order, or gives one that is there another watch: it keeps its place in the order, and its extreme is the given one.
   * O(log n).
   * @throws ExecutionError `bad_watch` for a level that is not a finite number, or an extreme that is not a positive one
   */
  put(id: string, watch: Watch): void;
  /** Takes an order out; nothing where it is not in. O(log n). */
  remove(id: string): void;
  has(id: string): boolean;
  /**
   * The ids whose level this price reaches, in the order in which they were put. With `ahead`: those as well whose level lies
   * in the range. Takes nothing out and moves no trail. O(found).
   */
  reached(price: number, ahead?: { readonly low: number; readonly high: number }): readonly string[];
  /** Whether prices of this range reach any level, or would move any trail: O(1), for most prices do neither. */
  isTouched(low: number, high: number): boolean;
  /** Takes the price into the extremes of the trails. O(log n) amortised over the trails that it moves, O(1) when it moves none. */
  advance(price: number): void;
  /** The best price since a trailing order was put, its given extreme where none was better; null where nothing trails under the id. */
  extreme(id: string): number | null;
  readonly size: number;
}

interface Entry {
  readonly id: string;
  readonly ordinal: number;
  readonly trail: TrailingLevels<Entry> | null;
}

const NONE: readonly string[] = [];

export function createTriggerIndex(): TriggerIndex {
  const entries = new Map<string, Entry>();
  /** Keys are levels. */
  const below = createLevelHeap<Entry>();
  /** Keys are negated levels: the lowest is reached first. */
  const above = createLevelHeap<Entry>();
  const trails: Readonly<Record<Trailing['side'], Readonly<Record<Trailing['kind'], TrailingLevels<Entry>>>>> = {
    below: trailsOf('below'),
    above: trailsOf('above'),
  };
  let ordinal = 0;

  const drop = (entry: Entry): void => {
    below.remove(entry);
    above.remove(entry);
    entry.trail?.remove(entry);
  };

  const isAnyReached = (low: number, high: number): boolean =>
    isAbove(below, low) ||
    isAbove(above, -high) ||
    trails.below.share.isReached(low) ||
    trails.below.distance.isReached(low) ||
    trails.above.share.isReached(high) ||
    trails.above.distance.isReached(high);

  return {
    put: (id, watch) => {
      assertWatch(id, watch);
      const known = entries.get(id);
      if (known !== undefined) drop(known);
      const trail = watch.trail === null ? null : trails[watch.trail.side][watch.trail.by.kind];
      const entry: Entry = { id, ordinal: known?.ordinal ?? ordinal++, trail };
      entries.set(id, entry);
      if (watch.below !== null) below.put(entry, watch.below);
      if (watch.above !== null) above.put(entry, -watch.above);
      if (watch.trail !== null) trail?.put(entry, watch.trail.extreme, watch.trail.by.value);
    },
    remove: (id) => {
      const entry = entries.get(id);
      if (entry === undefined) return;
      entries.delete(id);
      drop(entry);
    },
    has: (id) => entries.has(id),
    reached: (price, ahead) => {
      const low = Math.min(price, ahead?.low ?? price);
      const high = Math.max(price, ahead?.high ?? price);
      // Most ticks reach nothing.
      if (!isAnyReached(low, high)) return NONE;
      const found = new Set<Entry>();
      const visit = (entry: Entry): void => void found.add(entry);
      visitReached(below, low, visit);
      visitReached(above, -high, visit);
      for (const [side, best] of [
        ['below', low],
        ['above', high],
      ] as const) {
        trails[side].share.visitReached(best, visit);
        trails[side].distance.visitReached(best, visit);
      }
      return found.size === 0 ? NONE : [...found].sort((a, b) => a.ordinal - b.ordinal).map((entry) => entry.id);
    },
    isTouched: (low, high) =>
      isAnyReached(low, high) ||
      trails.below.share.isMoved(high) ||
      trails.below.distance.isMoved(high) ||
      trails.above.share.isMoved(low) ||
      trails.above.distance.isMoved(low),
    advance: (price) => {
      trails.below.share.advance(price);
      trails.below.distance.advance(price);
      trails.above.share.advance(price);
      trails.above.distance.advance(price);
    },
    extreme: (id) => {
      const entry = entries.get(id);
      return entry?.trail?.extreme(entry) ?? null;
    },
    get size() {
      return entries.size;
    },
  };
}

const trailsOf = (side: Trailing['side']): Record<Trailing['kind'], TrailingLevels<Entry>> => ({
  share: createTrailingLevels({ side, kind: 'share' }),
  distance: createTrailingLevels({ side, kind: 'distance' }),
});

function isAbove(levels: LevelHeap<Entry>, least: number): boolean {
  const key = levels.greatestKey();
  return key !== undefined && key >= least;
}

const visitReached = (levels: LevelHeap<Entry>, least: number, visit: (entry: Entry) => void): void =>
  levels.visitReached((key) => key >= least, visit);

// A level that compares with nothing would upset the order of all others, and triggers would be missed without a word.
function assertWatch(id: string, { below, above, trail }: Watch): void {
  const levels = [below, above, trail?.by.value ?? null];
  if (levels.every((level) => level === null || Number.isFinite(level)) && (trail === null || isPositive(trail.extreme))) return;
  throw new ExecutionError(
    'bad_watch',
    `Levels must be finite and extremes positive, order ${id} watches ${JSON.stringify({ below, above, trail })}`,
    {
      id,
    },
  );
}

const isPositive = (value: number): boolean => value > 0 && Number.isFinite(value);
