import { describe, expect, it } from 'vitest';
import { triggeredExit, type WatchedLevels } from '../../../shared/execution/exit-trigger.ts';
import { ticksOfBar } from '../../../shared/market/bar-ticks.ts';
import type { Bar, Tick } from '../../../shared/market/price.ts';
import { tickOf } from '../../support/engine-fixtures.ts';

const LONG: WatchedLevels = { direction: 'long', stop: 98.5, target: 103, trail: null, extreme: 100 };

/** The first level that a bar, played as ticks, reaches; the best price moves on with every tick, as the matcher does it. */
function playedOn(levels: WatchedLevels, bar: Pick<Bar, 'open' | 'high' | 'low' | 'close'>): string {
  let { extreme } = levels;
  for (const tick of ticksOfBar({ ...bar, symbol: 'BTC', openMs: 0, volume: 1, origin: 'received', evidence: 'replay' }, 'test')) {
    const met = triggeredExit({ ...levels, extreme }, tick);
    if (met !== null) return `${met.trigger} ${Number(met.base.toFixed(6))} ${met.rule}`;
    extreme = levels.direction === 'long' ? Math.max(extreme, tick.price) : Math.min(extreme, tick.price);
  }
  return '-';
}

/** The same market upside down around 100: what a short sees when a long sees the original. */
const mirroredBar = ({ open, high, low, close }: Pick<Bar, 'open' | 'high' | 'low' | 'close'>) => ({
  open: 200 - open,
  high: 200 - low,
  low: 200 - high,
  close: 200 - close,
});

describe('the exit of a long position, over a bar', () => {
  it.each`
    open     | high     | low      | close  | meets                     | because
    ${100}   | ${101}   | ${97}    | ${98}  | ${'stop 98.5 stop-level'} | ${'the stop is touched inside the bar'}
    ${96}    | ${99}    | ${95}    | ${98}  | ${'stop 96 gap'}          | ${'the market gapped: the open is the first tradable price'}
    ${98.5}  | ${99}    | ${98.5}  | ${99}  | ${'stop 98.5 stop-level'} | ${'the open is the level itself'}
    ${100}   | ${101}   | ${98.51} | ${100} | ${'-'}                    | ${'the stop is not reached'}
    ${100}   | ${103}   | ${99}    | ${102} | ${'-'}                    | ${'the target is touched, and we are last in the queue'}
    ${100}   | ${103.5} | ${99}    | ${102} | ${'target 103 limit'}     | ${'the market traded through the target'}
    ${104}   | ${105}   | ${103.5} | ${104} | ${'target 103 limit'}     | ${'a gap through the target fills at its level'}
    ${100}   | ${103.5} | ${98}    | ${102} | ${'stop 98.5 stop-level'} | ${'both are in the bar: the nearer extreme is the low'}
    ${102.9} | ${103.5} | ${98}    | ${102} | ${'stop 98.5 stop-level'} | ${'the high is nearer, but the stop is still ahead'}
    ${102.9} | ${103.5} | ${99}    | ${102} | ${'target 103 limit'}     | ${'the high is nearer, and no stop is ahead'}
    ${104}   | ${105}   | ${98}    | ${102} | ${'target 103 limit'}     | ${'the open is a print: what lies ahead comes after it'}
  `('$because: $open $high $low $close', ({ open, high, low, close, meets }) => {
    expect(playedOn(LONG, { open, high, low, close })).toBe(meets);
  });

  it('is mirrored for a short', () => {
    const SHORT: WatchedLevels = { direction: 'short', stop: 101.5, target: 97, trail: null, extreme: 100 };
    const bars = [
      [100, 101, 97, 98],
      [96, 99, 95, 98],
      [100, 101, 98.51, 100],
      [100, 103, 99, 102],
      [100, 103.5, 99, 102],
      [104, 105, 103.5, 104],
      [102.9, 103.5, 98, 102],
      [102.9, 103.5, 99, 102],
    ].map(([open = 0, high = 0, low = 0, close = 0]) => ({ open, high, low, close }));
    const seenByLong = bars.map((bar) => playedOn(LONG, bar));
    const seenByShort = bars.map((bar) => playedOn(SHORT, mirroredBar(bar)));
    const mirror = (met: string): string => met.replace(/ [\d.]+ /, (price) => ` ${Number((200 - Number(price)).toFixed(6))} `);
    expect(new Set(seenByLong).size).toBeGreaterThan(3);
    expect(seenByShort).toEqual(seenByLong.map(mirror));
  });
});

describe('a stop, on a print', () => {
  const at = (price: number, more: Partial<Tick> = {}): Tick => tickOf('BTC', price, 0, more);

  it('is met at the print when the print lies beyond it', () => {
    expect(triggeredExit(LONG, at(98.2))).toEqual({ trigger: 'stop', base: 98.2, rule: 'gap' });
  });

  it('is met at its level by a sweep, which traded through every price', () => {
    expect(triggeredExit(LONG, at(95, { motion: 'sweep' }))).toEqual({ trigger: 'stop', base: 98.5, rule: 'stop-level' });
  });

  it('does not ask what is ahead of a print that trades through the target', () => {
    expect(triggeredExit(LONG, at(103.1))).toEqual({ trigger: 'target', base: 103, rule: 'limit' });
  });
});

describe('a trailing stop', () => {
  const trailing = (extreme: number, stop: number | null = 98): WatchedLevels => ({
    direction: 'long',
    stop,
    target: null,
    trail: { kind: 'share', share: 0.02 },
    extreme,
  });

  it('gives way to the fixed stop until the trail has passed it', () => {
    expect(triggeredExit(trailing(100), tickOf('BTC', 97.9, 0, { motion: 'sweep' }))).toEqual({ trigger: 'stop', base: 98, rule: 'stop-level' });
    expect(triggeredExit(trailing(110), tickOf('BTC', 107.8, 0))).toMatchObject({ trigger: 'trailing-stop', base: 107.8 });
    expect(triggeredExit(trailing(110), tickOf('BTC', 107.81, 0))).toBeNull();
  });

  it('hangs on the best price alone when there is no fixed stop', () => {
    expect(triggeredExit(trailing(110, null), tickOf('BTC', 100, 0))).toEqual({ trigger: 'trailing-stop', base: 100, rule: 'gap' });
  });

  it('follows the high of a bar down to its low', () => {
    expect(playedOn({ ...trailing(100), target: null }, { open: 109, high: 110, low: 107, close: 108 })).toBe('trailing-stop 107.8 stop-level');
  });

  it('is mirrored for a short: it hangs above the lowest price', () => {
    const short: WatchedLevels = { direction: 'short', stop: 102, target: null, trail: { kind: 'share', share: 0.02 }, extreme: 90 };
    expect(triggeredExit(short, tickOf('BTC', 91.79, 0))).toBeNull();
    expect(triggeredExit(short, tickOf('BTC', 92, 0))).toEqual({ trigger: 'trailing-stop', base: 92, rule: 'gap' });
  });
});

describe('a trailing stop at a distance', () => {
  const trail = { kind: 'distance', distance: 3, basis: '2 x ATR(14)' } as const;

  it('stands so far behind the best price, whatever that is', () => {
    const long: WatchedLevels = { direction: 'long', stop: 98, target: null, trail, extreme: 110 };
    expect(triggeredExit(long, tickOf('BTC', 107.01, 0))).toBeNull();
    expect(triggeredExit(long, tickOf('BTC', 107, 0))).toEqual({ trigger: 'trailing-stop', base: 107, rule: 'stop-level' });
    expect(triggeredExit({ ...long, extreme: 100 }, tickOf('BTC', 97.5, 0))).toEqual({ trigger: 'stop', base: 97.5, rule: 'gap' });
  });

  it('hangs above the lowest price for a short', () => {
    const short: WatchedLevels = { direction: 'short', stop: null, target: null, trail, extreme: 90 };
    expect(triggeredExit(short, tickOf('BTC', 92.99, 0))).toBeNull();
    expect(triggeredExit(short, tickOf('BTC', 94, 0, { motion: 'sweep' }))).toEqual({ trigger: 'trailing-stop', base: 93, rule: 'stop-level' });
  });
});

describe('an exit without levels', () => {
  it('rests', () => {
    expect(triggeredExit({ direction: 'long', stop: null, target: null, trail: null, extreme: 100 }, tickOf('BTC', 1, 0))).toBeNull();
  });
});
