import { nameOf, type Variant } from './variants.ts';

/** A variant that is no other program, and why. */
export interface Equivalent {
  readonly variant: Variant;
  readonly because: string;
  /** Places of conditions that say the same: without these as well, the program is broken. */
  readonly guards: readonly string[];
}

const COMMIT = 'ledger/HEAD put [seq]';
const START = 'ledger/HEAD put absent';
const SCAN = 'ledger/D# put absent';

const HEAD = `${COMMIT} > ${COMMIT}`;
const JOURNAL = `${COMMIT} > ledger/J# put absent`;

const MOVES_HEAD =
  'Rows of a session are written by transactions that move its head from the sequence that they were decided from, and an account is loaded with the rows of exactly one sequence: while the head is there, its rows are as the account has them.';
const SAME_ROW = 'A journal row of the next sequence is there exactly when the head has moved on: each of the two stands in for the other.';
const BEGIN_TOGETHER =
  'The rows of a session begin together, in one transaction. Under an id that is taken its head and its first journal row are both there, for ever; while it runs, the mark of the active session is there too.';
const HAS_RECEIPT = 'A scan is written together with the receipt of its own id, and neither is ever deleted: where the scan is, the receipt is.';

const LEASE = 'market/LATEST update [epoch untilMs] > market/LATEST update [epoch untilMs]';
const LATER =
  'Another feed takes a lease only when its `untilMs` has passed, and sets a later one: where the epoch is another, `untilMs` is another too.';

const removed = (place: string, attribute: string | null = null): Variant => ({ kind: 'condition-removed', places: [place], attribute });

/**
 * Conditions that another one of the same transaction stands in for. They stay: rows that somebody has put right by hand, or an
 * account that a fault has changed in memory, are caught by them alone, and none of that happens in a simulation. What is said here is
 * checked: the condition never refuses a write alone, seeds are the same to the step without it, and some seed fails when what stands in
 * for it is gone as well.
 */
const EQUIVALENTS: readonly Equivalent[] = [
  { variant: removed(HEAD), because: SAME_ROW, guards: [JOURNAL] },
  { variant: removed(JOURNAL), because: SAME_ROW, guards: [HEAD] },
  ...[
    removed(`${COMMIT} > ledger/P# put absent`),
    removed(`${COMMIT} > ledger/P# put [version]`),
    removed(`${COMMIT} > ledger/P# delete [version]`),
    removed(`${COMMIT} > ledger/O# put absent`),
    removed(`${COMMIT} > ledger/O# put [filledQuantity version]`),
    removed(`${COMMIT} > ledger/O# put [filledQuantity version]`, 'filledQuantity'),
    removed(`${COMMIT} > ledger/O# put [filledQuantity version]`, 'version'),
    removed(`${COMMIT} > ledger/A# put absent`),
    removed(`${COMMIT} > ledger/T# put absent`),
    removed(`${COMMIT} > ledger/ACTIVE delete [sessionId]`),
  ].map((variant) => ({ variant, because: MOVES_HEAD, guards: [HEAD, JOURNAL] })),
  ...['HEAD', 'J#', 'N#', 'R#', 'C#'].map((row) => ({
    variant: removed(`${START} > ledger/${row} put absent`),
    because: BEGIN_TOGETHER,
    guards: [`${START} > ledger/ACTIVE put absent`],
  })),
  { variant: removed(`${COMMIT} > ledger/D# put absent`), because: HAS_RECEIPT, guards: [`${COMMIT} > ledger/C# put absent`] },
  { variant: removed(`${SCAN} > ${SCAN}`), because: HAS_RECEIPT, guards: [`${SCAN} > ledger/C# put absent`] },
  { variant: removed(LEASE, 'epoch'), because: LATER, guards: [LEASE] },
];

const BY_NAME = new Map(EQUIVALENTS.map((each) => [nameOf(each.variant), each]));

/** What is said of a variant, if anything. */
export const equivalentOf = (variant: Variant): Equivalent | null => BY_NAME.get(nameOf(variant)) ?? null;
