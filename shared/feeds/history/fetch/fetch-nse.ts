import { NSE_CALENDAR } from '../../../config/nse-calendar.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { tradingDay } from '../../../market/calendar.ts';
import { dateOfDay, dayOfDate, istDate, isWeekend } from '../../../market/ist.ts';
import { HistoryError } from '../history-error.ts';
import { parseLegacyDerivatives, parseUdiffDerivatives } from '../inputs/derivative-days.ts';
import { parseLegacyCash, parseUdiffCash } from '../inputs/equity-days.ts';
import { type Parsed, rowsIn } from '../inputs/parsed.ts';
import { unpack } from '../inputs/unpack.ts';
import type { Intake } from '../intake.ts';
import { sha256 } from '../receipts.ts';
import { UDIFF_FROM } from './archives.ts';
import { type Downloader, inParallel } from './download.ts';
import { type FetchReport, type OnFile, oneAtATime } from './fetch-report.ts';

export type NseSegment = 'cash' | 'derivatives';

export interface NseFetch {
  readonly segments: readonly NseSegment[];
  /** Dates in India, both included. */
  readonly from: string;
  readonly to: string;
}

export interface NseFetchPorts {
  readonly clock: Clock;
  readonly intake: Intake;
  readonly downloader: Downloader;
  /** Base of the archive. */
  readonly base: string;
  readonly onFile?: OnFile;
}

/** The exchange's own terms ask for restraint: two files at a time, and the downloader's spacing. */
const AT_ONCE = 2;
/** The cash market's rows of a month share a file, which is not written anew for every day: a kill loses at most these. */
const DAYS_A_WRITE = 7;
/** Files appear in the evening of their day. */
const PUBLISHED_WITHIN_DAYS = 1;

interface DayFile {
  readonly segment: NseSegment;
  readonly date: string;
  /** Below the archive's base: also what the receipt is kept under. */
  readonly path: string;
  readonly parse: (text: string, where: string) => Parsed;
  /** Null when a session was held for sure; else why there may be none. */
  readonly doubt: string | null;
}

/**
 * Brings the exchange's end-of-day files of a span into the history: UDiFF from 2024-07-08 on, the older form before. The
 * calendar says on which days there is one; on days that it does not know every weekday is tried.
 * @throws HistoryError `unreachable`, `refused`
 */
export async function fetchNse({ segments, from, to }: NseFetch, ports: NseFetchPorts): Promise<FetchReport> {
  const { clock, intake, onFile = () => undefined } = ports;
  const today = istDate(clock.now());
  const plan = segments.flatMap((segment) => planDays(segment, from, to < today ? to : today));
  const absent: string[] = [];
  const failed: string[] = [];
  const sums = { fetched: 0, known: 0, bytes: 0, rows: 0 };
  const alone = oneAtATime();
  let done = 0;
  let month = '';
  let waiting = 0;

  async function bring(file: DayFile): Promise<void> {
    onFile(done++, plan.length, file.path);
    if (intake.has(file.path, null)) {
      sums.known++;
      return;
    }
    try {
      const bytes = await ports.downloader.get(`${ports.base}${file.path}`);
      if (bytes === null) {
        const why = whyAbsent(file, today);
        (why === null ? failed : absent).push(`${file.path}: ${why ?? `the calendar has a session on ${file.date}, the archive has no file`}`);
        return;
      }
      const parsed = parsedDay(file, bytes);
      await alone(async () => {
        await intake.take({ name: file.path, sha256: sha256(bytes), bytes: bytes.length }, parsed);
        waiting++;
        const isDue = file.segment === 'derivatives' || month !== file.date.slice(0, 7) || waiting >= DAYS_A_WRITE;
        month = file.date.slice(0, 7);
        if (!isDue) return;
        await intake.flush();
        waiting = 0;
      });
      sums.fetched++;
      sums.bytes += bytes.length;
      sums.rows += rowsIn(parsed);
    } catch (error) {
      if (!(error instanceof HistoryError) || error.code === 'unreachable' || error.code === 'refused') throw error;
      failed.push(error.message);
    }
  }

  try {
    await inParallel(plan, AT_ONCE, bring);
  } finally {
    await alone(intake.flush);
  }
  onFile(plan.length, plan.length, '');
  return { ...sums, absent, failed, stored: intake.stored() };
}

/** The days of a span that may have a file, in order. */
export function planDays(segment: NseSegment, from: string, to: string): readonly DayFile[] {
  const files: DayFile[] = [];
  for (let day = dayOfDate(from); day <= dayOfDate(to); day++) {
    const date = dateOfDay(day);
    const { kind } = tradingDay(NSE_CALENDAR, date);
    const isWanted = kind === 'session' || kind === 'hours-unknown' || (kind === 'not-covered' && !isWeekend(day));
    const doubt = kind === 'not-covered' ? 'the calendar does not know this day; a holiday?' : null;
    if (isWanted) files.push({ segment, date, doubt, ...formOf(segment, date) });
  }
  return files;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];

function formOf(segment: NseSegment, date: string): Pick<DayFile, 'path' | 'parse'> {
  const [year = '', month = '', day = ''] = date.split('-');
  const compact = `${year}${month}${day}`;
  const named = `${day}${MONTHS[Number(month) - 1]}${year}`;
  const isUdiff = date >= UDIFF_FROM;
  switch (segment) {
    case 'cash':
      return isUdiff
        ? { path: `/content/cm/BhavCopy_NSE_CM_0_0_0_${compact}_F_0000.csv.zip`, parse: parseUdiffCash }
        : { path: `/content/historical/EQUITIES/${year}/${MONTHS[Number(month) - 1]}/cm${named}bhav.csv.zip`, parse: parseLegacyCash };
    case 'derivatives':
      return isUdiff
        ? { path: `/content/fo/BhavCopy_NSE_FO_0_0_0_${compact}_F_0000.csv.zip`, parse: parseUdiffDerivatives }
        : { path: `/content/historical/DERIVATIVES/${year}/${MONTHS[Number(month) - 1]}/fo${named}bhav.csv.zip`, parse: parseLegacyDerivatives };
  }
}

function whyAbsent({ date, doubt }: DayFile, today: string): string | null {
  if (dayOfDate(today) - dayOfDate(date) <= PUBLISHED_WITHIN_DAYS) return 'not published yet';
  return doubt;
}

/** The rows of a day's file. @throws HistoryError `bad_input`; `other_day` when it holds another day than it is named after */
function parsedDay({ path, date, parse }: DayFile, bytes: Uint8Array): Parsed {
  const [text, ...more] = unpack(path, bytes);
  if (text === undefined || more.length > 0) throw new HistoryError('bad_input', `${path} should hold one CSV file`, { path });
  const parsed = parse(text.text, path);
  const dates = new Set(parsed.batches.flatMap(({ rows }) => rows.map((row) => ('date' in row ? row.date : ''))));
  if (dates.size !== 1 || !dates.has(date)) {
    throw new HistoryError('other_day', `${path} should hold the rows of ${date}, it holds those of ${[...dates].join(', ') || 'no day'}`, {
      path,
      date,
    });
  }
  return parsed;
}
