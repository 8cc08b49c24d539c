import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';

const FILE = fileURLToPath(new URL('./measurement.json', import.meta.url));

const rows = z.strictObject({
  writes: z.number(),
  writeUnits: z.number(),
  writtenBytes: z.number(),
  reads: z.number(),
  readUnits: z.number(),
  readBytes: z.number(),
});

const tableDay = z.strictObject({
  symbols: z.int().positive(),
  fills: z.number(),
  scanReadUnits: z.strictObject({ cold: z.number(), warmMedian: z.number(), warmMost: z.number() }),
  feedLogBytes: z.number(),
  /** A day's operations by kind of row, such as `market B`. */
  rows: z.record(z.string(), rows),
});

const functionRun = z.strictObject({
  runs: z.int().positive(),
  wallMs: z.number(),
  /** Of all threads; a cold run's has the import of the bundle in it. */
  cpuMs: z.number(),
  requests: z.number(),
  logBytes: z.number(),
  maxRssMiB: z.number(),
});

const functionRuns = z.strictObject({ cold: functionRun, warm: functionRun });

const measurement = z.strictObject({
  measuredOn: z.iso.date(),
  host: z.string(),
  command: z.string(),
  commit: z.string(),
  /** Six symbols of crypto, and with them ten of NSE. */
  tables: z.strictObject({ crypto: tableDay, both: tableDay }),
  functions: z.strictObject({
    scan: functionRuns,
    monitor: functionRuns,
    session: functionRuns,
    alerts: functionRuns,
    nightly: functionRuns,
    outbox: functionRuns,
    api: functionRuns,
  }),
});

export type RowsOfKind = z.infer<typeof rows>;
export type TableDay = z.infer<typeof tableDay>;
export type FunctionRun = z.infer<typeof functionRun>;
export type FunctionRuns = z.infer<typeof functionRuns>;
export type Measurement = z.infer<typeof measurement>;
export type MeasuredFunction = keyof Measurement['functions'];

/** What was measured last, as it is committed. @throws z.ZodError */
export const readMeasurement = (): Measurement => measurement.parse(JSON.parse(readFileSync(FILE, 'utf8')));

export const writeMeasurement = (measured: Measurement): void => writeFileSync(FILE, `${JSON.stringify(measurement.parse(measured), null, 2)}\n`);
