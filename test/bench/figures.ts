import { cpus, loadavg, totalmem } from 'node:os';

/** Percentiles of a sample, in its own unit. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Nearest-rank percentiles. @throws RangeError for an empty sample */
export function percentiles(sample: readonly number[] | Float64Array): Percentiles {
  if (sample.length === 0) throw new RangeError('Percentiles of nothing');
  const sorted = Float64Array.from(sample).sort();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

/** Processor time of this process since then, in ms: another's share of a busy machine does not count. */
export function cpuMs(began: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1e3;
}

/** Percentiles in a line, of milliseconds. */
export const msLine = ({ count, p50, p95, p99, max }: Percentiles): string =>
  `p50 ${ms(p50)}  p95 ${ms(p95)}  p99 ${ms(p99)}  max ${ms(max)}  (n ${count})`;

const ms = (value: number): string => (value < 0.1 ? `${(value * 1_000).toFixed(1)} us` : `${value.toFixed(2)} ms`);

/** A figure beside its target; said, never asserted: a bench on a busy machine proves nothing. */
export const againstTarget = (what: string, value: number, sign: '<' | '>=', target: number): string =>
  `  target ${what} ${sign} ${target}: ${(sign === '<' ? value < target : value >= target) ? 'met' : 'MISSED'}`;

/** The machine that the figures are of. */
export function hostLine(): string {
  const [cpu] = cpus();
  const load = loadavg()[0]?.toFixed(1);
  return `${cpu?.model ?? 'unknown cpu'}, ${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, node ${process.version}, ${new Date().toISOString()}, load ${load}`;
}
