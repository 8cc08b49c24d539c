import { NSE_CALENDAR } from '../config/nse-calendar.ts';
import type { Alert } from '../contracts/alert.ts';
import type { Decision, ScanRecord } from '../contracts/decisions.ts';
import type { Trade } from '../contracts/fill.ts';
import type { JournalRow } from '../contracts/journal.ts';
import type { NightlyReport, ReportedSession } from '../contracts/nightly-report.ts';
import { text } from '../kernel/decimal.ts';
import { messageOf } from '../kernel/errors.ts';
import { DAY_MS, type EpochMs, iso } from '../kernel/time.ts';
import type { Account } from '../ledger/account.ts';
import { rollsDue } from '../market/calendar.ts';
import { counted, type DayRows, dayFigures, dayPicker } from '../performance/day-activity.ts';
import type { EngineContext } from './context.ts';
import { reportPage } from './nightly-page.ts';
import { type LedgerStore, type Page, type ReportStore, StoreError } from './ports.ts';
import { verifyLedger } from './verify-ledger.ts';

export interface NightlyOutcome {
  readonly date: string;
  readonly isSound: boolean;
  readonly sessions: number;
  readonly unsound: readonly string[];
  /** Where the report is kept. */
  readonly keptAt: string;
}

/** A week and more: there is a close on every day that the calendar covers, and on every other too. */
const LOOK_BACK_MS = 10 * DAY_MS;
const PAGE = 200;
/** A broken ledger may differ in every row: the first ones tell what happened. */
const MOST_DIFFERENCES = 20;

/**
 * The night's work for the trading day that ended last before an instant: rebuilds the books of every session that was active on it
 * and compares, then keeps the day's report. Nothing of the ledger is written. Books that are not sound, and a report that cannot
 * be kept, raise an alert.
 * @throws StoreError when the ledger cannot be read for now; whatever `reports` throws
 */
export async function nightlyReport(context: EngineContext, reports: ReportStore, { atMs }: { readonly atMs: EpochMs }): Promise<NightlyOutcome> {
  const { date, fromMs } = lastDay(atMs);
  const sessions: ReportedSession[] = [];
  for (const candidate of await activeSince(context.ledger, fromMs, atMs)) {
    const reported = await reportSession(context, candidate, date);
    if (reported !== null) sessions.push(reported);
  }
  const unsound = sessions.filter(({ books }) => !books.isSound).map(({ sessionId }) => sessionId);
  if (unsound.length > 0) {
    context.log('error', 'ledger-not-sound', { date, unsound });
    await context.ledger.alerts.raise(unsound.map((sessionId) => unsoundAlert(context, date, sessionId)));
  }
  const { version } = context.settings;
  const report: NightlyReport = { format: 1, date, madeTime: iso(context.clock.now()), version, isSound: unsound.length === 0, sessions };
  return { date, isSound: report.isSound, sessions: sessions.length, unsound, keptAt: await kept(context, reports, report) };
}

async function kept(context: EngineContext, reports: ReportStore, report: NightlyReport): Promise<string> {
  try {
    return await reports.keep({ report, page: reportPage(report) });
  } catch (error) {
    await context.ledger.alerts.raise([lostAlert(context, report.date, messageOf(error))]);
    throw error;
  }
}

/** The trading day whose close came last, and when the one before closed. */
function lastDay(atMs: EpochMs): { readonly date: string; readonly fromMs: EpochMs } {
  const [before, last] = rollsDue(NSE_CALENDAR, atMs - LOOK_BACK_MS, atMs)
    .filter(({ kind }) => kind === 'close')
    .slice(-2);
  if (before === undefined || last === undefined) throw new Error(`The calendar knows no trading day before ${iso(atMs)}`);
  return { date: last.date, fromMs: before.atMs };
}

/** A session, and its account where that can be read. */
interface Candidate {
  readonly sessionId: string;
  readonly account: Account | null;
}

/** Sessions that were there on the day. One is active at a time, so the first that began before it is the last that can have been. */
async function activeSince(ledger: LedgerStore, fromMs: EpochMs, atMs: EpochMs): Promise<readonly Candidate[]> {
  const candidates: Candidate[] = [];
  for (const { sessionId, startedMs } of await ledger.sessions()) {
    if (startedMs >= atMs) continue;
    const { found: account } = await unlessCorrupt(() => ledger.load(sessionId));
    const hadEnded = account?.stoppedMs != null && account.stoppedMs < fromMs;
    if (!hadEnded) candidates.push({ sessionId, account });
    if (startedMs < fromMs) break;
  }
  return candidates;
}

/** @returns null for a session that has no book of the day, and whose books are sound */
async function reportSession({ ledger, world }: EngineContext, { sessionId, account }: Candidate, date: string): Promise<ReportedSession | null> {
  const picker = dayPicker(date);
  // The journal is read once: what is verified is what is reported.
  const verified = await booksOf({ ...ledger, rows: (id, afterSeq) => seen(ledger.rows(id, afterSeq), picker.take) }, sessionId);
  const day = picker.day();
  if (day === null && verified.isSound) return null;
  const { orders, fills, ...figures } = dayFigures(day ?? NO_DAY);
  const { found: scans, why: noScans } = await unlessCorrupt(() => scansOf(ledger, sessionId, day));
  const { found: trades, why: noTrades } = await unlessCorrupt(() => tradesOf(ledger, sessionId, day));
  const decisions = (scans ?? []).flatMap((scan) => scan.decisions);
  const books = withFindings(verified, [...(noScans ?? []), ...(noTrades ?? [])]);
  return {
    sessionId,
    status: account?.status ?? 'unreadable',
    scope: account?.scope ?? world.scope,
    evidence: account?.evidence ?? world.evidence,
    books,
    isDayClosed: day?.isClosed ?? false,
    ...figures,
    trades: (trades ?? []).map(reportedTrade),
    openPositions: account?.positions.size ?? 0,
    decisions: fared(decisions),
    counts: { journalRows: day?.rows.length ?? 0, orders, fills, scans: scans?.length ?? 0, decisions: decisions.length },
  };
}

const NO_DAY: DayRows = { rows: [], isClosed: false, fromMs: 0 };

async function* seen(rows: AsyncIterable<JournalRow>, take: (row: JournalRow) => void): AsyncIterable<JournalRow> {
  for await (const row of rows) {
    take(row);
    yield row;
  }
}

/** By both ways: values against the journal, and rows against the rows that the journal asks for. */
async function booksOf(ledger: LedgerStore, sessionId: string): Promise<ReportedSession['books']> {
  const { found: verified, why: notVerified } = await unlessCorrupt(() => verifyLedger(ledger, sessionId));
  const { found: rebuilt, why: notRebuilt } = await unlessCorrupt(() => ledger.rebuild(sessionId, { write: false }));
  const differences = [
    ...(notVerified ?? []),
    ...(verified?.differences ?? []).map(({ what }) => what),
    ...(notRebuilt ?? []),
    ...(rebuilt?.differences ?? []).map(({ row, kind }) => `row ${row}: ${kind}`),
  ];
  const books = {
    isSound: verified?.isSound === true,
    journalRows: verified?.rows ?? 0,
    journalHash: verified?.journalHash ?? 'unreadable',
    projectionRows: rebuilt?.rows ?? 0,
    differences: [],
    differenceCount: 0,
  };
  return withFindings(books, differences);
}

function withFindings(books: ReportedSession['books'], found: readonly string[]): ReportedSession['books'] {
  return {
    ...books,
    isSound: books.isSound && found.length === 0,
    differences: [...books.differences, ...found].slice(0, MOST_DIFFERENCES),
    differenceCount: books.differenceCount + found.length,
  };
}

/** Rows that cannot be read are a finding, to be told; a store that is away is not, and is asked again. */
async function unlessCorrupt<T>(read: () => Promise<T>): Promise<{ readonly found: T | null; readonly why: readonly string[] | null }> {
  try {
    return { found: await read(), why: null };
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'corrupt') throw error;
    return { found: null, why: [messageOf(error)] };
  }
}

async function scansOf(ledger: LedgerStore, sessionId: string, day: DayRows | null): Promise<readonly ScanRecord[]> {
  if (day === null) return [];
  const toMs = day.isClosed ? lastMs(day) : Number.POSITIVE_INFINITY;
  const all = await newestUntil(
    (page) => ledger.scans(sessionId, page),
    ({ atMs }) => atMs < day.fromMs,
  );
  return all.filter(({ atMs }) => atMs < toMs);
}

const lastMs = ({ rows, fromMs }: DayRows): EpochMs => rows.at(-1)?.event.atMs ?? fromMs;

async function tradesOf(ledger: LedgerStore, sessionId: string, day: DayRows | null): Promise<readonly Trade[]> {
  const [first, last] = [day?.rows[0]?.seq, day?.rows.at(-1)?.seq];
  if (first === undefined || last === undefined) return [];
  const newer = await newestUntil(
    (page) => ledger.trades(sessionId, page),
    ({ seq }) => seq < first,
  );
  return newer.filter(({ seq }) => seq <= last).toReversed();
}

/** Reads pages, newest first, as far as there is something that is not too old. */
async function newestUntil<T>(
  read: (page: { readonly limit: number; readonly cursor: string | null }) => Promise<Page<T>>,
  isTooOld: (item: T) => boolean,
): Promise<readonly T[]> {
  const found: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<T> = await read({ limit: PAGE, cursor });
    const fresh = page.items.filter((item) => !isTooOld(item));
    found.push(...fresh);
    cursor = fresh.length < page.items.length ? null : page.next;
  } while (cursor !== null);
  return found;
}

function fared(decisions: readonly Decision[]): ReportedSession['decisions'] {
  const refused = decisions.filter(({ outcome }) => outcome === 'refused');
  return {
    taken: decisions.filter(({ outcome }) => outcome === 'taken').length,
    exitRequested: decisions.filter(({ outcome }) => outcome === 'exit-requested').length,
    refused: refused.length,
    refusedBy: counted(refused.map(({ reason }) => reason)),
  };
}

function reportedTrade(trade: Trade): ReportedSession['trades'][number] {
  const { id, symbol, market, strategy, evidence, direction, currency, closedWhy } = trade;
  return {
    id,
    symbol,
    market,
    strategy,
    evidence,
    direction,
    currency,
    closedWhy,
    quantity: text(trade.quantity),
    entryPrice: text(trade.entryPrice),
    exitPrice: text(trade.exitPrice),
    openedTime: iso(trade.openedMs),
    closedTime: iso(trade.closedMs),
    net: text(trade.realised.net),
  };
}

const nightlyAlert = (
  { clock, world }: EngineContext,
  date: string,
): Pick<Alert, 'kind' | 'severity' | 'atMs' | 'scope' | 'evidence' | 'symbol'> & { readonly facts: Alert['facts'] } => ({
  kind: 'nightly',
  severity: 'critical',
  atMs: clock.now(),
  scope: world.scope,
  evidence: world.evidence,
  symbol: null,
  facts: { date },
});

const unsoundAlert = (context: EngineContext, date: string, sessionId: string): Alert => ({
  ...nightlyAlert(context, date),
  id: `nightly:${date}:${sessionId}`,
  sessionId,
  title: 'The books are not sound',
  text: `Session ${sessionId} is not what its journal says, as of ${date}: trust no figure of it before npm run ledger -- verify has told why`,
});

const lostAlert = (context: EngineContext, date: string, why: string): Alert => ({
  ...nightlyAlert(context, date),
  id: `nightly:${date}:report`,
  severity: 'warning',
  sessionId: null,
  title: 'The day’s report was not kept',
  text: `The report of ${date}: ${why}`,
});
