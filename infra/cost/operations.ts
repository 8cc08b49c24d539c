import type { PricedItem } from '../../shared/config/aws-prices.ts';
import { METRICS } from '../../shared/config/metrics.ts';
import { SCHEDULES, type Schedule } from '../../shared/config/schedules.ts';
import { DAY_MS } from '../../shared/kernel/time.ts';
import { TABLES } from '../../shared/store/tables.ts';
import { FUNCTION_MEMORY_MIB } from '../aws/function-memory.ts';
import { nextFire } from '../local/scheduler.ts';
import type { FunctionRuns, Measurement, RowsOfKind, TableDay } from './measurement.ts';

/** One line of the bill before it is priced: so many units of an item in a month. */
export interface Operation {
  readonly line: string;
  readonly item: PricedItem;
  readonly units: number;
  /** What the units are counted from, in a few words. */
  readonly from: string;
}

export type Purchase = 'on-demand' | 'spot';

const HOURS = 730;
const DAYS = HOURS / 24;
const SECONDS = HOURS * 3_600;
const GB = 1e9;
const WRITE_UNIT_BYTES = 1_024;
const READ_UNIT_BYTES = 4_096;
/** Symbols in a packed row at most; more go on in further rows. */
const SYMBOLS_A_ROW = 50;
/** Months of which the ledger is billed as stored: a year of it. */
const LEDGER_MONTHS = 12;
const LOG_MONTHS = 1;
const ARCHIVE_MONTHS = 3;
/** Lambda gives a whole processor with this much memory, and less in proportion. */
const MIB_A_VCPU = 1_769;

/** What nobody can measure here. Each is said beside the bill. */
export const ASSUMED = {
  /** A call of DynamoDB from Lambda. */
  requestMs: 6,
  /** A process of Lambda serves so many minutes before it is replaced. */
  coldEveryRuns: 120,
  /** Lines of the feed beside those that were measured: venues that break off and come back. */
  feedLogBytesADay: 200_000,
  /** Two hours of a dashboard a day that asks every five seconds, and some more. */
  apiRequestsADay: 1_500,
  /** The gateway keeps the authorizer's answer for a few minutes. */
  requestsAToken: 20,
  imageGb: 0.08,
  imagesKept: 3,
  buildsAMonth: 4,
  buildMinutes: 3,
  objectsGb: 0.1,
  parameters: 5,
  metrics: Object.keys(METRICS).length,
  alarms: 10,
  dashboards: 1,
  eventBytes: 2_000,
} as const;

/** So many symbols of each market. */
export interface SymbolMix {
  readonly crypto: number;
  readonly nse: number;
}

/** The month's operations of the whole stack for so many symbols: the sixteen as shipped, so many of crypto round the clock, or a mix. */
export function operationsOf(measured: Measurement, symbols: number | SymbolMix, purchase: Purchase): readonly Operation[] {
  const day = typeof symbols === 'number' ? dayOf(measured, symbols) : dayOfMix(measured, symbols);
  return [...task(purchase), ...tables(day), ...outbox(measured, day), ...functions(measured), ...logs(measured, day), ...rest()];
}

/**
 * A day's rows for so many symbols. What was measured for sixteen is taken as it is; for other numbers the rows that grow with
 * symbols are those of six, their bytes in proportion, in rows of fifty, and so are fills. It overstates: a part of each row is fixed.
 */
export function dayOf({ tables: { crypto, both } }: Measurement, symbols: number): TableDay {
  if (symbols === both.symbols) return both;
  if (symbols === crypto.symbols) return crypto;
  const times = symbols / crypto.symbols;
  const rows = Object.entries(crypto.rows).map(([kind, each]): [string, RowsOfKind] => [kind, grown(kind, each, symbols, times)]);
  const { cold, ...warm } = crypto.scanReadUnits;
  return { ...crypto, symbols, fills: crypto.fills * times, scanReadUnits: { ...warm, cold: cold * times }, rows: Object.fromEntries(rows) };
}

/** A day of both markets: that of crypto alone, and of what ten symbols of NSE added to it the part that so many add. */
export function dayOfMix(measured: Measurement, { crypto, nse }: SymbolMix): TableDay {
  const { crypto: six, both } = measured.tables;
  if (crypto === six.symbols && nse === both.symbols - six.symbols) return both;
  const day = dayOf(measured, crypto);
  if (nse === 0) return day;
  const share = nse / (both.symbols - six.symbols);
  const added = (withNse: number, without: number): number => Math.max(0, withNse - without) * share;
  const kinds = [...new Set([...Object.keys(day.rows), ...Object.keys(both.rows)])];
  const rows = kinds.map((kind): [string, RowsOfKind] => {
    const [own, wider, narrower] = [day.rows[kind] ?? NO_ROWS, both.rows[kind] ?? NO_ROWS, six.rows[kind] ?? NO_ROWS];
    const sum = (of: keyof RowsOfKind): number => own[of] + added(wider[of], narrower[of]);
    const [writes, writeUnits, writtenBytes] = [sum('writes'), sum('writeUnits'), sum('writtenBytes')];
    return [kind, { writes, writeUnits, writtenBytes, reads: sum('reads'), readUnits: sum('readUnits'), readBytes: sum('readBytes') }];
  });
  return {
    symbols: crypto + nse,
    fills: day.fills + added(both.fills, six.fills),
    scanReadUnits: { ...day.scanReadUnits, cold: day.scanReadUnits.cold + added(both.scanReadUnits.cold, six.scanReadUnits.cold) },
    feedLogBytes: day.feedLogBytes + added(both.feedLogBytes, six.feedLogBytes),
    rows: Object.fromEntries(rows),
  };
}

const NO_ROWS: RowsOfKind = { writes: 0, writeUnits: 0, writtenBytes: 0, reads: 0, readUnits: 0, readBytes: 0 };

/** Kinds of rows that exist once, whatever the number of symbols, and grow with them. */
const WHOLE = new Set(['market LATEST', 'market LISTINGS', 'ledger D']);
/** Kinds of rows that are packs of at most fifty symbols. */
const PACKED = new Set(['market B', 'market H', 'market Q', 'market T']);

function grown(kind: string, rows: RowsOfKind, symbols: number, times: number): RowsOfKind {
  if (WHOLE.has(kind)) return larger(rows, times, 1);
  const count = Math.ceil(symbols / SYMBOLS_A_ROW);
  if (PACKED.has(kind)) return larger(rows, times / count, count);
  // Orders, positions and journal are as many as there are trades; the read of the open orders is one a second.
  return kind.startsWith('ledger')
    ? { ...rows, writes: rows.writes * times, writeUnits: rows.writeUnits * times, writtenBytes: rows.writtenBytes * times }
    : rows;
}

/** Rows that are larger by a factor and so many times more. */
function larger(rows: RowsOfKind, by: number, count: number): RowsOfKind {
  const units = (bytes: number, number: number, unit: number): number => (number === 0 ? 1 : Math.max(1, Math.ceil(bytes / number / unit)));
  const writeTimes = units(rows.writtenBytes * by, rows.writes, WRITE_UNIT_BYTES) / units(rows.writtenBytes, rows.writes, WRITE_UNIT_BYTES);
  const readTimes = units(rows.readBytes * by, rows.reads, READ_UNIT_BYTES) / units(rows.readBytes, rows.reads, READ_UNIT_BYTES);
  return {
    writes: rows.writes * count,
    writeUnits: rows.writeUnits * writeTimes * count,
    writtenBytes: rows.writtenBytes * by * count,
    reads: rows.reads * count,
    readUnits: rows.readUnits * readTimes * count,
    readBytes: rows.readBytes * by * count,
  };
}

const task = (purchase: Purchase): readonly Operation[] => [
  {
    line: 'feed task: processor',
    item: purchase === 'spot' ? 'fargate-spot-vcpu-hour' : 'fargate-vcpu-hour',
    units: 0.25 * HOURS,
    from: '0.25 vCPU, always',
  },
  {
    line: 'feed task: memory',
    item: purchase === 'spot' ? 'fargate-spot-gb-hour' : 'fargate-gb-hour',
    units: 0.5 * HOURS,
    from: '512 MiB, always',
  },
  { line: 'public IPv4 address', item: 'public-ipv4-hour', units: HOURS, from: 'one, always' },
];

function tables(day: TableDay): readonly Operation[] {
  return [
    ...(['ledger', 'market'] as const).flatMap((table) => operationsOfTable(table, day)),
    {
      line: 'tables: storage',
      item: 'table-gb-month',
      units: storedGb('ledger', day) + storedGb('market', day),
      from: 'a year of ledger, rows that expire',
    },
    { line: 'ledger: continuous backup', item: 'table-backup-gb-month', units: storedGb('ledger', day), from: 'the same year' },
  ];
}

function operationsOfTable(table: 'ledger' | 'market', day: TableDay): readonly Operation[] {
  const { capacity } = TABLES[table];
  const { writeUnits, readUnits } = used(table, day);
  if (capacity !== null && carries(capacity, day)) {
    return [
      {
        line: `${table}: writes`,
        item: 'table-write-capacity-hour',
        units: capacity.writeUnits * HOURS,
        from: `${capacity.writeUnits} units a second kept ready`,
      },
      {
        line: `${table}: reads`,
        item: 'table-read-capacity-hour',
        units: capacity.readUnits * HOURS,
        from: `${capacity.readUnits} units a second kept ready`,
      },
    ];
  }
  return [
    { line: `${table}: writes`, item: 'table-write-unit', units: writeUnits * DAYS, from: `${whole(writeUnits)} units a day` },
    { line: `${table}: reads`, item: 'table-read-unit', units: readUnits * DAYS, from: `${whole(readUnits)} units a day` },
  ];
}

/** A table that takes half of its capacity on average has none left for a burst: it would have to be paid by the request. */
const carries = (capacity: { readonly writeUnits: number; readonly readUnits: number }, day: TableDay): boolean => {
  const { writeUnits, readUnits } = used('ledger', day);
  return Math.max(writeUnits / capacity.writeUnits, readUnits / capacity.readUnits) <= DAY_MS / 1_000 / 2;
};

const whole = (value: number): string => Math.round(value).toLocaleString('en-US');

/** Units of a table that a day takes. */
export function used(table: 'ledger' | 'market', { rows, scanReadUnits }: TableDay): { readonly writeUnits: number; readonly readUnits: number } {
  const own = Object.entries(rows).filter(([kind]) => kind.startsWith(table));
  return {
    writeUnits: own.reduce((total, [, { writeUnits }]) => total + writeUnits, 0),
    // A process that has just begun reads the history; in the measured day one process scanned all day.
    readUnits: own.reduce((total, [, { readUnits }]) => total + readUnits, 0) + (table === 'market' ? coldScansADay() * scanReadUnits.cold : 0),
  };
}

/** Days that rows of a kind are kept; what is written anew each time is kept once and left out. */
const KEPT_DAYS: Readonly<Record<string, number>> = { 'market B': 7, 'market T': 7, 'market H': 400, 'market Q': 400 };
const REWRITTEN = new Set(['ledger HEAD', 'ledger ACTIVE', 'ledger SYSTEM', 'market LATEST', 'market LISTINGS']);

function storedGb(table: 'ledger' | 'market', { rows }: TableDay): number {
  const own = Object.entries(rows).filter(([kind]) => kind.startsWith(table) && !REWRITTEN.has(kind));
  return own.reduce((total, [kind, { writtenBytes }]) => total + writtenBytes * (KEPT_DAYS[kind] ?? LEDGER_MONTHS * DAYS), 0) / GB;
}

/** New rows of the journal, told on the bus by a function that the table's stream triggers. */
function outbox({ functions: measured }: Measurement, day: TableDay): readonly Operation[] {
  const events = (day.rows['ledger J']?.writes ?? 0) * DAYS;
  const gb = (events * ASSUMED.eventBytes) / GB;
  return [
    { line: 'bus: events', item: 'bus-event', units: events, from: `${whole(events / DAYS)} a day` },
    { line: 'bus: archive taken in', item: 'archive-gb', units: gb, from: `${ASSUMED.eventBytes} bytes each` },
    { line: 'bus: archive kept', item: 'archive-gb-month', units: gb * ARCHIVE_MONTHS, from: '90 days' },
    ...computed('outbox', events, measured.outbox),
  ];
}

/** A Tuesday: the schedules are the same on every day. */
const SOME_DAY_MS = Date.parse('2026-10-06T00:00:00Z') - 1;

/** Runs of a schedule on a day, as it is declared. */
function firesOn(schedule: Schedule): number {
  let fires = 0;
  for (let at = nextFire(schedule, SOME_DAY_MS); at !== null && at <= SOME_DAY_MS + DAY_MS; at = nextFire(schedule, at)) fires++;
  return fires;
}

// Counted once: a time zone makes it slow, and a page has twenty bills.
const FIRES_A_DAY = SCHEDULES.map((schedule) => ({ functionName: schedule.functionName as string, fires: firesOn(schedule) }));

const runsADay = (name: string): number =>
  FIRES_A_DAY.filter(({ functionName }) => functionName === name).reduce((total, { fires }) => total + fires, 0);

const SCHEDULED = ['scan', 'monitor', 'session', 'alerts', 'nightly'] as const;

function functions({ functions: measured }: Measurement): readonly Operation[] {
  const scheduled = SCHEDULED.map((name) => ({ name, runs: runsADay(name) * DAYS }));
  const requests = ASSUMED.apiRequestsADay * DAYS;
  return [
    ...scheduled.flatMap(({ name, runs }) => computed(name, runs, measured[name])),
    { line: 'schedules', item: 'schedule-invocation', units: scheduled.reduce((total, { runs }) => total + runs, 0), from: 'as declared' },
    ...computed('api', requests, measured.api),
    // Not measured: it reads a parameter and compares a hash, as little as the outbox does.
    ...computed('authorizer', requests / ASSUMED.requestsAToken, measured.outbox),
    { line: 'API: requests', item: 'api-request', units: requests, from: `${ASSUMED.apiRequestsADay} a day, assumed` },
  ];
}

const coldScansADay = (): number => runsADay('scan') / ASSUMED.coldEveryRuns;

/** Scans of a month, of both markets. */
export const scansAMonth = (): number => runsADay('scan') * DAYS;

/** What a scan waits for its minute's bar is paid for like work. */
export const waitSeconds = (name: string): number =>
  name === 'scan' ? Math.max(...SCHEDULES.filter((each) => each.functionName === name).map(({ delaySeconds }) => delaySeconds)) : 0;

function computed(name: keyof typeof FUNCTION_MEMORY_MIB, runs: number, { cold, warm }: FunctionRuns): readonly Operation[] {
  const memoryMiB = FUNCTION_MEMORY_MIB[name];
  const seconds = ({ cpuMs, requests }: FunctionRuns['warm']): number => lambdaSeconds(memoryMiB, cpuMs, requests) + waitSeconds(name);
  const coldRuns = runs / ASSUMED.coldEveryRuns;
  const gbSeconds = ((runs - coldRuns) * seconds(warm) + coldRuns * seconds(cold)) * (memoryMiB / 1_024);
  return [
    {
      line: `${name} function: time`,
      item: 'lambda-gb-second',
      units: gbSeconds,
      from: `${seconds(warm).toFixed(1)} s warm, ${seconds(cold).toFixed(1)} s cold, ${memoryMiB} MiB`,
    },
    { line: `${name} function: runs`, item: 'lambda-request', units: runs, from: `${whole(runs / DAYS)} a day` },
  ];
}

/** How long a run takes on Lambda with so much memory: processor time of this machine at Lambda's share, and its calls of the tables. */
export const lambdaSeconds = (memoryMiB: number, cpuMs: number, requests: number): number =>
  (cpuMs * Math.max(1, MIB_A_VCPU / memoryMiB) + requests * ASSUMED.requestMs) / 1_000;

function logs({ functions: measured }: Measurement, day: TableDay): readonly Operation[] {
  const scheduled = SCHEDULED.reduce((total, name) => total + runsADay(name) * measured[name].warm.logBytes, 0);
  const api = ASSUMED.apiRequestsADay * ACCESS_LOG_BYTES;
  const gb = ((ASSUMED.feedLogBytesADay + day.feedLogBytes + scheduled + api) * DAYS) / GB;
  return [
    { line: 'logs: taken in', item: 'log-ingest-gb', units: gb, from: `${whole((gb * GB) / DAYS / 1_000)} kB a day` },
    { line: 'logs: kept', item: 'log-gb-month', units: gb * LOG_MONTHS, from: 'a month' },
  ];
}

const ACCESS_LOG_BYTES = 300;
const POLL_SECONDS = 20;

const rest = (): readonly Operation[] => [
  { line: 'queues', item: 'queue-request', units: SECONDS / POLL_SECONDS, from: 'the feed asks for nudges every 20 s' },
  { line: 'metrics', item: 'metric', units: ASSUMED.metrics, from: 'at most ten' },
  { line: 'alarms', item: 'alarm', units: ASSUMED.alarms, from: 'at most ten' },
  { line: 'dashboard', item: 'dashboard', units: ASSUMED.dashboards, from: 'one' },
  { line: 'image of the feed', item: 'image-gb-month', units: ASSUMED.imageGb * ASSUMED.imagesKept, from: `${ASSUMED.imagesKept} kept, assumed` },
  { line: 'bundles and reports', item: 'object-gb-month', units: ASSUMED.objectsGb, from: 'assumed' },
  { line: 'reports: writes', item: 'object-put', units: DAYS * 4, from: 'four a night' },
  { line: 'parameters', item: 'parameter', units: ASSUMED.parameters, from: 'standard ones' },
  { line: 'parameters: decryption', item: 'kms-request', units: DAYS * 24 * 12, from: 'a cached token, assumed' },
  { line: 'builds of the image', item: 'build-minute', units: ASSUMED.buildsAMonth * ASSUMED.buildMinutes, from: 'four a month, assumed' },
];
