import { NightdeskError } from './errors.ts';
import type { EpochMs } from './time.ts';

export class MetricError extends NightdeskError<'bad_metric'> {}

/** Units of CloudWatch that are used here. */
export type MetricUnit = 'Milliseconds' | 'Count' | 'Percent' | 'None';

/** CloudWatch takes at most so many metrics from one line. */
const MOST_A_LINE = 100;
const LONGEST_NAME = 1_024;
const NO_DIMENSIONS: readonly (readonly string[])[] = [[]];

/**
 * Members that make a log line carry metrics: CloudWatch reads them out of the log, at no cost but the metric's own. The line
 * keeps its other members, which can be asked for by Logs Insights. No dimensions: each value of one would be a metric of its
 * own, and be paid for.
 * @param units the metrics that there are, by name
 * @param values of this line; null and absent ones are undefined and left out
 * @returns nothing where every value is undefined
 * @throws MetricError `bad_metric` for what CloudWatch would drop without a word
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function embeddedMetrics<Name extends string>(
  namespace: string,
  units: Readonly<Record<Name, MetricUnit>>,
  values: Readonly<Partial<Record<Name, number | null>>>,
  atMs: EpochMs,
): Readonly<Record<string, unknown>> {
  const defined = Object.entries<number | null | undefined>(values).flatMap(([name, value]) =>
    value === null || value === undefined ? [] : [[name as Name, value] as const],
  );
  if (defined.length === 0) return {};
  check(isName(namespace) && !namespace.startsWith('AWS/'), `${namespace} is no namespace for metrics of ours`);
  check(defined.length <= MOST_A_LINE, `A line carries at most ${MOST_A_LINE} metrics, received ${defined.length}`);
  for (const [name, value] of defined) {
    check(isName(name) && units[name] !== undefined, `${name} is no metric that was declared`);
    check(Number.isFinite(value), `The metric ${name} is a finite number, received ${value}`);
  }
  const metrics = defined.map(([Name, _]) => ({ Name, Unit: units[Name] }));
  return {
    _aws: { Timestamp: Math.round(atMs), CloudWatchMetrics: [{ Namespace: namespace, Dimensions: NO_DIMENSIONS, Metrics: metrics }] },
    ...Object.fromEntries(defined),
  };
}

const isName = (name: string): boolean => name.trim().length > 0 && name.length <= LONGEST_NAME;

function check(isSound: boolean, message: string): void {
  if (!isSound) throw new MetricError('bad_metric', message);
}
