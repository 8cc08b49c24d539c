import { basename } from 'node:path';
import { expiryMsOf, NSE_FUTURES_UNDERLYINGS } from '../../config/contracts.ts';
import { instrumentBySymbol } from '../../config/instruments.ts';
import { NSE_CALENDAR } from '../../config/nse-calendar.ts';
import { fromNumber } from '../../kernel/decimal.ts';
import { DAY_MS, type EpochMs } from '../../kernel/time.ts';
import { tradingDay } from '../../market/calendar.ts';
import { contractSymbol } from '../../market/contract-symbol.ts';
import type { ContractQuote, Delivery, DerivativeChain, FutureQuote, OptionQuote, Settled } from '../../market/derivative.ts';
import type { FutureContract, InstrumentOf, OptionContract } from '../../market/instrument.ts';
import { parseUdiffDerivatives } from '../history/inputs/derivative-days.ts';
import type { DerivativeDayRow } from '../history/tables.ts';
import { recordedLines } from './recorded-lines.ts';
import type { RecordedContracts } from './recorded-perpetuals.ts';

/** Whether a file holds the exchange's closes of derivatives, by its name. */
export const isNseCloses = (path: string): boolean => NAME.test(basename(path));

const NAME = /^BhavCopy_NSE_FO_[^/]*?(\d{4})(\d\d)(\d\d)[^/]*\.csv(?:\.gz)?$/;
const SOURCE = 'nse-bhavcopy';
const SETTLED_MS = 4 * DAY_MS;

interface RecordedDay {
  readonly path: string;
  /** End of the session in derivatives: what the file says is known then. */
  readonly closeMs: EpochMs;
}

/**
 * The derivatives of NSE as its bhavcopies have them (`BhavCopy_NSE_FO_..._YYYYMMDD...csv.gz`), day after day: from the end of a
 * session until the end of the next one its closes stand, four days at most. One day is in memory.
 *
 * A contract that traded has a last price, the close; one that did not has a mark only, the settlement price: nobody trades at
 * it. No book was recorded. Lots are those of the file. What a contract was settled at is the underlying's price of its last day.
 */
export function recordedNseCloses(paths: readonly string[]): RecordedContracts {
  const days = paths.flatMap((path) => recordedDay(path) ?? []).sort((a, b) => a.closeMs - b.closeMs);
  let next = 0;
  let closeMs: EpochMs = 0;
  let byUnderlying: ReadonlyMap<string, readonly DerivativeDayRow[]> = new Map();
  let deliveries: readonly (Delivery & { readonly underlying: string })[] = [];

  async function read({ path, closeMs: endMs }: RecordedDay): Promise<void> {
    const lines: string[] = [];
    for await (const batch of recordedLines(path)) for (const line of batch) if (lines.length === 0 || isOurs(line)) lines.push(line);
    const rows = parseUdiffDerivatives(lines.join('\n'), path).batches.flatMap((batch) => (batch.table === 'derivative-day' ? batch.rows : []));
    byUnderlying = Map.groupBy(rows, ({ symbol }) => symbol);
    closeMs = endMs;
    deliveries = [...deliveries.filter(({ expiryMs }) => expiryMs > endMs - SETTLED_MS), ...settledOn(byUnderlying)];
  }

  return {
    underlyings: days.length === 0 ? [] : NSE_FUTURES_UNDERLYINGS,
    async advance(toMs) {
      for (let day = days[next]; day !== undefined && day.closeMs <= toMs; day = days[next]) {
        // What is older tells nothing of now: a run that begins later does not read it.
        if (day.closeMs > toMs - SETTLED_MS) await read(day);
        next++;
      }
    },
    close: async () => undefined,
    chains(underlying, atMs) {
      const rows = byUnderlying.get(underlying) ?? [];
      const isOfNow = atMs >= closeMs && atMs - closeMs < SETTLED_MS;
      const chain = !isOfNow || rows.length === 0 ? null : chainOf(underlying, rows, atMs, closeMs);
      return chain === null ? [] : [chain];
    },
    settled: (underlying, atMs): Settled => ({
      fundings: [],
      deliveries: deliveries.flatMap(({ underlying: of, ...delivery }) => (of === underlying && delivery.expiryMs <= atMs ? [delivery] : [])),
    }),
  };
}

const OURS: ReadonlySet<string> = new Set(NSE_FUTURES_UNDERLYINGS);
const SYMBOL_COLUMN = 7;
const isOurs = (line: string): boolean => OURS.has(line.split(',', SYMBOL_COLUMN + 1)[SYMBOL_COLUMN] ?? '');

function recordedDay(path: string): RecordedDay | null {
  const [, year, month, day] = NAME.exec(basename(path)) ?? [];
  if (year === undefined) return null;
  const session = tradingDay(NSE_CALENDAR, `${year}-${month}-${day}`, 'derivatives');
  return session.kind === 'session' ? { path, closeMs: session.lastPriceMs } : null;
}

function chainOf(underlying: string, rows: readonly DerivativeDayRow[], atMs: EpochMs, closeMs: EpochMs): DerivativeChain | null {
  const open = rows.flatMap((row) => quotedRow(row, closeMs) ?? []).filter(({ quote }) => expiryOf(quote) > atMs);
  const [first] = open;
  const spot = rows.find((row) => row.underlying !== null)?.underlying ?? null;
  if (first === undefined || spot === null) return null;
  const futures = open.flatMap(({ quote }) => (isFuture(quote) ? [quote] : []));
  const forwards = new Map(futures.flatMap((quote) => (quote.mark === null ? [] : [[expiryOf(quote), quote.mark] as const])));
  return {
    underlying,
    venue: 'nse',
    currency: 'INR',
    atMs,
    spot,
    lotSize: first.lot,
    perpetual: null,
    futures: futures.toSorted((a, b) => expiryOf(a) - expiryOf(b)),
    options: open
      .flatMap(({ quote }) =>
        isOption(quote) ? [{ ...quote, iv: null, underlyingPrice: forwards.get(expiryOf(quote)) ?? spot } satisfies OptionQuote] : [],
      )
      .toSorted(byExpiryStrikeAndRight),
    source: SOURCE,
    evidence: 'replay',
  };
}

type Dated = ContractQuote<FutureContract | OptionContract>;

const expiryOf = ({ instrument }: Dated): EpochMs => instrument.contract.expiryMs;
const isFuture = (quote: Dated): quote is FutureQuote => quote.instrument.contract.kind === 'future';
const isOption = (quote: Dated): quote is ContractQuote<OptionContract> => quote.instrument.contract.kind === 'option';

function byExpiryStrikeAndRight(a: OptionQuote, b: OptionQuote): number {
  const [left, right] = [a.instrument.contract, b.instrument.contract];
  return left.expiryMs - right.expiryMs || left.strike - right.strike || left.right.localeCompare(right.right);
}

/** A row as a quote, with the lot of its day; null for a contract that is not listed here. */
function quotedRow(row: DerivativeDayRow, receivedMs: EpochMs): { readonly quote: Dated; readonly lot: number } | null {
  const { symbol: underlying, expiry, strike, option, lot } = row;
  const name =
    strike === null || option === null
      ? ({ kind: 'future', underlying, expiry } as const)
      : ({ kind: 'option', underlying, expiry, strike, right: option === 'CE' ? 'call' : 'put' } as const);
  const listed = instrumentBySymbol(contractSymbol(name), receivedMs);
  if (listed.contract === null || lot === null || !(lot > 0)) return null;
  const instrument = { ...listed, lotStep: fromNumber(lot) } as InstrumentOf<FutureContract | OptionContract>;
  const last = row.contracts > 0 && row.close > 0 ? row.close : null;
  return { quote: { instrument, bid: null, ask: null, last, mark: row.settle, bidSize: null, askSize: null, receivedMs }, lot };
}

function settledOn(days: ReadonlyMap<string, readonly DerivativeDayRow[]>): readonly (Delivery & { readonly underlying: string })[] {
  return [...days].flatMap(([underlying, rows]) => {
    const ending = rows.find(({ date, expiry, underlying: price }) => expiry === date && price !== null);
    return ending?.underlying == null ? [] : [{ underlying, expiryMs: expiryMsOf('nse', ending.expiry), price: ending.underlying, source: SOURCE }];
  });
}
