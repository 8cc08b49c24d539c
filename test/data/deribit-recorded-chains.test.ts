import { describe, expect, it } from 'vitest';
import { recordedDeribitChains } from '../../shared/feeds/deribit/recorded-chains.ts';
import { recordedContractsNear } from '../../shared/feeds/replay/recorded-contracts.ts';
import { DAY_MS, MINUTE_MS } from '../../shared/kernel/time.ts';
import { atTheMoneyIv, smilesOf } from '../../shared/market/options/smile.ts';
import { NO_RECORDED_DATA, recordedFiles } from '../support/recorded-data.ts';

const files = recordedFiles('deribit/chain-snapshots', /\.csv\.gz$/);

describe.skipIf(files.length === 0)(`recorded chains of Deribit as a source${files.length === 0 ? ` (${NO_RECORDED_DATA})` : ''}`, () => {
  const source = recordedDeribitChains(files);
  const atMs = Date.parse('2026-01-14T15:40Z');

  it('give the newest snapshot of the instant or before it, whole, under its own time', () => {
    const [chain] = source.chains('BTC', atMs);
    expect(chain).toMatchObject({ underlying: 'BTC', venue: 'deribit', currency: 'USDT', evidence: 'replay', lotSize: 0.1 });
    expect(new Date(chain?.atMs ?? 0).toISOString()).toBe('2026-01-14T15:34:05.802Z');
    expect(chain?.spot).toBe(96_802.37);
    expect(chain?.options).toHaveLength(642);
    const option = chain?.options.find(({ instrument }) => instrument.symbol === 'BTC-2026-03-27-98000-C');
    expect(option).toMatchObject({ bid: 0.071, ask: 0.0715, mark: 0.07124004, iv: 0.4104, underlyingPrice: 97_747.92, receivedMs: chain?.atMs });
    expect(option?.instrument.venueSymbol).toBe('BTC-27MAR26-98000-C');
    expect(source.chains('ETH', atMs)[0]?.options).toHaveLength(704);
  });

  it('never show what comes later, and nothing once a snapshot is a quarter of an hour old', () => {
    const takenMs = source.chains('BTC', atMs)[0]?.atMs ?? 0;
    expect(source.chains('BTC', takenMs)[0]?.atMs).toBe(takenMs);
    expect(source.chains('BTC', takenMs - 1)).toEqual([]);
    expect(source.chains('BTC', takenMs + 15 * MINUTE_MS)).toHaveLength(1);
    expect(source.chains('BTC', takenMs + 15 * MINUTE_MS + 1)).toEqual([]);
    expect(source.chains('BTC', Date.parse('2025-12-30T17:00Z'))).toEqual([]);
  });

  it('tell the 30-day volatility of each day before, none of the day itself', () => {
    const history = source.ivHistory?.('BTC', Date.parse('2026-01-03T12:00Z')) ?? [];
    expect(history.map(({ dayMs }) => new Date(dayMs).toISOString().slice(0, 10))).toEqual(['2025-12-30', '2025-12-31', '2026-01-01', '2026-01-02']);
    for (const { iv } of history) expect(iv).toBeGreaterThan(0.3);
    for (const { iv } of history) expect(iv).toBeLessThan(0.6);
  });

  it('have a surface: the money is near the smile of each expiry, and far puts are dearer', () => {
    const [chain] = source.chains('BTC', atMs);
    const smiles = chain === undefined ? [] : smilesOf(chain, 0).filter(({ expiryMs }) => expiryMs - atMs > 7 * DAY_MS);
    expect(smiles.length).toBeGreaterThan(4);
    for (const smile of smiles) {
      expect(atTheMoneyIv(smile)).toBeGreaterThan(0.3);
      expect(smile.outside[0]?.iv).toBeGreaterThan(atTheMoneyIv(smile));
    }
  });

  it('are found beside the bars of their coins', async () => {
    const bars = recordedFiles('binance-klines', /^BTCUSDT-1m-2025/);
    const found = await recordedContractsNear(bars, new Map());
    expect(found?.chains('BTC', atMs).map(({ venue, atMs: takenMs }) => [venue, takenMs])).toEqual([
      ['deribit', source.chains('BTC', atMs)[0]?.atMs],
    ]);
    expect(recordedDeribitChains(['/data/BTCUSDT-1m-2025.csv.gz']).underlyings).toEqual([]);
  });
});
