import { embeddedMetrics, type MetricUnit } from '../kernel/embedded-metrics.ts';
import type { EpochMs } from '../kernel/time.ts';

export const METRIC_NAMESPACE = 'Nightdesk';

/**
 * The metrics that are paid for, all of them: ten are free. What an alarm waits for or a person looks at first is here; everything
 * else is a field of a log line (docs/decisions/0051), and what AWS itself measures (queues, functions, tables) costs nothing.
 */
export const METRICS = {
  /** The longest that an open market has been without a price; 0 while none is open. From the monitor, each minute. */
  PriceSilenceMs: 'Milliseconds',
  /** How long an open market that a session trades has been without a scan; 0 while none is due. From the monitor. */
  ScanSilenceMs: 'Milliseconds',
  /** From the minute that a scan works for to its commit. */
  ScanLagMs: 'Milliseconds',
  /** Of a scan: candidates that became orders or exits. */
  DecisionsTaken: 'Count',
  /** Of a scan: candidates that a rule or limit refused. By which one is in the same line, under `decisions`. */
  DecisionsRefused: 'Count',
  Fills: 'Count',
  /** Of the active session, base currency. From the monitor. */
  EquityUsd: 'None',
  /** Below the highest equity mark of the session. */
  DrawdownPercent: 'Percent',
  /** 1 while the day's loss halts entries, else 0. */
  EntriesHalted: 'Count',
  /** Of the nightly verification: sessions whose books are not what their journal says. */
  UnsoundSessions: 'Count',
} as const satisfies Readonly<Record<string, MetricUnit>>;
export type MetricName = keyof typeof METRICS;
/** Null is an undefined figure, which is not sent. */
export type MeasuredValues = Readonly<Partial<Record<MetricName, number | null>>>;

/** Members of a log line that carry metrics. */
export const measured = (values: MeasuredValues, atMs: EpochMs): Readonly<Record<string, unknown>> =>
  embeddedMetrics(METRIC_NAMESPACE, METRICS, values, atMs);
