import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { instrumentBySymbol } from '../../config/instruments.ts';
import { toNumber } from '../../kernel/decimal.ts';
import { messageOf } from '../../kernel/errors.ts';
import { DAY_MS, type EpochMs, MINUTE_MS } from '../../kernel/time.ts';
import { contractSymbol } from '../../market/contract-symbol.ts';
import { byExpiryStrikeRight, type DailyIv, type DerivativeChain, NOTHING_SETTLED, type OptionQuote } from '../../market/derivative.ts';
import type { Instrument, InstrumentOf, OptionContract } from '../../market/instrument.ts';
import { thirtyDayIv } from '../../market/options/implied-level.ts';
import { isPrice } from '../../market/price.ts';
import { columnReader, linesOf, numberOf, optionalNumber } from '../history/inputs/csv.ts';
import { RecordedDataError } from '../replay/recorded-data-error.ts';
import type { RecordedContracts } from '../replay/recorded-perpetuals.ts';

const UNDERLYINGS: readonly string[] = ['BTC', 'ETH'];
const COLUMNS = [
  'timestamp',
  'instrument_name',
  'option_type',
  'strike',
  'expiry_datetime',
  'bid_price',
  'ask_price',
  'mark_price',
  'futures_price',
  'implied_volatility',
  'currency',
  'index_price',
] as const;
type Row = Readonly<Record<(typeof COLUMNS)[number], string>>;

const FILE_NAME = /_(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.csv(?:\.gz)?$/;
/** Seconds may pass between the rows that were fetched and the name that the file got. */
const NAMED_WITHIN_MS = MINUTE_MS;
const HELD_MS = 15 * MINUTE_MS;
/** Snapshots in memory: the one that stands, and one that a question about the past asked for. */
const MOST_READ = 2;

type Snapshot = ReadonlyMap<string, DerivativeChain>;

/**
 * Recorded whole chains of Deribit options, one file an instant, as a source of chains: the newest snapshot of the instant or before
 * it stands, under its own time, for a quarter of an hour, and then there is none. What comes later is never looked at, and never
 * more than two snapshots are in memory.
 *
 * The history of implied volatility is the 30-day volatility of each earlier day's last snapshot. Delivery prices were not recorded.
 *
 * @param paths files named `..._YYYYMMDDTHHMMSSZ.csv` (or `.csv.gz`), others are left out
 * @throws RecordedDataError of `chains`: `unreadable`
 */
export function recordedDeribitChains(paths: readonly string[], heldMs = HELD_MS): RecordedContracts {
  const files = paths.flatMap((path) => snapshotFile(path) ?? []).sort((a, b) => a.namedMs - b.namedMs);
  const read = new Map<string, Snapshot>();
  const dailyIvs = new Map<string, number | null>();

  function snapshot(path: string): Snapshot {
    const known = read.get(path) ?? readSnapshot(path);
    read.delete(path);
    read.set(path, known);
    for (const oldest of [...read.keys()].slice(0, -MOST_READ)) read.delete(oldest);
    return known;
  }

  /** The chain of the newest file whose rows are not later than the instant. */
  function standing(underlying: string, atMs: EpochMs): DerivativeChain | null {
    for (let at = files.findLastIndex(({ namedMs }) => namedMs <= atMs + NAMED_WITHIN_MS); at >= 0; at--) {
      const chain = snapshot((files[at] as SnapshotFile).path).get(underlying);
      if (chain === undefined || chain.atMs <= atMs) return chain ?? null;
    }
    return null;
  }

  function ivOf(path: string, underlying: string): number | null {
    const key = `${path} ${underlying}`;
    const known = dailyIvs.get(key);
    if (known !== undefined) return known;
    const chain = snapshot(path).get(underlying);
    const iv = chain === undefined ? null : thirtyDayIv(chain).value;
    dailyIvs.set(key, iv);
    return iv;
  }

  return {
    underlyings: files.length === 0 ? [] : UNDERLYINGS,
    // Read when they are asked for: two small files at a time.
    advance: async () => undefined,
    close: async () => undefined,
    chains(underlying, atMs) {
      const chain = standing(underlying, atMs);
      return chain === null || atMs - chain.atMs > heldMs ? [] : [chain];
    },
    settled: () => NOTHING_SETTLED,
    ivHistory(underlying, atMs): readonly DailyIv[] {
      const today = atMs - (atMs % DAY_MS);
      const lastOfDay = new Map(files.filter(({ namedMs }) => namedMs < today).map(({ namedMs, path }) => [namedMs - (namedMs % DAY_MS), path]));
      return [...lastOfDay].flatMap(([dayMs, path]) => {
        const iv = ivOf(path, underlying);
        return iv === null ? [] : [{ dayMs, iv }];
      });
    },
  };
}

interface SnapshotFile {
  readonly path: string;
  readonly namedMs: EpochMs;
}

/** Whether a file is a recorded whole chain, by its name. */
export const isChainSnapshot = (path: string): boolean => FILE_NAME.test(path);

function snapshotFile(path: string): SnapshotFile | null {
  const [, ...parts] = FILE_NAME.exec(path) ?? [];
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map(Number);
  return parts.length === 0 ? null : { path, namedMs: Date.UTC(year, month - 1, day, hour, minute, second) };
}

function readSnapshot(path: string): Snapshot {
  try {
    const bytes = readFileSync(path);
    const [head = '', ...lines] = linesOf((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'));
    const rows = lines.map(columnReader(head, COLUMNS, path));
    return new Map(UNDERLYINGS.flatMap((underlying) => chainOf(underlying, rows) ?? []).map((chain) => [chain.underlying, chain]));
  } catch (error) {
    throw new RecordedDataError('unreadable', `Cannot read ${path}: ${messageOf(error)}`, { path }, { cause: error });
  }
}

/** A coin's chain out of the rows; rows that cannot be true are left out. */
function chainOf(underlying: string, rows: readonly Row[]): DerivativeChain | null {
  const ours = rows.filter(({ currency }) => currency === underlying);
  const atMs = Math.max(...ours.map(({ timestamp }) => Date.parse(timestamp)));
  const spot = numberOf(ours[0]?.index_price);
  if (!Number.isFinite(atMs) || !isPrice(spot)) return null;
  const options = ours.flatMap((row) => quoteOf(underlying, row, atMs) ?? []).sort(byExpiryStrikeRight);
  const [first] = options;
  if (first === undefined) return null;
  const lotSize = toNumber(first.instrument.lotStep);
  const place = { underlying, venue: 'deribit', currency: 'USDT', source: 'deribit-recorded', evidence: 'replay' } as const;
  return { ...place, atMs, spot, lotSize, perpetual: null, futures: [], options };
}

function quoteOf(underlying: string, row: Row, receivedMs: EpochMs): OptionQuote | null {
  const [strike, mark, underlyingPrice, iv] = [row.strike, row.mark_price, row.futures_price, row.implied_volatility].map(numberOf) as [
    number,
    number,
    number,
    number,
  ];
  const right = row.option_type;
  const expiry = row.expiry_datetime.slice(0, 'YYYY-MM-DD'.length);
  const [bid, ask] = [optionalNumber(row.bid_price), optionalNumber(row.ask_price)];
  const isSound = isPrice(strike) && isPrice(underlyingPrice) && mark >= 0 && (right === 'call' || right === 'put');
  if (!isSound || (bid !== null && ask !== null && bid >= ask)) return null;
  const symbol = contractSymbol({ kind: 'option', underlying, expiry, strike, right });
  const instrument = instrumentBySymbol(symbol, receivedMs) as Instrument as InstrumentOf<OptionContract>;
  const told = { bid, ask, last: null, mark, bidSize: null, askSize: null, receivedMs };
  return { instrument, ...told, iv: iv > 0 ? iv : null, underlyingPrice };
}
