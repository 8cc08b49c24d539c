import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ALERT_VARIABLES } from '../../shared/config/alert-settings.ts';
import { autoStartText, NO_AUTO_START } from '../../shared/config/auto-start.ts';
import { toVariables } from '../../shared/config/environment.ts';
import { BUS_NAME_VARIABLE } from '../../shared/config/outbox.ts';
import { REPORTS_BUCKET_VARIABLE } from '../../shared/config/reports.ts';
import { SCHEDULES } from '../../shared/config/schedules.ts';
import { API_BASE_PATH } from '../../shared/contracts/routes.ts';
import { NightdeskError } from '../../shared/kernel/errors.ts';
import { type EpochMs, iso, SECOND_MS } from '../../shared/kernel/time.ts';
import { createDynamoClient } from '../../shared/store/dynamo-client.ts';
import { createDynamoItems } from '../../shared/store/dynamo-items.ts';
import { ensureTables } from '../../shared/store/ensure-tables.ts';
import type { Items } from '../../shared/store/items.ts';
import { journalAttributes } from '../../shared/store/ledger-rows.ts';
import { bundleFunction } from '../aws/bundle.ts';
import { startEmbedded } from '../local/embedded-dynamodb.ts';
import { startEventBridge } from '../local/event-bridge.ts';
import { startBucket } from './bucket.ts';
import { type FunctionProcess, type FunctionReport, functionProcess } from './measure-function.ts';
import type { FunctionRun, FunctionRuns, MeasuredFunction, Measurement } from './measurement.ts';
import { RECORDED_SCOPE, recordedMarket } from './recorded-market.ts';

class MeasureError extends NightdeskError<'run_refused'> {}

const NAMES: readonly MeasuredFunction[] = ['scan', 'monitor', 'session', 'alerts', 'nightly', 'outbox', 'api'];
/** Every fourth minute is for processes that have just begun. */
const COLD_EVERY = 4;
const TABLES = { ledger: 'measured-ledger', market: 'measured-market' };
const ROWS_A_WRITE = 25;

interface Reports {
  readonly cold: FunctionReport[];
  readonly warm: FunctionReport[];
}

/**
 * Runs the bundles of the stack minute by minute over the embedded DynamoDB, on a recorded market of sixteen symbols in
 * NSE's hours: some runs in new processes, the rest in ones that stay. What it tells is of this machine.
 */
export async function measuredFunctions(startMs: EpochMs, minutes: number): Promise<Measurement['functions']> {
  const folder = mkdtempSync(join(tmpdir(), 'nightdesk-measured-'));
  const embedded = await startEmbedded({ dataDir: join(folder, 'state'), log: () => undefined });
  const client = createDynamoClient(embedded.endpoint);
  const reports = Object.fromEntries(NAMES.map((name) => [name, { cold: [], warm: [] }])) as unknown as Record<MeasuredFunction, Reports>;
  const bundles = Object.fromEntries(NAMES.map((name) => [name, join(folder, name, 'index.mjs')])) as Record<MeasuredFunction, string>;
  const bus = await startEventBridge();
  const bucket = await startBucket();
  const environment = variables({ tables: embedded.endpoint, bus: bus.endpoint, bucket: bucket.endpoint });
  const begun = (name: MeasuredFunction): FunctionProcess => functionProcess(bundles[name], environment);
  const staying = new Map<MeasuredFunction, FunctionProcess>();
  try {
    for (const name of NAMES) bundleFunction(name, join(folder, name));
    await ensureTables(client, TABLES);
    const items = createDynamoItems(client, TABLES);
    const recorded = await recordedMarket(startMs, minutes);
    for (const [index, { minuteMs, rows }] of recorded.entries()) {
      await putAll(items, rows);
      for (const name of NAMES) {
        const isCold = index % COLD_EVERY === 0;
        const own = isCold ? begun(name) : (staying.get(name) ?? begun(name));
        const isFirst = isCold || !staying.has(name);
        if (!isCold) staying.set(name, own);
        const told = await runs(own, name, minuteMs);
        told.forEach((report, at) => void (isFirst && at === 0 ? reports[name].cold : reports[name].warm).push(report));
        if (isCold) own.stop();
      }
    }
  } finally {
    for (const process of staying.values()) process.stop();
    client.destroy();
    await bus.stop();
    await bucket.stop();
    await embedded.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  const summed = (name: MeasuredFunction): FunctionRuns => ({ cold: summary(reports[name].cold), warm: summary(reports[name].warm) });
  return {
    scan: summed('scan'),
    monitor: summed('monitor'),
    session: summed('session'),
    alerts: summed('alerts'),
    nightly: summed('nightly'),
    outbox: summed('outbox'),
    api: summed('api'),
  };
}

/** What the stack and Lambda hand to a function. Nobody listens where nudges go, and no parameter names a channel for alerts. */
const variables = (at: { readonly tables: string; readonly bus: string; readonly bucket: string }): Readonly<Record<string, string>> => ({
  ...toVariables({
    ledgerTable: TABLES.ledger,
    marketTable: TABLES.market,
    nudgeQueueUrl: 'http://127.0.0.1:9/nudges',
    world: RECORDED_SCOPE,
    marketMode: 'both',
    nseHours: 'none',
    symbols: 'all',
    autoStart: autoStartText(NO_AUTO_START),
  }),
  AWS_REGION: 'local',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  [ALERT_VARIABLES.quiet]: 'none',
  [ALERT_VARIABLES.muted]: 'none',
  [ALERT_VARIABLES.mailBus]: 'none',
  [BUS_NAME_VARIABLE]: 'measured',
  [REPORTS_BUCKET_VARIABLE]: 'measured',
  AWS_ENDPOINT_URL_DYNAMODB: at.tables,
  AWS_ENDPOINT_URL_EVENTBRIDGE: at.bus,
  AWS_ENDPOINT_URL_S3: at.bucket,
  AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:9',
});

async function putAll(items: Items, rows: Parameters<Items['write']>[0]): Promise<void> {
  for (let at = 0; at < rows.length; at += ROWS_A_WRITE) await items.write(rows.slice(at, at + ROWS_A_WRITE));
}

/** A function's runs of one minute: a scan for each market, a request for each of two pages. */
async function runs(process: FunctionProcess, name: MeasuredFunction, minuteMs: EpochMs): Promise<readonly FunctionReport[]> {
  const events = eventsOf(name, minuteMs);
  const reports: FunctionReport[] = [];
  for (const { event, delayMs } of events) {
    const report = await process.run(event, minuteMs + delayMs);
    if (!isSound(report.answer)) throw new MeasureError('run_refused', `${name} at ${iso(minuteMs)} answered ${JSON.stringify(report.answer)}`);
    reports.push(report);
  }
  return reports;
}

function eventsOf(name: MeasuredFunction, minuteMs: EpochMs): readonly { readonly event: unknown; readonly delayMs: number }[] {
  if (name === 'api') return ['status', 'portfolio'].map((page) => request(page, minuteMs));
  return name === 'outbox' ? [{ event: journalRow(minuteMs), delayMs: 0 }] : scheduled(name, minuteMs);
}

/** A row of the journal as the table's stream tells it. */
function journalRow(minuteMs: EpochMs): unknown {
  const row = journalAttributes({ seq: 1, commandId: 'measured', hash: 'measured', event: { type: 'session-stopped', atMs: minuteMs } });
  const values = Object.entries({ pk: 'S#measured', sk: 'J#1', ...row });
  const image = Object.fromEntries(values.map(([key, value]) => [key, typeof value === 'number' ? { N: String(value) } : { S: String(value) }]));
  return { Records: [{ eventName: 'INSERT', dynamodb: { SequenceNumber: String(minuteMs), NewImage: image } }] };
}

const scheduled = (name: MeasuredFunction, minuteMs: EpochMs) =>
  SCHEDULES.filter(({ functionName }) => functionName === name).map(({ name: schedule, market, delaySeconds }) => ({
    event: { name: schedule, market, scheduledTime: iso(minuteMs), executionId: `${schedule}@${minuteMs}` },
    delayMs: delaySeconds * SECOND_MS,
  }));

const request = (page: string, minuteMs: EpochMs) => ({
  event: {
    version: '2.0',
    rawPath: `${API_BASE_PATH}/${page}`,
    rawQueryString: '',
    headers: {},
    isBase64Encoded: false,
    requestContext: { requestId: `${page}@${minuteMs}`, http: { method: 'GET', path: `${API_BASE_PATH}/${page}` } },
  },
  delayMs: 20 * SECOND_MS,
});

interface Answer {
  readonly ran?: boolean;
  readonly outcome?: { readonly scanned?: boolean };
  readonly statusCode?: number;
  readonly batchItemFailures?: readonly unknown[];
}

/** A scheduled run that was dropped, a scan that had nothing to look at, or a page that was refused, or a row that was not told has measured nothing. */
function isSound(answer: unknown): boolean {
  const { ran, outcome, statusCode, batchItemFailures } = answer as Answer;
  return statusCode === 200 || batchItemFailures?.length === 0 || (ran === true && outcome?.scanned !== false);
}

function summary(reports: readonly FunctionReport[]): FunctionRun {
  const median = (of: (report: FunctionReport) => number): number => {
    const sorted = reports.map(of).sort((a, b) => a - b);
    return Math.round((sorted[Math.floor(sorted.length / 2)] ?? 0) * 10) / 10;
  };
  return {
    runs: reports.length,
    wallMs: median(({ wallMs }) => wallMs),
    cpuMs: median(({ cpuMs }) => cpuMs),
    requests: median(({ requests }) => requests),
    logBytes: median(({ logBytes }) => logBytes),
    maxRssMiB: Math.ceil(Math.max(...reports.map(({ maxRssMiB }) => maxRssMiB))),
  };
}
