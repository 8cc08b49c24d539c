import type { OpenAlert } from '../alerts/delivery-plan.ts';
import type { Alert, ChannelPaces, WatchState } from '../contracts/alert.ts';
import type { ScanRecord } from '../contracts/decisions.ts';
import type { Trade } from '../contracts/fill.ts';
import type { JournalRow } from '../contracts/journal.ts';
import type { MarketSnapshot } from '../contracts/market-snapshot.ts';
import type { NightlyReport } from '../contracts/nightly-report.ts';
import { NightdeskError } from '../kernel/errors.ts';
import type { EpochMs } from '../kernel/time.ts';
import type { Account } from '../ledger/account.ts';
import type { OrderStanding } from '../ledger/order-standing.ts';
import type { DailyIv, DerivativeChain, Settled } from '../market/derivative.ts';
import type { ListedRules } from '../market/listed-rules.ts';
import type { Bar } from '../market/price.ts';
import type { RolledCandle } from '../market/rollup.ts';
import type { TickSample } from '../market/tick-sample.ts';
import type { ModelSet } from '../ml/model-set.ts';
import type { DailyClose } from '../risk/var/risk-model.ts';
import type { StrategyName } from '../strategies/strategy.ts';

/**
 * What a store says when it did not do what was asked.
 * `conflict`: the account moved on, decide again. `duplicate`: this command has been committed before. `fenced`: another
 * feed holds the lease. `unknown`: no answer came, the outcome must be read. `unavailable`: nothing was written.
 * `too_large`: more than one transaction or row can hold, nothing was written. `corrupt`: a row does not have the form
 * that the code expects. `format`: the ledger was written by a version that is too old or too new. `bad_cursor`: a page was asked for with a cursor that no page gave.
 */
export class StoreError extends NightdeskError<
  'conflict' | 'duplicate' | 'fenced' | 'unknown' | 'unavailable' | 'too_large' | 'corrupt' | 'format' | 'bad_cursor'
> {}

/** The recorded outcome of a command: what is answered when the same command comes again. */
export interface Receipt {
  readonly id: string;
  /** Digest of the command's body; another body under the same id is a client's error. Null where the id is a fact of the body. */
  readonly bodyDigest: string | null;
  readonly seq: number;
  readonly outcome: unknown;
}

/** One atomic change of a session: all of it or nothing, at most once. */
export interface Commit {
  /** The account it was decided from; null starts the session. */
  readonly before: Account | null;
  readonly after: Account;
  readonly rows: readonly JournalRow[];
  readonly trades: readonly Trade[];
  readonly receipt: Receipt;
  /** Another id that the client knows the command by: a receipt of its own tells of it. */
  readonly alias?: string | null;
  /** The scan that these events come from, kept in the same transaction. */
  readonly scan: ScanRecord | null;
  /** Fills are fenced by the feed's lease: the commit fails when the epoch has moved on. */
  readonly fence: { readonly scope: string; readonly epoch: number } | null;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Opaque; null on the last page. */
  readonly next: string | null;
}

export interface SessionSummary {
  readonly sessionId: string;
  readonly startedMs: EpochMs;
}

/** A domain event on its way to the bus, in the order of the journal. */
export interface OutboxEvent {
  /** `<sessionId>:<seq>`: consumers deduplicate by it. */
  readonly id: string;
  readonly sessionId: string;
  readonly seq: number;
  readonly type: string;
  readonly atMs: EpochMs;
  readonly detail: unknown;
}

/** A row of a session's projections that is not as the journal has it. */
export interface RowDifference {
  /** The row's sort key. */
  readonly row: string;
  readonly kind: 'missing' | 'different' | 'surplus';
}

export interface Rebuilding {
  readonly sessionId: string;
  /** The newest journal row that the projections were worked out from. */
  readonly seq: number;
  readonly hash: string;
  /** Projection rows that the journal asks for: head, positions, orders with their places in time, trades. */
  readonly rows: number;
  /** What was not as the journal has it, in the order of the keys. */
  readonly differences: readonly RowDifference[];
  /** Whether the differences were put right; otherwise nothing was written. */
  readonly isWritten: boolean;
}

/** The right to tell alerts for a while: two that deliver at once would tell everything twice. */
export interface DeliveryClaim {
  readonly holder: string;
  readonly version: number;
  readonly paces: ChannelPaces;
}

/** What the trader is told of: beside the accounts, and never in their transactions. */
export interface AlertStore {
  /** Keeps alerts, each once. @returns those that were not known yet */
  raise(alerts: readonly Alert[]): Promise<readonly Alert[]>;
  find(id: string): Promise<OpenAlert | null>;
  /** With how each was told, newest first. */
  page(page: { readonly limit: number; readonly cursor: string | null }): Promise<Page<OpenAlert>>;
  /** Alerts that are not settled, oldest first. */
  open(limit: number): Promise<readonly OpenAlert[]>;
  /** How an alert was told until now; a settled one is no longer open. */
  record(told: OpenAlert, isSettled: boolean): Promise<void>;
  paces(): Promise<ChannelPaces>;
  /** Null while another holder has the claim. */
  claim(request: { readonly holder: string; readonly nowMs: EpochMs; readonly untilMs: EpochMs }): Promise<DeliveryClaim | null>;
  /** Keeps what was sent and holds the claim until then, 0 to give it up. Null when it was lost. */
  keepPaces(claim: DeliveryClaim, paces: ChannelPaces, untilMs: EpochMs): Promise<DeliveryClaim | null>;
  /** What the watch of a session remembers; nothing before its first look. */
  watch(sessionId: string): Promise<Watch>;
  /** What it remembers from now on. Of two looks at once the first one's memory stays. */
  keepWatch(sessionId: string, watch: Watch): Promise<void>;
}

/** The report of a trading day, for programs and for people. */
export interface KeptReport {
  readonly report: NightlyReport;
  /** Markdown. */
  readonly page: string;
}

/** Where the reports of trading days are kept, one a day. */
export interface ReportStore {
  /** Keeps a report; one of the same day before is replaced. @returns where, for people */
  keep(report: KeptReport): Promise<string>;
  /** The report of a day, or of the newest one that was kept; null where there is none. */
  read(date: string | 'latest'): Promise<KeptReport | null>;
}

/** A watch's memory, and which one it is. */
export interface Watch {
  readonly version: number;
  readonly state: WatchState;
}

/** The ledger: never expires, read strongly. */
export interface LedgerStore {
  readonly alerts: AlertStore;
  /** The session that is active or stopping, if any. At most one is. */
  activeSession(): Promise<string | null>;
  /** All sessions, newest first. */
  sessions(): Promise<readonly SessionSummary[]>;
  /** The account as of its newest commit; null when there is no such session. */
  load(sessionId: string): Promise<Account | null>;
  /** Sequence of the newest commit, 0 when there is none: cheap, to know whether a cached account is current. */
  head(sessionId: string): Promise<number>;
  /** Journal rows after `seq`, in order. */
  rows(sessionId: string, afterSeq: number): AsyncIterable<JournalRow>;
  /** @throws StoreError */
  commit(commit: Commit): Promise<void>;
  /** The outcome of a command; of a scan that changed nothing a receipt with `seq` 0 and outcome null. */
  receipt(sessionId: string, id: string): Promise<Receipt | null>;
  /** Keeps a scan that changed nothing, once: a scan id that is there already is no error and changes nothing. */
  keepScan(sessionId: string, scan: ScanRecord): Promise<void>;
  lastScan(sessionId: string): Promise<ScanRecord | null>;
  /** Newest first. */
  scans(sessionId: string, page: { readonly limit: number; readonly cursor: string | null }): Promise<Page<ScanRecord>>;
  /** Newest first. */
  trades(sessionId: string, page: { readonly limit: number; readonly cursor: string | null }): Promise<Page<Trade>>;
  /** Working orders and those that ended, newest first. */
  orders(sessionId: string, page: { readonly limit: number; readonly cursor: string | null }): Promise<Page<StoredOrder>>;
  order(sessionId: string, orderId: string): Promise<StoredOrder | null>;
  /** Events not yet relayed, of each session oldest first. */
  outbox(limit: number): Promise<readonly OutboxEvent[]>;
  /**
   * Takes events off the outbox. A session's events leave it in order: one that comes after an event that was not relayed
   * stays, and is given out again. A journal ends with `session-stopped`.
   */
  relayed(events: readonly OutboxEvent[]): Promise<void>;
  /**
   * Works out from the journal what every projection row of a session must be (head, positions, orders, trades), and, told to
   * write, makes it so. Journal, receipts, scans and the outbox are never touched. The session may trade meanwhile.
   * @throws StoreError `corrupt` when the journal is no whole chain, or ends before the head; `unavailable` when the session
   * did not stand still for long enough: what has been put right by then stays so
   */
  rebuild(sessionId: string, options: { readonly write: boolean }): Promise<Rebuilding>;
}

/** An order with where it stands. Working orders are `resting` or `accepted`. */
export type StoredOrder = OrderStanding;

/** Futures and options where a world has them. */
export interface ChainSource {
  readonly underlyings: readonly string[];
  /** What is quoted on one of the underlyings at an instant, a chain for each venue; nothing while derivatives do not trade. */
  readonly chains: (underlying: string, atMs: EpochMs) => readonly DerivativeChain[];
  /** Funding payments and delivery prices of the last days, as far as the source knows them: also while nothing trades. */
  readonly settled: (underlying: string, atMs: EpochMs) => Settled;
  /** At-the-money volatility of 30 days, one a day, newest last: what it was before. Absent where nobody has kept it. */
  readonly ivHistory?: (underlying: string, atMs: EpochMs) => readonly DailyIv[];
}

/** What is kept of one underlying: its chains, what has been settled on it, and the volatility of the days before. */
export interface KeptChains {
  readonly ivHistory: readonly DailyIv[];
  readonly underlying: string;
  readonly chains: readonly DerivativeChain[];
  readonly settled: Settled;
}

/** The trained models, as a host has loaded them; those that may not be asked are told with the reason. */
export type Model = ModelSet;

/** One row of features, in the order of their definition; null where missing. */
export type FeatureRow = readonly (number | null)[];

/** Models of somebody else, which run outside of this program and are asked over a wire. */
export interface OutsideModels {
  /** By strategy, what its trades name the model by. */
  readonly versions: Readonly<Partial<Record<StrategyName, string>>>;
  /** The odds of each row, in its order. Rejects when they cannot be had. */
  readonly odds: (strategy: StrategyName, rows: readonly FeatureRow[]) => Promise<readonly number[]>;
}

export interface Lease {
  readonly scope: string;
  readonly holder: string;
  readonly epoch: number;
  readonly untilMs: EpochMs;
}

/** One-minute bars or rolled candles by symbol. */
export type BarsBySymbol = ReadonlyMap<string, readonly Bar[]>;
/** With `isComplete`, which a reader must get back as it was. */
export type CandlesBySymbol = ReadonlyMap<string, readonly RolledCandle[]>;

/** Closes of days by symbol. */
export type DailiesBySymbol = ReadonlyMap<string, readonly DailyClose[]>;

/** Market data: expires, and may be read a moment late. Everything is kept by scope, so that no two worlds mix. */
export interface MarketStore {
  /**
   * Takes or renews the feed's lease. Taking it raises the epoch; a holder that renews keeps its own (`epoch` given).
   * @throws StoreError `fenced` when another holder's lease has not run out
   */
  lease(request: { scope: string; holder: string; epoch: number | null; nowMs: EpochMs; ttlMs: number }): Promise<Lease>;
  /**
   * Writes the snapshot, and with it the bars of a finished minute, in one step that also prolongs the lease to its `untilMs`.
   * @throws StoreError `fenced`
   */
  publish(lease: Lease, snapshot: MarketSnapshot, minute: { readonly minuteMs: EpochMs; readonly bars: readonly Bar[] } | null): Promise<void>;
  snapshot(scope: string): Promise<MarketSnapshot | null>;
  /** The snapshot and the bars of one minute in one read; `bars` is null when that minute is not there (yet). */
  snapshotAndMinute(scope: string, minuteMs: EpochMs): Promise<{ readonly snapshot: MarketSnapshot | null; readonly bars: readonly Bar[] | null }>;
  /** All one-minute bars of an hour, packed. Writing the same hour again replaces it. */
  packHour(lease: Lease, hourMs: EpochMs, bars: BarsBySymbol): Promise<void>;
  /** All 15-minute candles of a UTC day, packed. */
  packDay(lease: Lease, dayMs: EpochMs, candles: CandlesBySymbol): Promise<void>;
  /** Conflated ticks, packed under the instant at which their recording began: another pack never replaces it. */
  packTicks(lease: Lease, fromMs: EpochMs, samples: readonly TickSample[]): Promise<void>;
  /** Conflated ticks with their second in [fromMs, toMs), of one symbol, in order of time. */
  ticks(scope: string, symbol: string, fromMs: EpochMs, toMs: EpochMs): Promise<readonly TickSample[]>;
  /** What the venues say of their instruments; what was kept before is replaced. @throws StoreError `fenced` */
  keepListings(lease: Lease, rules: readonly ListedRules[]): Promise<void>;
  /** What was kept last; empty when nothing is, or nothing that is recent enough. */
  listings(scope: string): Promise<readonly ListedRules[]>;
  /** Closes of the last days of each symbol, oldest first; what was kept before is replaced. @throws StoreError `fenced` */
  keepDailies(lease: Lease, closes: DailiesBySymbol): Promise<void>;
  /** What was kept last; empty when nothing is. */
  dailies(scope: string): Promise<DailiesBySymbol>;
  /** What of the futures and options is read by others than the feed; what was kept before is replaced. @throws StoreError `fenced` */
  keepChains(lease: Lease, kept: readonly KeptChains[]): Promise<void>;
  /** What was kept last, by underlying; nothing when it is older than a day. */
  chains(scope: string): Promise<readonly KeptChains[]>;
  /** One-minute bars in [fromMs, toMs), by symbol, in order: hour packs where there are, minutes where not yet packed. */
  bars(scope: string, fromMs: EpochMs, toMs: EpochMs): Promise<BarsBySymbol>;
  /** 15-minute candles of the packed days in [fromMs, toMs), by symbol, in order. */
  dayCandles(scope: string, fromMs: EpochMs, toMs: EpochMs): Promise<CandlesBySymbol>;
}
