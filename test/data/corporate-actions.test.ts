import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CORPORATE_ACTIONS } from '../../shared/config/corporate-actions.ts';
import { actionsOf, adjustCandles, type CorporateAction, priceFactor, symbolOn } from '../../shared/market/corporate-actions.ts';
import { istDate } from '../../shared/market/ist.ts';
import type { Candle } from '../../shared/market/price.ts';
import { NO_RECORDED_DATA, recordedFiles } from '../support/recorded-data.ts';

const FILES = recordedFiles('nse-eq/daily', /\.csv\.gz$/);
const isThere = FILES.length > 0;
if (!isThere) process.stderr.write(`Corporate actions against bhavcopies: ${NO_RECORDED_DATA}\n`);

/** Daily bars as the exchange published them; the first of each file stands alone, weeks before the second. */
function dailyOf(file: string): readonly Candle[] {
  const [head = '', ...lines] = gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n');
  const names = head.split(',');
  const column = (line: readonly string[], name: string): number => Number(line[names.indexOf(name)]);
  return lines
    .map((line) => line.split(',').map((cell) => cell.trim()))
    .filter((line) => line[names.indexOf('SERIES')] === 'EQ')
    .map((line) => ({
      openMs: Date.parse(`${line[0]}T09:15:00+05:30`),
      open: column(line, 'OPEN_PRICE'),
      high: column(line, 'HIGH_PRICE'),
      low: column(line, 'LOW_PRICE'),
      close: column(line, 'CLOSE_PRICE'),
      volume: column(line, 'TTL_TRD_QNTY'),
    }))
    .sort((a, b) => a.openMs - b.openMs);
}

const symbolOf = (file: string): string => basename(file, '.csv.gz');
const LAST_MS = Date.parse('2026-12-31T00:00:00Z');

/** The move of each day's open against the close before it, share. */
const gaps = (candles: readonly Candle[]): ReadonlyMap<string, number> =>
  new Map(candles.slice(1).map((candle, index) => [istDate(candle.openMs), candle.open / (candles[index]?.close ?? Number.NaN) - 1]));

describe.skipIf(!isThere)('the recorded daily bars', () => {
  const loaded = FILES.map((file) => {
    const [first, ...raw] = dailyOf(file);
    const symbol = symbolOf(file);
    return { symbol, first, raw, adjusted: adjustCandles(CORPORATE_ACTIONS, symbol, LAST_MS, raw) };
  });
  const of = (symbol: string) => {
    const found = loaded.find((each) => each.symbol === symbol);
    if (found === undefined) throw new Error(`No daily bars of ${symbol}`);
    return found;
  };
  const known: readonly CorporateAction[] = loaded.flatMap(({ symbol }) => actionsOf(CORPORATE_ACTIONS, symbol, '2019-10-01', '2026-08-21'));

  it.each(known.map((action) => [action.id, action] as const))('jump on %s as they were traded, and do not when adjusted', (_id, action) => {
    const { raw, adjusted } = of(action.symbol);
    const least = action.kind === 'demerger' ? 0.05 : 0.4;
    // The file of KOTAKBANK ends before its split: there the closing of the eve is all there is.
    if (!gaps(raw).has(action.exDate)) {
      expect(istDate(raw.at(-1)?.openMs ?? 0) < action.exDate).toBe(true);
      return;
    }
    expect(gaps(raw).get(action.exDate)).toBeLessThan(-least);
    expect(Math.abs(gaps(adjusted).get(action.exDate) ?? Number.NaN)).toBeLessThan(0.03);
  });

  it('have no gap of more than 15 % overnight when adjusted, on any day of any share', () => {
    const wide = loaded.flatMap(({ symbol, adjusted }) =>
      [...gaps(adjusted)].filter(([, gap]) => !(Math.abs(gap) < 0.15)).map(([date, gap]) => `${symbol} ${date} ${gap.toFixed(3)}`),
    );
    expect(wide).toEqual([]);
    const days = loaded.reduce((total, { adjusted }) => total + adjusted.length, 0);
    expect(days).toBeGreaterThan(15_000);
  });

  it('have a gap of more than 15 % as traded only where an action is known', () => {
    const jumps = loaded.flatMap(({ symbol, raw }) => [...gaps(raw)].filter(([, gap]) => Math.abs(gap) > 0.15).map(([date]) => `${symbol}:${date}`));
    const halved = known.filter(({ kind, symbol, exDate }) => kind !== 'demerger' && gaps(of(symbol).raw).has(exDate));
    expect(jumps.toSorted()).toEqual(halved.map(({ symbol, exDate }) => `${symbol}:${exDate}`).toSorted());
    expect(jumps.length).toBeGreaterThanOrEqual(3);
  });

  it('of HDFC Bank before and after its split of September 2019 are of one scale', () => {
    const { first, raw } = of('HDFCBANK');
    const [before, after] = adjustCandles(CORPORATE_ACTIONS, 'HDFCBANK', Date.parse('2019-10-01T12:00:00Z'), [first as Candle, raw[0] as Candle]);
    expect((after?.open ?? 0) / (before?.close ?? 0)).toBeCloseTo(1.14, 1);
    expect((raw[0]?.open ?? 0) / (first?.close ?? 0)).toBeLessThan(0.6);
  });
});

const FUTURES = recordedFiles('nse-fo/udiff-subset', /_202601(13|14)\.csv\.gz$/);

/** The share price under the first future of a symbol in a derivatives bhavcopy. */
function underlyingOf(file: string, symbol: string): number {
  const [head = '', ...lines] = gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n');
  const names = head.split(',');
  const row = lines
    .map((line) => line.split(','))
    .find((cells) => cells[names.indexOf('TckrSymb')] === symbol && cells[names.indexOf('FinInstrmTp')] === 'STF');
  return Number(row?.[names.indexOf('UndrlygPric')]);
}

describe.skipIf(FUTURES.length < 2)('the derivatives bhavcopies around 2026-01-14', () => {
  it('show KOTAKBANK at a fifth of its price, and at its price when adjusted', () => {
    const [eve = '', day = ''] = FUTURES;
    const [before, after] = [underlyingOf(eve, 'KOTAKBANK'), underlyingOf(day, 'KOTAKBANK')];
    expect(after / before).toBeCloseTo(0.2, 2);
    const eveMs = Date.parse('2026-01-13T15:00:00+05:30');
    const dayMs = Date.parse('2026-01-14T15:00:00+05:30');
    expect(after / (before * priceFactor(CORPORATE_ACTIONS, 'KOTAKBANK', eveMs, dayMs))).toBeCloseTo(1, 1);
  });
});

const SPECIAL = recordedFiles('nse-eq/bhavcopy-special-sessions', /^store_.*\.csv\.gz$/);

describe.skipIf(SPECIAL.length === 0)('the bhavcopies of special sessions', () => {
  it('list Tata Motors under the name of their day', () => {
    for (const file of SPECIAL) {
      const date = basename(file).slice('store_'.length, -'.csv.gz'.length);
      const listed = new Set(
        gunzipSync(readFileSync(file))
          .toString('utf8')
          .split('\n')
          .map((line) => line.split(',')[0]?.trim()),
      );
      const names = ['TATAMOTORS', 'TMPV'].filter((name) => listed.has(name));
      expect([date, names]).toEqual([date, [symbolOn(CORPORATE_ACTIONS, 'TMPV', '2026-08-21', date)]]);
    }
  });
});
