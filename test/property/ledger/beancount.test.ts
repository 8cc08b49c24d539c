import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Decimal, negate, text } from '../../../shared/kernel/decimal.ts';
import { DAY_MS } from '../../../shared/kernel/time.ts';
import { beancountLines } from '../../../shared/ledger/export/beancount.ts';
import { beancountAccount, beancountCurrency } from '../../../shared/ledger/export/beancount-names.ts';
import { beanProblems } from '../../support/bean-semantics.ts';
import { dayClosed, happen, roundTrip, START_MS, sessionStarted } from '../../support/ledger-fixtures.ts';
import { startPosting } from '../../support/planned-postings.ts';

/** Names made of what escaping turns on, and of anything. */
const name = fc.oneof(
  fc.string({ unit: fc.constantFrom('X', 'x', 's', 'S', 'Z', '-', ':', '_', '2', 'd', 'D', '.', '&', ' ', '\u{1F600}'), minLength: 1, maxLength: 5 }),
  fc.string({ unit: 'binary', minLength: 1 }),
);
const account = fc.oneof(
  name,
  fc.tuple(fc.constantFrom('cash', 'position', 'units', 'charge', 'market', 'other'), name).map(([kind, detail]) => `${kind}:${detail}`),
);

const RUNS = { numRuns: 2_000 };

describe('names in Beancount', () => {
  it('of accounts are well formed, and each of one account only', () => {
    fc.assert(
      fc.property(account, account, (one, other) => {
        expect(beancountAccount(one)).toMatch(/^(?:Assets|Equity|Income|Expenses)(?::[A-Z0-9][A-Za-z0-9-]*)+$/);
        expect(beancountAccount(one) === beancountAccount(other)).toBe(one === other);
      }),
      RUNS,
    );
  });

  it('of currencies are well formed, and each of one currency only', () => {
    fc.assert(
      fc.property(name, name, (one, other) => {
        expect(beancountCurrency(one)).toMatch(/^(?!(?:TRUE|FALSE|NULL)$)[A-Z][A-Z0-9'._-]{0,22}[A-Z0-9]$/);
        expect(beancountCurrency(one) === beancountCurrency(other)).toBe(one === other);
      }),
      RUNS,
    );
  });
});

const word = fc.string({ unit: fc.constantFrom('a', 'B', '&', '-', '_', '1'), minLength: 1, maxLength: 4 });
const move = fc.record({ from: word, to: word, currency: word, units: fc.bigInt({ min: 1n, max: 10n ** 20n }) });

describe('an export to Beancount', () => {
  it('is sound for every journal whose entries balance', () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 8 }), fc.array(fc.boolean(), { maxLength: 4 }), (moves, days) => {
        const lines = moves.flatMap(({ from, to, currency, units }) => [
          `units:${from} ${text(negate(units as Decimal))} ${currency}`,
          `units:${to} ${text(units as Decimal)} ${currency}`,
        ]);
        const events = days.flatMap((trades, index) => [
          ...(trades ? roundTrip({ id: `E:${index}`, atMs: START_MS + index * DAY_MS }) : []),
          (now: Parameters<typeof dayClosed>[0]) => dayClosed(now, START_MS + (index + 1) * DAY_MS, `2025-01-0${index + 7}`),
        ]);
        const { rows } = happen(null, 'all', [lines.length === 0 ? sessionStarted('s') : startPosting('s', ...lines), ...events]);
        expect(beanProblems([...beancountLines(rows)].join('\n'))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});
