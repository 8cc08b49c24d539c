import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dollars, signedPercent } from '../../../shared/alerts/amounts.ts';
import { wordingOf } from '../../../shared/alerts/wording.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';
import { alertOf } from '../../support/alerts.ts';

describe('the words of a message', () => {
  it('say what happened, on what evidence and when; what is more than information says so', () => {
    expect(wordingOf([alertOf('a', { title: 'BTC stopped out', severity: 'warning', text: 'Sold 2 BTC' })], 500)).toBe(
      'WARNING [simulated] BTC stopped out. Sold 2 BTC (2025-01-06T04:00:00Z)',
    );
    expect(wordingOf([alertOf('a', { evidence: 'live' })], 500)).toBe('[live] Alert a. Something happened (2025-01-06T04:00:00Z)');
  });

  it('are a line an alert, and count what did not fit', () => {
    const alerts = Array.from({ length: 9 }, (_, index) => alertOf(String(index)));
    expect(wordingOf(alerts, 10_000).split('\n')).toHaveLength(10);
    const short = wordingOf(alerts, 260).split('\n');
    expect(short[0]).toBe('9 alerts');
    expect(short.at(-1)).toBe(`and ${9 - (short.length - 2)} more: GET alerts`);
  });

  it('fit, whatever is said, and never end in half a character', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 80 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 60, max: 400 }),
        (texts, most) => {
          const wording = wordingOf(
            texts.map((text, index) => alertOf(String(index), { text })),
            most,
          );
          expect(wording.length).toBeLessThanOrEqual(most);
          expect(wording.length).toBeGreaterThan(0);
          expect(wording.replace(/…$/, '')).not.toMatch(/[\uD800-\uDBFF]$/);
        },
      ),
    );
  });

  it('give amounts to the cent and shares with their sign', () => {
    expect(['0', '-0.005', '-0.015', '1234567.891', '-3.6'].map((value) => dollars(decimal(value)))).toEqual([
      '$0.00',
      '$0.00',
      '-$0.02',
      '$1234567.89',
      '-$3.60',
    ]);
    expect([0.0512, -0.03, 0].map(signedPercent)).toEqual(['+5.12 %', '-3.00 %', '0.00 %']);
  });
});
