import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Bar } from '../../../shared/market/price.ts';
import { createScalping } from '../../../shared/strategies/scalping.ts';
import type { Opportunity, Strategy } from '../../../shared/strategies/strategy.ts';
import { createSwing } from '../../../shared/strategies/swing.ts';
import { NO_RECORDED_DATA, recordedFiles } from '../../support/recorded-data.ts';
import { answers, instrumentOf, opportunities } from '../../support/strategy-runs.ts';

const FILES = recordedFiles('binance-klines', /USDT-1m-2023\.csv\.gz$/);
const WEEK = [Date.parse('2023-04-17T00:00Z'), Date.parse('2023-04-24T00:00Z')] as const;

function barsOf(file: string): readonly Bar[] {
  const rows = gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n').slice(1);
  return rows.map((row) => {
    const [openMs = 0, open = 0, high = 0, low = 0, close = 0, volume = 0] = row.split(',').map(Number);
    return { symbol: 'X', openMs, open, high, low, close, volume, origin: 'received', evidence: 'replay' };
  });
}

/** The longs a strategy is confident enough to trade, symbol by symbol. */
function confidentLongs(strategy: Strategy): readonly (readonly Opportunity[])[] {
  return FILES.map((file) => {
    const bars = barsOf(file).filter(({ openMs }) => openMs < WEEK[1]);
    return opportunities(answers([strategy], instrumentOf('X'), bars, WEEK[0])).filter(
      ({ direction, confidence, leastConfidence }) => direction === 'long' && confidence >= leastConfidence,
    );
  });
}

describe.skipIf(FILES.length !== 6)(`a recorded week of six symbols${FILES.length === 6 ? '' : ` (${NO_RECORDED_DATA})`}`, () => {
  it('gives scalping a few longs a symbol: not none, and not one an hour', () => {
    const counts = confidentLongs(createScalping()).map(({ length }) => length);
    expect(Math.min(...counts), `${counts}`).toBeGreaterThanOrEqual(3);
    expect(Math.max(...counts), `${counts}`).toBeLessThanOrEqual(24);
  });

  it('gives swing some longs over the symbols, the daily timeframe warm after a fortnight of history', () => {
    const found = confidentLongs(createSwing()).flat();
    expect(found.length).toBeGreaterThanOrEqual(6);
    for (const { parts } of found) expect(parts.find(({ name }) => name === 'technical')?.why).toContain('1d averages');
  });
});
