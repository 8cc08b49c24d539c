import { describe, expect, it } from 'vitest';
import { decimal } from '../../../shared/kernel/decimal.ts';
import { jsonLog, type LogLevel } from '../../../shared/kernel/log.ts';
import { iso, minuteOf } from '../../../shared/kernel/time.ts';

const AT_MS = Date.UTC(2026, 10, 23, 3, 45, 59, 999);

describe('the log', () => {
  it('writes one JSON object a line, stamped in UTC by the clock it was given', () => {
    const lines: string[] = [];
    jsonLog(
      (line) => lines.push(line),
      () => AT_MS,
    )('warn', 'feed-silent', { ageMs: 31_000 });
    expect(lines).toEqual(['{"at":"2026-11-23T03:45:59.999Z","level":"warn","event":"feed-silent","ageMs":31000}']);
  });

  it('writes decimals as text, of which JSON knows nothing', () => {
    const lines: string[] = [];
    jsonLog(
      (line) => lines.push(line),
      () => AT_MS,
    )('info', 'scanned', { decisions: [{ quantity: decimal('0.00000001') }] });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ decisions: [{ quantity: '0.00000001' }] });
  });

  it.each([
    ['debug', ['debug', 'info', 'warn', 'error']],
    ['info', ['info', 'warn', 'error']],
    ['error', ['error']],
  ] as const)('from %s on writes %s', (least, written) => {
    const lines: string[] = [];
    const log = jsonLog(
      (line) => lines.push(line),
      () => AT_MS,
      least,
    );
    for (const level of ['debug', 'info', 'warn', 'error'] satisfies LogLevel[]) log(level, 'e');
    expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(written);
  });
});

describe('time', () => {
  it('is cut to the minute that contains it', () => {
    expect(iso(minuteOf(AT_MS))).toBe('2026-11-23T03:45:00.000Z');
    expect(minuteOf(minuteOf(AT_MS))).toBe(minuteOf(AT_MS));
  });
});
