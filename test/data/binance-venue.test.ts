import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { instrumentsOf } from '../../shared/config/instruments.ts';
import { createBarRepairs } from '../../shared/feeds/bars/bar-repairs.ts';
import { createBinanceRest } from '../../shared/feeds/binance/binance-rest.ts';
import type { Clock } from '../../shared/kernel/clock.ts';
import { text } from '../../shared/kernel/decimal.ts';
import { rng } from '../../shared/kernel/rng.ts';
import { DAY_MS, MINUTE_MS } from '../../shared/kernel/time.ts';
import type { Bar } from '../../shared/market/price.ts';
import { NO_RECORDED_DATA, recordedFiles } from '../support/recorded-data.ts';
import { fullSpeed, runTo } from '../support/recording-sink.ts';

const infos = recordedFiles('binance-klines', /^exchangeInfo_.*\.json\.gz$/);
const klines = recordedFiles('binance-klines', /^BTCUSDT-1m-2023\.csv\.gz$/);
const isAbsent = infos.length < 2 || klines.length === 0;
const gunzipped = (path: string): string => gunzipSync(readFileSync(path)).toString('utf8');
const restOver = (clock: Clock, answer: (url: URL) => unknown) =>
  createBinanceRest({ urls: ['https://recorded'], clock, log: () => {}, fetch: async (input) => Response.json(answer(new URL(String(input)))) });

describe.skipIf(isAbsent)(`what Binance itself has said${isAbsent ? ` (${NO_RECORDED_DATA})` : ''}`, () => {
  it.each(infos.map((path) => [basename(path), path] as const))('lists the default symbols in %s with their grids', async (_, path) => {
    const { symbols } = JSON.parse(gunzipped(path)) as { symbols: { symbol: string }[] };
    const rest = restOver(fullSpeed(0), (url) => {
      const asked = JSON.parse(url.searchParams.get('symbols') ?? '[]') as string[];
      return { symbols: symbols.filter(({ symbol }) => asked.includes(symbol)) };
    });
    const listings = await rest.fetchListings(instrumentsOf('CRYPTO').map(({ venueSymbol }) => venueSymbol));
    const grids = Object.fromEntries(
      listings.map(({ symbol, tickSize, lotStep, minNotional }) => [symbol, [tickSize, lotStep, minNotional].map(text)]),
    );
    const isOld = path.includes('2021');
    expect(listings.every(({ status }) => status === 'TRADING')).toBe(true);
    expect(grids).toEqual({
      BTCUSDT: ['0.01', '0.00001', isOld ? '10' : '5'],
      ETHUSDT: ['0.01', '0.0001', isOld ? '10' : '5'],
      SOLUSDT: ['0.01', isOld ? '0.01' : '0.001', isOld ? '10' : '5'],
      DOGEUSDT: [isOld ? '0.0001' : '0.00001', '1', isOld ? '10' : '1'],
      ADAUSDT: [isOld ? '0.001' : '0.0001', '0.1', isOld ? '10' : '5'],
      DOTUSDT: [isOld ? '0.01' : '0.001', '0.01', isOld ? '10' : '5'],
    });
  });

  it('stood still on 24 March 2023: an outage over that day is filled in around the halt, which is asked for once', async () => {
    const dayMs = Date.UTC(2023, 2, 24);
    const rows = gunzipped(klines[0] ?? '')
      .split('\n')
      .map((line) => line.split(','))
      .filter(([openMs]) => Number(openMs) >= dayMs && Number(openMs) < dayMs + DAY_MS);
    let asked = 0;
    const clock = fullSpeed(dayMs + DAY_MS + MINUTE_MS);
    const rest = restOver(clock, (url) => {
      asked++;
      const of = (name: string): number => Number(url.searchParams.get(name));
      const within = rows.filter(([openMs]) => Number(openMs) >= of('startTime') && Number(openMs) <= of('endTime'));
      return within.slice(0, of('limit')).map(([openMs, ...prices]) => [Number(openMs), ...prices]);
    });
    const repaired: Bar[] = [];
    const repairs = createBarRepairs({
      clock,
      log: () => {},
      random: rng('halt'),
      evidence: 'live',
      fetchMinutes: (_, fromMs, toMs) => rest.fetchKlines({ symbol: 'BTCUSDT', interval: '1m', fromMs, toMs }),
      onRepaired: (bars) => void repaired.push(...bars),
    });
    for (let minuteMs = dayMs; minuteMs < dayMs + DAY_MS; minuteMs += MINUTE_MS) repairs.want('BTC', minuteMs);
    await runTo(clock, dayMs + DAY_MS + 60 * MINUTE_MS);
    expect(repaired).toHaveLength(1_440 - 80);
    const known = new Set(repaired.map(({ openMs }) => openMs));
    const holes = Array.from({ length: 1_440 }, (_, index) => index).filter((index) => !known.has(dayMs + index * MINUTE_MS));
    expect([holes[0], holes.at(-1), holes.length]).toEqual([12 * 60 + 40, 13 * 60 + 59, 80]);
    expect([repairs.inWords(), asked]).toEqual([null, 2]);
  });
});
