import { describe, expect, it } from 'vitest';
import type { Fill } from '../../../shared/contracts/fill.ts';
import { type JournalRow, journalRowSchema } from '../../../shared/contracts/journal.ts';
import type { EntryOrder, Instruction } from '../../../shared/contracts/order.ts';
import { draftOn } from '../../../shared/engine/draft.ts';
import { explainFills, type FillExplanation } from '../../../shared/engine/explain-fill.ts';
import { requestExit } from '../../../shared/engine/request-exit.ts';
import { canonicalJson } from '../../../shared/kernel/canonical-json.ts';
import { decimal, text } from '../../../shared/kernel/decimal.ts';
import { valueDifferences } from '../../../shared/kernel/value-differences.ts';
import { exitId } from '../../../shared/ledger/resting-exit.ts';
import type { OrderBook } from '../../../shared/market/order-book.ts';
import { bareQuote, checkOf, rulesOf, tickOf } from '../../support/engine-fixtures.ts';
import { type EntrySketch, entryOrder, orderPlaced, START_MS } from '../../support/ledger-fixtures.ts';
import { forged, type MatchedJournal, matchedJournal } from '../../support/matched-journal.ts';

const EXIT_ID = exitId('P:E:1', 1);
const [T0, T1, T2, T3] = [START_MS + 1_000, START_MS + 2_000, START_MS + 3_000, START_MS + 4_000];

const touch = (last: number, atMs: number, symbol = 'BTC') =>
  bareQuote(symbol, last, atMs, { bid: last - 0.01, ask: last + 0.01, bidSize: 100, askSize: 100 });

const bookOf = (symbol: string, atMs: number): OrderBook => ({
  symbol,
  bids: [level(99.99, 0.7), level(99.98, 5)],
  asks: [level(100.01, 0.5), level(100.02, 0.7), level(100.05, 9)],
  sequence: 7,
  source: 'test',
  evidence: 'simulated',
  exchangeMs: atMs,
  receivedMs: atMs,
});
const level = (price: number, quantity: number) => ({ price, quantity });

const order = (more: Partial<EntryOrder> = {}, sketch: EntrySketch = {}): EntryOrder => ({ ...entryOrder(sketch), ...more });

/** A journal with an order that works. */
function placed(...orders: readonly EntryOrder[]): MatchedJournal {
  const journal = matchedJournal();
  for (const each of orders) journal.happen(`place ${each.id}`, [orderPlaced(each)]);
  return journal;
}

/** A journal with a position that the matcher opened at about 100. */
function holding(more: Partial<EntryOrder> = {}, sketch: EntrySketch = {}): MatchedJournal {
  const journal = placed(order(more, sketch));
  journal.match({ nowMs: T0, quotes: [touch(100, T0, sketch.symbol)] }, { orderId: 'E:1' });
  return journal;
}

const asks = (instruction: Instruction, more: Partial<EntryOrder> = {}): MatchedJournal => placed(order({ instruction, ...more }));
const printed = (price: number, atMs: number) => ({ orderId: 'E:1', tick: tickOf('BTC', price, atMs) });
const bare = (last: number, atMs: number, symbol = 'BTC') => ({ nowMs: atMs, quotes: [bareQuote(symbol, last, atMs)] });

/** The exit of the position, asked to close at market. */
function closing(journal: MatchedJournal, quantity: string | null): void {
  const draft = draftOn(journal.account(), 'close');
  const [position] = journal.account().positions.values();
  if (position === undefined) throw new Error('No position is open');
  requestExit(draft, position, { reason: 'manual', quantity: quantity === null ? null : decimal(quantity), nowMs: T1 });
  journal.happen(
    'close',
    draft.rows.map(({ event }) => event),
  );
}

/** Every kind of fill that the matcher makes, each with the number of fills in its journal. */
const KINDS: Readonly<Record<string, readonly [fills: number, make: () => MatchedJournal]>> = {
  'a market order that crosses the touch': [1, () => holding()],
  'a market order that walks a book, and one that finds there what the first left': [
    2,
    () => {
      const journal = placed(order(), order({}, { id: 'E:2', quantity: '3' }));
      for (const orderId of ['E:1', 'E:2']) journal.match({ nowMs: T0, quotes: [touch(100, T0)], books: [bookOf('BTC', T0)] }, { orderId });
      return journal;
    },
  ],
  'a market order without a book': [
    1,
    () => {
      const journal = placed(order());
      journal.match(bare(100, T0), { orderId: 'E:1' });
      return journal;
    },
  ],
  'a market order while neither volatility nor volume are known': [
    1,
    () => {
      const journal = placed(order());
      journal.match({ ...bare(100, T0), tape: { volatility: null, minuteVolume: null } }, { orderId: 'E:1' });
      return journal;
    },
  ],
  'an order filled in parts by what the market trades': [
    2,
    () => {
      const journal = placed(order());
      const tape = { volatility: 0.0002, minuteVolume: 12 };
      journal.match({ ...bare(100, T0), tape }, { orderId: 'E:1' });
      journal.match({ ...bare(101, T0 + 60_000), tape }, { orderId: 'E:1' });
      return journal;
    },
  ],
  'a part at once, the rest cancelled': [
    1,
    () => {
      const journal = asks({ type: 'market' }, { timeInForce: 'IOC' });
      journal.match({ ...bare(100, T0), tape: { volatility: 0.001, minuteVolume: 12 } }, { orderId: 'E:1' });
      return journal;
    },
  ],
  'a limit order that crosses when it comes in': [
    1,
    () => {
      const journal = asks({ type: 'limit', limit: decimal('100.02') });
      journal.match({ nowMs: T0, quotes: [touch(100, T0)], books: [bookOf('BTC', T0)] }, { orderId: 'E:1' });
      return journal;
    },
  ],
  'a limit order that the market trades through': [
    1,
    () => {
      const journal = asks({ type: 'limit', limit: decimal('99') });
      journal.match(bare(98.9, T0), printed(98.9, T0));
      return journal;
    },
  ],
  'a limit order whose turn comes in the queue': [
    1,
    () => {
      const journal = asks({ type: 'limit', limit: decimal('99') });
      journal.match(bare(99, T0), { ...printed(99, T0), queueAhead: -0.75 });
      return journal;
    },
  ],
  'a stop that the market gaps through': [
    1,
    () => {
      const journal = asks({ type: 'stop', stop: decimal('101') });
      journal.match(bare(101.5, T0), printed(101.5, T0));
      return journal;
    },
  ],
  'a stop that is met where a part is to be had, and the rest later': [
    2,
    () => {
      const journal = asks({ type: 'stop', stop: decimal('101') });
      journal.match({ ...bare(101, T0), tape: { volatility: 0.001, minuteVolume: 12 } }, printed(101, T0));
      journal.match(bare(102, T1), printed(102, T1));
      return journal;
    },
  ],
  'a stop-limit that is met, and comes to its limit later': [
    1,
    () => {
      const journal = asks({ type: 'stop-limit', stop: decimal('101'), limit: decimal('101.5') });
      journal.match(bare(102, T0), printed(102, T0));
      journal.match(bare(101.4, T1), printed(101.4, T1));
      return journal;
    },
  ],
  'a stop-limit that crosses when it is met': [
    1,
    () => {
      const journal = asks({ type: 'stop-limit', stop: decimal('101'), limit: decimal('101.5') });
      journal.match(bare(101.1, T0), printed(101.1, T0));
      return journal;
    },
  ],
  'a trailing stop': [
    1,
    () => {
      const journal = asks({ type: 'trailing-stop', trail: { kind: 'share', share: 0.02 } });
      journal.match(bare(98, T0), { ...printed(98, T0), extreme: 95.5 });
      return journal;
    },
  ],
  'legs of a group, in two currencies': [
    2,
    () => {
      const journal = placed(
        order({ groupId: 'G:1' }),
        order({ groupId: 'G:1' }, { id: 'E:2', symbol: 'RELIANCE', currency: 'INR', side: 'sell', stop: '103', target: '97' }),
      );
      const quotes = [touch(100, T0), touch(1_200, T0, 'RELIANCE')];
      journal.match({ nowMs: T0, quotes, books: [bookOf('BTC', T0)], previousCloses: { RELIANCE: 1_190 } }, { orderId: 'E:2' });
      return journal;
    },
  ],
  'legs of a group on both sides of one book': [
    2,
    () => {
      const journal = placed(
        order({ groupId: 'G:1' }),
        order({ groupId: 'G:1' }, { id: 'E:2', side: 'sell', quantity: '1', stop: '103', target: '97' }),
      );
      journal.match({ nowMs: T0, quotes: [touch(100, T0)], books: [bookOf('BTC', T0)] }, { orderId: 'E:1' });
      return journal;
    },
  ],
  'an order in the closing auction': [
    1,
    () => {
      const atMs = Date.parse('2026-09-15T15:32:00+05:30');
      const journal = placed(
        order({ tradedIn: 'closing-auction', timeInForce: 'DAY', acceptedMs: atMs - 60_000 }, { symbol: 'RELIANCE', currency: 'INR' }),
      );
      journal.match(bare(1_200, atMs, 'RELIANCE'), { orderId: 'E:1', tick: tickOf('RELIANCE', 1_200, atMs, { quantity: 5_000 }) });
      return journal;
    },
  ],
  'a stop that takes a part, calls back what of the entry is left, and closes the rest at market': [
    3,
    () => {
      const journal = placed(order());
      const tape = { volatility: 0.0002, minuteVolume: 12 };
      journal.match({ ...bare(100, T0), tape }, { orderId: 'E:1' });
      journal.match({ ...bare(98, T1), tape: { ...tape, minuteVolume: 14 } }, { orderId: EXIT_ID, tick: tickOf('BTC', 98, T1) });
      journal.match(bare(97.5, T2), { orderId: EXIT_ID, tick: tickOf('BTC', 97.5, T2) });
      return journal;
    },
  ],
  'a target that the market trades through within a bar': [
    2,
    () => {
      const journal = holding();
      const tick = tickOf('BTC', 103.5, T1, { motion: 'sweep', ahead: { low: 99, high: 103.5 }, quantity: 0 });
      journal.match(bare(103.5, T1), { orderId: EXIT_ID, tick });
      return journal;
    },
  ],
  'a stop that is assumed hit before the target of its bar': [
    2,
    () => {
      const journal = holding();
      const tick = tickOf('BTC', 103.5, T1, { motion: 'sweep', ahead: { low: 98, high: 103.5 }, sequence: 12 });
      journal.match(bare(103.5, T1), { orderId: EXIT_ID, tick });
      return journal;
    },
  ],
  'a trail that is caught up': [
    2,
    () => {
      const journal = holding({
        bracket: { stop: decimal('98.5'), target: null, trail: { kind: 'distance', distance: 1, basis: 'ATR' }, maxHoldingMs: null },
      });
      journal.match(bare(104, T1), { orderId: EXIT_ID, tick: tickOf('BTC', 104, T1), extreme: 105.2 });
      return journal;
    },
  ],
  'a close of a part and then of all, on a quote that others contradict': [
    3,
    () => {
      const journal = holding();
      closing(journal, '0.5');
      journal.match({ nowMs: T2, quotes: [{ ...touch(101, T2), check: checkOf('diverged') }] }, { orderId: EXIT_ID });
      closing(journal, null);
      journal.match({ nowMs: T3, quotes: [touch(101, T3)], books: [bookOf('BTC', T3)] }, { orderId: EXIT_ID });
      return journal;
    },
  ],
  'a close that leaves less than a lot of its venue': [
    2,
    () => {
      const journal = holding();
      closing(journal, '1.5');
      journal.match({ nowMs: T2, quotes: [touch(101, T2)], rules: [rulesOf('BTC')] }, { orderId: EXIT_ID });
      return journal;
    },
  ],
  'shares that are sold before they are delivered, and shares of the same day': [
    4,
    () => {
      const share = { symbol: 'RELIANCE', currency: 'INR', stop: '1150', target: '1300' } as const;
      const delivered = { product: 'delivery' } as const;
      const journal = placed(order(delivered, share), order(delivered, { ...share, id: 'E:2' }));
      for (const orderId of ['E:1', 'E:2']) journal.match({ nowMs: T0, quotes: [touch(1_200, T0, 'RELIANCE')] }, { orderId });
      const atMs = START_MS + 86_400_000;
      const tick = tickOf('RELIANCE', 1_140, atMs);
      for (const id of ['P:E:1', 'P:E:2']) journal.match(bare(1_140, atMs, 'RELIANCE'), { orderId: exitId(id, 1), tick });
      return journal;
    },
  ],
};

/** As a store gives them: read from their text. */
async function* stored(rows: readonly JournalRow[]): AsyncGenerator<JournalRow> {
  for (const row of rows) yield journalRowSchema.parse(JSON.parse(canonicalJson(row)));
}

async function explained(rows: readonly JournalRow[], running = 'test'): Promise<readonly FillExplanation[]> {
  const all: FillExplanation[] = [];
  for await (const explanation of explainFills(stored(rows), running)) all.push(explanation);
  return all;
}

describe('a fill that is made again from what the journal keeps', () => {
  it.each(Object.entries(KINDS))('is the same to the last digit: %s', async (_, [fills, make]) => {
    const explanations = await explained(make().rows);
    expect(explanations.flatMap(({ differences }) => differences)).toEqual([]);
    expect(explanations).toHaveLength(fills);
  });

  it('comes with its order and its position as they were before it, and what the account had taken by then', async () => {
    const [, make] = KINDS['a stop that takes a part, calls back what of the entry is left, and closes the rest at market'] ?? [];
    const [entry, part, rest] = await explained(make?.().rows ?? []);
    expect([entry?.position, entry?.takings]).toEqual([null, []]);
    expect(part?.order).toMatchObject({ id: EXIT_ID, fills: 0, atMarket: null });
    expect(part?.takings.map(({ side }) => side)).toEqual(['buy']);
    expect(rest?.order).toMatchObject({ fills: 1, atMarket: { reason: 'stop' } });
    expect(rest?.position?.closed?.quantity).toBe(part?.fill.quantity);
  });

  it('tells the rule behind each charge of a schedule, and none behind what no schedule states', async () => {
    const [, dusty] = KINDS['a close that leaves less than a lot of its venue'] ?? [];
    const [entry, exit] = await explained(dusty?.().rows ?? []);
    expect(entry?.charges.map(({ charge, rule }) => [charge.line, rule?.basis])).toEqual([['commission', 'quantity']]);
    expect(exit?.charges.map(({ charge, rule }) => [charge.line, rule?.basis])).toEqual([
      ['commission', 'notional'],
      ['dust', undefined],
    ]);
  });

  it('goes from the base price step by step to its own', async () => {
    const [, bookless] = KINDS['a market order without a book'] ?? [];
    const [fill] = await explained(bookless?.().rows ?? []);
    expect(fill?.steps.map(({ says }) => says)).toEqual([
      'last price, no book was known',
      'half the spread',
      'slippage of its volatility',
      'impact of its size',
      'rounded against the order',
    ]);
    expect(fill?.steps[0]?.price).toBe(100);
    expect(fill?.steps.at(-1)?.price).toBe(Number(text(fill?.fill.price ?? decimal('0'))));
    const prices = fill?.steps.map(({ price }) => price) ?? [];
    expect([...new Set(prices)].sort((a, b) => a - b)).toEqual(prices);
  });

  it('says under which settings it was made, and under which it is made again', async () => {
    const [fill] = await explained(holding().rows, 'of today');
    expect(fill?.settings).toEqual({ recorded: 'test', running: 'of today' });
  });

  it('is looked for by whoever wants it, and the others are passed over', async () => {
    const { rows } = holding();
    const found: string[] = [];
    for await (const { fill } of explainFills(stored(rows), 'test', ({ id }) => id === 'F:E:1:1')) found.push(fill.id);
    for await (const { fill } of explainFills(stored(rows), 'test', () => false)) found.push(fill.id);
    expect(found).toEqual(['F:E:1:1']);
  });
});

/** The last fill of a journal, changed. */
const changedFill = (rows: readonly JournalRow[], change: (fill: Fill) => Fill, chain: typeof forged = forged): readonly JournalRow[] => {
  const last = rows.findLast(({ event }) => event.type === 'filled');
  return chain(rows, last?.seq ?? 0, (event) => (event.type === 'filled' ? { ...event, fill: change(event.fill) } : event));
};

/** The same, by somebody who leaves the hashes as they are. */
const unchained: typeof forged = (rows, seq, change) => rows.map((row) => (row.seq === seq ? { ...row, event: change(row.event) } : row));

const whatDiffers = async (rows: readonly JournalRow[]): Promise<readonly string[]> =>
  (await explained(rows)).flatMap(({ differences }) => differences.map(({ what }) => what));

describe('a fill that was changed', () => {
  it('is caught by its price, though the hashes were made anew', async () => {
    const rows = changedFill(holding().rows, (fill) => ({ ...fill, price: decimal('100') }));
    expect(await whatDiffers(rows)).toEqual(['filled: fill.price']);
    expect((await explained(rows))[0]?.differences).toEqual([{ what: 'filled: fill.price', recorded: '100', recomputed: '100.01' }]);
  });

  it('is caught by a charge', async () => {
    const rows = changedFill(holding().rows, (fill) => ({
      ...fill,
      charges: fill.charges.map((charge) => ({ ...charge, amount: decimal('0.01') })),
    }));
    expect(await whatDiffers(rows)).toEqual(['filled: fill.charges[0].amount']);
  });

  it('is caught by a digit of the quote that it was made from', async () => {
    const rows = changedFill(holding().rows, (fill) => ({
      ...fill,
      provenance: { ...fill.provenance, quote: { ...fill.provenance.quote, ask: 100.02 } },
    }));
    expect(await whatDiffers(rows)).toContain('filled: fill.price');
  });

  it('is caught by a digit on which nothing depends, by the hash', async () => {
    const late = (fill: Fill): Fill => ({ ...fill, provenance: { ...fill.provenance, quote: { ...fill.provenance.quote, receivedMs: T0 - 1 } } });
    expect(await whatDiffers(changedFill(holding().rows, late, unchained))).toEqual(['hash of journal row 3']);
  });

  it('is caught when its market would have filled nothing, with the reason', async () => {
    const old = (fill: Fill): Fill => ({
      ...fill,
      provenance: { ...fill.provenance, quote: { ...fill.provenance.quote, receivedMs: START_MS - 60_000 } },
    });
    const [fill] = await explained(changedFill(holding().rows, old));
    expect(fill?.differences).toEqual([
      { what: 'decision', recorded: 'filled', recomputed: 'not filled: the price of BTC is 61 s old, at most 30 s is allowed' },
    ]);
  });

  it('is caught when its book had one side only', async () => {
    const journal = placed(order());
    journal.match({ nowMs: T0, quotes: [touch(100, T0)], books: [bookOf('BTC', T0)] }, { orderId: 'E:1' });
    const rows = changedFill(journal.rows, (fill) => {
      const { book } = fill.provenance;
      return { ...fill, provenance: { ...fill.provenance, book: book === null ? null : { ...book, ownBest: null } } };
    });
    expect((await explained(rows))[0]?.differences).toMatchObject([{ recomputed: 'not filled: nobody bids' }]);
  });

  it('is caught when what was done with it is not there', async () => {
    const [, make] = KINDS['a part at once, the rest cancelled'] ?? [];
    const rows = make?.().rows ?? [];
    expect(rows.at(-1)?.event.type).toBe('order-ended');
    expect(await whatDiffers(rows.slice(0, -1))).toEqual(['event order-ended']);
  });

  it('is caught whatever is changed of what was worked out, though the hashes were made anew', async () => {
    const { rows } = KINDS['a close of a part and then of all, on a quote that others contradict']?.[1]() ?? holding();
    const fill = rows.findLast(({ event }) => event.type === 'filled')?.event;
    if (fill?.type !== 'filled') throw new Error('Nothing was filled');
    const worked = leavesOf(fill.fill).filter((path) => !IS_INPUT.test(path));
    expect(worked.length).toBeGreaterThan(50);
    const missed: string[] = [];
    for (const path of worked) {
      const changed = (of: Fill): Fill => withChanged(of, path.split('.'));
      expect(valueDifferences(fill.fill, changed(fill.fill)).length).toBe(1);
      // Of some changes the ledger itself says that they contradict what was before.
      const isCaught = await Promise.resolve()
        .then(() => whatDiffers(changedFill(rows, changed)))
        .then(
          (differences) => differences.length > 0,
          () => true,
        );
      if (!isCaught) missed.push(path);
    }
    expect(missed).toEqual([]);
  });
});

/** What a fill is made from: another input is another fill, or it changes nothing. */
const IS_INPUT = /^(rate|atMs|provenance\.(quote|book|tick|rules|extreme|queueAhead|volatility|minuteVolume|previousClose|configVersion))(\.|$)/;

function leavesOf(value: unknown, path = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, part]) => leavesOf(part, path === '' ? key : `${path}.${key}`));
}

function withChanged<T>(value: T, [key = '', ...rest]: readonly string[]): T {
  if (Array.isArray(value)) return value.map((part, index) => (String(index) === key ? changedPart(part, rest) : part)) as T;
  const object = value as Record<string, unknown>;
  return { ...object, [key]: changedPart(object[key], rest) } as T;
}

const changedPart = (part: unknown, rest: readonly string[]): unknown => (rest.length > 0 ? withChanged(part, rest) : another(part));

function another(value: unknown): unknown {
  if (typeof value === 'bigint') return value + 1n;
  if (typeof value === 'number') return value + 1;
  return `${value}?`;
}
