import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BINANCE_SYMBOLS } from '../../../../shared/feeds/binance/binance-symbols.ts';
import { playedWith, recordedContractsNear } from '../../../../shared/feeds/replay/recorded-contracts.ts';
import { simulatedSource } from '../../../../shared/feeds/simulated-source.ts';
import { HOUR_MS, iso, MINUTE_MS } from '../../../../shared/kernel/time.ts';
import { testFolder } from '../../../support/history-fixtures.ts';
import { fullSpeed, recordingSink, runTo } from '../../../support/recording-sink.ts';

const START = Date.parse('2026-10-05T00:00:00Z');
const row = (openMs: number, open: number, high = open, low = open, close = open, volume = 1): string =>
  [openMs, open, high, low, close, volume].join(',');

/** Bars of a folder, and beside it the perpetual of one coin: an hour that rises by one a minute. */
function recorded(): string {
  const root = testFolder();
  const [bars, futures] = [join(root, 'bars'), join(root, 'binance-futures')];
  mkdirSync(bars, { recursive: true });
  mkdirSync(futures);
  const head = 'open_time,open,high,low,close,volume';
  const minutes = Array.from({ length: 60 }, (_, i) => row(START + i * MINUTE_MS, 100 + i, 101 + i, 100 + i, 101 + i, i === 30 ? 0 : 5));
  writeFileSync(join(futures, 'BTCUSDT_PERP-1m-test.csv'), [head, ...minutes, 'not,a,row'].join('\n'));
  writeFileSync(join(futures, 'BTCUSDT_PERP-8h-mark-test.csv'), [head, ...[-16, -8, 0].map((hours) => row(START + hours * HOUR_MS, 100))].join('\n'));
  const fundings = [
    row(START - 16 * HOUR_MS + 4, 0.0001, 0, 0, 0, 0),
    row(START - 8 * HOUR_MS, -0.0002, 0, 0, 0, 0),
    row(START + 7, 0.0003, 0, 0, 0, 0),
  ];
  writeFileSync(join(futures, 'BTCUSDT_PERP-8h-funding_rate-test.csv'), [head, ...fundings].join('\n'));
  return bars;
}

describe('contracts recorded beside bars', () => {
  it('are found in the folder of the data and in binance-futures beside it, and are none where there are no files', async () => {
    const contracts = await recordedContractsNear([recorded()], BINANCE_SYMBOLS);
    expect(contracts?.underlyings).toEqual(['BTC']);
    await contracts?.close();
    expect(await recordedContractsNear([testFolder()], BINANCE_SYMBOLS)).toBeNull();
  });

  it('are read along with the prices: at each minute what had ended by then, and nothing later', async () => {
    const contracts = await recordedContractsNear([recorded()], BINANCE_SYMBOLS);
    if (contracts === null) throw new Error('nothing found');
    const clock = fullSpeed(START + 10 * MINUTE_MS);
    const source = playedWith(simulatedSource({ clock, seed: 'x', markets: ['CRYPTO'] }), contracts, clock);
    const seen: string[] = [];
    for (let minute = 10; minute < 14; minute++) {
      clock.at(START + minute * MINUTE_MS + 3_000, '3-look', () => {
        const [chain] = contracts.chains('BTC', clock.now());
        seen.push(`${iso(clock.now()).slice(11, 19)} ${chain?.perpetual?.last}`);
      });
    }
    await source.start(recordingSink(clock), null);
    await runTo(clock, START + 14 * MINUTE_MS);
    await source.stop();
    expect(seen).toEqual(['00:10:03 110', '00:11:03 111', '00:12:03 112', '00:13:03 113']);
  });

  it('quote a book around the last trade, none where nothing traded, and the funding that was paid last', async () => {
    const contracts = await recordedContractsNear([recorded()], BINANCE_SYMBOLS);
    if (contracts === null) throw new Error('nothing found');
    await contracts.advance(START + 30 * MINUTE_MS);
    const [traded] = contracts.chains('BTC', START + 30 * MINUTE_MS);
    const { bid, ask, last } = traded?.perpetual ?? { bid: null, ask: null, last: null };
    expect([last, (bid ?? 0) < 130 && (bid ?? 0) > 129, (ask ?? 0) > 130 && (ask ?? 0) < 131]).toEqual([130, true, true]);
    expect(traded?.perpetual).toMatchObject({ fundingRate: 0.0003, fundingIntervalMs: 8 * HOUR_MS, nextFundingMs: START + 8 * HOUR_MS });
    await contracts.advance(START + 31 * MINUTE_MS);
    const [still] = contracts.chains('BTC', START + 31 * MINUTE_MS);
    expect(still?.perpetual).toMatchObject({ bid: null, ask: null, last: null, mark: 131 });
    expect(contracts.settled('BTC', START + HOUR_MS).fundings.map(({ rate, mark }) => [rate, mark])).toEqual([
      [0.0001, 100],
      [-0.0002, 100],
      [0.0003, 100],
    ]);
    await contracts.close();
  });
});
