import { describe, expect, it } from 'vitest';
import { describeData } from '../../shared/feeds/replay/recorded-data.ts';
import { readRecordedKlines } from '../../shared/feeds/replay/recorded-klines.ts';
import { DAY_MS, iso, MINUTE_MS } from '../../shared/kernel/time.ts';
import { SPOT_SYMBOLS } from '../support/binance-frames.ts';
import { NO_RECORDED_DATA, recordedDataFolder } from '../support/recorded-data.ts';

const folder = recordedDataFolder();

describe.skipIf(folder === null)(`recorded spot klines${folder === null ? ` (${NO_RECORDED_DATA})` : ''}`, () => {
  it('of the whole folder tree are the six default symbols, with no row refused in a week and every minute told', async () => {
    const data = await describeData([folder ?? ''], SPOT_SYMBOLS);
    expect(data).toMatchObject({ kind: 'klines', symbols: ['BTC', 'ETH', 'SOL', 'DOGE', 'ADA', 'DOT'] });
    if (data.kind !== 'klines') return;
    const fromMs = Date.UTC(2023, 3, 10);
    const klines = readRecordedKlines(data.series, { fromMs, toMs: fromMs + 7 * DAY_MS });
    let expectedMs = fromMs;
    for await (const run of klines.runs) {
      for (const { openMs, bars, absent } of run) {
        expect([openMs, bars.length, absent.length]).toEqual([expectedMs, 6, 0]);
        expectedMs += MINUTE_MS;
      }
    }
    expect(expectedMs).toBe(fromMs + 7 * DAY_MS);
    expect(klines.refused()).toEqual({});
  });

  it('have one hole in 2023, the halt of the venue on 24 March', async () => {
    const data = await describeData([folder ?? ''], SPOT_SYMBOLS);
    if (data.kind !== 'klines') throw new Error('expected klines');
    const empty: string[] = [];
    for await (const run of readRecordedKlines(data.series, { toMs: Date.UTC(2023, 3, 24) }).runs) {
      for (const { openMs, bars } of run) if (bars.length === 0) empty.push(iso(openMs));
    }
    expect([empty[0], empty.at(-1), empty.length]).toEqual(['2023-03-24T12:40:00.000Z', '2023-03-24T13:59:00.000Z', 80]);
  });
});
