import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { instrumentsOf } from '../../shared/config/instruments.ts';
import type { RecordedKlinesData } from '../../shared/feeds/replay/kline-replay-source.ts';
import { describeData } from '../../shared/feeds/replay/recorded-data.ts';
import { openDayBook } from '../../shared/feeds/replay/recorded-days.ts';
import { recordedNseSnapshots } from '../../shared/feeds/replay/recorded-nse-snapshots.ts';
import { recordedRates } from '../../shared/feeds/replay/recorded-rates.ts';
import { ONE, toNumber } from '../../shared/kernel/decimal.ts';
import { iso, MINUTE_MS, SECOND_MS } from '../../shared/kernel/time.ts';
import { NO_RECORDED_DATA, recordedDataFolder, recordedFiles } from '../support/recorded-data.ts';

const NOTE = recordedDataFolder() === null ? ` (${NO_RECORDED_DATA})` : '';
const SYMBOLS = new Map(instrumentsOf('NSE').map(({ symbol }) => [symbol, symbol]));

describe.skipIf(NOTE !== '')(`recorded shares of NSE${NOTE}`, () => {
  it('are the bars of five minutes on days that the calendar knows, with the days and the rates that lie beside them', async () => {
    const data = await describeData([join(recordedDataFolder() ?? '', 'nse-eq', 'yf-5m-2024')], SYMBOLS);
    if (data.kind !== 'klines') throw new Error(data.kind);
    expect(data.symbols).toEqual(['RELIANCE', 'TCS', 'HDFCBANK', 'INFY', 'ITC', 'SBIN', 'BHARTIARTL']);
    expect([iso(data.firstMs), iso(data.lastMs)]).toEqual(['2024-03-20T03:49:00.000Z', '2024-04-05T09:59:00.000Z']);
    const startMs = Date.parse('2024-04-02T03:45:00Z');
    const closes = (await openDayBook(data.series, startMs)).closes(0, startMs).get('ITC');
    expect(closes?.at(-1)).toEqual({ date: '2024-04-01', close: 426.7 });
    expect(closes?.length).toBeGreaterThan(1_000);
    const [rate] = (await recordedRates(data.series))(startMs);
    expect([rate?.currency, rate?.source, iso(rate?.asOfMs ?? 0)]).toEqual(['INR', 'ecb', '2024-03-28T12:15:00.000Z']);
    expect(1 / toNumber(rate?.value ?? ONE)).toBeCloseTo(83.4, 0);
  });

  it('of a year that the calendar does not know are refused with the years that it does', async () => {
    const described = describeData([join(recordedDataFolder() ?? '', 'nse-eq', 'minute-2016')], SYMBOLS);
    await expect(described).rejects.toMatchObject({
      code: 'nothing_found',
      message: expect.stringMatching(/2019-10-01 to 2026-12-31, but 10 files with bars of 2016-08-16 to 2016-08-31/),
    });
  });

  it('of such a year beside others are left out, and said to be', async () => {
    const { unknownDays, ...data } = (await describeData([join(recordedDataFolder() ?? '', 'nse-eq')], SYMBOLS)) as RecordedKlinesData;
    expect(unknownDays?.files).toBe(10);
    expect([unknownDays?.firstMs, unknownDays?.lastMs].map((ms) => iso(ms ?? 0).slice(0, 7))).toEqual(['2016-08', '2016-08']);
    expect(iso(data.firstMs)).toBe('2024-03-20T03:49:00.000Z');
  });
});

const snapshots = recordedFiles('nse-fo/chain-snapshots', /^NIFTY_/);

describe.skipIf(snapshots.length === 0)(`recorded chains of NSE${NOTE}`, () => {
  it('stand with their books from their snapshot on for two of its intervals, at the price that calls and puts agree on', async () => {
    const chains = recordedNseSnapshots(snapshots);
    const atMs = Date.parse('2025-08-29T11:00:00+05:30');
    await chains.advance(atMs);
    const [chain] = chains.chains('NIFTY', atMs);
    expect(chain).toMatchObject({ venue: 'nse', currency: 'INR', evidence: 'replay', perpetual: null });
    expect(atMs - (chain?.atMs ?? 0)).toBeLessThan(140 * SECOND_MS);
    // The index closed at 24,426.85 that day.
    expect(chain?.spot).toBeGreaterThan(24_300);
    expect(chain?.spot).toBeLessThan(24_700);
    const quoted = chain?.options.filter(({ bid, ask }) => bid !== null && ask !== null) ?? [];
    expect(quoted.length).toBeGreaterThan(100);
    expect(quoted.every(({ bid, ask }) => (bid ?? 0) < (ask ?? 0))).toBe(true);
    expect(chains.chains('NIFTY', (chain?.atMs ?? 0) - MINUTE_MS)[0]?.atMs).toBeLessThan(chain?.atMs ?? 0);
    expect(chains.chains('NIFTY', Date.parse('2025-08-29T08:00:00+05:30'))).toEqual([]);
  });
});
