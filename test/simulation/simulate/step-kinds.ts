import type { Action, Condition } from '../../../shared/store/items.ts';

/**
 * Names of what a transaction is made of, taken from its rows: `ledger/J# put absent`. A new kind of row, or a new condition,
 * has a name of its own without anybody writing it down.
 */
export const rowKind = ({ table, key }: Pick<Action, 'table' | 'key'>): string => {
  const end = key.sk.indexOf('#');
  return `${table}/${end < 0 ? key.sk : key.sk.slice(0, end + 1)}`;
};

export function stepKind(action: Action): string {
  return [rowKind(action), action.kind, ...(action.when === undefined ? [] : [conditionKind(action.when)])].join(' ');
}

const conditionKind = (condition: Condition): string =>
  condition.kind === 'absent' ? 'absent' : `[${Object.keys(condition.attributes).sort().join(' ')}]`;

/** A transaction is known by its first step. */
export const transactionKind = (actions: readonly Action[]): string => (actions[0] === undefined ? 'nothing' : stepKind(actions[0]));

/** A step within its transaction. */
export const placeOf = (actions: readonly Action[], action: Action): string => `${transactionKind(actions)} > ${stepKind(action)}`;
