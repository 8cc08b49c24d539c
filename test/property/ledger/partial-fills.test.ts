import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instrumentBySymbol } from '../../../shared/config/instruments.ts';
import type { Fill, Trade } from '../../../shared/contracts/fill.ts';
import { type JournalRow, journalRowSchema } from '../../../shared/contracts/journal.ts';
import type { EntryOrder } from '../../../shared/contracts/order.ts';
import type { Realised } from '../../../shared/contracts/position.ts';
import { type Draft, draftOn } from '../../../shared/engine/draft.ts';
import { type Market, remaining } from '../../../shared/engine/fill-inputs.ts';
import { entryFill, exitFill, type Met } from '../../../shared/engine/fill-record.ts';
import { wholeLots } from '../../../shared/execution/book-walk.ts';
import { chargesFor } from '../../../shared/execution/charges.ts';
import { canonicalJson } from '../../../shared/kernel/canonical-json.ts';
import {
  add,
  type Decimal,
  decimal,
  max,
  min,
  multiply,
  multiplyDivide,
  negate,
  subtract,
  sum,
  text,
  toStep,
  ZERO,
} from '../../../shared/kernel/decimal.ts';
import { MINUTE_MS } from '../../../shared/kernel/time.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import { apply } from '../../../shared/ledger/apply.ts';
import { bandAmounts } from '../../../shared/ledger/entry-fill.ts';
import { bareQuote, startedAccount, viewOfSketch } from '../../support/engine-fixtures.ts';
import { START_MS } from '../../support/ledger-fixtures.ts';
import { asked, orderWith } from '../../support/working-orders.ts';

/**
 * An entry and its exit, filled in parts of any size, at any price and rate, in any order of the two. Fills are made by the
 * engine's own hand, so that charges, units that the venue takes and dust are those of a session.
 */

/** Coin whose commission is taken out of what arrives; shares that are delivered, with a charge a day; a short within the day. */
const KINDS = {
  coin: { symbol: 'BTC', currency: 'USDT', side: 'buy', product: 'spot' },
  delivery: { symbol: 'RELIANCE', currency: 'INR', side: 'buy', product: 'delivery' },
  short: { symbol: 'RELIANCE', currency: 'INR', side: 'sell', product: 'intraday' },
} as const;
type Kind = keyof typeof KINDS;

const units = (least: bigint, most: bigint) => fc.bigInt({ min: least, max: most }).map((value) => value as Decimal);

const step = fc.record({
  what: fc.constantFrom('entry', 'exit'),
  /** Of what could be filled: a fill is of a whole lot at least. */
  share: fc.integer({ min: 1, max: 100 }),
  price: units(decimal('1'), decimal('9000')),
  rate: units(decimal('0.01'), decimal('1.1')),
  slippage: units(0n, decimal('50')),
  better: units(0n, decimal('0.9')),
  worse: units(0n, decimal('9')),
  trigger: fc.constantFrom('market', 'limit'),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const plan = fc.record({
  kind: fc.constantFrom<Kind>('coin', 'delivery', 'short'),
  lots: fc.integer({ min: 2, max: 5_000 }),
  first: step,
  steps: fc.array(step, { maxLength: 12 }),
  last: fc.array(step, { minLength: 1, maxLength: 4 }),
});
type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

interface Played {
  readonly plan: Plan;
  readonly order: EntryOrder;
  readonly before: Account;
  readonly after: Account;
  readonly rows: readonly JournalRow[];
  readonly fills: readonly Fill[];
  readonly trades: readonly Trade[];
  /** The account after each fill. */
  readonly states: readonly Account[];
}

/** Plays the steps, and then calls back what remains of the entry and closes what is held in the last ones. */
function play(of: Plan): Played {
  const kind = KINDS[of.kind];
  const { lotStep } = instrumentBySymbol(kind.symbol, START_MS);
  const quantity = (lotStep * BigInt(of.lots)) as Decimal;
  const order = orderWith(
    { side: kind.side, product: kind.product, quantity },
    { symbol: kind.symbol, currency: kind.currency, reserved: '777.77777777' },
  );
  const before = startedAccount('1000000000');
  const draft = draftOn(before, 'all');
  const states: Account[] = [];
  draft.emit({ type: 'order-placed', atMs: START_MS, order });
  const take = (each: Step, ordinal: number, isLast: boolean): void => {
    const market = marketAt(kind, each, START_MS + ordinal * MINUTE_MS);
    const isFilled = each.what === 'entry' ? fillEntry(draft, each, market, lotStep) : fillExit(draft, each, market, lotStep, isLast);
    if (isFilled) states.push(draft.account());
  };
  for (const [index, each] of [{ ...of.first, what: 'entry' as const }, ...of.steps].entries()) take(each, index + 1, false);
  if (draft.account().orders.has(order.id)) {
    draft.emit({ type: 'order-ended', atMs: START_MS + 20 * MINUTE_MS, orderId: order.id, state: 'cancelled', reason: 'the rest is called back' });
  }
  for (const [index, each] of of.last.entries()) take({ ...each, what: 'exit' }, 21 + index, index === of.last.length - 1);
  const fills = draft.rows.flatMap(({ event }) => (event.type === 'filled' ? [event.fill] : []));
  return { plan: of, order, before, after: draft.account(), rows: draft.rows, fills, trades: draft.trades, states };
}

function marketAt({ symbol, currency }: (typeof KINDS)[Kind], { price, rate }: Step, nowMs: number): Market {
  const quote = bareQuote(symbol, Number(text(price)), nowMs);
  const view = viewOfSketch({ nowMs, quotes: [quote], rates: { [currency]: text(rate) } });
  return { view, quote, rate: { currency, value: rate, source: 'test', asOfMs: nowMs }, command: asked('any') };
}

/** A whole number of lots of at most `most`: the share of it that the step asks for, and one at least. */
const lotsOf = (most: Decimal, share: number, lotStep: Decimal): Decimal =>
  min(most, max(lotStep, toStep(multiplyDivide(most, BigInt(share) as Decimal, 100n as Decimal, 'down'), lotStep, 'down')));

function fillEntry(draft: Draft, each: Step, market: Market, lotStep: Decimal): boolean {
  const order = draft.account().orders.get('E:1');
  if (order?.purpose !== 'entry') return false;
  const fill = entryFill(draft.account(), order, metOf(each, order.side, lotsOf(remaining(order), each.share, lotStep)), market);
  draft.emit({ type: 'filled', atMs: market.view.nowMs, fill });
  return true;
}

function fillExit(draft: Draft, each: Step, market: Market, lotStep: Decimal, isLast: boolean): boolean {
  const account = draft.account();
  const position = account.positions.get('P:E:1');
  const exit = position === undefined ? undefined : account.orders.get(position.exitId);
  if (position === undefined || exit?.purpose !== 'exit') return false;
  // A position that still grows is not closed; at the end all goes that the venue takes, and less than a lot is written off with it.
  const isGrowing = account.orders.has('E:1');
  const sold = wholeLots(position.quantity, position.quantity, lotStep);
  const most = isGrowing ? subtract(sold, lotStep) : sold;
  if (most <= 0n) return false;
  const quantity = isLast ? sold : lotsOf(most, each.share, lotStep);
  const fill = exitFill(account, exit, position, 'signal', metOf(each, exit.side, quantity), market);
  draft.emit({ type: 'filled', atMs: market.view.nowMs, fill });
  return true;
}

function metOf({ price, slippage, better, worse, trigger }: Step, side: 'buy' | 'sell', quantity: Decimal): Met {
  const [down, up] = [subtract(price, better), add(price, worse)];
  const band = side === 'buy' ? { optimistic: down, pessimistic: up } : { optimistic: up, pessimistic: down };
  const shares = { halfSpreadShare: 0, slippageShare: 0, impactShare: 0 };
  const made = { quantity, price, base: price, rule: 'limit', ...shares, regime: 'low', slippage, band, levels: [] } as const;
  return { made, trigger, liquidity: trigger === 'limit' ? 'maker' : 'taker' };
}

const sumBy = <T>(all: readonly T[], amount: (each: T) => Decimal): Decimal => sum(all.map(amount));
const entriesOf = (fills: readonly Fill[]): readonly Fill[] => fills.filter(({ purpose }) => purpose === 'entry');
const exitsOf = (fills: readonly Fill[]): readonly Fill[] => fills.filter(({ purpose }) => purpose === 'exit');
const toBase = ({ rate }: Fill, amount: Decimal): Decimal => multiply(amount, rate.value);
/** What a fill moves in cash, worked out without its postings. */
function cashOf(fill: Fill): Decimal {
  const notional = multiply(fill.quantity, fill.price);
  const money = sumBy(
    fill.charges.filter(({ taken }) => taken === undefined),
    ({ amount }) => amount,
  );
  return toBase(fill, subtract(fill.side === 'sell' ? notional : negate(notional), money));
}
const balanceOf = (fills: readonly Fill[], account: string): Decimal =>
  sumBy(
    fills.flatMap(({ postings }) => postings.filter((line) => line.account === account)),
    ({ amount }) => amount,
  );

const holds = (claim: (played: Played) => void): void => {
  fc.assert(fc.property(plan, (of) => claim(play(of))));
};

describe('the parts of an order that is filled in any way', () => {
  it('balance: every fill sums to zero in each currency, units too', () => {
    holds(({ fills }) => {
      for (const { postings } of fills) {
        for (const currency of new Set(postings.map((line) => line.currency))) {
          expect(
            sumBy(
              postings.filter((line) => line.currency === currency),
              ({ amount }) => amount,
            ),
          ).toBe(0n);
        }
      }
    });
  });

  it('leave the account, after each, with the cash, the units and the cost that the fills so far add up to', () => {
    holds(({ before, fills, states }) => {
      for (const [index, state] of states.entries()) {
        const soFar = fills.slice(0, index + 1);
        expect(state.cash).toBe(add(before.cash, sumBy(soFar, cashOf)));
        const position = state.positions.get('P:E:1');
        const sign = soFar[0]?.side === 'buy' ? 1n : -1n;
        expect((sign * (position?.quantity ?? 0n)) as Decimal).toBe(balanceOf(soFar, 'units:P:E:1'));
        expect((sign * (position?.cost ?? 0n)) as Decimal).toBe(balanceOf(soFar, 'position:P:E:1'));
      }
    });
  });

  it('leave an exit, after each, for all that is held and no more', () => {
    holds(({ states }) => {
      for (const state of states) {
        const position = state.positions.get('P:E:1');
        const exit = position === undefined ? undefined : state.orders.get(position.exitId);
        expect(exit === undefined ? ZERO : remaining(exit)).toBe(position?.quantity ?? ZERO);
      }
    });
  });

  it('keep in reserve, after each, no more than what has not filled needs, and nothing in the end', () => {
    holds(({ order, states, after }) => {
      for (const state of states) {
        const entry = state.orders.get(order.id);
        if (entry?.purpose !== 'entry') continue;
        const exact = multiplyDivide(order.reserved, remaining(entry), order.quantity);
        // Rounded once a fill.
        expect(Math.abs(Number(entry.reserved - exact))).toBeLessThanOrEqual(entry.fills);
      }
      expect(after.orders.size).toBe(0);
    });
  });

  it('add up to the whole when all is closed: not a unit, not a digit of cost or of the entry is left', () => {
    holds(({ before, after, fills }) => {
      expect(after.positions.size).toBe(0);
      const [entries, exits] = [entriesOf(fills), exitsOf(fills)];
      expect(sumBy(entries, (fill) => subtract(fill.quantity, fill.unitsLost))).toBe(sumBy(exits, (fill) => add(fill.quantity, fill.unitsLost)));
      expect([balanceOf(fills, 'units:P:E:1'), balanceOf(fills, 'position:P:E:1')]).toEqual([0n, 0n]);
      const of = (part: keyof Realised): Decimal => sumBy(exits, ({ realised }) => realised?.[part] ?? ZERO);
      expect(of('net')).toBe(sumBy(fills, cashOf));
      expect(after.cash).toBe(add(before.cash, of('net')));
      expect(of('charges')).toBe(
        sumBy(fills, (fill) =>
          toBase(
            fill,
            sumBy(fill.charges, ({ amount }) => amount),
          ),
        ),
      );
      expect(of('slippage')).toBe(sumBy(fills, (fill) => toBase(fill, fill.slippage)));
      expect(of('better')).toBe(sumBy(fills, (fill) => toBase(fill, bandAmounts(fill).better)));
      expect(of('worse')).toBe(sumBy(fills, (fill) => toBase(fill, bandAmounts(fill).worse)));
    });
  });

  it('explain their results by price, currency and charges, each exactly', () => {
    holds(({ fills }) => {
      for (const { realised } of exitsOf(fills)) {
        if (realised === null) throw new Error('an exit says nothing of its result');
        expect(subtract(add(realised.price, realised.currency), realised.charges)).toBe(realised.net);
      }
    });
  });

  it('make one trade, and the totals of account and day are its figures', () => {
    holds(({ fills, trades, after }) => {
      const exits = exitsOf(fills);
      const [trade] = trades;
      if (trade === undefined || trades.length > 1) throw new Error(`${trades.length} trades`);
      const net = sumBy(exits, ({ realised }) => realised?.net ?? ZERO);
      expect([trade.realised.net, trade.quantity]).toEqual([net, sumBy(exits, ({ quantity }) => quantity)]);
      expect(after.totals).toMatchObject({ trades: 1, wins: net > 0n ? 1 : 0, fills: fills.length, realised: net, charges: trade.realised.charges });
      expect(after.day).toMatchObject({ trades: 1, realised: net, charges: trade.realised.charges });
      const lines = (all: Trade['exitCharges']): Record<string, Decimal> => Object.fromEntries(all.map(({ line, amount }) => [line, amount]));
      const summed: Record<string, Decimal> = {};
      for (const { line, amount } of exits.flatMap(({ charges }) => charges)) summed[line] = add(summed[line] ?? ZERO, amount);
      expect(lines(trade.exitCharges)).toEqual(summed);
    });
  });

  it('cost what the whole order costs at once: caps and charges of a day are not paid a part', () => {
    holds(({ plan: { kind }, order, fills }) => {
      const entries = entriesOf(fills);
      const last = entries.at(-1);
      if (last === undefined) throw new Error('no entry');
      const [notional, quantity] = [sumBy(entries, (fill) => multiply(fill.quantity, fill.price)), sumBy(entries, (fill) => fill.quantity)];
      const instrument = instrumentBySymbol(order.symbol, START_MS);
      const charged = {
        instrument,
        product: order.product,
        side: order.side,
        liquidity: last.liquidity,
        quantity,
        price: last.price,
        atMs: last.atMs,
      };
      const whole = chargesFor({ ...charged, notional });
      for (const { line, amount, taken } of whole) {
        const parts = entries.flatMap(({ charges }) => charges.filter((charge) => charge.line === line));
        if (taken === undefined) expect(sumBy(parts, (charge) => charge.amount)).toBe(amount);
        // Coin is taken trade by trade, each rounded to its eighth place.
        else
          expect(Math.abs(Number(sumBy(parts, (charge) => charge.taken?.amount ?? ZERO) - taken.amount))).toBeLessThanOrEqual(
            (entries.length + 1) / 2,
          );
      }
      expect(whole.some(({ taken }) => taken !== undefined)).toBe(kind === 'coin');
      const paidByDay = fills.flatMap(({ charges }) => charges.filter(({ line }) => line === 'dp'));
      expect(paidByDay).toHaveLength(kind === 'delivery' ? 1 : 0);
    });
  });

  it('are read back from their journal to the same account', () => {
    holds(({ before, after, rows }) => {
      const stored = rows.map((row) => journalRowSchema.parse(JSON.parse(canonicalJson(row))));
      expect(stored.reduce<Account>(apply, before)).toEqual(after);
    });
  });
});

describe('the generated orders', () => {
  it('are of every kind, with several parts of both sides in any order, and with dust', () => {
    const seen = { interleaved: 0, dust: 0, parts: 0, kinds: new Set<Kind>() };
    fc.assert(
      fc.property(plan, (of) => {
        const { fills } = play(of);
        const purposes = fills.map(({ purpose }) => purpose);
        if (purposes.lastIndexOf('entry') > purposes.indexOf('exit')) seen.interleaved += 1;
        if (fills.some(({ charges }) => charges.some(({ line }) => line === 'dust'))) seen.dust += 1;
        seen.parts = Math.max(seen.parts, fills.length);
        seen.kinds.add(of.kind);
      }),
      { seed: 7 },
    );
    expect(seen.kinds.size).toBe(3);
    expect(seen.interleaved).toBeGreaterThan(10);
    expect(seen.dust).toBeGreaterThan(10);
    expect(seen.parts).toBeGreaterThan(8);
  });
});
