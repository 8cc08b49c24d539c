import type { Action } from '../../../shared/store/items.ts';
import { createConditionsAlone } from './conditions-alone.ts';
import type { Observed } from './seed-jobs.ts';
import { placeOf, stepKind } from './step-kinds.ts';
import { idKind } from './variants.ts';
import type { Watching } from './watched-rows.ts';

/** Watches the writes of runs. */
export interface Observer {
  readonly watching: Watching;
  readonly observed: () => Observed;
}

export function createObserver(): Observer {
  const transactions = new Map<string, readonly string[]>();
  const claims = new Map<string, readonly string[]>();
  const ids = new Set<string>();
  const alone = createConditionsAlone();

  const see = (actions: readonly Action[]): void => {
    const steps = actions.map(stepKind);
    const key = steps.join('\n');
    for (const action of actions) if (action.kind !== 'check') ids.add(idKind(action));
    if (transactions.has(key)) return;
    transactions.set(key, steps);
    for (const action of actions) {
      if (action.when?.kind === 'equals') claims.set(placeOf(actions, action), Object.keys(action.when.attributes).sort());
    }
  };

  return {
    watching: { onWrite: see, onRefused: alone.look },
    observed: () => ({ transactions: [...transactions.values()], claims: [...claims], ids: [...ids], alone: [...alone.counts()] }),
  };
}

/** What several runs have seen together. */
export function together(all: readonly Observed[]): Observed {
  const alone = new Map<string, number>();
  for (const [place, count] of all.flatMap((each) => each.alone)) alone.set(place, (alone.get(place) ?? 0) + count);
  const transactions = new Map(all.flatMap((each) => each.transactions).map((steps) => [steps.join('\n'), steps]));
  return {
    transactions: [...transactions.values()],
    claims: [...new Map(all.flatMap((each) => each.claims))],
    ids: [...new Set(all.flatMap((each) => each.ids))],
    alone: [...alone],
  };
}
