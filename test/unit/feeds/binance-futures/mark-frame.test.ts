import { describe, expect, it } from 'vitest';
import { parseMarkFrame, signedDecimalText } from '../../../../shared/feeds/binance-futures/mark-frame.ts';

const AT = 1_793_610_000_000;
const NEXT = 1_793_635_200_000;
const mark = (fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  e: 'markPriceUpdate',
  E: AT,
  s: 'BTCUSDT',
  p: '83286.10000000',
  i: '83290.50000000',
  P: '83288.00000000',
  r: '-0.00003500',
  T: NEXT,
  st: 1,
  ...fields,
});
const parse = (value: unknown) => parseMarkFrame(JSON.stringify(value));
const READ = { venueSymbol: 'BTCUSDT', mark: 83_286.1, index: 83_290.5, funding: { rate: -0.000035, nextMs: NEXT }, exchangeMs: AT };

describe('a frame of mark prices', () => {
  it('is read bare, wrapped, and in arrays of both', () => {
    const wanted = { kind: 'marks', marks: [READ], refused: [] };
    expect(parse(mark())).toEqual(wanted);
    expect(parse({ stream: 'btcusdt@markPrice@1s', data: mark() })).toEqual(wanted);
    expect(parse([mark()])).toEqual(wanted);
    expect(parse({ stream: '!markPrice@arr', data: [mark(), mark({ s: 'ETHUSDT' })] })).toMatchObject({ marks: [READ, { venueSymbol: 'ETHUSDT' }] });
  });

  it('has no funding for a dated contract, whose rate is empty and whose time is 0', () => {
    for (const r of ['', '0.00000000', undefined]) {
      expect(parse(mark({ s: 'BTCUSDT_261225', r, T: 0 }))).toMatchObject({ marks: [{ venueSymbol: 'BTCUSDT_261225', funding: null }] });
    }
  });

  it.each([
    ['not_json', '{"e":"markPriceUpd'],
    ['unknown_shape', '[]'],
    ['unknown_shape', 'null'],
    ['unknown_shape', JSON.stringify(mark({ s: 7 }))],
    ['bad_price', JSON.stringify(mark({ p: '0.00000000' }))],
    ['bad_price', JSON.stringify(mark({ p: '-83286.1' }))],
    ['bad_price', JSON.stringify(mark({ i: 'NaN' }))],
    ['bad_price', JSON.stringify(mark({ p: 83_286.1 }))],
    ['bad_stamp', JSON.stringify(mark({ E: '1793610000000' }))],
    ['bad_funding', JSON.stringify(mark({ r: '' }))],
    ['bad_funding', JSON.stringify(mark({ r: '1.5' }))],
    ['bad_funding', JSON.stringify(mark({ r: '--0.1' }))],
    ['bad_funding', JSON.stringify(mark({ r: '0.0001', T: 0 }))],
    ['bad_funding', JSON.stringify(mark({ T: -1 }))],
  ])('that cannot be true is refused as %s: %s', (reason, text) => {
    expect(parseMarkFrame(text)).toMatchObject({ kind: 'refused', reason });
  });

  it('of which one element is wrong gives the others, and tells of it', () => {
    expect(parse([mark({ p: 'x' }), mark()])).toMatchObject({ marks: [READ], refused: [{ reason: 'bad_price' }] });
  });

  it('of another kind is nothing of use', () => {
    for (const value of [
      { result: null, id: 1 },
      { e: 'aggTrade', s: 'BTCUSDT' },
      { stream: 'x', data: { e: 'kline' } },
    ]) {
      expect(parse(value)).toEqual({ kind: 'ignored' });
    }
  });

  it('may tell a negative decimal, and nothing else with a sign', () => {
    expect(signedDecimalText('-0.0035')).toBe(-0.0035);
    for (const text of ['+1', '-', '--1', '-1e5', -1, null]) expect(signedDecimalText(text)).toBeNaN();
  });
});
