import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equityAlerts } from '../../../shared/alerts/equity-alerts.ts';
import { eventAlert, isTold } from '../../../shared/alerts/event-alerts.ts';
import { feedAlerts } from '../../../shared/alerts/feed-alerts.ts';
import { moveAlert } from '../../../shared/alerts/move-alerts.ts';
import { volumeAlert } from '../../../shared/alerts/volume-alerts.ts';
import { ALERT_RULES } from '../../../shared/config/alerts.ts';
import type { Alert, WatchState } from '../../../shared/contracts/alert.ts';
import type { FeedState } from '../../../shared/contracts/market-snapshot.ts';
import { fromNumber } from '../../../shared/kernel/decimal.ts';
import { MINUTE_MS } from '../../../shared/kernel/time.ts';
import type { RolledCandle } from '../../../shared/market/rollup.ts';
import { createAlerts } from '../../../shared/store/alerts.ts';
import { createMemoryItems } from '../../../shared/store/memory-items.ts';
import { candlesOf } from '../../support/alerts.ts';
import { snapshotAt } from '../../support/api-fixture.ts';
import { startedAccount } from '../../support/engine-fixtures.ts';
import { happen, roundTrip, START_MS } from '../../support/ledger-fixtures.ts';

const account = startedAccount();
const [UP] = snapshotAt(START_MS).feeds as [FeedState];

/** What a look may meet: done as it should, done twice, or its memory lost before it was kept. */
const fate = fc.constantFrom('once', 'twice', 'forgotten');
type Fate = 'once' | 'twice' | 'forgotten';

type Look<Input> = (input: Input, state: WatchState) => { readonly alerts: readonly Alert[]; readonly state: WatchState };

/** Looks at one input after the other over the store that alerts are kept in. @returns what was told, in order */
async function watched<Input>(look: Look<Input>, inputs: readonly (readonly [Input, Fate])[]): Promise<readonly Alert[]> {
  const store = createAlerts(createMemoryItems());
  const told: Alert[] = [];
  for (const [input, how] of inputs) {
    for (let time = how === 'twice' ? 2 : 1; time > 0; time--) {
      const { version, state } = await store.watch('s');
      const found = look(input, state);
      told.push(...(await store.raise(found.alerts)));
      if (how !== 'forgotten') await store.keepWatch('s', { version, state: found.state });
    }
  }
  return told;
}

const inOrder = <Input>(inputs: readonly (readonly [Input, Fate])[]) => inputs.map(([input]) => [input, 'once'] as const);
const idsOf = (alerts: readonly Alert[]): readonly string[] => alerts.map(({ id }) => id);

describe('no cause is told twice', () => {
  it('by the events of a session, in whatever order and however often they come', async () => {
    const { rows, after } = happen(account, 'trades', [...roundTrip({ id: 'E:1' }), ...roundTrip({ id: 'E:2' }, { entry: '100', exit: '97' })]);
    const tellable = rows.filter(({ event }) => isTold(event));
    expect(tellable.length).toBeGreaterThanOrEqual(4);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(tellable.length - 1), { maxLength: 40 }), async (order) => {
        const store = createAlerts(createMemoryItems());
        const told: Alert[] = [];
        for (const index of order) {
          const row = tellable[index];
          const alert = row !== undefined && isTold(row.event) ? eventAlert(row.event, row.seq, after) : null;
          if (alert !== null) told.push(...(await store.raise([alert])));
        }
        expect(told).toHaveLength(new Set(order).size);
      }),
    );
  });

  it('by the worth of an account: each threshold once a day, each step once a peak', async () => {
    const worth = fc.record({ equity: fc.integer({ min: 70_000, max: 130_000 }), day: fc.integer({ min: 1, max: 3 }), isPeak: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(worth, fate), { maxLength: 60 }), async (path) => {
        let peak = 100_000;
        const causes = new Set<string>();
        const look: Look<{ equity: number; day: number; isPeak: boolean }> = ({ equity, day, isPeak }, state) => {
          if (isPeak) peak = Math.max(peak, equity);
          const date = `2025-01-0${day}`;
          const share = equity / 100_000 - 1;
          if (share >= 0.05) causes.add(`profit ${date}`);
          if (share <= -0.03) causes.add(`loss ${date}`);
          if (share <= -0.05) causes.add(`halt ${date}`);
          const step = ALERT_RULES.drawdown.findLast((each) => (peak - equity) / peak >= each.share);
          if (step !== undefined) causes.add(`drawdown ${peak} ${step.share}`);
          const of = { ...account, day: { ...account.day, date }, curve: { ...account.curve, peak: fromNumber(peak) } };
          return { alerts: equityAlerts({ account: of, equity: fromNumber(equity), atMs: START_MS }, ALERT_RULES), state };
        };
        expect(await watched(look, path)).toHaveLength(causes.size);
      }),
    );
  });

  it('by a feed that comes and goes: one word when it is away, one when it is back, whatever is lost on the way', async () => {
    const status = fc.constantFrom<FeedState['status']>('up', 'down', 'connecting', 'waiting');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(status, fate), { maxLength: 60 }), async (path) => {
        const steps = path.map(([each, how], index) => [{ status: each, nowMs: START_MS + index * 30_000 }, how] as const);
        const look: Look<{ status: FeedState['status']; nowMs: number }> = ({ status: now, nowMs }, state) => {
          const found = feedAlerts(account, [{ ...UP, status: now, sinceMs: nowMs }], state.feeds, { nowMs, feedAwayMs: 60_000 });
          return { alerts: found.alerts, state: { ...state, feeds: found.state } };
        };
        const told = await watched(look, steps);
        expect(new Set(idsOf(told)).size).toBe(told.length);
        // What is told again and again is told in turns: away, back, away.
        const whole = await watched(look, inOrder(steps));
        expect(whole.map(({ kind }) => kind)).toEqual(whole.map((_, index) => (index % 2 === 0 ? 'feed-down' : 'feed-back')));
      }),
    );
  });

  it('by a price: between two words it has gone two per cent, or the first move was over', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.integer({ min: -15, max: 15 }), fate), { maxLength: 90 }), async (path) => {
        let price = 100;
        const closes = path.map(([step]) => {
          price *= 1 + step / 1_000;
          return price;
        });
        const candles = candlesOf(
          MINUTE_MS,
          closes.map((close) => ({ close })),
        );
        const steps = path.map(([, how], index) => [candles.slice(Math.max(0, index - 63), index + 1), how] as const);
        const look: Look<readonly RolledCandle[]> = (seen, state) => {
          const found = moveAlert(account, { symbol: 'BTC', market: 'CRYPTO', candles: seen }, state.moves.BTC ?? null, ALERT_RULES.priceMove);
          return { alerts: found.alert === null ? [] : [found.alert], state: { ...state, moves: { BTC: found.state } } };
        };
        const told = await watched(look, steps);
        expect(new Set(idsOf(told)).size).toBe(told.length);
        const whole = await watched(look, inOrder(steps));
        for (const [index, alert] of whole.entries()) {
          const [before, now] = [Number(whole[index - 1]?.facts.to), Number(alert.facts.to)];
          expect(Math.abs(Number(alert.facts.share))).toBeGreaterThanOrEqual(ALERT_RULES.priceMove.share);
          if (index === 0 || Math.abs(now / before - 1) >= ALERT_RULES.priceMove.share) continue;
          const [fromMs, toMs] = [whole[index - 1]?.atMs ?? 0, alert.atMs];
          const between = candles.filter(({ openMs }) => openMs + MINUTE_MS > fromMs && openMs + MINUTE_MS < toMs);
          const wasOver = between.some((bar) => {
            const seen = candles.slice(Math.max(0, candles.indexOf(bar) - ALERT_RULES.priceMove.windowMinutes), candles.indexOf(bar) + 1);
            const [low, high] = [Math.min(...seen.map(({ close }) => close)), Math.max(...seen.map(({ close }) => close))];
            return Math.max(bar.close / low - 1, 1 - bar.close / high) < ALERT_RULES.priceMove.overAtShare;
          });
          expect(wasOver).toBe(true);
        }
      }),
    );
  });

  it('by volume: never for two bars that follow each other, and for each bar once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.integer({ min: 0, max: 60 }), fate), { maxLength: 60 }), async (path) => {
        const spanMs = 15 * MINUTE_MS;
        const candles = candlesOf(
          spanMs,
          path.map(([volume]) => ({ volume })),
        );
        const look: Look<readonly RolledCandle[]> = (seen, state) => {
          const alert = volumeAlert(account, { symbol: 'BTC', candles: seen }, ALERT_RULES.unusualVolume);
          return { alerts: alert === null ? [] : [alert], state };
        };
        const told = await watched(
          look,
          path.map(([, how], index) => [candles.slice(0, index + 1), how] as const),
        );
        expect(new Set(idsOf(told)).size).toBe(told.length);
        for (const [index, { atMs }] of told.entries()) if (index > 0) expect(atMs - (told[index - 1]?.atMs ?? 0)).toBeGreaterThan(spanMs);
      }),
    );
  });
});
