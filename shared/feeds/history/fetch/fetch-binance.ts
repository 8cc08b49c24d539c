import type { Clock } from '../../../kernel/clock.ts';
import { DAY_MS, type EpochMs, iso } from '../../../kernel/time.ts';
import { TIMEFRAME_MS, type Timeframe } from '../../../market/timeframe.ts';
import type { BinanceRest } from '../../binance/binance-rest.ts';
import { bridged } from '../check/coverage.ts';
import { HistoryError } from '../history-error.ts';
import { checkSum } from '../import-files.ts';
import { parseBinance } from '../inputs/binance-bars.ts';
import { type Parsed, rowsIn } from '../inputs/parsed.ts';
import { unpack } from '../inputs/unpack.ts';
import type { Intake } from '../intake.ts';
import { type Coverage, type Receipts, sha256 } from '../receipts.ts';
import { type Series, seriesKey } from '../series.ts';
import type { BarRow } from '../tables.ts';
import { type BulkFile, bulkPath, daysOf, planBulk } from './binance-plan.ts';
import { type Downloader, inParallel } from './download.ts';
import { type FetchReport, type OnFile, oneAtATime } from './fetch-report.ts';

export interface BinanceFetch {
  readonly symbols: readonly string[];
  readonly timeframes: readonly Timeframe[];
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
}

export interface BinanceFetchPorts {
  readonly clock: Clock;
  readonly intake: Intake;
  readonly receipts: Receipts;
  readonly downloader: Downloader;
  /** Base of the archive. */
  readonly base: string;
  readonly rest: Pick<BinanceRest, 'fetchKlines'>;
  readonly onFile?: OnFile;
}

const AT_ONCE = 4;
const MOST_COPIES = 2;
/** Daily files appear on the day after; what is older and not there will not come. */
const PUBLISHED_AFTER_MS = 3 * DAY_MS;

/**
 * Brings the bars of a span into the history: months and days from the archive, verified by their checksums, and what the archive
 * does not have yet over REST. Files that are in the history already are not fetched again.
 * @throws HistoryError `unreachable`, `refused`; BinanceRestError when the rest cannot be had
 */
export async function fetchBinance({ symbols, timeframes, fromMs, toMs }: BinanceFetch, ports: BinanceFetchPorts): Promise<FetchReport> {
  const { clock, intake, onFile = () => undefined } = ports;
  const nowMs = clock.now();
  const all = symbols.flatMap((symbol) => timeframes.map((timeframe) => ({ symbol, timeframe })));
  const failed: string[] = [];
  const sums = { fetched: 0, known: 0, bytes: 0, rows: 0 };
  const alone = oneAtATime();
  const count = { done: 0, of: 0 };

  /** @returns whether the archive has the file */
  async function bring(file: BulkFile): Promise<boolean> {
    onFile(count.done++, count.of, bulkPath(file));
    if (intake.has(bulkPath(file), null)) {
      sums.known++;
      return true;
    }
    const got = await fetchBulk(file, ports);
    if (got === null) return false;
    await alone(async () => {
      await intake.take(got.origin, got.parsed);
      // Files of an archive fill partitions of their own: writing each at once costs nothing, and a kill loses nothing.
      await intake.flush();
    });
    sums.fetched++;
    sums.bytes += got.origin.bytes;
    sums.rows += rowsIn(got.parsed);
    return true;
  }

  /** @returns the files that the archive does not have */
  async function bringAll(files: readonly BulkFile[]): Promise<readonly BulkFile[]> {
    const absent: BulkFile[] = [];
    count.of += files.length;
    await inParallel(files, AT_ONCE, async (file) => {
      try {
        if (!(await bring(file))) absent.push(file);
      } catch (error) {
        if (!(error instanceof HistoryError) || error.code === 'unreachable' || error.code === 'refused') throw error;
        failed.push(error.message);
      }
    });
    return absent;
  }

  const first = await bringAll(all.flatMap(({ symbol, timeframe }) => planBulk(symbol, timeframe, fromMs, toMs, nowMs)));
  const days = first.filter(({ span }) => span === 'monthly').flatMap((month) => monthAsDays(month, fromMs, toMs, nowMs));
  const absent = [...first.filter(({ span }) => span === 'daily'), ...(await bringAll(days))];
  for (const { symbol, timeframe } of all) {
    const recent = absent.filter((file) => file.symbol === symbol && file.timeframe === timeframe && isRecent(file, nowMs));
    const startMs = Math.min(...recent.map((file) => file.fromMs), Math.max(fromMs, nowMs - (nowMs % DAY_MS)));
    if (startMs < toMs) sums.rows += await fetchRest({ symbol, timeframe, fromMs: startMs, toMs: Math.min(toMs, nowMs) }, ports);
  }
  onFile(count.of, count.of, '');
  return { ...sums, absent: absent.map((file) => whyAbsent(file, nowMs)), failed, stored: intake.stored() };
}

const whyAbsent = (file: BulkFile, nowMs: EpochMs): string =>
  `${bulkPath(file)}: ${isRecent(file, nowMs) ? 'not published yet, taken over REST' : 'the archive has none; was it listed then?'}`;

const isRecent = ({ toMs }: BulkFile, nowMs: EpochMs): boolean => nowMs - toMs < PUBLISHED_AFTER_MS;

/** A month that is not published (it comes some days after its end, and never for a symbol that was listed later): the days of it that are wanted. */
function monthAsDays({ symbol, timeframe, fromMs, toMs }: BulkFile, wantedFromMs: EpochMs, wantedToMs: EpochMs, nowMs: EpochMs): readonly BulkFile[] {
  return daysOf(symbol, timeframe, Math.max(fromMs, wantedFromMs), Math.min(toMs, wantedToMs, nowMs - (nowMs % DAY_MS)));
}

interface Fetched {
  readonly origin: { readonly name: string; readonly sha256: string; readonly bytes: number; readonly coverage: readonly Coverage[] };
  readonly parsed: Parsed;
}

/** A file of the archive, verified; null when there is none. @throws HistoryError `wrong_checksum`, `bad_input`, `unreachable`, `refused` */
async function fetchBulk(file: BulkFile, { base, downloader }: BinanceFetchPorts): Promise<Fetched | null> {
  const path = bulkPath(file);
  const got = await verified(path, `${base}${path}`, downloader);
  if (got === null) return null;
  const { bytes, digest } = got;
  const series: Series = { venue: 'binance', kind: 'spot', symbol: file.symbol, timeframe: file.timeframe };
  const [text, ...more] = unpack(path, bytes);
  if (text === undefined || more.length > 0) throw new HistoryError('bad_input', `${path} should hold one CSV file`, { path });
  const parsed = parseBinance(text.text, series, 'binance-bulk');
  return { origin: { name: path, sha256: digest, bytes: bytes.length, coverage: claimOf(file, series, parsed) }, parsed };
}

/** The bytes of a file with the right checksum. One copy that is wrong may be a stale one of a cache: it is fetched once more. */
async function verified(path: string, url: string, { get }: Downloader): Promise<{ readonly bytes: Uint8Array; readonly digest: string } | null> {
  for (let tries = 1; ; tries++) {
    const bytes = await get(url);
    if (bytes === null) return null;
    const checksum = await get(`${url}.CHECKSUM`);
    if (checksum === null) throw new HistoryError('wrong_checksum', `${path} has no checksum file beside it: it is not taken unverified`, { path });
    const digest = sha256(bytes);
    try {
      checkSum(path, digest, new TextDecoder().decode(checksum));
      return { bytes, digest };
    } catch (error) {
      if (tries >= MOST_COPIES) throw error;
    }
  }
}

/** A file knows its period to the end, and from its first bar on: the symbol may have been listed in its midst. */
function claimOf({ toMs }: BulkFile, series: Series, { batches }: Parsed): readonly Coverage[] {
  const firstMs = Math.min(...batches.flatMap(({ rows }) => (rows as readonly BarRow[]).map(({ time }) => time)).slice(0, 1));
  return Number.isFinite(firstMs) ? [{ series: seriesKey(series), symbol: null, fromMs: firstMs, toMs }] : [];
}

/** The bars that the archive does not have yet. Its receipt is one a series, and grows. @returns the number of bars */
async function fetchRest(
  query: { readonly symbol: string; readonly timeframe: Timeframe; readonly fromMs: EpochMs; readonly toMs: EpochMs },
  ports: BinanceFetchPorts,
) {
  const { symbol, timeframe, toMs } = query;
  const { intake, receipts, rest, onFile = () => undefined } = ports;
  const series: Series = { venue: 'binance', kind: 'spot', symbol, timeframe };
  const name = `rest/${seriesKey(series)}`;
  const before = receipts.of(name)?.coverage ?? [];
  // What was had over REST already is not asked for again.
  const held = before.find((each) => each.fromMs <= query.fromMs && each.toMs > query.fromMs);
  const fromMs = held?.toMs ?? query.fromMs;
  if (fromMs + TIMEFRAME_MS[timeframe] > toMs) return 0;
  onFile(0, 1, `${name} from ${iso(fromMs)}`);
  const rows: BarRow[] = [];
  for await (const { openMs, ...prices } of rest.fetchKlines({ symbol, interval: timeframe, fromMs, toMs }))
    rows.push({ time: openMs, ...prices, source: 'binance-rest' });
  const last = rows.at(-1);
  if (last === undefined) return 0;
  const claim: Coverage = { series: seriesKey(series), symbol: null, fromMs, toMs: last.time + TIMEFRAME_MS[timeframe] };
  const spans = bridged([...before, claim]).map((span) => ({ series: claim.series, symbol: null, ...span }));
  const text = JSON.stringify(rows);
  await intake.take(
    { name, sha256: sha256(text), bytes: text.length, coverage: spans },
    { batches: [{ table: 'bars', series, rows }], refused: {}, leftOut: {}, notes: [] },
  );
  await intake.flush();
  return rows.length;
}
