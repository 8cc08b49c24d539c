import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { journalRowSchema } from '../../../shared/contracts/journal.ts';
import { canonicalJson } from '../../../shared/kernel/canonical-json.ts';
import { abs, add, type Decimal, decimal, multiply, subtract, sum, text, toNumber, ZERO } from '../../../shared/kernel/decimal.ts';
import { type Account, equity } from '../../../shared/ledger/account.ts';
import { apply } from '../../../shared/ledger/apply.ts';
import { postingsOf } from '../../../shared/ledger/postings.ts';
import { type CorporateActionFacts, ratiosOf, scaled } from '../../../shared/market/corporate-actions.ts';
import { actionOn, bought, onlyPosition } from '../../support/corporate-actions.ts';
import { brokenBooks } from '../../support/engine-world.ts';
import { exitFill, happen, rateOf, sessionStarted } from '../../support/ledger-fixtures.ts';

const RATE = '0.0125';
const common = { symbol: 'A', exDate: '2026-01-14', source: 'test' };
const shares = fc.integer({ min: 1, max: 50 });
const paise = (min: number, max: number) => fc.integer({ min, max }).map((value) => text((BigInt(value) * 1_000_000n) as Decimal));

const ratioAction = fc
  .record({ kind: fc.constantFrom<'split' | 'bonus' | 'merger'>('split', 'bonus', 'merger'), held: shares, becomes: shares })
  .map(
    ({ kind, held, becomes }): CorporateActionFacts =>
      kind === 'merger' ? { ...common, kind, into: 'B', held, becomes } : { ...common, kind, held, becomes },
  );
const demerger = fc
  .record({ cum: fc.integer({ min: 20_000, max: 1_000_000 }), lost: fc.double({ min: 0.001, max: 0.5, noNaN: true }) })
  .map(({ cum, lost }): CorporateActionFacts => {
    const ex = Math.max(1, Math.round(cum * (1 - lost)));
    return {
      ...common,
      kind: 'demerger',
      spunOff: 'C',
      held: 1,
      receives: 1,
      cumPrice: text(decimal(String(cum / 100))),
      exPrice: text(decimal(String(ex / 100))),
    };
  });

const holding = fc.record({
  side: fc.constantFrom<'buy' | 'sell'>('buy', 'sell'),
  quantity: fc.integer({ min: 50, max: 100_000 }).map(String),
  price: paise(10_000, 1_000_000),
  mark: paise(10_000, 1_000_000),
});
type Holding = typeof holding extends fc.Arbitrary<infer T> ? T : never;

const start = ({ side, quantity, price }: Holding) => [
  sessionStarted('s', '100000000'),
  ...bought({ symbol: 'A', side, quantity, price, rate: RATE }),
];

function through(held: Holding, facts: CorporateActionFacts) {
  const before = happen(null, 'start', start(held)).after;
  return { before, ...happen(before, 'action', [actionOn(facts, { mark: held.mark, rate: rateOf('INR', RATE) })]) };
}

const worth = (account: Account, mark: Decimal): Decimal =>
  equity(
    account,
    () => mark,
    () => decimal(RATE),
  );

/** Prices and quantities are kept to 8 places: what that is on a whole position. */
const dust = (account: Account, price: Decimal): number => (toNumber(onlyPosition(account).quantity) + toNumber(price)) * 1e-8 + 1e-6;

describe('a corporate action', () => {
  it('leaves position and cash worth what they were, at the adjusted price', () => {
    fc.assert(
      fc.property(holding, ratioAction, (held, facts) => {
        const { before, after } = through(held, facts);
        const adjusted = scaled(decimal(held.mark), ratiosOf(facts).price);
        expect(toNumber(abs(subtract(worth(after, adjusted), worth(before, decimal(held.mark)))))).toBeLessThan(dust(after, adjusted));
      }),
    );
  });

  it('leaves them worth what they were when a company is spun off, at the price that the exchange found', () => {
    fc.assert(
      fc.property(holding, demerger, (held, facts) => {
        const { price } = ratiosOf(facts);
        const { before, after } = through(held, facts);
        expect(toNumber(abs(subtract(worth(after, price[0]), worth(before, price[1]))))).toBeLessThan(dust(after, price[1]));
      }),
    );
  });

  it('has books that balance, and that agree with the account', () => {
    fc.assert(
      fc.property(holding, fc.oneof(ratioAction, demerger), (held, facts) => {
        const { before, after, rows } = through(held, facts);
        const postings = rows.flatMap(({ event }) => postingsOf(event));
        for (const currency of ['INR', 'USD']) {
          expect(sum(postings.filter((posting) => posting.currency === currency).map(({ amount }) => amount))).toBe(ZERO);
        }
        const booked = sum(postings.filter(({ account }) => account.startsWith('position:')).map(({ amount }) => amount));
        const [old, now] = [onlyPosition(before), onlyPosition(after)];
        const change = subtract(now.cost, old.cost);
        expect(booked).toBe(held.side === 'buy' ? change : -change);
        expect(subtract(after.cash, before.cash)).toBe(subtract(now.entryCash, old.entryCash));
        expect(brokenBooks(after).filter((fault) => !fault.startsWith('equity at entry prices'))).toEqual([]);
      }),
    );
  });

  it('gives a trade across it the result of one without, to the rounding of what is paid in cash', () => {
    fc.assert(
      fc.property(holding, ratioAction, (held, facts) => {
        const exit = (price: string) => (account: Account) => exitFill(account, 'P:E:1', { price, rate: RATE, commission: '0' });
        const plain = happen(null, 'all', [...start(held), exit(held.mark)]);
        const across = happen(null, 'all', [
          ...start(held),
          actionOn(facts, { mark: held.mark, rate: rateOf('INR', RATE) }),
          exit(text(scaled(decimal(held.mark), ratiosOf(facts).price))),
        ]);
        const [one, other] = [plain.trades[0]?.realised.net ?? ZERO, across.trades[0]?.realised.net ?? ZERO];
        const [trade] = across.trades;
        const dustOf = (toNumber(trade?.quantity ?? ZERO) + toNumber(trade?.exitPrice ?? ZERO)) * 1e-8 + 1e-6;
        expect(Math.abs(toNumber(subtract(one, other)))).toBeLessThan(dustOf);
        expect(across.after.cash).toBe(add(across.after.startingCapital, across.after.totals.realised));
      }),
    );
  });

  it('is the same when it is replayed from its stored form', () => {
    fc.assert(
      fc.property(holding, fc.oneof(ratioAction, demerger), (held, facts) => {
        const { before, after, rows } = through(held, facts);
        const stored = rows.map((row) => journalRowSchema.parse(JSON.parse(canonicalJson(row))));
        expect(stored.reduce<Account>(apply, before)).toEqual(after);
      }),
    );
  });

  it('puts every level at the same distance in money', () => {
    fc.assert(
      fc.property(holding, ratioAction, (held, facts) => {
        const { before, after } = through(held, facts);
        const [old, now] = [onlyPosition(before), onlyPosition(after)];
        for (const name of ['stop', 'target'] as const) {
          const scaledBack = toNumber(multiply(now[name] ?? ZERO, ratiosOf(facts).price[1])) / toNumber(ratiosOf(facts).price[0]);
          expect(scaledBack).toBeCloseTo(toNumber(old[name] ?? ZERO), 4);
        }
      }),
    );
  });
});
