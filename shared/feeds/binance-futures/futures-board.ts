import { toNumber } from '../../kernel/decimal.ts';
import type { EpochMs } from '../../kernel/time.ts';
import type { ContractQuote, DerivativeChain, FutureQuote, PerpetualQuote } from '../../market/derivative.ts';
import type { Contract, FutureContract, InstrumentOf, PerpetualContract } from '../../market/instrument.ts';
import type { BookTop, Evidence } from '../../market/price.ts';
import type { TradedContract } from './futures-rest.ts';
import type { MarkPrice } from './mark-frame.ts';

/** A mark with when it came. */
export interface ReceivedMark extends MarkPrice {
  readonly receivedMs: EpochMs;
}

/** The newest of everything that is known of the contracts. */
export interface FuturesBoard {
  readonly contracts: readonly TradedContract[];
  /** By the venue's symbol. */
  readonly marks: ReadonlyMap<string, ReceivedMark>;
  /** By the contract's symbol. */
  readonly books: ReadonlyMap<string, BookTop>;
  /** Least time between two fundings by the venue's symbol. */
  readonly intervals: ReadonlyMap<string, number>;
  /**
   * A book is told when it changes: those that came on the present connection hold until its last frame. Null while there is none.
   */
  readonly connection: { readonly sinceMs: EpochMs; readonly heardMs: EpochMs } | null;
}

/** Where a chain is from. */
export interface ChainOrigin {
  readonly source: string;
  readonly evidence: Evidence;
}

/** The perpetual and the dated futures on an underlying; null while no mark of any of them is known. */
export function chainOf(board: FuturesBoard, underlying: string, atMs: EpochMs, { source, evidence }: ChainOrigin): DerivativeChain | null {
  const ours = board.contracts.filter(({ instrument }) => instrument.contract.underlying === underlying);
  const marked = ours.flatMap((contract) => {
    const mark = board.marks.get(contract.venueSymbol);
    return mark === undefined ? [] : [{ contract, mark }];
  });
  const newest = marked.reduce<ReceivedMark | null>((best, { mark }) => (best === null || mark.receivedMs > best.receivedMs ? mark : best), null);
  const [first] = marked;
  if (newest === null || first === undefined) return null;
  const perpetuals = marked.flatMap(({ contract, mark }) =>
    isPerpetual(contract.instrument) ? (perpetualQuote(board, contract.instrument, mark) ?? []) : [],
  );
  const futures = marked.flatMap(({ contract, mark }) => (isFuture(contract.instrument) ? futureQuote(board, contract.instrument, mark, atMs) : []));
  return {
    underlying,
    venue: 'binance-futures',
    currency: 'USDT',
    atMs,
    spot: newest.index,
    lotSize: toNumber(first.contract.instrument.lotStep),
    perpetual: perpetuals[0] ?? null,
    futures: futures.toSorted((a, b) => a.instrument.contract.expiryMs - b.instrument.contract.expiryMs),
    options: [],
    source,
    evidence,
  };
}

type Instrumented = TradedContract['instrument'];

const isPerpetual = (instrument: Instrumented): instrument is InstrumentOf<PerpetualContract> => instrument.contract.kind === 'perpetual';
const isFuture = (instrument: Instrumented): instrument is InstrumentOf<FutureContract> => instrument.contract.kind === 'future';

/** Without its funding a perpetual is not what it is: it is left out until that is known. */
function perpetualQuote(board: FuturesBoard, instrument: InstrumentOf<PerpetualContract>, mark: ReceivedMark): PerpetualQuote | null {
  const fundingIntervalMs = board.intervals.get(mark.venueSymbol);
  if (mark.funding === null || fundingIntervalMs === undefined) return null;
  const { rate: fundingRate, nextMs: nextFundingMs } = mark.funding;
  return { ...quoteOf(board, instrument, mark), index: mark.index, fundingRate, nextFundingMs, fundingIntervalMs };
}

const futureQuote = (board: FuturesBoard, instrument: InstrumentOf<FutureContract>, mark: ReceivedMark, atMs: EpochMs): readonly FutureQuote[] =>
  instrument.contract.expiryMs <= atMs ? [] : [quoteOf(board, instrument, mark)];

function quoteOf<C extends Contract>(
  { books, connection }: FuturesBoard,
  instrument: InstrumentOf<C>,
  { mark, receivedMs }: ReceivedMark,
): ContractQuote<C> {
  const book = books.get(instrument.symbol);
  if (book === undefined) return { instrument, bid: null, ask: null, last: null, mark, bidSize: null, askSize: null, receivedMs };
  const { bid, ask, bidSize, askSize } = book;
  const holds = connection !== null && book.receivedMs >= connection.sinceMs;
  return { instrument, bid, ask, last: null, mark, bidSize, askSize, receivedMs: holds ? connection.heardMs : book.receivedMs };
}
