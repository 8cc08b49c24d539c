import { type EpochMs, iso } from '../../../kernel/time.ts';

/** Rows of cells as lines in columns; numbers stand at the right. */
export function aligned(header: readonly string[], rows: readonly (readonly (string | number)[])[]): readonly string[] {
  const cells = [header, ...rows.map((row) => row.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en-US') : cell)))];
  const widths = header.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
  const isNumeric = header.map((_, column) => rows.some((row) => typeof row[column] === 'number'));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (isNumeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join('  ');
  return cells.map((row) => line(row).trimEnd());
}

/** `2025-01-31 23:59`, in UTC. */
export const minuteText = (ms: EpochMs | null): string => (ms === null ? '-' : iso(ms).slice(0, 16).replace('T', ' '));

/** `1.2 MB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Counts by reason as `3 bad_stamp, 1 bad_row`. */
export const countsText = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([reason, count]) => `${count} ${reason}`)
    .join(', ');
