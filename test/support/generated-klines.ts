import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rng } from '../../shared/kernel/rng.ts';
import { type EpochMs, HOUR_MS, MINUTE_MS } from '../../shared/kernel/time.ts';

/** A market of one-minute klines that nobody recorded, in the form of Binance's own files. */
export interface GeneratedKlines {
  readonly seed: string;
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  /** Makes the aftermath of a burst follow from its volume, where else it goes either way: a signal for a model to find. */
  readonly isPlanted?: boolean;
}

const SYMBOLS = [
  { venueSymbol: 'BTCUSDT', price: 30_000, decimals: 2, volume: 40 },
  { venueSymbol: 'ETHUSDT', price: 2_000, decimals: 2, volume: 500 },
  { venueSymbol: 'SOLUSDT', price: 25, decimals: 2, volume: 9_000 },
  { venueSymbol: 'DOGEUSDT', price: 0.09, decimals: 5, volume: 2_000_000 },
  { venueSymbol: 'ADAUSDT', price: 0.45, decimals: 4, volume: 300_000 },
  { venueSymbol: 'DOTUSDT', price: 6.5, decimals: 3, volume: 15_000 },
] as const;

const MINUTE_VOLATILITY = 0.0008;
const REGIME_MS = 5 * HOUR_MS;
const TREND_A_MINUTE = 0.00012;
/** Chance of a burst in a minute, and what it brings: a long body, much volume, and an aftermath either way. */
const BURST_CHANCE = 1 / 45;
const BURST_BODY = 0.004;
const BURST_VOLUME = 8;
const AFTERMATH_MINUTES = 12;
/** Planted: a burst of this many times its volume runs on, the others fall back; share of price a minute. */
const HEAVY_BURST = 3;
const RUNS_ON = 0.0016;
const FALLS_BACK = -0.0008;

/**
 * Writes the klines of six symbols into a folder, a file each: trends that turn every five hours, and bursts with volume,
 * so that scalping and swing find something to trade. The same request writes the same bytes.
 */
export function writeGeneratedKlines(folder: string, request: GeneratedKlines): void {
  mkdirSync(folder, { recursive: true });
  for (const symbol of SYMBOLS) writeFileSync(join(folder, `${symbol.venueSymbol}-1m-generated.csv`), rowsOf(symbol, request).join('\n'));
}

function rowsOf(
  { venueSymbol, price, decimals, volume }: (typeof SYMBOLS)[number],
  { seed, fromMs, toMs, isPlanted = false }: GeneratedKlines,
): readonly string[] {
  const draw = rng('generated-klines', seed, venueSymbol);
  const rows: string[] = [];
  let last: number = price;
  let aftermath = { minutes: 0, drift: 0 };
  for (let openMs = fromMs; openMs < toMs; openMs += MINUTE_MS) {
    const regime = rng('regime', seed, venueSymbol, Math.floor(openMs / REGIME_MS)).next() < 0.6 ? 1 : -1;
    const isBurst = draw.next() < BURST_CHANCE;
    const burst = isBurst ? (draw.next() < 0.75 ? regime : -regime) * BURST_BODY * (0.75 + draw.next()) : 0;
    const isHeavy = isBurst && isPlanted && draw.next() < 0.4;
    if (isBurst) aftermath = { minutes: AFTERMATH_MINUTES, drift: isPlanted ? plantedDrift(burst, isHeavy) : 0.001 * draw.normal() };
    const drift = aftermath.minutes > 0 ? aftermath.drift : 0;
    aftermath = { ...aftermath, minutes: aftermath.minutes - 1 };
    const open = last;
    const close = open * Math.exp(regime * TREND_A_MINUTE + burst + drift + MINUTE_VOLATILITY * draw.normal());
    const wick = (): number => MINUTE_VOLATILITY * 0.5 * Math.abs(draw.normal());
    const high = Math.max(open, close) * (1 + wick());
    const low = Math.min(open, close) * (1 - wick());
    const traded = volumeOf(volume, isBurst, isHeavy) * Math.exp(0.3 * draw.normal());
    rows.push([openMs, ...[open, high, low, close].map((value) => value.toFixed(decimals)), traded.toFixed(3)].join(','));
    last = Number(close.toFixed(decimals));
  }
  return rows;
}

const plantedDrift = (burst: number, isHeavy: boolean): number => Math.sign(burst) * (isHeavy ? RUNS_ON : FALLS_BACK);

const volumeOf = (usual: number, isBurst: boolean, isHeavy: boolean): number => usual * (isBurst ? BURST_VOLUME : 1) * (isHeavy ? HEAVY_BURST : 1);
