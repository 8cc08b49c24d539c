import { describe, expect, it } from 'vitest';
import { blockCache } from '../../../../shared/feeds/simulated/block-cache.ts';

const BLOCK_BYTES = 10;

function counting(maxBytes: number) {
  const made: number[] = [];
  const cache = blockCache(
    maxBytes,
    () => BLOCK_BYTES,
    (key) => {
      made.push(key);
      return { key };
    },
  );
  return { made, get: (...keys: readonly number[]) => keys.map((key) => cache.get(key).key) };
}

describe('a block cache', () => {
  it('makes a block once while there is room', () => {
    const { made, get } = counting(30);
    expect(get(1, 2, 3, 1, 2, 3)).toEqual([1, 2, 3, 1, 2, 3]);
    expect(made).toEqual([1, 2, 3]);
  });

  it('drops the least recently used block when the room is used up, and makes it again', () => {
    const { made, get } = counting(20);
    get(1, 2, 1, 3);
    expect(get(1, 2)).toEqual([1, 2]);
    expect(made).toEqual([1, 2, 3, 2]);
  });

  it('keeps at least the newest block, however small the room', () => {
    const { made, get } = counting(1);
    get(1, 1, 2, 2, 1);
    expect(made).toEqual([1, 2, 1]);
  });
});
