import type { Action, Condition } from '../../../shared/store/items.ts';
import { placeOf, rowKind, stepKind, transactionKind } from './step-kinds.ts';

/** One way in which the program is broken. Places are named by `placeOf`, rows by `rowKind`. */
export type Variant =
  | { readonly kind: 'condition-removed'; readonly places: readonly string[]; readonly attribute: string | null }
  | { readonly kind: 'step-removed'; readonly place: string }
  | { readonly kind: 'split'; readonly transaction: string; readonly after: string; readonly before: string; readonly order: 'forward' | 'backward' }
  | { readonly kind: 'late'; readonly transaction: string }
  | { readonly kind: 'ids-reused'; readonly rows: string }
  | { readonly kind: 'unknown-guessed'; readonly guess: 'success' | 'failure' };

export function nameOf(variant: Variant): string {
  switch (variant.kind) {
    case 'condition-removed':
      return `condition removed: ${variant.places.join(' + ')}${variant.attribute === null ? '' : ` (${variant.attribute} only)`}`;
    case 'step-removed':
      return `step removed: ${variant.place}`;
    case 'split':
      return `written in two (${variant.order}): ${variant.transaction}: ${variant.after} | ${variant.before}`;
    case 'late':
      return `written after the next write: ${variant.transaction}`;
    case 'ids-reused':
      return `ids reused: ${variant.rows}`;
    case 'unknown-guessed':
      return `no answer taken for ${variant.guess}`;
  }
}

/** Whether a broken program says that this was written, and writes it after what it writes next. */
export const isLate = (variant: Variant | null, actions: readonly Action[]): boolean =>
  variant?.kind === 'late' && transactionKind(actions) === variant.transaction;

/** A part of a transaction that is written by itself; `indices` are its steps' places in the whole. */
export interface Part {
  readonly actions: readonly Action[];
  readonly indices: readonly number[];
}

/** The actions as a broken program writes them, in so many transactions. */
export function partsOf(variant: Variant | null, actions: readonly Action[]): readonly Part[] {
  switch (variant?.kind) {
    case 'condition-removed':
      return [
        {
          actions: actions.map((action) => (variant.places.includes(placeOf(actions, action)) ? without(action, variant.attribute) : action)),
          indices: [...actions.keys()],
        },
      ];
    case 'step-removed':
      return [partOf(actions, (action) => placeOf(actions, action) !== variant.place)];
    case 'split':
      return halves(variant, actions);
    case 'ids-reused':
      return [
        partOf(
          actions.map((action) => ({ ...action, key: keyOf(variant, action.table, action.key) })),
          () => true,
        ),
      ];
    default:
      return [partOf(actions, () => true)];
  }
}

function partOf(actions: readonly Action[], isIn: (action: Action, index: number) => boolean): Part {
  const indices = [...actions.keys()].filter((index) => isIn(actions[index] as Action, index));
  return { actions: indices.map((index) => actions[index] as Action), indices };
}

function halves(variant: Extract<Variant, { kind: 'split' }>, actions: readonly Action[]): readonly Part[] {
  const at = transactionKind(actions) === variant.transaction ? splitPoint(variant, actions) : -1;
  if (at < 0) return [partOf(actions, () => true)];
  const parts = [partOf(actions, (_, index) => index < at), partOf(actions, (_, index) => index >= at)];
  return variant.order === 'forward' ? parts : parts.toReversed();
}

const splitPoint = ({ after, before }: Extract<Variant, { kind: 'split' }>, actions: readonly Action[]): number =>
  actions.findIndex((action, index) => index > 0 && stepKind(action) === before && stepKind(actions[index - 1] as Action) === after);

/** The step without its condition, or without one attribute of it. */
function without(action: Action, attribute: string | null): Action {
  const { when } = action;
  if (when === undefined) return action;
  const left = attribute === null ? null : lacking(when, attribute);
  if (left !== null) return { ...action, when: left };
  const { when: _, ...bare } = action;
  // The type does not allow an update or a check without a condition, the table in memory does: it is broken on purpose.
  return bare as Action;
}

function lacking(condition: Condition, attribute: string): Condition {
  if (condition.kind === 'absent') return condition;
  const { [attribute]: _, ...attributes } = condition.attributes;
  return { kind: 'equals', attributes };
}

/** The key under which a program that uses ids again finds and writes a row. */
export function keyOf(variant: Variant | null, table: Action['table'], key: Action['key']): Action['key'] {
  if (variant?.kind !== 'ids-reused') return key;
  const name = idKind({ table, key });
  if (name !== variant.rows) return key;
  return { ...key, sk: `${name.slice(name.indexOf('/') + 1)}same` };
}

/** Kinds of ids: those of commands apart by what they are about (`ledger/C#limits:`), all others by their rows. */
export function idKind({ table, key }: Pick<Action, 'table' | 'key'>): string {
  const kind = rowKind({ table, key });
  if (kind !== 'ledger/C#') return kind;
  const id = key.sk.slice(2);
  return `${kind}${id.slice(0, id.indexOf(':') + 1)}`;
}
