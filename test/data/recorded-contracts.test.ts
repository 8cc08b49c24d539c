import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { instrumentBySymbol } from '../../shared/config/instruments.ts';
import { booklessConcession } from '../../shared/execution/slippage.ts';
import { recordedNseCloses } from '../../shared/feeds/replay/recorded-nse-closes.ts';
import { type RecordedContracts, recordedPerpetuals } from '../../shared/feeds/replay/recorded-perpetuals.ts';
import { toNumber } from '../../shared/kernel/decimal.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../shared/kernel/time.ts';
import type { ContractQuote, DerivativeChain } from '../../shared/market/derivative.ts';
import type { Instrument } from '../../shared/market/instrument.ts';
import { createFoArbitrage } from '../../shared/strategies/fo-arbitrage.ts';
import { arbitrageView } from '../support/derivative-views.ts';
import { NO_RECORDED_DATA, recordedDataFolder, recordedFiles } from '../support/recorded-data.ts';

const NOTE = recordedDataFolder() === null ? ` (${NO_RECORDED_DATA})` : '';
const SYMBOLS = new Map([['BTCUSDT', 'BTC']]);
const ofDays = /^BTCUSDT_PERP-(1h-(mark|funding_rate)|5m-futures)-2025dec/;

const opened: RecordedContracts[] = [];
afterEach(async () => {
  for (const contracts of opened.splice(0)) await contracts.close();
});
function perpetuals(name: RegExp = ofDays): RecordedContracts {
  const contracts = recordedPerpetuals(recordedFiles('binance-futures', name), SYMBOLS);
  opened.push(contracts);
  return contracts;
}

const rowsOf = (file: string): readonly (readonly number[])[] =>
  gunzipSync(readFileSync(file))
    .toString('utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').map(Number));

const FROM = Date.parse('2025-12-30T00:00:00Z');

describe.skipIf(NOTE !== '')(`recorded perpetuals${NOTE}`, () => {
  it('stand at the last trade of the bar that has ended, with the mark of its hour and the funding that was paid last', async () => {
    const contracts = perpetuals();
    const atMs = FROM + 35 * MINUTE_MS;
    await contracts.advance(atMs);
    const [bars = ''] = recordedFiles('binance-futures', /^BTCUSDT_PERP-5m-futures/);
    const bar = rowsOf(bars).find(([openMs]) => openMs === atMs - 5 * MINUTE_MS);
    const [fundings = ''] = recordedFiles('binance-futures', /^BTCUSDT_PERP-1h-funding_rate-2025dec/);
    const paid = rowsOf(fundings).findLast(([paidMs = 0]) => paidMs <= atMs);
    expect(contracts.chains('BTC', atMs)).toMatchObject([
      {
        venue: 'binance-futures',
        perpetual: {
          instrument: { symbol: 'BTC-PERP' },
          bid: expect.any(Number),
          last: bar?.[4],
          receivedMs: atMs,
          fundingRate: paid?.[1],
          fundingIntervalMs: 8 * HOUR_MS,
          nextFundingMs: FROM + 8 * HOUR_MS,
        },
      },
    ]);
    expect(contracts.chains('ETH', atMs)).toEqual([]);
  });

  it('are the same at an instant however they were read up to it', async () => {
    const [atOnce, inSteps] = [perpetuals(), perpetuals()];
    const atMs = FROM + 3 * DAY_MS + 65 * MINUTE_MS;
    await atOnce.advance(atMs);
    for (let stepMs = FROM; stepMs <= atMs; stepMs += 5 * MINUTE_MS) await inSteps.advance(stepMs);
    expect(inSteps.chains('BTC', atMs)).toMatchObject(JSON.parse(JSON.stringify(atOnce.chains('BTC', atMs), withoutGrids)));
    expect(inSteps.settled('BTC', atMs)).toEqual(atOnce.settled('BTC', atMs));
  });

  it('tell each recorded funding once, at the mark that opened its hour', async () => {
    const contracts = perpetuals();
    const [file = ''] = recordedFiles('binance-futures', /^BTCUSDT_PERP-1h-funding_rate-2025dec/);
    const [marks = ''] = recordedFiles('binance-futures', /^BTCUSDT_PERP-1h-mark-2025dec/);
    const openings = new Map(rowsOf(marks).map(([openMs, open]) => [openMs, open]));
    const recorded = rowsOf(file).map(([paidMs = 0, rate = 0]) => ({ atMs: paidMs, rate, mark: openings.get(paidMs) }));
    const told = new Map<number, unknown>();
    for (let atMs = FROM - 5 * DAY_MS; atMs <= FROM + 20 * DAY_MS; atMs += DAY_MS) {
      await contracts.advance(atMs);
      for (const funding of contracts.settled('BTC', atMs).fundings) told.set(funding.atMs, funding);
    }
    expect(recorded.length).toBe(57);
    expect([...told.values()]).toEqual(recorded);
  });

  it('tell payments of both kinds of files once: their stamps differ by milliseconds', async () => {
    const contracts = perpetuals(/^BTCUSDT_PERP-(8h|1h)-(mark|funding_rate)-2023/);
    const atMs = Date.parse('2024-03-10T12:00:00Z');
    await contracts.advance(atMs);
    const { fundings } = contracts.settled('BTC', atMs);
    expect(fundings.length).toBe(12);
    expect(new Set(fundings.map((funding) => Math.round(funding.atMs / HOUR_MS))).size).toBe(12);
  });
});

const withoutGrids = (name: string, value: unknown): unknown => (name === 'instrument' ? undefined : value);

const wholeDay = recordedFiles('nse-fo', /^BhavCopy_NSE_FO_.*20260127/);
const someDays = recordedFiles('nse-fo/udiff-subset', /_202601(12|13)\.csv/);

async function closesOf(files: readonly string[], date: string): Promise<{ readonly contracts: RecordedContracts; readonly atMs: number }> {
  const contracts = recordedNseCloses(files);
  const atMs = Date.parse(`${date}T10:00:00Z`);
  await contracts.advance(atMs);
  return { contracts, atMs };
}

const underlyingOf = (symbol: string, atMs: number): Instrument => {
  const isIndex = symbol === 'NIFTY' || symbol === 'BANKNIFTY';
  const share = instrumentBySymbol(isIndex ? 'RELIANCE' : symbol, atMs);
  return isIndex ? { ...share, symbol } : share;
};

const strategy = createFoArbitrage();

describe.skipIf(NOTE !== '')(`recorded derivatives of NSE${NOTE}`, () => {
  it('have the last price of what traded, and a mark alone where nothing did', async () => {
    const { contracts, atMs } = await closesOf(wholeDay, '2026-01-27');
    const [chain] = contracts.chains('NIFTY', atMs);
    const quotes: readonly ContractQuote[] = [...(chain?.futures ?? []), ...(chain?.options ?? [])];
    expect(chain).toMatchObject({ venue: 'nse', currency: 'INR', lotSize: 65, evidence: 'replay' });
    expect(quotes.length).toBeGreaterThan(1_000);
    const untraded = quotes.filter(({ last }) => last === null);
    expect(untraded.length).toBeGreaterThan(100);
    for (const { mark, bid, ask } of untraded) expect([bid, ask, mark === null ? 0 : mark > 0]).toEqual([null, null, true]);
    expect(chain?.futures.map(({ instrument }) => instrument.contract.expiry)).toEqual(['2026-02-24', '2026-03-30']);
    expect(toNumber((chain as DerivativeChain).futures[0]?.instrument.lotStep as never)).toBe(65);
  });

  it('are not known before their session has ended', async () => {
    const contracts = recordedNseCloses(someDays);
    const close = Date.parse('2026-01-13T10:00:00Z');
    await contracts.advance(close - 1);
    expect(contracts.chains('TCS', close - 1)[0]?.futures[0]?.receivedMs).toBe(close - DAY_MS);
    await contracts.advance(close);
    expect(contracts.chains('TCS', close)[0]?.futures[0]?.receivedMs).toBe(close);
  });

  it('tell what an expiry was settled at: the underlying of its last day', async () => {
    const { contracts, atMs } = await closesOf(wholeDay, '2026-01-27');
    const [chain] = contracts.chains('RELIANCE', atMs);
    expect(contracts.settled('RELIANCE', atMs).deliveries).toMatchObject([{ price: chain?.spot, source: 'nse-bhavcopy' }]);
  });

  it.each([...wholeDay, ...someDays].map((file) => [basename(file), file] as const))(
    'show no arbitrage in the closes of %s: not as they are, and not where everything is taken as far away as an order without a book is filled',
    async (_, file) => {
      const [, year, month, day] = /(\d{4})(\d\d)(\d\d)[^/]*\.csv/.exec(file) ?? [];
      const { contracts, atMs } = await closesOf([file], `${year}-${month}-${day}`);
      const judged = contracts.underlyings.map((symbol) => {
        const chains = contracts.chains(symbol, atMs);
        const instrument = underlyingOf(symbol, atMs);
        const isIndex = instrument.symbol !== instrument.venueSymbol && symbol.endsWith('NIFTY');
        const last = chains[0]?.spot ?? 0;
        const spot = isIndex ? null : { middle: last, half: last * concession(instrument, last) };
        const [told, taken] = [chains, chains.map(withBooks)].map((given) => strategy.evaluate(arbitrageView(instrument, atMs, spot, given)));
        return { symbol, told: told?.kind === 'quiet' ? told.reason : told?.kind, kind: taken?.kind, why: taken?.why ?? '' };
      });
      expect(new Set(judged.map(({ told }) => told))).toEqual(new Set(['no_book']));
      expect(judged.map(({ symbol }) => symbol).length).toBe(12);
      expect(judged.filter(({ kind }) => kind !== 'quiet')).toEqual([]);
      // Judged by their figures, not passed over: a share has its carry and its spreads.
      expect(judged.filter(({ why }) => /beyond all costs|before any fee/.test(why)).length).toBeGreaterThanOrEqual(10);
    },
  );
});

/** Futures that traded, with both sides as far from the close as an order without a book is filled in a calm market. */
function withBooks(chain: DerivativeChain): DerivativeChain {
  const futures = chain.futures.flatMap((quote) => {
    const { last, instrument } = quote;
    if (last === null) return [];
    const half = last * concession(instrument, last);
    return [{ ...quote, bid: last - half, ask: last + half }];
  });
  return { ...chain, futures };
}

const concession = (instrument: Instrument, price: number): number =>
  booklessConcession({ instrument, price, quantity: 1, minuteVolatility: 0, minuteVolume: null }).total;
