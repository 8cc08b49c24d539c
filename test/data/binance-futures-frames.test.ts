import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createBinanceParser } from '../../shared/feeds/binance/binance-frame.ts';
import { createFuturesRest } from '../../shared/feeds/binance-futures/futures-rest.ts';
import { parseMarkFrame } from '../../shared/feeds/binance-futures/mark-frame.ts';
import { createGate } from '../../shared/feeds/intake/validation.ts';
import { text } from '../../shared/kernel/decimal.ts';
import { NO_RECORDED_DATA, recordedDataFolder, recordedFiles } from '../support/recorded-data.ts';

const [frames] = recordedFiles('binance-ws', /^hft_usdm_btcusdt/);
const [, exchangeInfo] = recordedFiles('binance-futures', /^exchangeInfo/);
const fixtures = recordedFiles('binance-ws/fixtures', /^(crypto-msg-parser_binance|tardis_binance_usdm)\.jsonl$/);
const unzipped = (file: string): string => gunzipSync(readFileSync(file)).toString('utf8');

describe.skipIf(recordedDataFolder() === null)(
  `recorded frames of Binance futures${recordedDataFolder() === null ? ` (${NO_RECORDED_DATA})` : ''}`,
  () => {
    it('give a book for each of 2,000 tops of the perpetual, all of them admitted', () => {
      const parse = createBinanceParser({ symbols: new Map([['BTCUSDT', 'BTC-PERP']]), source: 'binance-futures', evidence: 'replay' });
      const gate = createGate();
      const lines = unzipped(frames as string)
        .split('\n')
        .filter((line) => line.includes('@bookTicker"'))
        .slice(0, 2_000);
      const admitted = lines.filter((line) => {
        const [ns = '', ...frame] = line.split(' ');
        const parsed = parse(frame.join(' '), Math.floor(Number(ns) / 1e6));
        return parsed.kind === 'books' && parsed.books.every((book) => book.ask > book.bid && gate.admit(book).ok);
      });
      expect([lines.length, admitted.length]).toEqual([2_000, 2_000]);
    });

    it('give the marks of fixtures of seven years, with and without an index, wrapped, alone and in arrays', () => {
      const lines = fixtures
        .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
        .filter((line) => line.includes('markPriceUpdate') && !line.includes('inverse'))
        .map((line): string => {
          const value = JSON.parse(line) as { readonly raw?: string };
          return value.raw ?? line;
        });
      const read = lines.map((line) => parseMarkFrame(line));
      expect(read.filter(({ kind }) => kind === 'marks').length).toBeGreaterThanOrEqual(4);
      const [dated] = read.flatMap((frame) => (frame.kind === 'marks' ? frame.marks : [])).filter(({ venueSymbol }) => venueSymbol.includes('_'));
      expect(dated).toMatchObject({ venueSymbol: 'BTCBUSD_210129', mark: 31_799.2773, index: 31_307.034, funding: null });
      // Frames of 2019 and of coin-margined contracts tell no index: they are told apart from prices, not read as ones.
      for (const frame of read.filter(({ kind }) => kind === 'refused')) expect(frame).toMatchObject({ reason: 'bad_price' });
    });

    it('list the contracts of May 2022: six perpetuals and two quarterlies, on their grids', async () => {
      const info: unknown = JSON.parse(unzipped(exchangeInfo as string));
      const rest = createFuturesRest({ get: async () => info, openFromMs: () => 0 });
      const contracts = await rest.contracts();
      expect(contracts.map(({ venueSymbol }) => venueSymbol).sort()).toEqual(
        ['ADAUSDT', 'BTCUSDT', 'BTCUSDT_220624', 'DOGEUSDT', 'DOTUSDT', 'ETHUSDT', 'ETHUSDT_220624', 'SOLUSDT'].sort(),
      );
      const quarter = contracts.find(({ venueSymbol }) => venueSymbol === 'ETHUSDT_220624')?.instrument;
      expect(quarter).toMatchObject({
        symbol: 'ETH-2022-06-24',
        venueSymbol: 'ETHUSDT_220624',
        contract: { expiryMs: Date.parse('2022-06-24T08:00:00Z') },
      });
      expect(quarter && text(quarter.lotStep)).toBe('0.001');
    });
  },
);
