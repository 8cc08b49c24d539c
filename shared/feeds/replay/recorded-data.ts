import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { instrumentBySymbol } from '../../config/instruments.ts';
import { NSE_CALENDAR } from '../../config/nse-calendar.ts';
import { type EpochMs, MINUTE_MS } from '../../kernel/time.ts';
import { istDate } from '../../market/ist.ts';
import { barFileExtent } from '../history/bar-file.ts';
import { klineRow } from './kline-text.ts';
import { lineBlocks, linesBackIn, linesIn } from './line-blocks.ts';
import { isCalendarCovered, PLAYED_SPANS, type PlayedTimeframe, readNseBars, shareNamed } from './nse-bar-texts.ts';
import { RecordedDataError } from './recorded-data-error.ts';
import { recordedLine } from './recorded-frames.ts';
import { isHistoryFile, type KlineFile, type KlineSeries } from './recorded-klines.ts';
import { whatItHolds, whatLiesThere } from './unplayed.ts';

interface Extent {
  readonly symbols: readonly string[];
  readonly firstMs: EpochMs;
  readonly lastMs: EpochMs;
}

/** What recorded input is: raw frames of the venue, or bars: 1-minute klines of coins, bars of one or five minutes of shares. */
export type RecordedData =
  | (Extent & { readonly kind: 'frames'; readonly paths: readonly string[] })
  | (Extent & {
      readonly kind: 'klines';
      readonly series: readonly KlineSeries[];
      /** Whether bars of perpetuals stand in for those of their coins. */
      readonly isOfPerpetuals?: true;
      /** Files of bars that are not played: the calendar does not know their days. */
      readonly unknownDays?: Unknown;
    });

/** Files of bars, and the time that they span. */
interface Unknown extends Pick<Extent, 'firstMs' | 'lastMs'> {
  readonly files: number;
}

/** Venue symbol (BTCUSDT) to ours (BTC); a share's is the same. */
export type VenueSymbols = ReadonlyMap<string, string>;

/** What is taken for the bars of coins. */
export type CoinBars = 'spot' | 'perpetual';

interface KlinePath {
  readonly kind: 'klines';
  readonly path: string;
  readonly symbol: string;
  /** As names tell it; null where the text is to be read, and of spot, which is of minutes. */
  readonly spanMinutes: number | null;
}

type FileKind = KlinePath | { readonly kind: 'frames'; readonly path: string };

const PERPETUAL_NAME = /^([A-Z0-9]+)_PERP-(1m|5m)(?:-futures)?-[^/]*\.csv(?:\.gz)?$/;
const KLINE_NAME = /^([A-Z0-9]+)-1m-[^/]*\.csv(?:\.gz)?$/;
/** A month of the history's spot bars; a slash on every system. */
const HISTORY_PATH = /(?:^|\/)binance\/spot\/([A-Z0-9]+)\/1m\/[^/]+\.parquet$/;
/** A part of the history's bars of shares. */
const SHARE_HISTORY_PATH = /(?:^|\/)nse\/equity\/([A-Z0-9&-]+)\/(1m|5m)\/[^/]+\.parquet$/;
/** Where a history keeps spot bars: the rest of it, which may be large, need not be walked. */
const SPOT_FOLDER = 'binance/spot';
const FRAMES_NAME = /\.log(?:\.gz)?$/;
const FUTURES_NAME = /_PERP|usdm|coinm|futures/i;
/** Members that only frames of the futures venues have: previous update id, order type, event name of a bookTicker. */
const FUTURES_FRAME = /"pu":|"X":"|"e":"bookTicker"/;
const DEEPEST_FOLDER = 6;
const MOST_FILES = 20_000;
const SAMPLE_BLOCKS = 3;

/**
 * Says what the paths hold: files, or folders in whose tree the 1-minute spot klines of the given symbols are taken together; where it
 * has none, the bars of one and five minutes of the given shares, the finer ones where both are there, on days that the calendar
 * knows; and where it has none of those either, recorded frames. In a tree with a history only the history is taken.
 * @param coinBars  `perpetual` takes the bars of perpetuals for those of their coins, where spot was not recorded
 * @throws RecordedDataError `not_found`, `nothing_found`, `unsupported`, `futures`, `mixed_kinds` or `unreadable`
 */
export async function describeData(paths: readonly string[], symbols: VenueSymbols, coinBars: CoinBars = 'spot'): Promise<RecordedData> {
  const files = (await Promise.all(paths.map((path) => (coinBars === 'spot' ? filesAt(path, symbols) : perpetualsAt(path, symbols))))).flat();
  const unique = [...new Map(files.map((file) => [file.path, file])).values()];
  const klines = unique.filter((file) => file.kind === 'klines');
  const frames = unique.filter((file) => file.kind === 'frames').map(({ path }) => path);
  if (klines.length > 0 && frames.length > 0) {
    throw new RecordedDataError(
      'mixed_kinds',
      `Give recorded frames or klines, not both: received ${unique.map(({ path }) => basename(path)).join(', ')}`,
      { paths },
    );
  }
  if (klines.length > 0) {
    const described = await describeKlines(klines, symbols, paths);
    return coinBars === 'spot' ? described : { ...described, isOfPerpetuals: true };
  }
  if (frames.length > 0) return describeFrames(frames, symbols);
  throw new RecordedDataError('nothing_found', 'No recorded data was named: give a file or a folder', { paths });
}

/**
 * The klines that lie around recorded frames: in the tree of their folder, else in the folders beside it. Empty where there
 * are none.
 * @throws RecordedDataError `unreadable`
 */
export async function klinesNear(framePaths: readonly string[], symbols: VenueSymbols): Promise<readonly KlineSeries[]> {
  for (const climb of [0, 1]) {
    const folders = new Set(framePaths.map((path) => (climb === 0 ? dirname(path) : dirname(dirname(path)))));
    const inTree = await Promise.all(
      [...folders].filter((folder) => dirname(folder) !== folder).map((folder) => tree(folder, DEEPEST_FOLDER - 3 * climb)),
    );
    const klines = preferred(inTree.flat().flatMap((path) => klineFile(path, symbols) ?? []));
    if (klines.length > 0) return seriesOf(klines, symbols);
  }
  return [];
}

async function filesAt(path: string, symbols: VenueSymbols): Promise<readonly FileKind[]> {
  const entry = await stat(path).catch((error: unknown) => {
    throw new RecordedDataError('not_found', `No such file or folder: ${path}`, { path }, { cause: error });
  });
  if (!entry.isDirectory()) return [kindOf(path, symbols) ?? (await refused(path))];
  const inside = await tree((await isFolder(join(path, SPOT_FOLDER))) ? join(path, SPOT_FOLDER) : path, DEEPEST_FOLDER);
  const klines = preferred(inside.flatMap((file) => klineFile(file, symbols) ?? []));
  if (klines.length > 0) return klines;
  const shares = preferred(inside.flatMap((file) => shareFile(file, symbols) ?? []));
  if (shares.length > 0) return shares;
  const frames = inside.filter((file) => FRAMES_NAME.test(file) && !FUTURES_NAME.test(basename(file)));
  if (frames.length > 0) return frames.map((file) => ({ kind: 'frames', path: file }));
  const wanted = [...coinsOf(symbols)].map((symbol) => `${symbol}-1m-*.csv[.gz]`).join(', ');
  const lies = await whatLiesThere(inside);
  throw new RecordedDataError(
    'nothing_found',
    `Nothing in ${path} can be played${lies === null ? '' : `: it holds ${lies}`}; looked for ${wanted}, bars of shares (RELIANCE.csv[.gz]), a history (binance/spot/*/1m/*.parquet, nse/equity/*/5m/*.parquet), *.log[.gz]`,
    { path },
  );
}

async function perpetualsAt(path: string, symbols: VenueSymbols): Promise<readonly KlinePath[]> {
  const entry = await stat(path).catch((error: unknown) => {
    throw new RecordedDataError('not_found', `No such file or folder: ${path}`, { path }, { cause: error });
  });
  const found = (entry.isDirectory() ? await tree(path, DEEPEST_FOLDER) : [path]).flatMap((file): readonly KlinePath[] => {
    const [, venueSymbol = '', span] = PERPETUAL_NAME.exec(basename(file)) ?? [];
    const symbol = symbols.get(venueSymbol);
    return symbol === undefined ? [] : [{ kind: 'klines', path: file, symbol, spanMinutes: PLAYED_SPANS[span as PlayedTimeframe] }];
  });
  if (found.length > 0) return found;
  throw new RecordedDataError(
    'nothing_found',
    `No bars of perpetuals in ${path}: looked for ${coinsOf(symbols)
      .map((name) => `${name}_PERP-5m-*.csv[.gz]`)
      .join(', ')}`,
    {
      path,
    },
  );
}

/** Of klines in one tree, those of a history where there are any: the texts beside it are what it was imported from. */
function preferred(klines: readonly KlinePath[]): readonly KlinePath[] {
  const history = klines.filter(({ path }) => isHistoryFile(path));
  return history.length > 0 ? history : klines;
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );

/** A file named by the user that is of no played form. @throws RecordedDataError `unsupported`, with what it is */
async function refused(path: string): Promise<never> {
  const held = await whatItHolds(path);
  const known = '1-minute klines are named like BTCUSDT-1m-2023.csv[.gz] or binance/spot/BTCUSDT/1m/2023-04.parquet, recorded frames *.log[.gz]';
  throw new RecordedDataError(
    'unsupported',
    held === null ? `${path} is not recorded data of a known form: ${known}` : `${path} cannot be played: it holds ${held}`,
    { path },
  );
}

/** A file named by the user: what it is; null for no known form. @throws RecordedDataError where it is known to be of no use */
function kindOf(path: string, symbols: VenueSymbols): FileKind | null {
  const name = basename(path);
  if (FUTURES_NAME.test(name)) throw new RecordedDataError('futures', `${path} is of the futures venue; only spot is traded`, { path });
  const klines = klineFile(path, symbols) ?? shareFile(path, symbols);
  if (klines !== null) return klines;
  const symbol = venueSymbolOf(path);
  if (symbol !== undefined) {
    throw new RecordedDataError('unsupported', `${path} is of ${symbol}; the symbols traded are ${[...coinsOf(symbols)].join(', ')}`, {
      path,
      symbol,
    });
  }
  return FRAMES_NAME.test(name) ? { kind: 'frames', path } : null;
}

function klineFile(path: string, symbols: VenueSymbols): KlinePath | null {
  const symbol = symbols.get(venueSymbolOf(path) ?? '');
  return symbol === undefined ? null : { kind: 'klines', path, symbol, spanMinutes: null };
}

/** A file of a share's bars by its name: whether it holds any that are played, its columns say. */
function shareFile(path: string, symbols: VenueSymbols): KlinePath | null {
  const [, ofHistory, timeframe] = SHARE_HISTORY_PATH.exec(resolve(path).replaceAll('\\', '/')) ?? [];
  const symbol = symbols.get(ofHistory ?? shareNamed(path) ?? '');
  if (symbol === undefined) return null;
  return { kind: 'klines', path, symbol, spanMinutes: timeframe === undefined ? null : PLAYED_SPANS[timeframe as PlayedTimeframe] };
}

/** The venue's names of coins: shares have their own. */
const coinsOf = (symbols: VenueSymbols): readonly string[] =>
  [...symbols].flatMap(([venueSymbol, symbol]) => (venueSymbol === symbol ? [] : venueSymbol));

const venueSymbolOf = (path: string): string | undefined =>
  (KLINE_NAME.exec(basename(path)) ?? HISTORY_PATH.exec(resolve(path).replaceAll('\\', '/')))?.[1];

/** The files below a folder, in a fixed order; hidden folders and installed packages are left out. */
async function tree(folder: string, depth: number): Promise<readonly string[]> {
  const files: string[] = [];
  const pending: { readonly path: string; readonly depth: number }[] = [{ path: folder, depth }];
  for (let next = pending.shift(); next !== undefined && files.length < MOST_FILES; next = pending.shift()) {
    for (const entry of await entriesOf(next.path)) {
      const path = join(next.path, entry.name);
      if (entry.isFile() || entry.isSymbolicLink()) files.push(path);
      else if (entry.isDirectory() && next.depth > 1 && !entry.name.startsWith('.') && entry.name !== 'node_modules') {
        pending.push({ path, depth: next.depth - 1 });
      }
    }
  }
  return files.sort();
}

async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    // A folder we may not look into holds nothing for us.
    if (error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM')) return [];
    throw error;
  }
}

async function describeKlines(
  files: readonly KlinePath[],
  symbols: VenueSymbols,
  paths: readonly string[],
): Promise<Extract<RecordedData, { kind: 'klines' }>> {
  const unknown: Unknown[] = [];
  const series = await seriesOf(files, symbols, (of) => unknown.push(of));
  if (series.length === 0) {
    const { from, to } = NSE_CALENDAR.facts.coverage;
    const held = unknown.length === 0 ? await whatLiesThere(files.map(({ path }) => path)) : datesOf(together(unknown));
    throw new RecordedDataError(
      'nothing_found',
      `${paths.join(', ')} holds no bars of one or five minutes on days that the calendar of NSE knows, ${from} to ${to}${held === null ? '' : `, but ${held}`}`,
      { paths },
    );
  }
  const all = series.flatMap((one) => one.files);
  return {
    kind: 'klines',
    series,
    symbols: series.map(({ symbol }) => symbol),
    firstMs: Math.min(...all.map(({ firstMs }) => firstMs)),
    lastMs: Math.max(...all.map(({ lastMs }) => lastMs)),
    ...(unknown.length === 0 ? {} : { unknownDays: together(unknown) }),
  };
}

const datesOf = ({ files, firstMs, lastMs }: Unknown): string =>
  `${files} ${files === 1 ? 'file' : 'files'} with bars of ${istDate(firstMs)} to ${istDate(lastMs)}`;

const together = (all: readonly Unknown[]): Unknown => ({
  files: all.reduce((sum, { files }) => sum + files, 0),
  firstMs: Math.min(...all.map(({ firstMs }) => firstMs)),
  lastMs: Math.max(...all.map(({ lastMs }) => lastMs)),
});

/** @param leaveOut  hears of files whose days the calendar does not know */
async function seriesOf(
  files: readonly KlinePath[],
  symbols: VenueSymbols,
  leaveOut: (unknown: Unknown) => void = () => {},
): Promise<readonly KlineSeries[]> {
  const bySymbol = new Map<string, KlineFile[]>();
  for (const file of files) {
    const known = await knownFile(file, leaveOut);
    if (known !== null) bySymbol.set(file.symbol, [...(bySymbol.get(file.symbol) ?? []), known]);
  }
  return [...symbols.values()].flatMap((symbol) => {
    const own = finest(bySymbol.get(symbol) ?? []).sort((a, b) => a.firstMs - b.firstMs || a.lastMs - b.lastMs);
    return own.length === 0 ? [] : { symbol, ...(isShare(symbol) ? { market: 'NSE' as const } : {}), files: own };
  });
}

const isShare = (symbol: string): boolean => instrumentBySymbol(symbol).market === 'NSE';

/** Of files of several spans those that tell most of their time. */
function finest(files: readonly KlineFile[]): KlineFile[] {
  const spans = [...new Set(files.map(({ spanMinutes = 1 }) => spanMinutes))].sort((a, b) => a - b);
  const kept: KlineFile[] = [];
  for (const span of spans) {
    const finer = [...kept];
    const isTold = ({ firstMs, lastMs }: KlineFile): boolean => finer.some((file) => file.firstMs <= lastMs && file.lastMs >= firstMs);
    kept.push(...files.filter((file) => (file.spanMinutes ?? 1) === span && !isTold(file)));
  }
  return kept;
}

async function knownFile({ path, symbol, spanMinutes }: KlinePath, leaveOut: (unknown: Unknown) => void): Promise<KlineFile | null> {
  const isCoin = !isShare(symbol);
  const extent = spanMinutes === null && !isCoin ? await shareExtent(path) : { ...(await klineExtent(path)), spanMinutes: spanMinutes ?? 1 };
  if (extent === null) return null;
  if (!(isCoin || isCalendarCovered(extent.lastMs))) {
    leaveOut({ files: 1, firstMs: extent.firstMs, lastMs: extent.lastMs });
    return null;
  }
  const { spanMinutes: span, firstMs, lastMs } = extent;
  const shiftMs = (span - 1) * MINUTE_MS;
  return { path, firstMs: firstMs + shiftMs, lastMs: lastMs + shiftMs, ...(span === 1 ? {} : { spanMinutes: span }) };
}

/** Starts of the first and the last bar of a text, and their span; null for one without bars that are played. */
async function shareExtent(path: string): Promise<{ readonly firstMs: EpochMs; readonly lastMs: EpochMs; readonly spanMinutes: number } | null> {
  const { candles = [], spanMinutes = 1 } = (await readNseBars(path)) ?? {};
  const [first, last] = [candles[0], candles.at(-1)];
  return first === undefined || last === undefined ? null : { firstMs: first.openMs, lastMs: last.openMs, spanMinutes };
}

async function klineExtent(path: string): Promise<Omit<KlineFile, 'path'>> {
  if (!isHistoryFile(path)) return extentOf(path, klineStamp, 'a 1-minute kline: open_time,open,high,low,close,volume');
  const extent = await barFileExtent(path);
  if (extent === null) throw new RecordedDataError('unsupported', `${path} holds no bars`, { path });
  return extent;
}

async function describeFrames(paths: readonly string[], symbols: VenueSymbols): Promise<RecordedData> {
  const extents: { readonly firstMs: EpochMs; readonly lastMs: EpochMs }[] = [];
  const seen = new Set<string>();
  for (const path of paths) {
    const sample: string[] = [];
    extents.push(await extentOf(path, frameStamp, 'a recorded frame: "<local ns, 19 digits> {json}"', (line) => sample.push(line)));
    const text = sample.join('\n');
    if (FUTURES_FRAME.test(text)) throw new RecordedDataError('futures', `${path} holds frames of the futures venue; only spot is traded`, { path });
    for (const [, venueSymbol = ''] of text.matchAll(/"s":"([^"]+)"/g)) seen.add(venueSymbol);
  }
  const known = [...symbols].filter(([venueSymbol]) => seen.has(venueSymbol)).map(([, symbol]) => symbol);
  if (known.length === 0) {
    const wanted = [...symbols.keys()].join(', ');
    throw new RecordedDataError(
      'nothing_found',
      `No frame of ${wanted} in ${paths.join(', ')}: seen are ${[...seen].slice(0, 10).join(', ') || 'none'}`,
      { paths },
    );
  }
  return {
    kind: 'frames',
    paths: [...paths],
    symbols: known,
    firstMs: Math.min(...extents.map(({ firstMs }) => firstMs)),
    lastMs: Math.max(...extents.map(({ lastMs }) => lastMs)),
  };
}

/** First and last stamp of a file; the lines of its beginning go to `sample`. It is read to its end: a gzip file has to be anyway. */
async function extentOf(path: string, stampOf: (line: string) => EpochMs | null, expected: string, sample: (line: string) => void = () => {}) {
  const blocks = lineBlocks(path);
  let firstMs: EpochMs | null = null;
  let lastMs: EpochMs | null = null;
  try {
    let read = 0;
    for (let block = await blocks.more(); block !== null && (firstMs !== null || read < SAMPLE_BLOCKS); block = await blocks.more()) {
      if (read++ < SAMPLE_BLOCKS) {
        const lines = linesIn(block);
        lines.forEach(sample);
        firstMs ??= firstStamp(lines, stampOf);
      }
      lastMs = firstStamp(linesBackIn(block), stampOf) ?? lastMs;
    }
  } finally {
    await blocks.close();
  }
  if (firstMs === null || lastMs === null) throw new RecordedDataError('unsupported', `${path} does not hold ${expected}`, { path });
  return { firstMs, lastMs };
}

function firstStamp(lines: Iterable<string>, stampOf: (line: string) => EpochMs | null): EpochMs | null {
  for (const line of lines) {
    const stamp = stampOf(line);
    if (stamp !== null) return stamp;
  }
  return null;
}

function klineStamp(line: string): EpochMs | null {
  const row = klineRow(line);
  return typeof row === 'string' ? null : row.openMs;
}

const frameStamp = (line: string): EpochMs | null => recordedLine(line)?.receivedMs ?? null;
