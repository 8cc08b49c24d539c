import type { Action, Condition, Item, Items } from '../../../shared/store/items.ts';
import { placeOf } from './step-kinds.ts';

/**
 * Conditions that have decided alone: of a write that was refused, the one claim without which it would have been done. A
 * program without a condition that never decides alone does the same as one with it, step for step.
 */
export interface ConditionsAlone {
  /** Looks at a write that was just refused, nothing else having happened since. */
  readonly look: (items: Items, actions: readonly Action[], failed: readonly number[]) => Promise<void>;
  /** Places (with the attribute behind `|` where it was that one alone) and how often. */
  readonly counts: () => ReadonlyMap<string, number>;
}

export const attributePlace = (place: string, attribute: string): string => `${place} | ${attribute}`;

export function createConditionsAlone(): ConditionsAlone {
  const counts = new Map<string, number>();
  const count = (place: string): void => void counts.set(place, (counts.get(place) ?? 0) + 1);
  return {
    look: async (items, actions, failed) => {
      // Several rows of one kind, as the rows of a journal, are one condition of the program.
      const places = new Set(failed.map((index) => placeOf(actions, actions[index] as Action)));
      const [place, another] = [...places];
      if (place === undefined || another !== undefined) return;
      count(place);
      const claims = new Set<string>();
      for (const index of failed) {
        const { table, key, when } = actions[index] as Action;
        if (when !== undefined) for (const claim of failedClaims(when, await items.get(table, key))) claims.add(claim);
      }
      const [claim, second] = [...claims];
      if (claim !== undefined && second === undefined) count(attributePlace(place, claim));
    },
    counts: () => counts,
  };
}

/** The attributes that are other than claimed; none where the row is there or is not: then it is the condition as a whole. */
function failedClaims(condition: Condition, row: Item | null): readonly string[] {
  if (condition.kind === 'absent' || row === null) return [];
  return Object.entries(condition.attributes).flatMap(([name, value]) => (row.attributes[name] === value ? [] : [name]));
}
