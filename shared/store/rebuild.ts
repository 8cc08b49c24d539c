import { type Rebuilding, type RowDifference, StoreError } from '../engine/ports.ts';
import { canonicalJson } from '../kernel/canonical-json.ts';
import type { Account } from '../ledger/account.ts';
import { type Action, type Attributes, absent, type Condition, equals, type Item, type Items, MAX_ACTIONS } from './items.ts';
import { readJournal } from './journal.ts';
import { type Key, ledgerKeys } from './keys.ts';
import { readHead } from './ledger-rows.ts';
import { emptyReplay, projectionRows, type Replay, replayRow } from './projections.ts';

/** How often a session may move on before the rebuild gives up; every attempt reads only what is new of the journal. */
const ATTEMPTS = 20;

/**
 * `LedgerStore.rebuild`. Every commit moves the head, so rows that were read between two looks at one head belong together;
 * and every write here asserts that very head, so it is made of what is still so, or not made at all. The head itself is written
 * last: until then a session whose head is gone or wrong takes no commit, and afterwards every row that it names is there.
 * A crash in between leaves some rows put right and the others as they were: a rebuild goes on from there.
 */
export async function rebuildProjections(items: Items, sessionId: string, write: boolean): Promise<Rebuilding> {
  const headKey = ledgerKeys.head(sessionId);
  const replay = emptyReplay();
  const differences = new Map<string, RowDifference>();
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const head = await items.get('ledger', headKey);
    for await (const row of readJournal(items, sessionId, replay.account?.seq ?? 0)) replayRow(replay, row);
    const account = replayed(sessionId, replay, head);
    const plan = planOf(account, replay, head, await storedRows(items, sessionId));
    if (!isSame(head, await items.get('ledger', headKey))) continue;
    for (const { key, kind } of plan.changes) if (!differences.has(key.sk)) differences.set(key.sk, { row: key.sk, kind });
    if (write && !(await writeAll(items, plan.changes, headKey, head))) continue;
    const { seq, hash } = account;
    const inOrder = [...differences.values()].sort((a, b) => (a.row < b.row ? -1 : 1));
    return { sessionId, seq, hash, rows: plan.rows, differences: inOrder, isWritten: write };
  }
  throw new StoreError('unavailable', `Session ${sessionId} moved on during each of ${ATTEMPTS} attempts to rebuild it`, { sessionId });
}

/** @throws StoreError `corrupt` when there is nothing to build from, or less than the head has counted */
function replayed(sessionId: string, { account }: Replay, head: Item | null): Account {
  if (account === null) throw new StoreError('corrupt', `Session ${sessionId} has no journal: there is nothing to build from`, { sessionId });
  if (account.sessionId !== sessionId)
    throw new StoreError('corrupt', `The journal of session ${sessionId} is that of ${account.sessionId}`, { sessionId });
  const counted = readableSeq(head);
  if (counted > account.seq) {
    const lost = `The journal of session ${sessionId} ends at row ${account.seq}, its head has counted ${counted}: rows are lost`;
    throw new StoreError('corrupt', lost, { sessionId, seq: account.seq, counted });
  }
  return account;
}

/** The sequence of a head that can be read; one that cannot says nothing of the journal. */
function readableSeq(head: Item | null): number {
  try {
    return head === null ? 0 : readHead(head).head.seq;
  } catch {
    return 0;
  }
}

interface Change extends Pick<RowDifference, 'kind'> {
  readonly key: Key;
  /** Null for a row that must go. */
  readonly attributes: Attributes | null;
}

interface Plan {
  /** Rows that there must be. */
  readonly rows: number;
  /** In the order in which they are to be written: whoever reads meanwhile never finds a place in time without its order. */
  readonly changes: readonly Change[];
}

function planOf(account: Account, replay: Replay, storedHead: Item | null, stored: readonly Item[]): Plan {
  const { head, rows } = projectionRows(account, replay);
  const [{ pk }, bySortKey] = [ledgerKeys.head(account.sessionId), new Map(stored.map((item) => [item.sk, item]))];
  const puts = [...rows].flatMap(([sk, attributes]) => changeTo({ pk, sk }, bySortKey.get(sk) ?? null, attributes));
  const deletes = stored.filter(({ sk }) => !rows.has(sk)).map(({ sk }): Change => ({ key: { pk, sk }, kind: 'surplus', attributes: null }));
  const changes = [
    ...[...puts].sort((a, b) => placesIn(a) - placesIn(b)),
    ...[...deletes].sort((a, b) => placesIn(b) - placesIn(a)),
    ...changeTo(ledgerKeys.head(account.sessionId), storedHead, head),
  ];
  return { rows: rows.size + 1, changes };
}

const placesIn = ({ key }: Change): number => (key.sk.startsWith('A#') ? 1 : 0);

function changeTo(key: Key, stored: Item | null, attributes: Attributes): readonly Change[] {
  if (stored === null) return [{ key, kind: 'missing', attributes }];
  return canonicalJson(stored.attributes) === canonicalJson(attributes) ? [] : [{ key, kind: 'different', attributes }];
}

async function storedRows(items: Items, sessionId: string): Promise<readonly Item[]> {
  const found: Item[] = [];
  for (const range of ledgerKeys.projections(sessionId)) found.push(...(await items.query('ledger', range)));
  return found;
}

const isSame = (one: Item | null, other: Item | null): boolean => canonicalJson(one?.attributes ?? null) === canonicalJson(other?.attributes ?? null);

/** @returns false when the session moved on before everything was written */
async function writeAll(items: Items, changes: readonly Change[], headKey: Key, head: Item | null): Promise<boolean> {
  const when = asSeen(head);
  // One step of each transaction is the head's.
  const rows = changes.filter(({ key }) => key.sk !== headKey.sk);
  const ofHead = changes.filter(({ key }) => key.sk === headKey.sk);
  for (let from = 0; from < rows.length; from += MAX_ACTIONS - 1) {
    const steps = rows.slice(from, from + MAX_ACTIONS - 1).map((change) => actionOf(change));
    const check: readonly Action[] = when === undefined ? [] : [{ kind: 'check', table: 'ledger', key: headKey, when }];
    if ((await items.write([...steps, ...check])).length > 0) return false;
  }
  for (const change of ofHead) if ((await items.write([actionOf(change, when)])).length > 0) return false;
  return true;
}

/**
 * That the head is still as it was seen, in every attribute that a condition can name. A head that has none of them, not even its
 * sequence, lets no commit pass: there is nothing that could have moved it.
 */
function asSeen(head: Item | null): Condition | undefined {
  if (head === null) return absent;
  const named = Object.entries(head.attributes).filter((entry): entry is [string, string | number] => ['string', 'number'].includes(typeof entry[1]));
  return named.length === 0 ? undefined : equals(Object.fromEntries(named));
}

const actionOf = ({ key, attributes }: Change, when?: Condition): Action => {
  const condition = when === undefined ? {} : { when };
  return attributes === null
    ? { kind: 'delete', table: 'ledger', key, ...condition }
    : { kind: 'put', table: 'ledger', key, attributes, ...condition };
};
