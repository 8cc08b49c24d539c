import { readFile } from 'node:fs/promises';
import { FX } from '../../config/fx.ts';
import type { Rate } from '../../contracts/terms.ts';
import { messageOf } from '../../kernel/errors.ts';
import { DAY_MS, type EpochMs, iso } from '../../kernel/time.ts';
import { fileRanges } from '../history/directory-files.ts';
import { parseInput } from '../history/inputs/recognise.ts';
import { unpack } from '../history/inputs/unpack.ts';
import { openParquet } from '../history/read-parquet.ts';
import { type RateRow, TABLES } from '../history/tables.ts';
import { assumedUsdtRate, inrRate } from '../rates/rates.ts';
import { filesNear } from './near.ts';
import { RecordedDataError } from './recorded-data-error.ts';
import type { KlineSeries } from './recorded-klines.ts';

/** Rates to the base currency as they were known at an instant. */
export type RecordedRates = (nowMs: EpochMs) => readonly Rate[];

/** Where rupees a dollar are kept beside bars: texts, or the history's. */
const FOLDERS = ['fx', 'ecb/fx/USDINR/1d'];
const RATES_NAME = /usd_?inr[^/]*\.csv(?:\.gz)?$|ecb\/fx\/USDINR\/1d\/[^/]+\.parquet$/i;
/** The European Central Bank tells the rate of a day at that time of it. */
const FIXING_MS = Date.parse(`1970-01-01T${FX.ecbFixingUtc}Z`);
const SOURCE = 'ecb';

/**
 * What series are settled at: a Tether is a dollar, as everywhere until a rate is known; rupees at the rate of the European Central
 * Bank that was told last, as it lies near the bars of shares, or at one that is given. Where neither is there no rate is told, and
 * nothing of shares is traded.
 * @param usdInr  rupees a dollar throughout, in place of the recorded ones
 * @throws RecordedDataError `unreadable`
 */
export async function recordedRates(series: readonly KlineSeries[], usdInr: number | null = null): Promise<RecordedRates> {
  const shares = series.filter(({ market }) => market === 'NSE');
  const hasCoins = shares.length < series.length;
  const inr = shares.length === 0 ? nothing : usdInr === null ? await recordedInr(shares) : (nowMs: EpochMs) => inrRate(usdInr, 'given', nowMs);
  return (nowMs) => [hasCoins ? assumedUsdtRate(nowMs) : null, inr(nowMs)].filter((rate) => rate !== null);
}

const nothing = (): null => null;

async function recordedInr(shares: readonly KlineSeries[]): Promise<(nowMs: EpochMs) => Rate | null> {
  const fixings = await recordedFixings(shares);
  return (nowMs) => {
    const last = fixings.findLast(({ atMs }) => atMs <= nowMs);
    return last === undefined ? null : inrRate(last.usdInr, SOURCE, last.atMs);
  };
}

/** Rupees a dollar as they were fixed on a day, known from an instant on. */
export interface Fixing {
  readonly date: string;
  readonly atMs: EpochMs;
  readonly usdInr: number;
}

/**
 * The fixings that lie near the bars of shares, oldest first.
 * @throws RecordedDataError `unreadable`
 */
export async function recordedFixings(shares: readonly KlineSeries[]): Promise<readonly Fixing[]> {
  const files = (
    await filesNear(
      shares.flatMap(({ files: own }) => own.map(({ path }) => path)),
      FOLDERS,
    )
  ).filter((path) => RATES_NAME.test(path.replaceAll('\\', '/')));
  const rows = (await Promise.all(files.map(readRates))).flat().sort((a, b) => a.time - b.time);
  return rows.map(({ time, rate }) => ({ date: iso(time).slice(0, 10), atMs: time + FIXING_MS, usdInr: rate }));
}

async function readRates(path: string): Promise<readonly Pick<RateRow, 'time' | 'rate'>[]> {
  try {
    const rows = path.endsWith('.parquet') ? await storedRates(path) : await textRates(path);
    return rows.filter(({ time }) => time % DAY_MS === 0);
  } catch (error) {
    throw new RecordedDataError('unreadable', `Cannot read ${path}: ${messageOf(error)}`, { path }, { cause: error });
  }
}

async function textRates(path: string): Promise<readonly Pick<RateRow, 'time' | 'rate'>[]> {
  const [text] = unpack(path, await readFile(path));
  const parsed = parseInput({ path, member: null, text: text?.text ?? '', klineSource: 'recorded' });
  return (parsed?.batches ?? []).flatMap(({ table, series, rows }) =>
    table === 'rates' && series.symbol === 'USDINR' && series.timeframe === '1d' ? (rows as readonly RateRow[]) : [],
  );
}

async function storedRates(path: string): Promise<readonly Pick<RateRow, 'time' | 'rate'>[]> {
  const table = await openParquet(TABLES.rates, await fileRanges(path), path);
  const groups = await Promise.all(table.groups.map((group) => table.columns(group, ['time', 'rate'])));
  return groups.flatMap(([times = [], rates = []]) => Array.from(times, (time, i) => ({ time: Number(time), rate: Number(rates[i]) })));
}
