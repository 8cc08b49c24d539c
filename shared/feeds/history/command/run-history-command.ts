import { messageOf } from '../../../kernel/errors.ts';
import { binanceUrls } from '../../binance/binance-endpoints.ts';
import { createBinanceRest } from '../../binance/binance-rest.ts';
import { checkHistory, type SeriesCheck } from '../check/check-history.ts';
import { type Finding, type FindingKind, isViolation } from '../check/finding.ts';
import { directoryFiles } from '../directory-files.ts';
import { archiveUrls } from '../fetch/archives.ts';
import { createDownloader, type Downloader } from '../fetch/download.ts';
import { fetchBinance } from '../fetch/fetch-binance.ts';
import { fetchNse } from '../fetch/fetch-nse.ts';
import type { FetchReport } from '../fetch/fetch-report.ts';
import { HistoryError } from '../history-error.ts';
import { createHistoryStore, type HistoryStore, type Stored } from '../history-store.ts';
import { type ImportReport, importPaths } from '../import-files.ts';
import { createIntake } from '../intake.ts';
import { listHistory, type SeriesListing } from '../list-history.ts';
import { openReceipts, type Receipts } from '../receipts.ts';
import { HELP, type HistoryOptions, readHistoryOptions } from './options.ts';
import { createProgress } from './progress.ts';
import { aligned, bytesText, countsText, minuteText } from './tables.ts';
import type { HistoryTerminal } from './terminal.ts';

const EXIT = { done: 0, problem: 1, badOption: 2 } as const;
const MOST_FINDINGS_SHOWN = 10;
const MOST_NAMES_SHOWN = 10;
/** What a browser says of itself: the exchange's archive answers nothing else. */
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';
const NSE_SPACING_MS = 300;

type Command<Name extends HistoryOptions['command']> = Extract<HistoryOptions, { readonly command: Name }>;

interface Opened {
  readonly store: HistoryStore;
  readonly receipts: Receipts;
}

/** The history command. @returns the exit code */
export async function runHistoryCommand(argv: readonly string[], terminal: HistoryTerminal): Promise<number> {
  try {
    const options = readHistoryOptions(argv, terminal.env, terminal.clock.now());
    switch (options.command) {
      case 'help':
        terminal.out(HELP);
        return EXIT.done;
      case 'fetch-binance':
        return tellFetch(await alone(options.dir, terminal, (opened) => runFetchBinance(options, opened, terminal)), terminal);
      case 'fetch-nse':
        return tellFetch(await alone(options.dir, terminal, (opened) => runFetchNse(options, opened, terminal)), terminal);
      case 'import':
        return tellImport(await alone(options.dir, terminal, (opened) => runImport(options, opened, terminal)), terminal);
      case 'check':
        return await runCheck(options, await open(options.dir, terminal), terminal);
      case 'list':
        return await runList(options, await open(options.dir, terminal), terminal);
    }
  } catch (error) {
    terminal.err(sentenceOf(error));
    return error instanceof HistoryError && error.code === 'bad_option' ? EXIT.badOption : EXIT.problem;
  }
}

async function open(dir: string, { clock }: HistoryTerminal): Promise<Opened> {
  const files = directoryFiles(dir);
  return { store: createHistoryStore(files, clock), receipts: await openReceipts(files) };
}

/** Opens a history for writing, which one process at a time may do. */
async function alone<Result>(dir: string, terminal: HistoryTerminal, task: (opened: Opened) => Promise<Result>): Promise<Result> {
  const unlock = terminal.lock(dir);
  try {
    return await task(await open(dir, terminal));
  } finally {
    unlock();
  }
}

/** A failure of the network is said to be one, so that nobody looks for it in the data. */
function sentenceOf(error: unknown): string {
  const isNetwork = error instanceof Error && 'code' in error && error.code === 'unreachable';
  if (!isNetwork) return messageOf(error);
  return `The network did not answer: ${messageOf(error)}. What was fetched before is kept, and the same command goes on from there`;
}

function downloaderFor({ clock, err }: HistoryTerminal, more: { readonly userAgent?: string; readonly spacingMs?: number }): Downloader {
  return createDownloader({ clock, onRetry: (url, why, waitMs) => err(`${url}: ${why}; tried again in ${(waitMs / 1_000).toFixed(1)} s`), ...more });
}

async function runFetchBinance(options: Command<'fetch-binance'>, { store, receipts }: Opened, terminal: HistoryTerminal): Promise<FetchReport> {
  const { clock, env, err } = terminal;
  const rest = createBinanceRest({
    urls: binanceUrls(env).rest,
    clock,
    log: (level, event, facts) => err(`${level}: ${event} ${JSON.stringify(facts ?? {})}`),
  });
  const ports = { clock, receipts, rest, intake: await createIntake(store, receipts, clock), base: archiveUrls(env).binanceBulk };
  return fetchBinance(options, { ...ports, downloader: downloaderFor(terminal, {}), onFile: createProgress(terminal).step });
}

async function runFetchNse(options: Command<'fetch-nse'>, { store, receipts }: Opened, terminal: HistoryTerminal): Promise<FetchReport> {
  const { clock, env } = terminal;
  const downloader = downloaderFor(terminal, { userAgent: BROWSER, spacingMs: NSE_SPACING_MS });
  const intake = await createIntake(store, receipts, clock);
  return fetchNse(options, { clock, intake, downloader, base: archiveUrls(env).nseArchives, onFile: createProgress(terminal).step });
}

function tellFetch({ fetched, known, absent, failed, bytes, rows, stored }: FetchReport, { out, err }: HistoryTerminal): number {
  out(`Fetched ${fetched} files (${bytesText(bytes)}), ${rows.toLocaleString('en-US')} rows; ${known} were there already`);
  out(storedLine(stored));
  for (const line of shortened(absent)) out(`not there: ${line}`);
  for (const line of failed) err(`failed: ${line}`);
  return failed.length === 0 ? EXIT.done : EXIT.problem;
}

const storedLine = ({ added, changed, conflicts, filesWritten }: Stored): string =>
  `Stored ${added.toLocaleString('en-US')} new rows and ${changed.toLocaleString('en-US')} better ones in ${filesWritten} files` +
  (conflicts === 0 ? '' : `; ${conflicts.toLocaleString('en-US')} rows are told differently by two sources, the better one is kept`);

function shortened(lines: readonly string[]): readonly string[] {
  if (lines.length <= MOST_NAMES_SHOWN) return lines;
  return [...lines.slice(0, MOST_NAMES_SHOWN), `and ${lines.length - MOST_NAMES_SHOWN} more`];
}

async function runImport({ paths }: Command<'import'>, { store, receipts }: Opened, terminal: HistoryTerminal): Promise<ImportReport> {
  return importPaths(paths, await createIntake(store, receipts, terminal.clock), createProgress(terminal).step);
}

function tellImport(report: ImportReport, { out, err }: HistoryTerminal): number {
  const { taken, known, rows, refused, leftOut, notes, notRecognised, failed, stored } = report;
  out(`Imported ${taken} files, ${rows.toLocaleString('en-US')} rows; ${known} files were there already`);
  out(storedLine(stored));
  if (Object.keys(refused).length > 0) out(`refused, cannot be true: ${countsText(refused)}`);
  if (Object.keys(leftOut).length > 0) out(`left out, no part of a series: ${countsText(leftOut)}`);
  for (const [note, files] of Object.entries(notes)) out(`note: ${note} (${files} files)`);
  for (const name of shortened(notRecognised)) out(`not a history known here: ${name}`);
  for (const { name, why } of failed) err(`failed: ${name}: ${why}`);
  return failed.length === 0 ? EXIT.done : EXIT.problem;
}

async function runCheck({ prefix, json }: Command<'check'>, { store, receipts }: Opened, terminal: HistoryTerminal): Promise<number> {
  const checks = await checkHistory(store, receipts, prefix, json ? undefined : createProgress(terminal).step);
  if (checks.length === 0)
    throw new HistoryError('nothing_there', `There is no series${prefix === '' ? '' : ` that begins with ${prefix}`} to check`);
  const isClean = checks.every((each) => each.isClean);
  if (json) terminal.out(JSON.stringify({ isClean, series: checks }, null, 2));
  else for (const line of checkLines(checks)) terminal.out(line);
  return isClean ? EXIT.done : EXIT.problem;
}

function checkLines(checks: readonly SeriesCheck[]): readonly string[] {
  const count = (findings: readonly Finding[], ...kinds: readonly FindingKind[]): number =>
    findings.filter(({ kind }) => kinds.includes(kind)).reduce((sum, each) => sum + each.count, 0);
  const rows = checks.map(({ series, rows: bars, firstMs, lastMs, findings }) => [
    series,
    bars,
    minuteText(firstMs),
    minuteText(lastMs),
    count(findings, 'gap'),
    count(findings, 'known-gap'),
    count(findings, 'duplicate', 'order'),
    count(findings, 'off-grid', 'outside-session'),
    count(findings, 'ohlc'),
    count(findings, 'outlier'),
    count(findings, 'unreadable'),
  ]);
  const header = ['series', 'rows', 'from', 'to', 'missing', 'explained', 'doubles', 'misplaced', 'ohlc', 'outliers', 'unreadable'];
  const dirty = checks.filter(({ isClean }) => !isClean);
  return [
    ...aligned(header, rows),
    ...dirty.flatMap(({ series, findings }) => ['', series, ...findingLines(findings.filter(isViolation))]),
    ...limitLines(checks),
    '',
    dirty.length === 0 ? `Clean: ${checks.length} series` : `${dirty.length} of ${checks.length} series have violations`,
  ];
}

function findingLines(findings: readonly Finding[]): readonly string[] {
  const lines = findings.slice(0, MOST_FINDINGS_SHOWN).map(({ kind, symbol, says }) => `  ${kind}: ${symbol === null ? '' : `${symbol} `}${says}`);
  return findings.length > MOST_FINDINGS_SHOWN ? [...lines, `  and ${findings.length - MOST_FINDINGS_SHOWN} more (--json tells all)`] : lines;
}

function limitLines(checks: readonly SeriesCheck[]): readonly string[] {
  const limits = new Map<string, number>();
  for (const { limits: limit } of checks) if (limit !== null) limits.set(limit, (limits.get(limit) ?? 0) + 1);
  return limits.size === 0 ? [] : ['', ...[...limits].map(([limit, series]) => `not checked: ${limit} (${series} series)`)];
}

async function runList({ prefix, json }: Command<'list'>, { store }: Opened, { out }: HistoryTerminal): Promise<number> {
  const listings = await listHistory(store, prefix);
  if (listings.length === 0) throw new HistoryError('nothing_there', `There is no series${prefix === '' ? '' : ` that begins with ${prefix}`} here`);
  if (json) out(JSON.stringify(listings, null, 2));
  else for (const line of listLines(listings)) out(line);
  return EXIT.done;
}

function listLines(listings: readonly SeriesListing[]): readonly string[] {
  const rows = listings.map(({ series, firstMs, lastMs, rows: bars, files, bytes, sources }) => [
    series,
    minuteText(firstMs),
    minuteText(lastMs),
    bars,
    files,
    bytesText(bytes),
    sources.join(' '),
  ]);
  const sum = (of: (listing: SeriesListing) => number): number => listings.reduce((total, listing) => total + of(listing), 0);
  const total = `${listings.length} series, ${sum(({ rows: bars }) => bars).toLocaleString('en-US')} rows, ${bytesText(sum(({ bytes }) => bytes))}`;
  return [...aligned(['series', 'from', 'to', 'rows', 'files', 'size', 'sources'], rows), '', total];
}
