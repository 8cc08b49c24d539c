import { describe, expect, it } from 'vitest';
import { METRIC_NAMESPACE, METRICS, measured } from '../../../shared/config/metrics.ts';
import { embeddedMetrics, MetricError } from '../../../shared/kernel/embedded-metrics.ts';
import { jsonLog } from '../../../shared/kernel/log.ts';
import { metricsIn } from '../../support/embedded-metrics.ts';

const AT_MS = Date.UTC(2026, 10, 29, 3, 45);
const UNITS = { AgeMs: 'Milliseconds', Fills: 'Count' } as const;

describe('a log line that carries metrics', () => {
  it('is a document of the embedded metric format, and keeps its other members', () => {
    const lines: string[] = [];
    const log = jsonLog(
      (line) => lines.push(line),
      () => AT_MS,
    );
    log('info', 'scan-ran', { symbol: 'BTCUSDT', ...embeddedMetrics('Nightdesk', UNITS, { AgeMs: 12.5, Fills: 0 }, AT_MS) });
    const [line = ''] = lines;
    expect(metricsIn(line)).toEqual({ namespace: 'Nightdesk', dimensions: [[]], values: { AgeMs: 12.5, Fills: 0 } });
    expect(JSON.parse(line)).toMatchObject({ event: 'scan-ran', symbol: 'BTCUSDT', _aws: { Timestamp: AT_MS } });
  });

  it('leaves out what is undefined, and carries nothing when all of it is', () => {
    expect(embeddedMetrics('N', UNITS, { AgeMs: null, Fills: 2 }, AT_MS)).toEqual({
      _aws: { Timestamp: AT_MS, CloudWatchMetrics: [{ Namespace: 'N', Dimensions: [[]], Metrics: [{ Name: 'Fills', Unit: 'Count' }] }] },
      Fills: 2,
    });
    expect(embeddedMetrics('N', UNITS, { AgeMs: null }, AT_MS)).toEqual({});
    expect(embeddedMetrics('N', UNITS, {}, AT_MS)).toEqual({});
  });

  it.each([
    ['a value that is no number', 'N', { Fills: Number.NaN }],
    ['an infinite value', 'N', { Fills: Number.POSITIVE_INFINITY }],
    ['a metric that nobody declared', 'N', { Fillz: 1 }],
    ['no namespace', '', { Fills: 1 }],
    ['a namespace of AWS', 'AWS/Lambda', { Fills: 1 }],
  ])('is refused with %s, which CloudWatch would drop without a word', (_what, namespace, values) => {
    expect(() => embeddedMetrics(namespace, UNITS, values as never, AT_MS)).toThrow(MetricError);
  });
});

describe('the metrics that are paid for', () => {
  it('are at most the ten that are free, and none is multiplied by a dimension', () => {
    const names = Object.keys(METRICS) as (keyof typeof METRICS)[];
    expect(names.length).toBeLessThanOrEqual(10);
    const line = JSON.stringify(measured(Object.fromEntries(names.map((name) => [name, 1])), AT_MS));
    expect(metricsIn(line)).toEqual({ namespace: METRIC_NAMESPACE, dimensions: [[]], values: Object.fromEntries(names.map((name) => [name, 1])) });
  });
});
