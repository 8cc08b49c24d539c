import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NSE_CALENDAR } from '../../shared/config/nse-calendar.ts';
import { type Chart, historyNeededFromMs } from '../../shared/indicators/chart.ts';
import { rng } from '../../shared/kernel/rng.ts';
import { MINUTE_MS } from '../../shared/kernel/time.ts';
import type { Bar } from '../../shared/market/price.ts';
import { createBtst } from '../../shared/strategies/btst.ts';
import type { Opportunity, Quiet } from '../../shared/strategies/strategy.ts';
import { chartBefore, dayOfMinutes, type QuietDays, scaled } from '../support/nse-days.ts';
import { inFull, instrumentOf } from '../support/strategy-runs.ts';

const DATE = '2026-10-29';
const btst = createBtst();
const INFY = instrumentOf('INFY', 'NSE');
const at = (clock: string): number => Date.parse(`${DATE}T${clock}+05:30`);
const LOOKS = [at('14:15:03'), at('14:45:03'), at('15:20:03'), at('15:21:03')];

/** A day that rises by chance more or less, with more or less of a last hour. */
function dayOf(seed: number): readonly Bar[] {
  const random = rng('btst-day', seed);
  const gain = 0.05 * random.next();
  const lastHourVolume = 15 + 40 * random.next();
  let drift = 1;
  return dayOfMinutes(DATE, { gain, lastHourVolume }).map((bar) => {
    drift *= 1 + 0.0002 * random.normal();
    return scaled(bar, drift);
  });
}

/** What it says at each look. */
function answers(bars: readonly Bar[], history: QuietDays = {}): readonly (Opportunity | Quiet)[] {
  const chart: Chart = chartBefore(DATE, history);
  let next = 0;
  return LOOKS.map((nowMs) => {
    for (let bar = bars[next]; bar !== undefined && bar.openMs + MINUTE_MS <= nowMs; bar = bars[++next]) chart.add(bar);
    return inFull(btst.evaluate({ instrument: INFY, nowMs, chart, calendar: NSE_CALENDAR, derivatives: null })) as Opportunity | Quiet;
  });
}

const seeds = fc.integer({ min: 0, max: 1_000_000 });

describe('BTST', () => {
  it('proposes on some of these days and on others not', () => {
    const kinds = Array.from({ length: 40 }, (_, seed) => answers(dayOf(seed))[2]?.kind);
    expect(kinds.filter((kind) => kind === 'opportunity').length).toBeGreaterThan(5);
    expect(kinds.filter((kind) => kind === 'quiet').length).toBeGreaterThan(5);
  });

  it('says the same up to an instant whatever comes after it', () => {
    fc.assert(
      fc.property(seeds, seeds, fc.integer({ min: 0, max: LOOKS.length - 1 }), (seed, other, look) => {
        const cutMs = LOOKS[look] as number;
        const changed = [
          ...dayOf(seed).filter(({ openMs }) => openMs + MINUTE_MS <= cutMs),
          ...dayOf(other).filter(({ openMs }) => openMs + MINUTE_MS > cutMs),
        ];
        expect(answers(changed).slice(0, look + 1)).toEqual(answers(dayOf(seed)).slice(0, look + 1));
      }),
      { numRuns: 20 },
    );
  });

  it('says the same when the history before the anchors is cut off', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const fromMs = (timeframe: '1h' | '1d'): number => historyNeededFromMs('NSE', timeframe, LOOKS[0] as number);
        expect(answers(dayOf(seed), { days: 260, fromMs })).toEqual(answers(dayOf(seed), { days: 260 }));
      }),
      { numRuns: 4 },
    );
  });

  it('does not depend on the unit of the price: a power of two changes no bit of its confidence, ten only rounding', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const one = answers(dayOf(seed));
        const shape = (said: Opportunity | Quiet | undefined, by: number) =>
          said?.kind === 'opportunity'
            ? {
                ...said,
                why: '',
                parts: said.parts.map(({ score }) => score),
                entry: said.entry / by,
                stop: said.stop / by,
                target: said.target / by,
              }
            : said?.reason;
        const scaledBy = (by: number) =>
          answers(
            dayOf(seed).map((bar) => scaled(bar, by)),
            { scale: by },
          );
        expect(scaledBy(8).map((said) => shape(said, 8))).toEqual(one.map((said) => shape(said, 1)));
        for (const [i, said] of scaledBy(10).entries()) {
          const before = one[i];
          expect(said.kind).toBe(before?.kind);
          if (said.kind === 'opportunity' && before?.kind === 'opportunity') expect(said.confidence).toBeCloseTo(before.confidence, 8);
        }
      }),
      { numRuns: 10 },
    );
  });

  it('has no short side: the same day upside down is a fall, and is not sold', () => {
    const fallen = (seed: number): readonly Bar[] =>
      dayOf(seed).map((bar) => ({ ...bar, open: 1e4 / bar.open, high: 1e4 / bar.low, low: 1e4 / bar.high, close: 1e4 / bar.close }));
    for (let seed = 0; seed < 10; seed++) for (const said of answers(fallen(seed))) expect(said.kind).toBe('quiet');
  });

  it('is as sure as its parts are, weighed: never less sure when one of them rises', () => {
    const found = Array.from({ length: 40 }, (_, seed) => answers(dayOf(seed)))
      .flat()
      .filter((said) => said.kind === 'opportunity');
    for (const { confidence, parts } of found) {
      expect(confidence).toBeCloseTo(
        parts.reduce((sum, { weight, score }) => sum + weight * (score ?? 0), 0),
        12,
      );
      expect(parts.every(({ weight }) => weight >= 0)).toBe(true);
    }
    // Two equal days, one with more volume in its last hour: nothing else differs.
    const busier = answers(dayOfMinutes(DATE, { lastHourVolume: 30 }))[2] as Opportunity;
    const calmer = answers(dayOfMinutes(DATE, { lastHourVolume: 25 }))[2] as Opportunity;
    expect(busier.confidence).toBeGreaterThan(calmer.confidence);
  });
});
