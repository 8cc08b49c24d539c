import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { instrumentBySymbol } from '../../config/instruments.ts';
import { toNumber } from '../../kernel/decimal.ts';
import { messageOf } from '../../kernel/errors.ts';
import { type EpochMs, MINUTE_MS } from '../../kernel/time.ts';
import { contractSymbol } from '../../market/contract-symbol.ts';
import { byExpiryStrikeRight, type DerivativeChain, NOTHING_SETTLED, type OptionQuote } from '../../market/derivative.ts';
import type { Instrument, InstrumentOf, OptionContract } from '../../market/instrument.ts';
import { isPrice } from '../../market/price.ts';
import { columnReader, dateOf, linesOf, numberOf } from '../history/inputs/csv.ts';
import { unpack } from '../history/inputs/unpack.ts';
import { RecordedDataError } from './recorded-data-error.ts';
import type { RecordedContracts } from './recorded-perpetuals.ts';

/** `NIFTY_20250829_to1300.csv.gz`: the snapshots of one underlying on one day. */
const NAME = /^([A-Z0-9&-]+)_(\d{8})[^/]*\.csv(?:\.gz)?$/;
const COLUMNS = ['snapshot', 'Expiry_Date', 'Strike_Price'] as const;
const SIDES = ['CALLS', 'PUTS'] as const;
const SIDE_COLUMNS = ['IV', 'LTP', 'Bid_Price', 'Bid_Qty', 'Ask_Price', 'Ask_Qty'] as const;
const ALL_COLUMNS = [...COLUMNS, ...SIDES.flatMap((side) => SIDE_COLUMNS.map((name) => `${side}_${name}` as const))];
type Row = Readonly<Record<(typeof ALL_COLUMNS)[number], string>>;

/** Snapshots came every 70 s: one stands for two of those, and then there is no chain. */
const HELD_MS = 2 * 70_000;
const SOURCE = 'nse-recorded';

/** Whether a file holds snapshots of an option chain of NSE, by its name. */
export const isNseSnapshots = (path: string): boolean => NAME.test(basename(path));

/**
 * Recorded option chains of NSE (`NIFTY_YYYYMMDD....csv`), every snapshot of a day in one file, under the time of the snapshot. Bids and
 * asks are those of the exchange, with their sizes; there is no mark. What the underlying stood at was not recorded: it is taken from
 * the books by the parity of calls and puts, at the strike where both are nearest, of the nearest expiry.
 *
 * @throws RecordedDataError of `advance`: `unreadable`
 */
export function recordedNseSnapshots(paths: readonly string[], heldMs = HELD_MS): RecordedContracts {
  const files = paths.flatMap((path) => {
    const [, underlying = '', day = ''] = NAME.exec(basename(path)) ?? [];
    return day === '' ? [] : [{ path, underlying, dayMs: Date.parse(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T00:00:00+05:30`) }];
  });
  const read = new Map<string, readonly DerivativeChain[]>();

  return {
    underlyings: [...new Set(files.map(({ underlying }) => underlying))],
    async advance(toMs) {
      for (const { path, dayMs } of files) {
        const isOfDay = toMs >= dayMs && toMs < dayMs + 24 * 60 * MINUTE_MS;
        if (isOfDay && !read.has(path)) read.set(path, await readSnapshots(path));
        else if (!isOfDay) read.delete(path);
      }
    },
    close: async () => read.clear(),
    chains(underlying, atMs) {
      const chain = files
        .flatMap((file) => (file.underlying === underlying ? (read.get(file.path) ?? []) : []))
        .findLast((each) => each.atMs <= atMs && atMs - each.atMs <= heldMs);
      return chain === undefined ? [] : [chain];
    },
    settled: () => NOTHING_SETTLED,
  };
}

async function readSnapshots(path: string): Promise<readonly DerivativeChain[]> {
  const underlying = NAME.exec(basename(path))?.[1] ?? '';
  try {
    const [text] = unpack(path, await readFile(path));
    const [head = '', ...lines] = linesOf(text?.text ?? '');
    const rows = lines.map(columnReader(head, ALL_COLUMNS, path));
    const snapshots = Map.groupBy(rows, ({ snapshot }) => snapshot);
    return [...snapshots].flatMap(([stamp, own]) => chainOf(underlying, instantOf(stamp), own) ?? []).sort((a, b) => a.atMs - b.atMs);
  } catch (error) {
    throw new RecordedDataError('unreadable', `Cannot read ${path}: ${messageOf(error)}`, { path }, { cause: error });
  }
}

/** `20250829_092416`, in India. */
function instantOf(stamp: string): EpochMs {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)$/.exec(stamp) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}+05:30`);
}

function chainOf(underlying: string, atMs: EpochMs, rows: readonly Row[]): DerivativeChain | null {
  if (!Number.isFinite(atMs)) return null;
  const told = rows.flatMap((row) => SIDES.flatMap((side) => quoteOf(underlying, row, side, atMs) ?? [])).sort(byExpiryStrikeRight);
  const spot = impliedPrice(told);
  const [first] = told;
  if (first === undefined || spot === null) return null;
  const forwards = new Map([...Map.groupBy(told, expiryOf)].map(([expiryMs, own]) => [expiryMs, impliedPrice(own) ?? spot]));
  const place = { underlying, venue: 'nse', currency: 'INR', source: SOURCE, evidence: 'replay' } as const;
  const options = told.map((quote) => ({ ...quote, underlyingPrice: forwards.get(expiryOf(quote)) ?? spot }));
  return { ...place, atMs, spot, lotSize: toNumber(first.instrument.lotStep), perpetual: null, futures: [], options };
}

const expiryOf = ({ instrument }: OptionQuote): EpochMs => instrument.contract.expiryMs;

function quoteOf(underlying: string, row: Row, side: (typeof SIDES)[number], receivedMs: EpochMs): OptionQuote | null {
  const expiry = dateOf(row.Expiry_Date);
  const strike = numberOf(row.Strike_Price);
  const number = (name: (typeof SIDE_COLUMNS)[number]): number => numberOf(row[`${side}_${name}`]);
  const positive = (value: number): number | null => (value > 0 ? value : null);
  const [bid, ask, last] = [positive(number('Bid_Price')), positive(number('Ask_Price')), positive(number('LTP'))];
  const isSound = expiry !== null && isPrice(strike) && (bid === null || ask === null || bid < ask);
  if (!isSound || (bid === null && ask === null && last === null)) return null;
  const symbol = contractSymbol({ kind: 'option', underlying, expiry, strike, right: side === 'CALLS' ? 'call' : 'put' });
  const instrument = instrumentBySymbol(symbol, receivedMs) as Instrument as InstrumentOf<OptionContract>;
  if (instrument.contract.expiryMs <= receivedMs) return null;
  const iv = positive(number('IV') / 100);
  const sizes = { bidSize: positive(number('Bid_Qty')), askSize: positive(number('Ask_Qty')) };
  return { instrument, bid, ask, last, mark: null, ...sizes, receivedMs, iv, underlyingPrice: 0 };
}

/** What calls and puts of the nearest expiry agree on: strike + call - put by the middles, where those are nearest; null without a pair. */
function impliedPrice(options: readonly OptionQuote[]): number | null {
  const nearestMs = Math.min(...options.map(expiryOf));
  let best: { readonly gap: number; readonly price: number } | null = null;
  for (const same of Map.groupBy(
    options.filter((quote) => expiryOf(quote) === nearestMs),
    ({ instrument }) => instrument.contract.strike,
  ).values()) {
    const [call, put] = (['call', 'put'] as const).map((right) => same.find(({ instrument }) => instrument.contract.right === right));
    const [c, p] = [middleOf(call), middleOf(put)];
    if (call === undefined || c === null || p === null) continue;
    const gap = Math.abs(c - p);
    if (best === null || gap < best.gap) best = { gap, price: call.instrument.contract.strike + c - p };
  }
  return best?.price ?? null;
}

const middleOf = (quote: OptionQuote | undefined): number | null =>
  quote === undefined || quote.bid === null || quote.ask === null ? null : (quote.bid + quote.ask) / 2;
