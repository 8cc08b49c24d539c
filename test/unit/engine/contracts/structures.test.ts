import { describe, expect, it } from 'vitest';
import { indexBySymbol } from '../../../../shared/config/indices.ts';
import { instrumentBySymbol } from '../../../../shared/config/instruments.ts';
import { heldStructures, profitPerUnit, structureExit } from '../../../../shared/engine/contracts/structure-exits.ts';
import { decideMatch } from '../../../../shared/engine/decide-match.ts';
import { decideMonitor } from '../../../../shared/engine/decide-monitor.ts';
import { decideScan, type ScanView } from '../../../../shared/engine/decide-scan.ts';
import { draftOn } from '../../../../shared/engine/draft.ts';
import { explainCommand } from '../../../../shared/engine/explain-fill.ts';
import { requestExit } from '../../../../shared/engine/request-exit.ts';
import { decimal, sum, text, toNumber } from '../../../../shared/kernel/decimal.ts';
import { DAY_MS, MINUTE_MS } from '../../../../shared/kernel/time.ts';
import { type Account, blockedCash } from '../../../../shared/ledger/account.ts';
import { NO_MODELS } from '../../../../shared/ml/no-models.ts';
import type { StructureExits, StructureOpportunity } from '../../../../shared/strategies/strategy.ts';
import { chainSource } from '../../../support/contract-chains.ts';
import { bareQuote, startedAccount, viewOfSketch } from '../../../support/engine-fixtures.ts';
import { START_MS } from '../../../support/ledger-fixtures.ts';

const [SOLD, BOUGHT] = ['BTC-2025-01-31-90000-C', 'BTC-2025-01-31-95000-C'] as const;
type Books = Readonly<Record<string, readonly [number | null, number | null, number?]>>;
const BOOKS: Books = { [SOLD]: [0.02, 0.0205], [BOUGHT]: [0.0095, 0.01] };

const marketAt = (nowMs: number, books: Books = BOOKS, spot = 80_000): ScanView => ({
  ...viewOfSketch({
    nowMs,
    rates: { USDT: '1', BTC: String(spot) },
    quotes: [bareQuote('BTC', spot, nowMs, { bid: spot - 1, ask: spot + 1 })],
    chains: chainSource([{ atMs: nowMs, venue: 'deribit', spot, books }]),
  }),
  chart: () => null,
  model: NO_MODELS,
});

const NO_EXITS: StructureExits = { takeProfit: null, stopLoss: null, closeBeforeExpiryMs: null, shortDelta: null, convergedBps: null };

/** A bear call spread: 800 dollars are received a coin, 4,200 can be lost. */
const spread = (more: Partial<StructureOpportunity> = {}): StructureOpportunity => ({
  kind: 'structure',
  structure: 'vertical-spread',
  underlying: 'BTC',
  legs: [
    { instrument: instrumentBySymbol(SOLD), side: 'sell', ratio: 1, price: 0.02 },
    { instrument: instrumentBySymbol(BOUGHT), side: 'buy', ratio: 1, price: 0.01 },
  ],
  unit: 0.1,
  maxLoss: 4_200,
  maxProfit: 800,
  riskPerUnit: 4_200,
  exits: NO_EXITS,
  maxHoldingMs: 10 * DAY_MS,
  confidence: 0.8,
  leastConfidence: 0.6,
  parts: [],
  volatility: 0.01,
  why: 'Volatility is dear',
  ...more,
});

const scanned = (account: Account, proposal: StructureOpportunity, view = marketAt(START_MS + MINUTE_MS)) =>
  decideScan(account, view, {
    id: 'scan:CRYPTO:1',
    ordinal: 1,
    minuteMs: START_MS,
    markets: ['CRYPTO'],
    configVersion: 'test',
    questions: [
      {
        strategy: { name: 'options', timeframes: ['15m'], readsDerivatives: true, evaluate: () => proposal },
        instrument: instrumentBySymbol('BTC'),
        base: null,
      },
    ],
  });

/** The account after the group of the scan has been looked at. */
const filledOn = (account: Account, view: ScanView): Account => {
  const [order] = account.orders.values();
  if (order === undefined) throw new Error('nothing was placed');
  return decideMatch(account, view, { orderId: order.id, tick: null, extreme: null, queueAhead: null, configVersion: 'test' })?.account() ?? account;
};

const held = (proposal: StructureOpportunity = spread()): Account =>
  filledOn(scanned(startedAccount(), proposal).draft.account(), marketAt(START_MS + MINUTE_MS + 5_000));

const swept = (account: Account, view: ScanView) => decideMonitor(account, view, { id: 'monitor', minuteMs: view.nowMs, squareOffMs: null });
const reasons = (account: Account): readonly (string | null)[] =>
  [...account.orders.values()].map((order) => (order.purpose === 'exit' ? (order.atMarket?.reason ?? null) : 'entry'));

describe('a structure that a strategy proposes', () => {
  it('is sized by what it can lose, and placed as one group whose legs carry its margin', () => {
    const { draft, record } = scanned(startedAccount(), spread());
    // 4 % of 100,000 over 4,200 a coin, in tenths
    expect(record.decisions).toMatchObject([
      { outcome: 'taken', symbol: 'BTC', direction: null, sizedBy: 'strategyMaxPosition', quantity: decimal('0.9') },
    ]);
    expect(record.decisions[0]?.structure).toMatchObject({ name: 'vertical-spread', maxLoss: 4_200, legs: [{ symbol: SOLD }, { symbol: BOUGHT }] });
    const orders = [...draft.account().orders.values()].flatMap((order) => (order.purpose === 'entry' ? order : []));
    expect(orders.map(({ side, quantity, product }) => [side, text(quantity), product])).toEqual([
      ['sell', '0.9', 'option'],
      ['buy', '0.9', 'option'],
    ]);
    expect(new Set(orders.map(({ groupId }) => groupId)).size).toBe(1);
    // No more than can be lost beyond what is received and paid: 0.9 x 5,000, in coin at 80,000.
    expect(toNumber(sum(orders.map(({ margin = decimal('0') }) => margin)))).toBeCloseTo(0.9 * 5_000, 0);
  });

  it('fills all legs in one step, or none while one of them cannot be had', () => {
    const placed = scanned(startedAccount(), spread()).draft.account();
    const oneSided = marketAt(START_MS + MINUTE_MS + 5_000, { ...BOOKS, [BOUGHT]: [0.0095, null] });
    expect(filledOn(placed, oneSided)).toBe(placed);
    const account = filledOn(placed, marketAt(START_MS + MINUTE_MS + 5_000));
    expect([...account.positions.values()].map(({ symbol, direction }) => [symbol, direction])).toEqual([
      [SOLD, 'short'],
      [BOUGHT, 'long'],
    ]);
    expect(new Set([...account.positions.values()].map(({ structure }) => structure?.id)).size).toBe(1);
    expect(toNumber(blockedCash(account))).toBeCloseTo(4_500, 0);
  });

  it.each<readonly [string, string, StructureOpportunity, Account | null, ScanView | null]>([
    ['a confidence below its own rules', 'leastConfidence', spread({ confidence: 0.5 }), null, null],
    ['a leg that nobody bids for', 'one_sided_quote', spread(), null, marketAt(START_MS + MINUTE_MS, { ...BOOKS, [SOLD]: [null, 0.0205] })],
    ['a leg whose price is old', 'maxPriceAgeMs', spread(), null, { ...marketAt(START_MS + MINUTE_MS), nowMs: START_MS + 3 * MINUTE_MS }],
    ['a risk that leaves less than its least size', 'strategyMaxPosition', spread({ riskPerUnit: 50_000 }), null, null],
    ['one on an underlying that it holds already', 'already_in_position', spread(), held(), null],
  ])('is refused for %s: %s', (_, reason, proposal, account, view) => {
    const { draft, record } = scanned(account ?? startedAccount(), proposal, view ?? marketAt(START_MS + MINUTE_MS));
    expect(record.decisions).toMatchObject([{ outcome: 'refused', reason }]);
    expect(draft.rows).toHaveLength(0);
  });

  it('may be asked about an index, which has no bars', () => {
    expect(indexBySymbol('nifty')).toMatchObject({ symbol: 'NIFTY', contract: null });
  });
});

describe('a structure that is held', () => {
  const LATER_MS = START_MS + 60 * MINUTE_MS;
  const profitOf = (account: Account, view: ScanView): number => profitPerUnit(heldStructures(account)[0] as never, view) ?? Number.NaN;

  it('is worth what closing all legs brings: bought back at the ask, sold at the bid, net of the entry charges', () => {
    // (0.02 - 0.01) received; (0.0105 - 0.0045) to close; two fees of .0003 coin, at 80,000
    const view = marketAt(LATER_MS, { [SOLD]: [0.01, 0.0105], [BOUGHT]: [0.0045, 0.005] });
    expect(profitOf(held(), view)).toBeCloseTo((0.01 - 0.006 - 0.0006) * 80_000, 3);
  });

  it.each<readonly [string, string, Partial<StructureExits>, Books, number]>([
    ['its profit reaches the target', 'target', { takeProfit: 200 }, { [SOLD]: [0.01, 0.0105], [BOUGHT]: [0.0045, 0.005] }, LATER_MS],
    ['its loss reaches the stop', 'stop', { stopLoss: 500 }, { [SOLD]: [0.04, 0.0405], [BOUGHT]: [0.02, 0.0205] }, LATER_MS],
    ['expiry is near', 'time', { closeBeforeExpiryMs: DAY_MS }, BOOKS, Date.parse('2025-01-30T08:00:00Z')],
    [
      'a short option is too likely to end in the money',
      'delta',
      { shortDelta: 0.3 },
      { [SOLD]: [0.1, 0.1005, 2], [BOUGHT]: [0.08, 0.0805, 2] },
      LATER_MS,
    ],
  ])('is closed on all legs together when %s', (_, reason, exits, books, nowMs) => {
    const account = held(spread({ exits: { ...NO_EXITS, ...exits }, maxHoldingMs: 60 * DAY_MS }));
    expect(reasons(swept(account, marketAt(LATER_MS - MINUTE_MS)).account())).toEqual([null, null]);
    const draft = swept(account, marketAt(nowMs, books));
    expect(reasons(draft.account())).toEqual([reason, reason]);
  });

  it('whose stop is judged at the middles is not stopped by wide books, and by its mark where nobody bids any more', () => {
    const account = held(spread({ exits: { ...NO_EXITS, stopLoss: 200, stopAt: 'middle' } }));
    const stopped = (books: Books) => reasons(swept(account, marketAt(LATER_MS, books)).account());
    // 800 were received; at the middles 800 would be paid, through the books 1,280.
    const wide: Books = { [SOLD]: [0.017, 0.023], [BOUGHT]: [0.007, 0.013] };
    expect(profitOf(account, marketAt(LATER_MS, wide))).toBeLessThan(-200);
    expect(stopped(wide)).toEqual([null, null]);
    expect(stopped({ [SOLD]: [0.021, 0.027], [BOUGHT]: [0.007, 0.013] })).toEqual(['stop', 'stop']);
    expect(stopped({ [SOLD]: [0.0195, 0.0205], [BOUGHT]: [null, 0.01] })).toEqual([null, null]);
    expect(stopped({ [SOLD]: [null, 0.0245], [BOUGHT]: [0.0095, 0.01] })).toEqual(['stop', 'stop']);
  });

  it('judges no profit on prices that are old for a leg, but time needs none', () => {
    const account = held(spread({ exits: { ...NO_EXITS, stopLoss: 1 } }));
    const [structure] = heldStructures(account);
    const view = marketAt(LATER_MS, { [SOLD]: [0.04, 0.0405], [BOUGHT]: [0.02, 0.0205] });
    if (structure === undefined) throw new Error('nothing is held');
    expect(structureExit(account, structure, view)).toBe('stop');
    expect(structureExit(account, structure, { ...view, nowMs: LATER_MS + 2 * MINUTE_MS })).toBeNull();
  });

  it('never leaves a leg alone: one that is closed by hand takes the others along', () => {
    const account = held();
    const [first] = account.positions.values();
    if (first === undefined) throw new Error('nothing is held');
    const asked = draftOn(account, 'close');
    requestExit(asked, first, { reason: 'manual', quantity: null, nowMs: LATER_MS });
    expect(reasons(swept(asked.account(), marketAt(LATER_MS)).account())).toEqual(['manual', 'manual']);
    const alone = decideMatch(asked.account(), marketAt(LATER_MS + 5_000), {
      orderId: first.exitId,
      tick: null,
      extreme: null,
      queueAhead: null,
      configVersion: 'test',
    })?.account();
    expect(alone?.positions.size).toBe(1);
    expect(reasons(swept(alone as Account, marketAt(LATER_MS + 10_000)).account())).toEqual(['leg-lost']);
  });

  describe('that is being closed', () => {
    const closing = (account = held()): Account => {
      const draft = draftOn(account, 'close all');
      for (const leg of account.positions.values()) requestExit(draft, leg, { reason: 'stop', quantity: null, nowMs: LATER_MS });
      return draft.account();
    };
    const matchedBy = (account: Account, symbol: string, books: Books = BOOKS) => {
      const exit = [...account.orders.values()].find((order) => order.symbol === symbol);
      return decideMatch(account, marketAt(LATER_MS + 5_000, books), {
        orderId: exit?.id ?? '',
        tick: null,
        extreme: null,
        queueAhead: null,
        configVersion: 'test',
      });
    };
    const filledSymbols = (draft: ReturnType<typeof matchedBy>) =>
      draft?.rows.flatMap(({ event }) => (event.type === 'filled' ? [event.fill.symbol] : [])) ?? [];

    it.each([SOLD, BOUGHT])('leaves on all legs in one step, what was sold first, whichever leg is looked at: %s', (symbol) => {
      const account = closing();
      const draft = matchedBy(account, symbol);
      expect(filledSymbols(draft)).toEqual([SOLD, BOUGHT]);
      expect(draft?.commandId).toBe(matchedBy(account, SOLD)?.commandId);
      expect(draft?.account().positions.size).toBe(0);
      expect(explainCommand(account, draft?.rows ?? [], 'test').flatMap(({ differences }) => differences)).toEqual([]);
    });

    it('buys back what was sold alone where the bought leg finds no bid, which goes on working', () => {
      const noBid: Books = { ...BOOKS, [BOUGHT]: [null, 0.01] };
      expect(matchedBy(closing(), BOUGHT, noBid)).toBeNull();
      const alone = matchedBy(closing(), SOLD, noBid);
      expect(filledSymbols(alone)).toEqual([SOLD]);
      const left = alone?.account() as Account;
      expect(reasons(left)).toEqual(['stop']);
      expect(filledSymbols(matchedBy(left, BOUGHT))).toEqual([BOUGHT]);
    });

    it('never sells what was bought while what was sold is open, and tells why it waits', () => {
      const noOffer: Books = { ...BOOKS, [SOLD]: [0.02, null] };
      const account = closing();
      expect([SOLD, BOUGHT].map((symbol) => matchedBy(account, symbol, noOffer))).toEqual([null, null]);
      const told = swept(account, marketAt(LATER_MS + 2 * MINUTE_MS, noOffer)).rows.flatMap(({ event }) =>
        event.type === 'order-waiting' ? [event.waiting?.code] : [],
      );
      expect(told.sort()).toEqual(['legs_in_order', 'one_sided_quote']);
    });

    it('holds the bought leg back also where somebody asks for it alone', () => {
      const account = held();
      const draft = draftOn(account, 'close one');
      const bought = [...account.positions.values()].find(({ symbol }) => symbol === BOUGHT);
      if (bought === undefined) throw new Error('nothing is held');
      requestExit(draft, bought, { reason: 'manual', quantity: null, nowMs: LATER_MS });
      expect(matchedBy(draft.account(), BOUGHT)).toBeNull();
      const joined = swept(draft.account(), marketAt(LATER_MS + 1_000)).account();
      expect(filledSymbols(matchedBy(joined, BOUGHT))).toEqual([SOLD, BOUGHT]);
    });
  });

  describe('that was closed', () => {
    const exitsAsked = (account: Account): Account => {
      const draft = draftOn(account, 'close all');
      for (const leg of account.positions.values()) requestExit(draft, leg, { reason: 'stop', quantity: null, nowMs: LATER_MS });
      return draft.account();
    };
    const looked = (account: Account, symbol: string, books: Books): Account => {
      const exit = [...account.orders.values()].find((order) => order.symbol === symbol);
      const command = { orderId: exit?.id ?? '', tick: null, extreme: null, queueAhead: null, configVersion: 'test' };
      return decideMatch(account, marketAt(LATER_MS + 5_000, books), command)?.account() ?? account;
    };
    const LOSING: Books = { [SOLD]: [0.03, 0.0305], [BOUGHT]: [0.0145, 0.015] };

    it('is one trade of its strategy, by what it could lose: for the pause after losses and for Kelly', () => {
      const { record, totals } = looked(exitsAsked(held()), SOLD, LOSING);
      // Both legs have their own places among the trades; the record knows one
      expect(totals.trades).toBe(2);
      expect(record.traders.options).toMatchObject({ trades: 1, wins: 0, lossesInARow: 1, lastLossMs: LATER_MS + 5_000 });
      expect(record.traders.options?.lossReturns).toBeCloseTo(-toNumber(totals.realised) / (0.9 * 4_200), 8);
      expect(record).not.toHaveProperty('structures');
    });

    it('is no trade before its last leg is closed, and counts what the first had come to', () => {
      const partly = looked(exitsAsked(held()), SOLD, { ...LOSING, [BOUGHT]: [null, 0.015] });
      expect(partly.positions.size).toBe(1);
      expect(partly.record.traders).toEqual({});
      const [open] = Object.values(partly.record.structures ?? {});
      expect(open?.net).toBe(partly.totals.realised);
      const whole = looked(partly, BOUGHT, LOSING);
      expect(whole.record.traders.options).toMatchObject({ trades: 1 });
      expect(whole.record.traders.options?.lossReturns).toBeCloseTo(-toNumber(whole.totals.realised) / (0.9 * 4_200), 8);
    });

    it('makes its strategy pause after so many in a row, and sizes it by its record', () => {
      const started = startedAccount();
      const recorded = (traders: Account['record']['traders']): Account => ({ ...started, record: { ...started.record, traders } });
      const lost = { trades: 5, wins: 0, winReturns: 0, lossReturns: 2, lossesInARow: 5, lastLossMs: START_MS };
      expect(scanned(recorded({ options: lost }), spread()).record.decisions).toMatchObject([{ outcome: 'refused', reason: 'maxConsecutiveLosses' }]);
      // Two of five win half of what is staked, three lose half of it: no edge, but for a probe of 1 %
      const poor = { trades: 40, wins: 16, winReturns: 8, lossReturns: 12, lossesInARow: 0, lastLossMs: null };
      const [decision] = scanned(recorded({ options: poor }), spread()).record.decisions;
      expect(decision).toMatchObject({ outcome: 'taken', sizedBy: 'kelly', quantity: decimal('0.2') });
    });
  });

  it('is called when equity no longer carries what must stay behind it', () => {
    const poor = filledOn(
      scanned(startedAccount('20000'), spread({ legs: spread().legs.slice(0, 1), riskPerUnit: 4_000 })).draft.account(),
      marketAt(START_MS + MINUTE_MS + 5_000),
    );
    expect(poor.positions.size).toBe(1);
    expect(reasons(swept(poor, marketAt(LATER_MS)).account())).toEqual([null]);
    const crashed = marketAt(LATER_MS, { [SOLD]: [1.5, 1.6], [BOUGHT]: [1.4, 1.5] }, 250_000);
    expect(reasons(swept(poor, crashed).account())).toEqual(['margin-call']);
  });
});
