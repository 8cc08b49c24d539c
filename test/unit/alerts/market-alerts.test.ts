import { describe, expect, it } from 'vitest';
import { moveAlert } from '../../../shared/alerts/move-alerts.ts';
import { volumeAlert } from '../../../shared/alerts/volume-alerts.ts';
import { ALERT_RULES } from '../../../shared/config/alerts.ts';
import type { Alert } from '../../../shared/contracts/alert.ts';
import { MINUTE_MS } from '../../../shared/kernel/time.ts';
import type { Market } from '../../../shared/market/instrument.ts';
import type { RolledCandle } from '../../../shared/market/rollup.ts';
import { candlesOf } from '../../support/alerts.ts';
import { startedAccount } from '../../support/engine-fixtures.ts';
import { START_MS } from '../../support/ledger-fixtures.ts';

const account = startedAccount();

describe('unusual volume', () => {
  const QUARTER_MS = 15 * MINUTE_MS;
  const usual = Array.from({ length: 20 }, () => ({ volume: 10 }));
  const ending = (...last: readonly Partial<RolledCandle>[]): Alert | null =>
    volumeAlert(account, { symbol: 'ETH', candles: candlesOf(QUARTER_MS, [...usual, ...last]) }, ALERT_RULES.unusualVolume);

  it('is twice the mean of the twenty bars before, and no less', () => {
    expect(ending({ volume: 19.9 })).toBeNull();
    expect(ending({ volume: 20, close: 101 })).toMatchObject({
      kind: 'unusual-volume',
      symbol: 'ETH',
      text: '2.0 times the usual 15m volume from 09:00 UTC on, close 101',
      facts: { ratio: 2 },
      atMs: START_MS + 21 * QUARTER_MS,
    });
  });

  it('is told at the first bar of a burst', () => {
    expect(ending({ volume: 30 }, { volume: 40 })).toBeNull();
    expect(ending({ volume: 30 }, { volume: 5 }, { volume: 40 })).not.toBeNull();
  });

  it('is named by its bar: looked at again, it is the same', () => {
    expect(ending({ volume: 30 })?.id).toBe(ending({ volume: 30 })?.id);
    expect(ending({ volume: 5 }, { volume: 30 })?.id).not.toBe(ending({ volume: 30 })?.id);
  });

  it('is not said of a bar that is not whole, of too few bars, or where nothing was traded', () => {
    expect(ending({ volume: 50, isComplete: false })).toBeNull();
    const rules = ALERT_RULES.unusualVolume;
    const few = candlesOf(QUARTER_MS, [...usual.slice(1), { volume: 50 }]);
    expect(volumeAlert(account, { symbol: 'ETH', candles: few }, rules)).toBeNull();
    const gap = candlesOf(QUARTER_MS, [...usual.slice(1), { volume: 10, isComplete: false }, { volume: 50 }]);
    expect(volumeAlert(account, { symbol: 'ETH', candles: gap }, rules)).toBeNull();
    const dead = candlesOf(QUARTER_MS, [...usual.map(() => ({ volume: 0 })), { volume: 50 }]);
    expect(volumeAlert(account, { symbol: 'ETH', candles: dead }, rules)).toBeNull();
    expect(volumeAlert(account, { symbol: 'ETH', candles: [] }, rules)).toBeNull();
  });
});

/** Feeds closes minute by minute, at most 64 known at once as a chart has them. */
function moves(closes: readonly number[], market: Market = 'CRYPTO', startMs = START_MS): readonly Alert[] {
  const candles = candlesOf(
    MINUTE_MS,
    closes.map((close) => ({ close })),
    startMs,
  );
  let state: ReturnType<typeof moveAlert>['state'] | null = null;
  return candles.flatMap((_, index) => {
    const seen = candles.slice(Math.max(0, index - 63), index + 1);
    const found = moveAlert(account, { symbol: 'BTC', market, candles: seen }, state, ALERT_RULES.priceMove);
    state = found.state;
    return found.alert ?? [];
  });
}
const shares = (closes: readonly number[]): readonly number[] => moves(closes).map(({ facts }) => Math.round(Number(facts.share) * 1e4) / 1e4);

describe('a price that moves', () => {
  it('is told at two per cent from the highest or lowest close of the last hour', () => {
    expect(shares([100, 101, 101.9])).toEqual([]);
    expect(shares([100, 101, 102])).toEqual([0.02]);
    expect(shares([100, 99, 98])).toEqual([-0.02]);
    expect(moves([100, 101, 102])).toEqual([
      expect.objectContaining({ kind: 'price-move', symbol: 'BTC', title: 'BTC +2.00 %', text: 'From 100 to 102 within 2 minutes' }),
    ]);
  });

  it('is told once while the move lasts, and again when it has gone as far once more', () => {
    expect(shares([100, 102, 102.5, 101.9, 103, 102, 103.9])).toEqual([0.02]);
    expect(shares([100, 102, 104.1, 105, 106.3])).toEqual([0.02, 0.041, 0.063]);
  });

  it('is told on the way back', () => {
    expect(shares([100, 102.5, 101, 100])).toEqual([0.025, -0.0244]);
  });

  it('is not told to and fro about a price that stands between two extremes', () => {
    expect(shares([100, 97, 99.5, 98.2, 99.1, 98, 99])).toEqual([-0.03, 0.0258]);
  });

  it('can move again when the first move is over', () => {
    const quiet = Array.from({ length: 70 }, () => 102);
    expect(shares([100, 102, ...quiet, 104.1])).toEqual([0.02, 0.0206]);
  });

  it('is slow enough to say nothing when two per cent take longer than an hour', () => {
    expect(shares(Array.from({ length: 121 }, (_, minute) => 100 + minute * 0.03))).toEqual([]);
  });

  it('moves over night as well: the first hour is held against the last close', () => {
    const closeMs = Date.parse('2026-11-18T09:58:00Z');
    const openMs = Date.parse('2026-11-19T03:45:00Z');
    const evening = candlesOf(MINUTE_MS, [{ close: 100 }, { close: 100 }], closeMs);
    const seen = (morning: readonly RolledCandle[]): Alert | null =>
      moveAlert(account, { symbol: 'INFY', market: 'NSE', candles: [...evening, ...morning] }, null, ALERT_RULES.priceMove).alert;
    expect(seen(candlesOf(MINUTE_MS, [{ close: 97 }], openMs))).toMatchObject({ facts: { from: 100, to: 97 } });
    const later = candlesOf(
      MINUTE_MS,
      Array.from({ length: 62 }, () => ({ close: 97 })),
      openMs,
    );
    expect(seen(later)).toBeNull();
  });

  it('says nothing where no bar is known', () => {
    expect(moveAlert(account, { symbol: 'BTC', market: 'CRYPTO', candles: [] }, null, ALERT_RULES.priceMove)).toEqual({
      alert: null,
      state: { told: 0, lastPrice: null },
    });
  });
});
