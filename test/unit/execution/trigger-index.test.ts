import { describe, expect, it } from 'vitest';
import { createTriggerIndex, type TriggerIndex, type Watch } from '../../../shared/execution/trigger-index.ts';

const NOTHING: Watch = { below: null, above: null, trail: null };
const below = (level: number): Watch => ({ ...NOTHING, below: level });
const above = (level: number): Watch => ({ ...NOTHING, above: level });
const trailing = (side: 'below' | 'above', extreme: number, kind: 'share' | 'distance', value: number): Watch => ({
  ...NOTHING,
  trail: { side, extreme, by: { kind, value } },
});

function indexOf(watches: Readonly<Record<string, Watch>>): TriggerIndex {
  const index = createTriggerIndex();
  for (const [id, watch] of Object.entries(watches)) index.put(id, watch);
  return index;
}

describe('a trigger index without orders', () => {
  it('wakes nobody, knows nobody, and takes prices and removals of strangers', () => {
    const index = createTriggerIndex();
    index.advance(100);
    index.remove('nobody');
    expect([index.reached(100), index.reached(100, { low: 0, high: 1e9 })]).toEqual([[], []]);
    expect([index.size, index.has('nobody'), index.extreme('nobody')]).toEqual([0, false, null]);
  });
});

describe('a level', () => {
  it.each`
    watch                                      | price      | wakes    | because
    ${below(98.5)}                             | ${98.51}   | ${false} | ${'the price is above a level below'}
    ${below(98.5)}                             | ${98.5}    | ${true}  | ${'the price is the level'}
    ${below(98.5)}                             | ${90}      | ${true}  | ${'the price is through the level'}
    ${above(103)}                              | ${102.99}  | ${false} | ${'the price is below a level above'}
    ${above(103)}                              | ${103}     | ${true}  | ${'the price is the level'}
    ${above(103)}                              | ${110}     | ${true}  | ${'the price is through the level'}
    ${trailing('below', 100, 'share', 0.02)}   | ${98.01}   | ${false} | ${'2 % under 100 is 98'}
    ${trailing('below', 100, 'share', 0.02)}   | ${98}      | ${true}  | ${'2 % under 100 is 98'}
    ${trailing('above', 100, 'share', 0.02)}   | ${101.99}  | ${false} | ${'2 % over 100 is 102'}
    ${trailing('above', 100, 'share', 0.02)}   | ${102}     | ${true}  | ${'2 % over 100 is 102'}
    ${trailing('below', 100, 'distance', 1.5)} | ${98.51}   | ${false} | ${'1.5 under 100 is 98.5'}
    ${trailing('below', 100, 'distance', 1.5)} | ${98.5}    | ${true}  | ${'1.5 under 100 is 98.5'}
    ${trailing('above', 100, 'distance', 1.5)} | ${101.49}  | ${false} | ${'1.5 over 100 is 101.5'}
    ${trailing('above', 100, 'distance', 1.5)} | ${101.5}   | ${true}  | ${'1.5 over 100 is 101.5'}
    ${trailing('below', 100, 'share', 0)}      | ${100}     | ${true}  | ${'a trail without a distance is at its extreme'}
    ${trailing('below', 100, 'distance', 150)} | ${0.00001} | ${false} | ${'a level under zero is never reached'}
    ${{ below: 98, above: 103, trail: null }}  | ${100}     | ${false} | ${'the price is between both levels'}
    ${{ below: 103, above: 98, trail: null }}  | ${100}     | ${true}  | ${'both levels are reached, and it wakes once'}
    ${NOTHING}                                 | ${100}     | ${false} | ${'nothing is watched'}
  `('at $price: $because, so that it wakes: $wakes', ({ watch, price, wakes }) => {
    expect(indexOf({ one: watch }).reached(price)).toEqual(wakes ? ['one'] : []);
  });

  it('is reached by the range ahead as by the price', () => {
    const index = indexOf({ stop: below(98), target: above(103), trail: trailing('below', 100, 'distance', 1) });
    expect(index.reached(100)).toEqual([]);
    expect(index.reached(100, { low: 98, high: 101 })).toEqual(['stop', 'trail']);
    expect(index.reached(100, { low: 99.5, high: 103 })).toEqual(['target']);
    expect(index.reached(97, { low: 99, high: 103 })).toEqual(['stop', 'target', 'trail']);
  });
});

describe('the orders that a price wakes', () => {
  it('come in the order in which they were put, whatever their levels', () => {
    const index = indexOf({ c: below(99), a: above(90), b: below(101), d: trailing('below', 110, 'share', 0.01) });
    expect(index.reached(95)).toEqual(['c', 'a', 'b', 'd']);
  });

  it('are all that share a level, and stay until they are removed', () => {
    const index = indexOf({ a: below(98), b: below(98), c: below(98) });
    index.remove('b');
    expect([index.reached(98), index.reached(98), index.size]).toEqual([['a', 'c'], ['a', 'c'], 2]);
  });

  it('keep their place when they are given another watch, and lose it when they are removed in between', () => {
    const index = indexOf({ a: below(98), b: below(98), c: below(98) });
    index.put('a', below(99));
    index.remove('b');
    index.put('b', below(98));
    expect(index.reached(98)).toEqual(['a', 'c', 'b']);
  });

  it('are no longer those of the watch before', () => {
    const index = indexOf({ a: { below: 98, above: 103, trail: { side: 'below', extreme: 100, by: { kind: 'share', value: 0.01 } } } });
    index.put('a', below(90));
    expect([index.reached(95), index.reached(104), index.extreme('a'), index.size]).toEqual([[], [], null, 1]);
  });
});

describe('a trail', () => {
  it('follows the best price and never goes back', () => {
    const index = indexOf({ long: trailing('below', 100, 'share', 0.1), short: trailing('above', 100, 'distance', 5) });
    for (const price of [104, 120, 96, 110]) index.advance(price);
    expect([index.extreme('long'), index.extreme('short')]).toEqual([120, 96]);
    expect([index.reached(108), index.reached(101)]).toEqual([
      ['long', 'short'],
      ['long', 'short'],
    ]);
    expect([index.reached(108.01), index.reached(100.99)]).toEqual([['short'], ['long']]);
  });

  it('keeps an extreme that no price has bettered', () => {
    const index = indexOf({ a: trailing('below', 120, 'share', 0.1), b: trailing('above', 80, 'share', 0.1) });
    index.advance(100);
    expect([index.extreme('a'), index.extreme('b')]).toEqual([120, 80]);
  });

  it('counts only prices since it was put, and those that its extreme tells', () => {
    const index = createTriggerIndex();
    index.advance(150);
    index.put('late', trailing('below', 100, 'share', 0.1));
    expect(index.extreme('late')).toBe(100);
  });

  it('is joined by others at a new best price, and each keeps its own distance', () => {
    const index = indexOf({
      wide: trailing('below', 100, 'distance', 20),
      near: trailing('below', 101, 'distance', 2),
      share: trailing('below', 102, 'share', 0.05),
      ahead: trailing('below', 130, 'distance', 15),
    });
    index.advance(120);
    expect(['wide', 'near', 'share', 'ahead'].map((id) => index.extreme(id))).toEqual([120, 120, 120, 130]);
    expect([index.reached(118), index.reached(115), index.reached(114), index.reached(100)]).toEqual([
      ['near'],
      ['near', 'ahead'],
      ['near', 'share', 'ahead'],
      ['wide', 'near', 'share', 'ahead'],
    ]);
  });

  it('begins anew from the extreme it is given when it is replaced while it trails', () => {
    const index = indexOf({ a: trailing('below', 100, 'distance', 5), b: trailing('below', 100, 'distance', 5) });
    index.advance(120);
    index.put('a', trailing('below', 110, 'distance', 1));
    expect([index.extreme('a'), index.extreme('b')]).toEqual([110, 120]);
    expect([index.reached(110), index.reached(109)]).toEqual([['b'], ['a', 'b']]);
    index.advance(121);
    expect([index.extreme('a'), index.extreme('b')]).toEqual([121, 121]);
  });

  it('leaves nothing behind when it is removed, and the rest trail on', () => {
    const index = indexOf({ a: trailing('below', 100, 'share', 0.01), b: trailing('below', 100, 'share', 0.02) });
    index.remove('a');
    index.advance(200);
    expect([index.extreme('a'), index.extreme('b'), index.reached(198), index.reached(196)]).toEqual([null, 200, [], ['b']]);
    index.remove('b');
    index.advance(300);
    expect([index.size, index.reached(1)]).toEqual([0, []]);
  });
});

describe('a watch that compares with nothing', () => {
  it.each([
    below(Number.NaN),
    above(Number.POSITIVE_INFINITY),
    trailing('below', 0, 'share', 0.1),
    trailing('below', -5, 'share', 0.1),
    trailing('above', Number.NaN, 'distance', 1),
    trailing('above', 100, 'distance', Number.NaN),
  ])('is refused, and what was there stays: %j', (watch) => {
    const index = indexOf({ a: below(98) });
    expect(() => index.put('a', watch)).toThrowError(expect.objectContaining({ code: 'bad_watch' }));
    expect(index.reached(98)).toEqual(['a']);
  });
});
