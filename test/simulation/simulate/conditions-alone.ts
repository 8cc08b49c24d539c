import type { Action, Condition, Item, Items } from '../../../shared/store/items.ts';
import { placeOf } from './step-kinds.ts';

/**
 * Conditions that have decided alone: of a write that was refused, the one claim without which it would have been done. A
 * program without a condition that never decides alone does the same as one with it, step for step.
 */
export interface ConditionsAlone {
  /** Looks at a write just before it is done. */
  readonly look: (items: Items, actions: readonly Action[]) => Promise<void>;
  /** Places (with the attribute behind `|` where it was that one alone) and how often. */
  readonly counts: () => ReadonlyMap<string, number>;
}

export const attributePlace = (place: string, attribute: string): string => `${place} | ${attribute}`;

export function createConditionsAlone(): ConditionsAlone {
  const counts = new Map<string, number>();
  const count = (place: string): void => void counts.set(place, (counts.get(place) ?? 0) + 1);
  return {
    look: async (items, actions) => {
      const failed: { readonly action: Action; readonly claims: readonly (string | null)[] }[] = [];
      for (const action of actions) {
        if (action.when === undefined) continue;
        const claims = failedClaims(action.when, await items.get(action.table, action.key));
        if (claims.length > 0) failed.push({ action, claims });
      }
      const [only, another] = failed;
      if (only === undefined || another !== undefined) return;
      const place = placeOf(actions, only.action);
      count(place);
      const [claim, second] = only.claims;
      if (typeof claim === 'string' && second === undefined) count(attributePlace(place, claim));
    },
    counts: () => counts,
  };
}

/** The attributes that are other than claimed; null stands for the row itself, which is there, or is not. */
function failedClaims(condition: Condition, row: Item | null): readonly (string | null)[] {
  if (condition.kind === 'absent') return row === null ? [] : [null];
  if (row === null) return [null];
  return Object.entries(condition.attributes).flatMap(([name, value]) => (row.attributes[name] === value ? [] : [name]));
}
