import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import * as z from 'zod';
import { instrumentBySymbol } from '../../config/instruments.ts';
import { UPSTOX } from '../../config/nse-feed.ts';
import { toNumber } from '../../kernel/decimal.ts';
import { messageOf, NightdeskError } from '../../kernel/errors.ts';
import { type EpochMs, MINUTE_MS } from '../../kernel/time.ts';
import { type ContractName, contractSymbol } from '../../market/contract-symbol.ts';
import type { FutureContract, InstrumentOf, OptionContract } from '../../market/instrument.ts';
import { istDate } from '../../market/ist.ts';

class UpstoxInstrumentsError extends NightdeskError<'unreachable' | 'bad_answer'> {}

/** A future or an option with the venue's key for it. */
export interface UpstoxContract {
  readonly key: string;
  readonly instrument: InstrumentOf<FutureContract | OptionContract>;
}

/** What is listed on our underlyings. */
export interface UpstoxListing {
  readonly contracts: readonly UpstoxContract[];
  /** The venue's key of each underlying that has contracts. */
  readonly underlyings: ReadonlyMap<string, string>;
  /** Contracts that are left out since their lot is another than ours, in words. */
  readonly otherLots: readonly string[];
  /** Rows that could not be read. */
  readonly refused: number;
}

export interface UpstoxInstrumentsQuery {
  readonly urls: readonly string[];
  readonly underlyings: ReadonlySet<string>;
  readonly nowMs: EpochMs;
  readonly fetch?: typeof fetch | undefined;
}

const TIMEOUT_MS = MINUTE_MS;
const MOST_ROW_CHARS = 10_000;

const rowSchema = z.object({
  segment: z.string(),
  instrument_type: z.enum(['FUT', 'CE', 'PE']),
  instrument_key: z.string().min(1),
  underlying_symbol: z.string(),
  underlying_key: z.string().min(1),
  /** The end of the day of expiry, epoch ms. */
  expiry: z.number().int().positive(),
  lot_size: z.number().positive(),
  strike_price: z.number().nonnegative().optional(),
});
type Row = z.infer<typeof rowSchema>;

/**
 * The futures and options of the day on these underlyings, from the list of all instruments that Upstox publishes each morning
 * (some 30 MB of JSON): it is read row by row, and only the rows that are ours are kept.
 * @throws UpstoxInstrumentsError `unreachable`, `bad_answer` when it has no contract at all of ours
 * @see https://upstox.com/developer/api-documentation/instruments
 */
export async function fetchUpstoxInstruments(query: UpstoxInstrumentsQuery): Promise<UpstoxListing> {
  let last: unknown;
  for (const url of query.urls) {
    try {
      return listingOf(await rowsFrom(url, query), query.nowMs);
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

interface Rows {
  readonly rows: readonly Row[];
  readonly refused: number;
}

async function rowsFrom(url: string, { underlyings, fetch: request = fetch }: UpstoxInstrumentsQuery): Promise<Rows> {
  const rows: Row[] = [];
  let refused = 0;
  try {
    for await (const text of objectsIn(url, request)) {
      // Most of the list is of other segments and underlyings: what cannot be ours is not parsed.
      if (!text.includes(UPSTOX.contracts.segment)) continue;
      const row = readRow(text);
      if (row === null) refused++;
      else if (row.segment === UPSTOX.contracts.segment && underlyings.has(row.underlying_symbol)) rows.push(row);
    }
  } catch (error) {
    if (error instanceof UpstoxInstrumentsError) throw error;
    throw new UpstoxInstrumentsError('unreachable', `The list of instruments at ${url} broke off: ${messageOf(error)}`, { url }, { cause: error });
  }
  if (rows.length > 0) return { rows, refused };
  throw new UpstoxInstrumentsError('bad_answer', `The list of instruments at ${url} has no contract on ${[...underlyings].join(', ')}`, {
    url,
    refused,
  });
}

function readRow(text: string): Row | null {
  try {
    const read = rowSchema.safeParse(JSON.parse(text));
    return read.success ? read.data : null;
  } catch {
    // Not JSON: counted like any other row that is not what it should be.
    return null;
  }
}

/** The flat objects of a JSON array, as text, one after the other; the file is plain or gzipped. */
async function* objectsIn(url: string, request: typeof fetch): AsyncGenerator<string> {
  const response = await request(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok || response.body === null) {
    throw new UpstoxInstrumentsError('unreachable', `The list of instruments at ${url} answered HTTP ${response.status}`, {
      url,
      status: response.status,
    });
  }
  const packed = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
  const plain = packed.pipe(createGunzip());
  packed.on('error', (error) => plain.destroy(error));
  plain.setEncoding('utf8');
  let rest = '';
  for await (const chunk of plain as AsyncIterable<string>) {
    rest += chunk;
    let from = 0;
    for (let end = rest.indexOf('}', from); end !== -1; end = rest.indexOf('}', from)) {
      const start = rest.indexOf('{', from);
      if (start !== -1 && start < end) yield rest.slice(start, end + 1);
      from = end + 1;
    }
    rest = rest.slice(from);
    if (rest.length > MOST_ROW_CHARS) {
      throw new UpstoxInstrumentsError('bad_answer', `The list of instruments at ${url} has a row of more than ${MOST_ROW_CHARS} characters`, {
        url,
      });
    }
  }
}

function listingOf({ rows, refused }: Rows, nowMs: EpochMs): UpstoxListing {
  const contracts: UpstoxContract[] = [];
  const underlyings = new Map<string, string>();
  const otherLots = new Set<string>();
  for (const row of rows) {
    const instrument = instrumentOf(row, nowMs);
    if (instrument === null || instrument.contract.expiryMs <= nowMs) continue;
    const ours = toNumber(instrument.lotStep);
    if (ours === row.lot_size) {
      contracts.push({ key: row.instrument_key, instrument });
      underlyings.set(row.underlying_symbol, row.underlying_key);
    } else otherLots.add(`the lot of ${row.underlying_symbol} ${instrument.contract.expiry} is ${row.lot_size} there, ${ours} here`);
  }
  return { contracts, underlyings, otherLots: [...otherLots], refused };
}

/** Null where contracts of that kind are not listed here on that underlying. */
function instrumentOf(row: Row, nowMs: EpochMs): InstrumentOf<FutureContract | OptionContract> | null {
  const listed = instrumentBySymbol(contractSymbol(nameOf(row)), nowMs);
  return listed.contract === null ? null : (listed as InstrumentOf<FutureContract | OptionContract>);
}

function nameOf({ instrument_type: type, underlying_symbol: underlying, expiry: expiryMs, strike_price: strike = 0 }: Row): ContractName {
  const expiry = istDate(expiryMs);
  return type === 'FUT'
    ? { kind: 'future', underlying, expiry }
    : { kind: 'option', underlying, expiry, strike, right: type === 'CE' ? 'call' : 'put' };
}
