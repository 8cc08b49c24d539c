import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { assertNear, assertPlausible, type FxRate, readFxAnswer } from '../../shared/feeds/rates/fx-answers.ts';
import { NO_RECORDED_DATA, recordedFiles } from '../support/recorded-data.ts';

const [file] = recordedFiles('fx', /^usdinr_ecb_cross_daily/);

/** Seventeen years of fixings, each read as the service would tell it. */
function fixings(path: string): readonly FxRate[] {
  const [, ...rows] = gunzipSync(readFileSync(path)).toString().trim().split('\n');
  return rows.map((row) => {
    const [date, , , cross] = row.split(',');
    return readFxAnswer('frankfurter', { amount: 1, base: 'USD', date, rates: { INR: Number(cross) } });
  });
}

describe.skipIf(file === undefined)(`every fixing of 2009 to 2026${file === undefined ? ` (${NO_RECORDED_DATA})` : ''}`, () => {
  const rates = file === undefined ? [] : fixings(file);

  it('is believed on its day, after any fixing of the month before, and of a dollar in rupees only', () => {
    expect(rates.length).toBeGreaterThan(4_000);
    for (const [index, rate] of rates.entries()) {
      assertPlausible(rate, rate.asOfMs);
      for (const before of rates.slice(Math.max(0, index - 25), index)) assertNear(rate, before, []);
    }
  });

  it('is refused when it is told ten times too large or too small', () => {
    for (const [index, rate] of rates.entries()) {
      const known = rates[index - 1] ?? null;
      for (const factor of [10, 0.1]) {
        const wrong = { ...rate, usdInr: rate.usdInr * factor };
        expect(() => {
          assertPlausible(wrong, rate.asOfMs);
          assertNear(wrong, known, []);
        }).toThrow(/rupees a dollar/);
      }
    }
  });
});
