import { isListed } from '../../config/contracts.ts';
import type { FeedState } from '../../contracts/market-snapshot.ts';
import type { Cancel, Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import type { Rng } from '../../kernel/rng.ts';
import { type EpochMs, MINUTE_MS, SECOND_MS } from '../../kernel/time.ts';
import type { BookTop } from '../../market/price.ts';
import type { BinanceUrls } from '../binance/binance-endpoints.ts';
import { createBinanceParser, type ParseBinanceFrame } from '../binance/binance-frame.ts';
import { type BinanceFeed, type BinanceTiming, binanceBudget, connectStreams } from '../binance/binance-socket.ts';
import { BINANCE_SYMBOLS } from '../binance/binance-symbols.ts';
import { createJsonClient } from '../connection/json-client.ts';
import { venueInWords } from '../connection/venue-socket.ts';
import type { Dial } from '../connection/wire.ts';
import type { ContractSource } from '../contract-source.ts';
import { createGate } from '../intake/validation.ts';
import { SourceError } from '../source-error.ts';
import { chainOf, type ReceivedMark } from './futures-board.ts';
import { FUTURES_REQUEST_GAP_MS, FUTURES_ROUTES } from './futures-endpoints.ts';
import { createFuturesKnowledge } from './futures-knowledge.ts';
import { createFuturesRest, type FundingTerms, type TradedContract } from './futures-rest.ts';
import { type MarkPrice, parseMarkFrame } from './mark-frame.ts';

export interface BinanceFuturesOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Draws the back-off of reconnects. */
  readonly random: Rng;
  readonly urls: BinanceUrls;
  readonly timing?: Partial<BinanceTiming>;
  readonly dial?: Dial;
  /** Least time between two requests, ms; default: the venue's. */
  readonly requestGapMs?: number;
}

/** The coins whose contracts are looked for, whether the venue has told of them yet or not. */
export const FUTURES_UNDERLYINGS: readonly string[] = [...BINANCE_SYMBOLS.values()].filter((symbol) => isListed('perpetual', symbol));

const SOURCE = 'binance-futures';
const ORIGIN = { source: SOURCE, evidence: 'live' } as const;
const LOOK_EVERY_MS = MINUTE_MS;
const MOST_FUTURE_MS = 5 * SECOND_MS;
const MOST_AGE_MS = MINUTE_MS;
/** Assumption: a mark a third away from the index is a fault of the source; the venue itself bounds it far below. */
const MOST_APART = 1 / 3;

/**
 * Binance's USD-M futures on our crypto instruments, live: the perpetuals with mark, index and funding, and the dated quarterlies,
 * each with its best bid and ask. Which contracts there are, their grids and the interval, cap and floor of their funding are read
 * from the venue each hour; fundings that took place and delivery prices when they are due.
 *
 * Marks come over one route, books over another: a chain is there while marks are; a contract has a book when one came. A frame
 * that cannot be true is counted and left out.
 */
export function binanceFuturesSource(options: BinanceFuturesOptions): ContractSource {
  const { clock, log, urls } = options;
  const { requestGapMs: gapMs = FUTURES_REQUEST_GAP_MS } = options;
  const rest = createFuturesRest(createJsonClient({ urls: urls.rest, clock, headers: () => ({}), gapMs }));
  const knowledge = createFuturesKnowledge(rest, clock, log);
  const gate = createGate();
  const budget = binanceBudget();
  const marks = new Map<string, ReceivedMark>();
  const books = new Map<string, BookTop>();
  const refused: Record<string, number> = {};
  const createdMs = clock.now();
  let accepted = 0;
  let parse: ParseBinanceFrame = () => ({ kind: 'ignored', reason: 'not_used' });
  let feeds: { readonly streams: string; readonly marks: BinanceFeed; readonly books: BinanceFeed } | null = null;
  let looking: Cancel = () => {};
  let isRunning = false;

  const count = (reason: string): void => {
    refused[reason] = (refused[reason] ?? 0) + 1;
  };

  function takeMark(mark: MarkPrice, receivedMs: EpochMs): void {
    const fault = faultOfMark(mark, receivedMs, marks.get(mark.venueSymbol), knowledge.terms(mark.venueSymbol));
    if (fault !== null) {
      count(fault);
      return;
    }
    accepted++;
    marks.set(mark.venueSymbol, { ...mark, receivedMs });
  }

  function hearMarks(text: string, receivedMs: EpochMs): void {
    const frame = parseMarkFrame(text);
    if (frame.kind === 'refused') count(frame.reason);
    if (frame.kind !== 'marks') return;
    for (const { reason } of frame.refused) count(reason);
    for (const mark of frame.marks) takeMark(mark, receivedMs);
  }

  function hearBooks(text: string, receivedMs: EpochMs): void {
    const frame = parse(text, receivedMs);
    if (frame.kind === 'refused') count(frame.reason);
    if (frame.kind === 'mixed') for (const { reason } of frame.refused) count(reason);
    if (!('books' in frame)) return;
    for (const book of frame.books) {
      const admission = gate.admit(book);
      if (admission.ok) {
        accepted++;
        books.set(book.symbol, book);
      } else count(admission.reason);
    }
  }

  /** Connects to the streams of the contracts that are known, anew when there are others than before. */
  async function follow(contracts: readonly TradedContract[]): Promise<void> {
    const names = contracts.map(({ venueSymbol }) => venueSymbol.toLowerCase());
    const streams = names.join(' ');
    if (!isRunning || names.length === 0 || feeds?.streams === streams) return;
    const before = feeds;
    const symbols = new Map(contracts.map(({ venueSymbol, instrument }) => [venueSymbol, instrument.symbol]));
    parse = createBinanceParser({ symbols, ...ORIGIN });
    const common = { ...options, urls: urls.webSocket, budget, venue: SOURCE };
    feeds = {
      streams,
      marks: connectStreams({ ...common, route: FUTURES_ROUTES.market, plan: [names.map((name) => `${name}@markPrice@1s`)], onFrame: hearMarks }),
      books: connectStreams({ ...common, route: FUTURES_ROUTES.public, plan: [names.map((name) => `${name}@bookTicker`)], onFrame: hearBooks }),
    };
    await Promise.all([before?.marks.close(), before?.books.close()]);
  }

  async function look(): Promise<void> {
    const first = knowledge.contracts().length === 0;
    await knowledge.refresh();
    if (first) for (const mark of knowledge.firstMarks()) if (!marks.has(mark.venueSymbol)) takeMark(mark, clock.now());
    await follow(knowledge.contracts());
  }

  function lookAgain(): void {
    looking = clock.at(clock.now() + LOOK_EVERY_MS, `${SOURCE}.look`, async () => {
      await look();
      if (isRunning) lookAgain();
    });
  }

  function connection(): { readonly sinceMs: EpochMs; readonly heardMs: EpochMs } | null {
    const state = feeds?.books.state();
    return state?.status === 'up' && state.lastFrameMs !== null ? { sinceMs: state.sinceMs, heardMs: state.lastFrameMs } : null;
  }

  function state(): FeedState {
    const common = { source: SOURCE, markets: [], evidence: 'live', accepted, refused: { ...refused } } as const;
    if (!isRunning) return { ...common, status: 'down', detail: 'not connected', sinceMs: createdMs, reconnects: 0 };
    if (feeds === null)
      return {
        ...common,
        status: knowledge.trouble() === null ? 'connecting' : 'down',
        detail: contractsInWords(),
        sinceMs: createdMs,
        reconnects: 0,
      };
    const parts = [feeds.marks.state(), feeds.books.state()] as const;
    const worst = parts.find(({ status }) => status === 'down') ?? parts.find(({ status }) => status === 'connecting') ?? parts[0];
    const reconnects = parts[0].reconnects + parts[1].reconnects;
    const detail = `${worst === parts[0] ? 'marks' : 'books'} ${venueInWords(worst)}; ${contractsInWords()}`;
    return { ...common, status: worst.status, detail, sinceMs: worst.sinceMs, reconnects };
  }

  function contractsInWords(): string {
    const newest = Math.max(0, ...[...marks.values()].map(({ receivedMs }) => receivedMs));
    const age = newest === 0 ? 'no mark yet' : `the newest mark is ${((clock.now() - newest) / SECOND_MS).toFixed(1)} s old`;
    return [`${knowledge.contracts().length} contracts`, age, knowledge.trouble()].filter((words) => words !== null).join('; ');
  }

  return {
    name: SOURCE,
    markets: [],
    evidence: 'live',
    async start() {
      if (isRunning) throw new SourceError('already_started', `${SOURCE} is connected already; stop it first`, { source: SOURCE });
      isRunning = true;
      // A venue that cannot be reached keeps nobody from trading elsewhere: it is looked for again.
      void look().then(lookAgain);
    },
    async stop() {
      isRunning = false;
      looking();
      const closing = feeds;
      feeds = null;
      await Promise.all([closing?.marks.close(), closing?.books.close()]);
    },
    closeMinute: () => [],
    cursor: () => null,
    states: () => [state()],
    rates: () => [],
    async *minutes() {},
    quarters: async () => new Map(),
    underlyings: FUTURES_UNDERLYINGS,
    chains(underlying, atMs) {
      const board = { contracts: knowledge.contracts(), marks, books, intervals: knowledge.intervals(), connection: connection() };
      const chain = chainOf(board, underlying, atMs, ORIGIN);
      return chain === null ? [] : [chain];
    },
    settled: (underlying, atMs) => knowledge.settled(underlying, atMs),
  };
}

/** Why a mark is not believed; null for one that is. */
function faultOfMark(mark: MarkPrice, receivedMs: EpochMs, known: ReceivedMark | undefined, terms: FundingTerms | undefined): string | null {
  if (mark.exchangeMs > receivedMs + MOST_FUTURE_MS) return 'stamp_in_future';
  if (mark.exchangeMs < receivedMs - MOST_AGE_MS) return 'stamp_too_old';
  if (known !== undefined && mark.exchangeMs < known.exchangeMs) return 'older_mark';
  if (Math.abs(mark.mark / mark.index - 1) > MOST_APART) return 'jump';
  const rate = mark.funding?.rate;
  if (rate !== undefined && terms !== undefined && (rate > terms.cap || rate < terms.floor)) return 'funding_beyond_cap';
  return null;
}
