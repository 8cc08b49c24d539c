import type { ScanRecord } from '../../shared/contracts/decisions.ts';
import type { Fill, Trade } from '../../shared/contracts/fill.ts';
import type { JournalEvent, JournalEventOf, JournalRow } from '../../shared/contracts/journal.ts';
import type { EntryOrder } from '../../shared/contracts/order.ts';
import type { Rate } from '../../shared/contracts/terms.ts';
import type { Commit, Receipt } from '../../shared/engine/ports.ts';
import { add, type Decimal, decimal, multiply, ONE, subtract, sum } from '../../shared/kernel/decimal.ts';
import type { Account } from '../../shared/ledger/account.ts';
import { apply, journalRow } from '../../shared/ledger/apply.ts';
import { bandAmounts } from '../../shared/ledger/entry-fill.ts';
import { partOfEntry } from '../../shared/ledger/parts.ts';
import {
  capitalPostings,
  cashChange,
  entryPostings,
  exitPostings,
  type FillAmounts,
  realisedResult,
  unitsTaken,
} from '../../shared/ledger/postings.ts';
import { tradeOf } from '../../shared/ledger/trade.ts';
import { AT_MARKET, UNFILLED } from '../../shared/ledger/unfilled.ts';
import type { Currency } from '../../shared/market/instrument.ts';

/** Events of a session as the engine would make them, with what a test does not care about filled in. */

export const START_MS = Date.UTC(2025, 0, 6, 4, 0);

export const LIMITS = {
  maxPositionSize: 0.2,
  maxTotalExposure: 0.8,
  maxDailyLoss: 0.05,
  maxPortfolioRisk: 0.15,
  minPositionUsd: 100,
  maxPriceAgeMs: 30_000,
} as const;

export const QUOTE = {
  last: 100,
  bid: 99.99,
  ask: 100.01,
  bidSize: 3,
  askSize: null,
  exchangeMs: START_MS,
  receivedMs: START_MS + 12,
  source: 'test',
  evidence: 'simulated',
} as const;

export const rateOf = (currency: Currency, value = '1'): Rate => ({ currency, value: decimal(value), source: 'test', asOfMs: START_MS });

export function sessionStarted(sessionId: string, capital = '100000', atMs = START_MS): JournalEventOf<'session-started'> {
  return {
    type: 'session-started',
    atMs,
    sessionId,
    startingCapital: decimal(capital),
    strategies: ['scalping', 'swing'],
    limits: LIMITS,
    evidence: 'simulated',
    scope: 'test',
    seed: 'seed',
    dayDate: '2025-01-06',
    configVersion: 'test',
    postings: capitalPostings(decimal(capital)),
  };
}

export interface EntrySketch {
  readonly id?: string;
  readonly symbol?: string;
  readonly side?: 'buy' | 'sell';
  readonly currency?: Currency;
  readonly quantity?: string;
  readonly reserved?: string;
  readonly stop?: string;
  readonly target?: string;
  readonly atMs?: number;
}

export function entryOrder(sketch: EntrySketch = {}): EntryOrder {
  const {
    id = 'E:1',
    symbol = 'BTC',
    side = 'buy',
    currency = 'USDT',
    quantity = '2',
    reserved = '201',
    stop = '98.5',
    target = '103',
    atMs = START_MS,
  } = sketch;
  return {
    purpose: 'entry',
    id,
    ...UNFILLED,
    ...AT_MARKET,
    positionId: `P:${id}`,
    strategy: 'scalping',
    symbol,
    market: currency === 'INR' ? 'NSE' : 'CRYPTO',
    currency,
    product: currency === 'INR' ? 'intraday' : 'spot',
    side,
    quantity: decimal(quantity),
    acceptedMs: atMs,
    activeFromMs: atMs + 80,
    reserved: decimal(reserved),
    bracket: { stop: decimal(stop), target: decimal(target), trail: null, maxHoldingMs: 900_000 },
    intent: {
      decisionId: `${id}:decision`,
      confidence: 0.1 + 0.2,
      parts: [{ name: 'momentum', weight: 1, score: 0.7, why: 'a burst' }],
      why: 'a burst with volume',
      timeframe: '1m',
      lastBarMs: atMs - 60_000,
      volatility: 0.0123,
      quote: QUOTE,
      configVersion: 'test',
      modelVersion: null,
    },
  };
}

export const orderPlaced = (order: EntryOrder): JournalEvent => ({ type: 'order-placed', atMs: order.acceptedMs, order });

export interface FillSketch {
  readonly price: string;
  /** What is still to be filled, unless a test says less. */
  readonly quantity?: string;
  readonly rate?: string;
  readonly commission?: string;
  /** Units that the venue takes instead of money; `commission` is then their worth. */
  readonly taken?: string;
  /** The kinder and the harsher price; the booked one unless a test says another. */
  readonly band?: readonly [optimistic: string, pessimistic: string];
  readonly slippage?: string;
  readonly atMs?: number;
}

/** Fills a working entry of the account. */
export function entryFill(account: Account, orderId: string, sketch: FillSketch): JournalEventOf<'filled'> {
  const order = account.orders.get(orderId);
  if (order?.purpose !== 'entry') throw new Error(`No working entry ${orderId}`);
  const amounts = fillAmounts(order, sketch);
  const fill = { ...commonFill(order, sketch, amounts), purpose: 'entry', trigger: 'market', realised: null, exitReason: null } as const;
  return { type: 'filled', atMs: fill.atMs, fill: { ...fill, postings: entryPostings(amounts) } };
}

/** Fills the resting exit of a position of the account. */
export function exitFill(
  account: Account,
  positionId: string,
  sketch: FillSketch & { readonly reason?: 'stop' | 'target' },
): JournalEventOf<'filled'> {
  const { reason = 'target' } = sketch;
  const position = account.positions.get(positionId);
  const order = position === undefined ? undefined : account.orders.get(position.exitId);
  if (position === undefined || order === undefined) throw new Error(`No open position ${positionId}`);
  const amounts = fillAmounts(order, sketch);
  const common = commonFill(order, sketch, amounts);
  const { better: exitBetter, worse: exitWorse } = bandAmounts(common);
  const part = partOfEntry(position, amounts.quantity);
  const { direction, entryRate } = position;
  const closed = { direction, entryRate, ...part, exitSlippage: common.slippage, exitBetter, exitWorse };
  const postings = exitPostings(amounts, closed);
  const realised = realisedResult(amounts, closed, cashChange(postings));
  const fill = { ...common, purpose: 'exit', trigger: reason, realised, exitReason: reason, postings } as const;
  return { type: 'filled', atMs: fill.atMs, fill };
}

type Filled = Pick<
  EntryOrder,
  'id' | 'positionId' | 'strategy' | 'symbol' | 'market' | 'currency' | 'side' | 'quantity' | 'filledQuantity' | 'fills' | 'acceptedMs'
>;

function fillAmounts(order: Filled, { price, quantity: asked, rate = '1', commission = '0.2', taken }: FillSketch): FillAmounts {
  const quantity = asked === undefined ? subtract(order.quantity, order.filledQuantity) : decimal(asked);
  return {
    positionId: order.positionId,
    symbol: order.symbol,
    currency: order.currency,
    isMargined: false,
    side: order.side,
    quantity,
    notional: multiply(quantity, decimal(price)),
    charges: [
      {
        line: 'commission',
        amount: decimal(commission),
        ...(taken === undefined ? {} : { taken: { currency: order.symbol, amount: decimal(taken) } }),
      },
    ],
    rate: decimal(rate),
  };
}

function commonFill(
  order: Filled,
  sketch: FillSketch,
  amounts: FillAmounts,
): Omit<Fill, 'purpose' | 'trigger' | 'realised' | 'exitReason' | 'postings'> {
  return {
    id: `${order.id}:${order.fills + 1}`,
    orderId: order.id,
    ordinal: order.fills + 1,
    positionId: order.positionId,
    strategy: order.strategy,
    symbol: order.symbol,
    market: order.market,
    side: order.side,
    quantity: amounts.quantity,
    price: decimal(sketch.price),
    currency: order.currency,
    liquidity: 'taker',
    band: { optimistic: decimal(sketch.band?.[0] ?? sketch.price), pessimistic: decimal(sketch.band?.[1] ?? sketch.price) },
    charges: amounts.charges,
    unitsLost: unitsTaken(amounts.charges),
    slippage: decimal(sketch.slippage ?? '0'),
    rate: rateOf(order.currency, sketch.rate),
    evidence: 'simulated',
    provenance: {
      quote: QUOTE,
      book: null,
      tick: null,
      extreme: null,
      queueAhead: null,
      previousClose: null,
      rules: null,
      configVersion: 'test',
      modelVersion: null,
      basePrice: decimal(sketch.price),
      baseRule: 'last',
      halfSpreadShare: 0.0001,
      slippageShare: 1 / 3,
      impactShare: 0,
      regime: 'low',
      volatility: 0.0123,
      minuteVolume: null,
      latencyMs: 80,
      seed: order.id,
    },
    taken: null,
    atMs: sketch.atMs ?? order.acceptedMs + 100,
  };
}

/** The account after events of one command, with the rows and trades that a commit keeps. */
export function happen(
  before: Account | null,
  commandId: string,
  events: readonly (JournalEvent | ((account: Account) => JournalEvent))[],
): { readonly after: Account; readonly rows: readonly JournalRow[]; readonly trades: readonly Trade[] } {
  let account = before;
  const rows: JournalRow[] = [];
  const trades: Trade[] = [];
  for (const next of events) {
    const event = typeof next === 'function' ? next(started(account)) : next;
    const row = journalRow(account, commandId, event);
    const trade = tradeOf(account, row);
    if (trade !== null) trades.push(trade);
    rows.push(row);
    account = apply(account, row);
  }
  return { after: started(account), rows, trades };
}

function started(account: Account | null): Account {
  if (account === null) throw new Error('The session has not started');
  return account;
}

/** A commit of the events as one command. */
export function commitOf(
  before: Account | null,
  commandId: string,
  events: Parameters<typeof happen>[2],
  more: { readonly scan?: ScanRecord; readonly fence?: Commit['fence']; readonly outcome?: unknown } = {},
): Commit {
  const { after, rows, trades } = happen(before, commandId, events);
  const receipt: Receipt = { id: commandId, bodyDigest: null, seq: after.seq, outcome: more.outcome ?? { done: commandId } };
  return { before, after, rows, trades, receipt, scan: more.scan ?? null, fence: more.fence ?? null };
}

/** The events of a round trip: an entry placed and filled, and its exit filled at a target. */
export function roundTrip(
  sketch: EntrySketch = {},
  prices: { readonly entry: string; readonly exit: string } = { entry: '100', exit: '103' },
): Parameters<typeof happen>[2] {
  const order = entryOrder(sketch);
  return [
    orderPlaced(order),
    (account) => entryFill(account, order.id, { price: prices.entry }),
    (account) => exitFill(account, order.positionId, { price: prices.exit, atMs: order.acceptedMs + 60_000 }),
  ];
}

export const equityMarked = (atMs: number, equity = '100000', exposure: Decimal = ONE): JournalEvent => ({
  type: 'equity-marked',
  atMs,
  equity: decimal(equity),
  exposure,
});

export function scanRecord(minuteMs: number, ordinal: number, more: Partial<ScanRecord> = {}): ScanRecord {
  return {
    id: `scan:${minuteMs}`,
    ordinal,
    minuteMs,
    atMs: minuteMs + 2_000,
    markets: ['CRYPTO'],
    decisions: [decision(minuteMs)],
    quiet: [{ strategy: 'swing', reason: 'no_setup', symbols: ['BTC', 'ETH'] }],
    missingBars: [],
    ...more,
  };
}

function decision(minuteMs: number): ScanRecord['decisions'][number] {
  return {
    id: `decision:${minuteMs}`,
    strategy: 'scalping',
    symbol: 'BTC',
    market: 'CRYPTO',
    timeframe: '1m',
    outcome: 'refused',
    reason: 'low_confidence',
    why: 'Confidence 0.55 is below 0.60',
    limit: { name: 'leastConfidence', value: 0.55, threshold: 0.6 },
    direction: 'long',
    confidence: 0.55,
    parts: [{ name: 'momentum', weight: 0.1 + 0.2, score: null, why: 'not warm' }],
    entry: 100.1,
    stop: 98.5,
    target: 103,
    quantity: decimal('0.00000001'),
    sizedBy: null,
    orderId: null,
    lastBarMs: minuteMs - 60_000,
    quote: QUOTE,
  };
}

/** Closes the account's day with the equity that its entries cost, and opens the next one. */
export function dayClosed({ day, positions, cash }: Account, atMs: number, nextDate: string): JournalEvent {
  const held = sum([...positions.values()].map((position) => position.cost));
  const { date, openedMs, startEquity, openEquity, realised, charges, trades, wins } = day;
  const counted = { realised, charges, trades, wins, openPositions: positions.size };
  const report = { date, openedMs, closedMs: atMs, startEquity, openEquity, endEquity: add(cash, held), ...counted };
  return { type: 'day-closed', atMs, report, nextDate };
}
