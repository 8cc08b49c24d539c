import type { Observed } from './seed-jobs.ts';
import { nameOf, type Variant } from './variants.ts';

/**
 * Every way in which the program is broken, made from what runs were seen to write: each step of each transaction left out, each
 * condition and each attribute of one removed, each transaction torn between any two of its steps and written either half first, each
 * kind of write done after the next one, each kind of id used again, and an answer that does not come guessed.
 */
export function variantsOf({ transactions, claims, ids }: Observed): readonly Variant[] {
  const all: Variant[] = [
    { kind: 'unknown-guessed', guess: 'success' },
    { kind: 'unknown-guessed', guess: 'failure' },
    ...ids.map((rows): Variant => ({ kind: 'ids-reused', rows })),
  ];
  for (const steps of transactions) {
    const transaction = steps[0] ?? '';
    all.push({ kind: 'late', transaction });
    for (const step of steps) all.push(...brokenSteps(`${transaction} > ${step}`, step));
    for (const [index, before] of steps.entries()) {
      const after = steps[index - 1];
      if (after === undefined || after === before) continue;
      all.push({ kind: 'split', transaction, after, before, order: 'forward' }, { kind: 'split', transaction, after, before, order: 'backward' });
    }
  }
  for (const [place, attributes] of claims) {
    // Without the only one it is the condition as a whole.
    if (attributes.length > 1) all.push(...attributes.map((attribute): Variant => ({ kind: 'condition-removed', places: [place], attribute })));
  }
  const byName = new Map(all.map((variant) => [nameOf(variant), variant]));
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, variant]) => variant);
}

/** A check without its condition is a step left out. */
function brokenSteps(place: string, step: string): readonly Variant[] {
  const [, action, condition] = step.split(' ');
  const without: Variant = { kind: 'step-removed', place };
  return action === 'check' || condition === undefined ? [without] : [without, { kind: 'condition-removed', places: [place], attribute: null }];
}
