import { basename } from 'node:path';
import { instrumentBySymbol } from '../../config/instruments.ts';
import type { ChainSource } from '../../engine/ports.ts';
import { booklessConcession } from '../../execution/slippage.ts';
import { toNumber } from '../../kernel/decimal.ts';
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '../../kernel/time.ts';
import { contractSymbol } from '../../market/contract-symbol.ts';
import type { DerivativeChain, Funding, PerpetualQuote, Settled } from '../../market/derivative.ts';
import type { Instrument, InstrumentOf, PerpetualContract } from '../../market/instrument.ts';
import type { RecordedRow, RowReader } from './recorded-rows.ts';
import { rowReader } from './recorded-rows.ts';

/** Recorded contracts at an instant: `advance` reads up to it, then the chains of that instant can be asked for. */
export interface RecordedContracts extends ChainSource {
  /** Reads on, never back. @throws RecordedDataError `unreadable` */
  advance(toMs: EpochMs): Promise<void>;
  close(): Promise<void>;
}

const SPANS = { '1m': MINUTE_MS, '5m': 5 * MINUTE_MS, '1h': HOUR_MS, '8h': 8 * HOUR_MS } as const;
type Span = keyof typeof SPANS;

/** What a file tells: bars of trades, of the mark, or fundings. Bars of trades on one minute say nothing of it in their names. */
const NAME = /^([A-Z0-9]+)_PERP-(1m|5m|1h|8h)(?:-(futures|mark|funding_rate))?-[^/]*\.csv(?:\.gz)?$/;

interface RecordedFile {
  readonly underlying: string;
  readonly spanMs: number;
  readonly kind: 'bars' | 'marks' | 'fundings';
  readonly path: string;
}

const READ_ORDER: readonly RecordedFile['kind'][] = ['marks', 'bars', 'fundings'];
const SOURCE = 'replay-futures';
const VENUE = 'binance-futures';
const SETTLED_MS = 4 * DAY_MS;

/** The newest bar that has ended. */
interface Bar extends RecordedRow {
  readonly endMs: EpochMs;
  readonly spanMs: number;
}

interface Known {
  /** By span, the finest first. */
  readonly bars: Map<number, Bar>;
  mark: Bar | null;
  /** Opening marks of the last days: what a funding at that instant was paid at. */
  readonly openings: Map<EpochMs, number>;
  /** Oldest first. */
  fundings: Funding[];
}

/**
 * The perpetuals of recorded files (`BTCUSDT_PERP-1m-...csv.gz`, `-5m-futures-`, `-1h-mark-`, `-8h-funding_rate-`), read forwards as
 * time goes: of each file little is in memory.
 *
 * At an instant known are the bars that have ended, the finest that is fresh, and the fundings that were paid. A bar without
 * trades gives no last price. No book was recorded: around the last trade one is assumed, as far away on both sides as an order
 * without a known book is filled (`booklessConcession`), of a size that nobody tells. A funding is told where the mark that it was paid at is recorded too. The running funding rate was not recorded either: the one that was paid last
 * stands for it. The mark is that of the mark's newest bar or, where trades are newer, theirs; it stands for the index too.
 */
export function recordedPerpetuals(paths: readonly string[], symbols: ReadonlyMap<string, string>): RecordedContracts {
  const files = paths.flatMap((path) => recordedFile(path, symbols) ?? []);
  const known = new Map<string, Known>(
    files.map(({ underlying }) => [underlying, { bars: new Map(), mark: null, openings: new Map(), fundings: [] }]),
  );
  // Marks first: a funding that is read is paid at one of them.
  const inOrder = files.toSorted((a, b) => READ_ORDER.indexOf(a.kind) - READ_ORDER.indexOf(b.kind));
  const readers = inOrder.map((file): { readonly reader: RowReader; readonly take: (row: RecordedRow) => void } => {
    const state = known.get(file.underlying) as Known;
    // The opening mark of a bar is known when it opens, whatever it closes at.
    const delayMs = file.kind === 'bars' ? file.spanMs : 0;
    return { reader: rowReader(file.path, ({ openMs }) => openMs + delayMs), take: (row) => takeRow(state, file, row) };
  });

  return {
    underlyings: [...known.keys()],
    async advance(toMs) {
      for (const { reader, take } of readers) await reader.advance(toMs, take);
      for (const state of known.values()) forget(state, toMs - SETTLED_MS);
    },
    async close() {
      for (const { reader } of readers) await reader.close();
    },
    chains(underlying, atMs) {
      const state = known.get(underlying);
      const chain = state === undefined ? null : chainAt(state, underlying, atMs);
      return chain === null ? [] : [chain];
    },
    settled: (underlying, atMs): Settled => ({
      fundings: (known.get(underlying)?.fundings ?? []).filter((funding) => funding.atMs <= atMs),
      deliveries: [],
    }),
  };
}

function recordedFile(path: string, symbols: ReadonlyMap<string, string>): RecordedFile | null {
  const [, venueSymbol = '', span = '', what] = NAME.exec(basename(path)) ?? [];
  const underlying = symbols.get(venueSymbol);
  if (underlying === undefined) return null;
  const kind = what === 'mark' ? 'marks' : what === 'funding_rate' ? 'fundings' : 'bars';
  return { underlying, spanMs: SPANS[span as Span], kind, path };
}

function takeRow(state: Known, { kind, spanMs }: RecordedFile, row: RecordedRow): void {
  switch (kind) {
    case 'bars':
      state.bars.set(spanMs, { ...row, endMs: row.openMs + spanMs, spanMs });
      break;
    case 'marks':
      state.openings.set(row.openMs, row.open);
      // Of two files the finer one tells more of the same time.
      if (state.mark === null || row.openMs >= state.mark.openMs) state.mark = { ...row, endMs: row.openMs + spanMs, spanMs };
      break;
    case 'fundings':
      takeFunding(state, row);
      break;
  }
}

/** Recorded stamps are some milliseconds late, or not: the hour names the payment. */
const hourOf = (ms: EpochMs): EpochMs => Math.round(ms / HOUR_MS) * HOUR_MS;

function takeFunding(state: Known, { openMs: atMs, open: rate }: RecordedRow): void {
  const mark = state.openings.get(hourOf(atMs));
  const place = state.fundings.findLastIndex((funding) => funding.atMs < atMs);
  const near = state.fundings.slice(Math.max(0, place), place + 2);
  if (mark === undefined || near.some((funding) => hourOf(funding.atMs) === hourOf(atMs))) return;
  state.fundings.splice(place + 1, 0, { atMs, rate, mark });
}

function forget(state: Known, beforeMs: EpochMs): void {
  state.fundings = state.fundings.filter((funding) => funding.atMs >= beforeMs);
  for (const openMs of state.openings.keys()) if (openMs < beforeMs) state.openings.delete(openMs);
}

/** The finest bar of trades that ended no longer ago than it lasted. */
function freshBar({ bars }: Known, atMs: EpochMs): Bar | null {
  const fresh = [...bars.values()].filter(({ endMs, spanMs }) => endMs <= atMs && endMs > atMs - spanMs);
  return fresh.toSorted((a, b) => a.spanMs - b.spanMs)[0] ?? null;
}

/** What is known of the mark: its bar's close when that has ended, else its opening; the newer close of trades goes before both. */
function markNow(state: Known, atMs: EpochMs): number | null {
  const { mark } = state;
  const told = mark === null ? null : mark.endMs <= atMs ? { price: mark.close, ms: mark.endMs } : { price: mark.open, ms: mark.openMs };
  const bar = freshBar(state, atMs);
  if (bar !== null && (told === null || bar.endMs > told.ms)) return bar.close;
  return told?.price ?? null;
}

function chainAt(state: Known, underlying: string, atMs: EpochMs): DerivativeChain | null {
  const [before, last] = state.fundings.slice(-2);
  const bar = freshBar(state, atMs);
  const mark = markNow(state, atMs);
  if (before === undefined || last === undefined || bar === null || mark === null) return null;
  const instrument = instrumentBySymbol(contractSymbol({ kind: 'perpetual', underlying }), atMs) as InstrumentOf<PerpetualContract>;
  const fundingIntervalMs = hourOf(last.atMs) - hourOf(before.atMs);
  const perpetual: PerpetualQuote = {
    instrument,
    ...assumedBook(instrument, bar),
    mark,
    receivedMs: bar.endMs,
    index: mark,
    fundingRate: last.rate,
    nextFundingMs: nextAfter(hourOf(last.atMs), fundingIntervalMs, atMs),
    fundingIntervalMs,
  };
  return {
    underlying,
    venue: VENUE,
    currency: 'USDT',
    atMs,
    spot: mark,
    lotSize: toNumber(instrument.lotStep),
    perpetual,
    futures: [],
    options: [],
    source: SOURCE,
    evidence: 'replay',
  };
}

/** Both sides of a bar's last trade, further apart when the bar moved more; nothing where nothing traded. */
function assumedBook(
  instrument: Instrument,
  { close, high, low, volume, spanMs }: Bar,
): Pick<PerpetualQuote, 'bid' | 'ask' | 'last' | 'bidSize' | 'askSize'> {
  const sizes = { bidSize: null, askSize: null };
  if (!(volume > 0)) return { bid: null, ask: null, last: null, ...sizes };
  // Parkinson's estimate from the range of one bar.
  const minuteVolatility = Math.log(high / low) / (2 * Math.sqrt(Math.LN2 * (spanMs / MINUTE_MS)));
  const order = { instrument, price: close, quantity: toNumber(instrument.lotStep), minuteVolatility, minuteVolume: null };
  const { total } = booklessConcession(order);
  return { bid: close * (1 - total), ask: close * (1 + total), last: close, ...sizes };
}

const nextAfter = (lastMs: EpochMs, intervalMs: number, atMs: EpochMs): EpochMs =>
  lastMs + (Math.floor(Math.max(0, atMs - lastMs) / intervalMs) + 1) * intervalMs;
