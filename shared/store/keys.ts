import type { EpochMs } from '../kernel/time.ts';

/**
 * Keys of every row. Numbers in sort keys are padded, so that the order of the keys is the order of the numbers; what
 * follows a number begins with `#`, so that `prefix + ':'` ends a range of them.
 *
 *   ledger   S#<session>  HEAD · J#<seq> · P#<position> · O#<order> · A#<accepted>#<order> · C#<command> · D#<minute>#<ordinal>#<scan> · T#<seq>
 *            SYSTEM       ACTIVE · N#<started>#<session>
 *            OUTBOX       R#<started>#<session>
 *            ALERTS       A#<at>#<alert> · I#<alert> · Q#<at>#<alert> · W#<session> · PACE
 *   market   M#<scope>    LATEST · B#<minute> · H#<hour> · Q#<day> · T#<began> · LISTINGS
 *
 * A pack of more than `SYMBOLS_A_PACK` symbols goes on in rows with `#<group>` behind their key.
 */
export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/** A range of sort keys of one partition, both ends included. */
export interface KeyRange {
  readonly pk: string;
  readonly from: string;
  readonly to: string;
}

const PAD = 15;
const padded = (value: number): string => String(value).padStart(PAD, '0');

const session = (sessionId: string): string => `S#${sessionId}`;
const scopePartition = (scope: string): string => `M#${scope}`;
const all = (pk: string, prefix: string): KeyRange => ({ pk, from: prefix, to: `${prefix}:` });

const SYSTEM = 'SYSTEM';
const OUTBOX = 'OUTBOX';

/** Prefix of the journal's sort keys: the stream's filter for domain events. */
export const JOURNAL_PREFIX = 'J#';

export const ledgerKeys = {
  active: { pk: SYSTEM, sk: 'ACTIVE' } satisfies Key,
  session: (startedMs: EpochMs, sessionId: string): Key => ({ pk: SYSTEM, sk: `N#${padded(startedMs)}#${sessionId}` }),
  sessions: all(SYSTEM, 'N#'),
  relay: (startedMs: EpochMs, sessionId: string): Key => ({ pk: OUTBOX, sk: `R#${padded(startedMs)}#${sessionId}` }),
  relays: all(OUTBOX, 'R#'),
  head: (sessionId: string): Key => ({ pk: session(sessionId), sk: 'HEAD' }),
  journal: (sessionId: string, seq: number): Key => ({ pk: session(sessionId), sk: `${JOURNAL_PREFIX}${padded(seq)}` }),
  journalAfter: (sessionId: string, seq: number): KeyRange => ({
    pk: session(sessionId),
    from: `${JOURNAL_PREFIX}${padded(seq + 1)}`,
    to: `${JOURNAL_PREFIX}:`,
  }),
  position: (sessionId: string, id: string): Key => ({ pk: session(sessionId), sk: `P#${id}` }),
  order: (sessionId: string, id: string): Key => ({ pk: session(sessionId), sk: `O#${id}` }),
  /** An order's place in time: the order's own key does not tell it. */
  accepted: (sessionId: string, acceptedMs: EpochMs, id: string): Key => ({ pk: session(sessionId), sk: `A#${padded(acceptedMs)}#${id}` }),
  allAccepted: (sessionId: string): KeyRange => all(session(sessionId), 'A#'),
  receipt: (sessionId: string, commandId: string): Key => ({ pk: session(sessionId), sk: `C#${commandId}` }),
  scan: (sessionId: string, minuteMs: EpochMs, ordinal: number, id: string): Key => ({
    pk: session(sessionId),
    sk: `D#${padded(minuteMs)}#${padded(ordinal)}#${id}`,
  }),
  scans: (sessionId: string): KeyRange => all(session(sessionId), 'D#'),
  trade: (sessionId: string, seq: number): Key => ({ pk: session(sessionId), sk: `T#${padded(seq)}` }),
  trades: (sessionId: string): KeyRange => all(session(sessionId), 'T#'),
  /** Everything of a session that follows from its journal, but the head: whatever stands behind the `#`, and `$` comes after it. */
  projections: (sessionId: string): readonly KeyRange[] =>
    ['P', 'O', 'A', 'T'].map((kind) => ({ pk: session(sessionId), from: `${kind}#`, to: `${kind}$` })),
};

/** Partition of everything about alerts: who delivers them may write nothing else. */
export const ALERTS_PARTITION = 'ALERTS';

export const alertKeys = {
  alert: (atMs: EpochMs, id: string): Key => ({ pk: ALERTS_PARTITION, sk: `A#${padded(atMs)}#${id}` }),
  alerts: all(ALERTS_PARTITION, 'A#'),
  /** That an alert is known: its place in time may differ from one who sees it to the next. */
  known: (id: string): Key => ({ pk: ALERTS_PARTITION, sk: `I#${id}` }),
  /** That an alert is not settled. */
  open: (atMs: EpochMs, id: string): Key => ({ pk: ALERTS_PARTITION, sk: `Q#${padded(atMs)}#${id}` }),
  allOpen: all(ALERTS_PARTITION, 'Q#'),
  /** The alert that stands behind the row that says it is open. */
  ofOpen: ({ sk }: Pick<Key, 'sk'>): Key => ({ pk: ALERTS_PARTITION, sk: `A${sk.slice(1)}` }),
  watch: (sessionId: string): Key => ({ pk: ALERTS_PARTITION, sk: `W#${sessionId}` }),
  paces: { pk: ALERTS_PARTITION, sk: 'PACE' } satisfies Key,
};

export type PackKind = 'H' | 'Q' | 'T' | 'D';

export const marketKeys = {
  latest: (scope: string): Key => ({ pk: scopePartition(scope), sk: 'LATEST' }),
  minute: (scope: string, minuteMs: EpochMs): Key => ({ pk: scopePartition(scope), sk: `B#${padded(minuteMs)}` }),
  /** Hours of minutes, days of quarters, spans of ticks, closes of days. */
  pack: (scope: string, kind: PackKind, startMs: EpochMs, group: number): Key => ({
    pk: scopePartition(scope),
    sk: `${kind}#${padded(startMs)}${group === 0 ? '' : `#${group}`}`,
  }),
  listings: (scope: string): Key => ({ pk: scopePartition(scope), sk: 'LISTINGS' }),
  chains: (scope: string): Key => ({ pk: scopePartition(scope), sk: 'CHAINS' }),
  /** Rows that start in [fromMs, toMs), of all groups. */
  between: (scope: string, kind: 'B' | PackKind, fromMs: EpochMs, toMs: EpochMs): KeyRange => ({
    pk: scopePartition(scope),
    from: `${kind}#${padded(Math.max(0, fromMs))}`,
    to: `${kind}#${padded(Math.max(0, toMs - 1))}:`,
  }),
};
