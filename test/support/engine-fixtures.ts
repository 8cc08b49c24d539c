import { instrumentBySymbol } from '../../shared/config/instruments.ts';
import type { Rate } from '../../shared/contracts/terms.ts';
import { type ContractsView, withContracts } from '../../shared/engine/contracts/contracts-view.ts';
import type { ChainSource } from '../../shared/engine/ports.ts';
import type { MarketView, Tape } from '../../shared/engine/view.ts';
import { decimal } from '../../shared/kernel/decimal.ts';
import type { Account } from '../../shared/ledger/account.ts';
import type { PhaseView } from '../../shared/market/calendar.ts';
import type { Currency, Instrument, Market } from '../../shared/market/instrument.ts';
import type { ListedRules } from '../../shared/market/listed-rules.ts';
import type { OrderBook } from '../../shared/market/order-book.ts';
import type { Quote, QuoteCheck, Tick } from '../../shared/market/price.ts';
import type { Opportunity } from '../../shared/strategies/strategy.ts';
import { type EntrySketch, entryFill, entryOrder, happen, orderPlaced, START_MS, sessionStarted } from './ledger-fixtures.ts';

/** Markets and accounts as the engine's pure core sees them, with what a test does not care about filled in. */

export const OPEN_PHASE: PhaseView = {
  isOpen: true,
  canEnter: true,
  acceptsOrders: true,
  phase: 'continuous',
  reason: 'Continuous trading',
  isCovered: true,
  nextOpenMs: null,
  nextCloseMs: null,
};

export const CLOSED_PHASE: PhaseView = {
  ...OPEN_PHASE,
  isOpen: false,
  canEnter: false,
  acceptsOrders: false,
  phase: 'closed',
  reason: 'After the close',
};

/** A quote without a book, as bars and prints alone give it. */
export const bareQuote = (symbol: string, last: number, receivedMs: number, more: Partial<Quote> = {}): Quote => ({
  symbol,
  last,
  bid: null,
  ask: null,
  bidSize: null,
  askSize: null,
  exchangeMs: receivedMs,
  receivedMs,
  source: 'test',
  evidence: 'simulated',
  check: null,
  ...more,
});

/** What other venues say of a price: 0.4 bps off, unless a test says more. */
export const checkOf = (state: QuoteCheck['state'], more: Partial<QuoteCheck> = {}): QuoteCheck => ({
  state,
  spreadBps: state === 'agreed' ? 0.4 : state === 'diverged' ? 120 : null,
  against: state === 'agreed' || state === 'diverged' ? ['coinbase', 'kraken'] : [],
  sinceMs: START_MS,
  isWarning: state === 'diverged',
  ...more,
});

export const tickOf = (symbol: string, price: number, atMs: number, more: Partial<Tick> = {}): Tick => ({
  symbol,
  price,
  quantity: 1,
  motion: 'print',
  exchangeMs: atMs,
  receivedMs: atMs,
  source: 'test',
  evidence: 'simulated',
  ...more,
});

export interface ViewSketch {
  readonly nowMs?: number;
  readonly quotes?: readonly Quote[];
  readonly books?: readonly OrderBook[];
  readonly previousCloses?: Readonly<Record<string, number>>;
  readonly rates?: Partial<Record<Currency, string>>;
  readonly tape?: Tape;
  /** Futures and options; none unless said. */
  readonly chains?: ChainSource | null;
  readonly phase?: PhaseView;
  readonly rules?: readonly ListedRules[];
}

export function viewOfSketch({
  nowMs = START_MS,
  quotes = [],
  books = [],
  previousCloses = {},
  rates = { USDT: '1', INR: '0.0125' },
  tape,
  phase = OPEN_PHASE,
  rules = [],
  chains = null,
}: ViewSketch = {}): ContractsView {
  const rateOf = (currency: Currency): Rate | null => {
    const value = currency === 'USD' ? '1' : rates[currency];
    return value === undefined ? null : { currency, value: decimal(value), source: 'test', asOfMs: nowMs };
  };
  const view: MarketView = {
    nowMs,
    quote: (symbol) => quotes.find((quote) => quote.symbol === symbol) ?? null,
    book: (symbol) => books.find((book) => book.symbol === symbol) ?? null,
    previousClose: (symbol) => previousCloses[symbol] ?? null,
    rate: rateOf,
    tape: () => tape ?? { volatility: 0.0002, minuteVolume: 1_000 },
    phase: (_market: Market) => phase,
    rules: (symbol) => rules.find((each) => each.symbol === symbol) ?? null,
  };
  return withContracts(view, chains);
}

/** Coarser grids than any venue's. */
export const rulesOf = (symbol: string, status = 'TRADING'): ListedRules => ({
  symbol,
  status,
  tickSize: decimal('0.5'),
  lotStep: decimal('3'),
  minNotional: decimal('5'),
  source: 'Binance exchangeInfo',
  asOfMs: START_MS,
});

/** An account that has just started. */
export const startedAccount = (capital?: string): Account => happen(null, 'start', [sessionStarted('session', capital)]).after;

/** An account with a working entry. */
export const withEntryOrder = (sketch: EntrySketch = {}, before = startedAccount()): Account =>
  happen(before, `place ${sketch.id ?? 'E:1'}`, [orderPlaced(entryOrder(sketch))]).after;

/** An account with an open position, filled at `price` 100 ms after its acceptance. */
export function withPosition(sketch: EntrySketch & { readonly price?: string } = {}, before = startedAccount()): Account {
  const { price = '100', ...entry } = sketch;
  const order = entryOrder(entry);
  return happen(before, `open ${order.id}`, [orderPlaced(order), (account) => entryFill(account, order.id, { price })]).after;
}

export const opportunityOf = (more: Partial<Opportunity> = {}): Opportunity => ({
  kind: 'opportunity',
  direction: 'long',
  entry: 100,
  stop: 99,
  target: 102,
  trailingShare: null,
  maxHoldingMs: 900_000,
  confidence: 0.7,
  leastConfidence: 0.6,
  parts: [{ name: 'technical', weight: 1, score: 0.7, why: 'a test' }],
  volatility: 0.001,
  why: 'a test',
  ...more,
});

export const BTC: Instrument = instrumentBySymbol('BTC');
