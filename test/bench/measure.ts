import { cpus, totalmem } from 'node:os';

/** What was measured, in milliseconds. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Nearest-rank percentiles. */
export function percentiles(samplesMs: readonly number[]): Percentiles {
  const sorted = Float64Array.from(samplesMs).sort();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

/** Milliseconds that each run of the task takes, one after the other. */
export async function timed(count: number, task: (index: number) => Promise<void>): Promise<readonly number[]> {
  const samples: number[] = [];
  for (let index = 0; index < count; index++) {
    const from = performance.now();
    await task(index);
    samples.push(performance.now() - from);
  }
  return samples;
}

const digits = (ms: number): string => (ms < 0.1 ? ms.toFixed(4) : ms < 10 ? ms.toFixed(2) : ms.toFixed(1));

/** A line of the report: what, its percentiles in ms, and what it is to be held against. */
export function row(what: string, { count, p50, p95, p99, max }: Percentiles, note = ''): string {
  return `  ${what.padEnd(46)} p50 ${digits(p50)}  p95 ${digits(p95)}  p99 ${digits(p99)}  max ${digits(max)} ms  (${count})${note === '' ? '' : `  ${note}`}`;
}

/** Where a figure was made: no figure is worth anything without it. */
export function hostLine(): string {
  const [first] = cpus();
  return `${new Date().toISOString().slice(0, 10)}, ${first?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${process.platform} ${process.arch}`;
}
