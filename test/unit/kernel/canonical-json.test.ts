import { describe, expect, it } from 'vitest';
import { canonicalJson, wire } from '../../../shared/kernel/canonical-json.ts';
import { decimal, ZERO } from '../../../shared/kernel/decimal.ts';

describe('canonical JSON', () => {
  it('sorts keys at every depth and keeps the order of lists', () => {
    expect(canonicalJson({ b: [{ z: 1, a: 2 }, 3], a: { d: 4, c: 5 } })).toBe('{"a":{"c":5,"d":4},"b":[{"a":2,"z":1},3]}');
  });

  it('writes decimals as decimal strings', () => {
    expect(canonicalJson({ cash: decimal('100000.50'), fee: ZERO, loss: decimal('-0.00000001') })).toBe(
      '{"cash":"100000.5","fee":"0","loss":"-0.00000001"}',
    );
  });

  it('leaves undefined members out and keeps null', () => {
    expect(canonicalJson({ stop: undefined, target: null })).toBe('{"target":null}');
  });

  it('gives scalars as JSON does', () => {
    expect([canonicalJson(null), canonicalJson(true), canonicalJson(1.5), canonicalJson('₹"'), canonicalJson([])]).toEqual([
      'null',
      'true',
      '1.5',
      '"₹\\""',
      '[]',
    ]);
  });

  it('leaves the value it was given as it was', () => {
    const value = Object.freeze({ b: Object.freeze([decimal('1')]), a: 1 });
    expect(wire(value)).toEqual({ a: 1, b: ['1'] });
    expect(Object.keys(value)).toEqual(['b', 'a']);
  });
});
