import { describe, expect, it } from 'vitest';
import { parseCoinbaseFrame } from '../../../../shared/feeds/references/coinbase-frame.ts';
import { isoStampMs } from '../../../../shared/feeds/references/iso-stamp.ts';
import { parseKrakenFrame } from '../../../../shared/feeds/references/kraken-frame.ts';
import { coinbaseHeartbeat, coinbaseTicker, krakenItem, krakenStatus, krakenTicker, REFERENCE_MS } from '../../../support/reference-frames.ts';

const coinbase = (frame: unknown) => parseCoinbaseFrame(JSON.stringify(frame));
const kraken = (frame: unknown) => parseKrakenFrame(JSON.stringify(frame));

describe('a stamp', () => {
  it.each([
    ['2026-10-03T20:58:31.127510Z', Date.UTC(2026, 9, 3, 20, 58, 31, 127)],
    ['2026-10-03T20:58:31.999999999Z', Date.UTC(2026, 9, 3, 20, 58, 31, 999)],
    ['2026-10-03T20:58:31.5Z', Date.UTC(2026, 9, 3, 20, 58, 31, 500)],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
  ])('is read to the millisecond: %s', (text, ms) => {
    expect(isoStampMs(text)).toBe(ms);
  });

  it.each([
    '0001-01-01T00:00:00.000000Z',
    '1970-01-01T00:00:00Z',
    '2026-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-10-03T24:00:00Z',
    '2026-10-03T20:58:31.127510',
    '2026-10-03T20:58:31+05:30',
    '2026-10-03 20:58:31Z',
    '2026-10-03T20:58:31.Z',
    '',
    1_791_061_111_127,
    null,
    undefined,
  ])('is refused: %s', (value) => {
    expect(isoStampMs(value)).toBeNull();
  });
});

describe('a frame of Coinbase', () => {
  it('tells the best bid and ask, the time, the number and the trade of a ticker', () => {
    expect(coinbase(coinbaseTicker())).toEqual({
      kind: 'quote',
      quote: { pair: 'BTC-USD', bid: 84_737.58, ask: 84_737.59, exchangeMs: REFERENCE_MS, sequence: 137_212_619_516 },
      tradeId: 1_102_042_811,
    });
  });

  it('tells of heartbeats, subscriptions and errors; others are of no use', () => {
    expect(coinbase(coinbaseHeartbeat())).toEqual({ kind: 'heartbeat', pair: 'BTC-USD', lastTradeId: 1_102_042_811 });
    const channels = [
      { name: 'heartbeat', product_ids: ['ETH-USD'] },
      { name: 'ticker', product_ids: ['BTC-USD', 'SOL-USD'] },
    ];
    expect(coinbase({ type: 'subscriptions', channels })).toEqual({ kind: 'subscribed', pairs: ['BTC-USD', 'SOL-USD'] });
    expect(coinbase({ type: 'subscriptions', channels: [] })).toEqual({ kind: 'subscribed', pairs: [] });
    expect(coinbase({ type: 'error', message: 'Failed to subscribe', reason: 'X-USD is not a valid product' })).toEqual({
      kind: 'error',
      message: 'Failed to subscribe: X-USD is not a valid product',
    });
    expect(coinbase({ type: 'l2update', product_id: 'BTC-USD', changes: [] })).toEqual({ kind: 'ignored' });
  });

  it.each([
    [{ best_bid: '0' }, 'bad_price'],
    [{ best_bid: '-1' }, 'bad_price'],
    [{ best_ask: 84_737.59 }, 'bad_price'],
    [{ best_ask: '1e9' }, 'bad_price'],
    [{ best_ask: 'NaN' }, 'bad_price'],
    [{ best_bid: '' }, 'bad_price'],
    [{ price: '0' }, 'bad_price'],
    [{ best_bid: undefined }, 'bad_price'],
    [{ best_bid: '84737.60' }, 'crossed_book'],
    [{ best_bid: '84737.59' }, 'crossed_book'],
    [{ time: '0001-01-01T00:00:00.000000Z' }, 'bad_stamp'],
    [{ time: undefined }, 'bad_stamp'],
    [{ time: 1 }, 'bad_stamp'],
    [{ sequence: -1 }, 'bad_sequence'],
    [{ sequence: '7' }, 'bad_sequence'],
    [{ sequence: 2 ** 53 }, 'bad_sequence'],
    [{ trade_id: undefined }, 'bad_sequence'],
    [{ product_id: '' }, 'unknown_shape'],
    [{ product_id: 7 }, 'unknown_shape'],
    [{ type: 'tickr' }, 'unknown_shape'],
    [{ type: undefined }, 'unknown_shape'],
  ])('is refused with %o: %s', (fields, reason) => {
    expect(coinbase(coinbaseTicker(fields))).toMatchObject({ kind: 'refused', reason });
  });

  it.each([
    ['', 'not_json'],
    ['{"type":"ticker","sequ', 'not_json'],
    ['null', 'unknown_shape'],
    ['[]', 'unknown_shape'],
    ['7', 'unknown_shape'],
    ['{"type":"heartbeat","product_id":"BTC-USD"}', 'bad_sequence'],
    ['{"type":"heartbeat","last_trade_id":1}', 'unknown_shape'],
    ['{"type":"subscriptions"}', 'unknown_shape'],
    ['{"type":"subscriptions","channels":[{"name":"ticker"}]}', 'unknown_shape'],
  ])('that is %j is refused: %s', (text, reason) => {
    expect(parseCoinbaseFrame(text)).toMatchObject({ kind: 'refused', reason });
  });
});

describe('a frame of Kraken', () => {
  const quote = { pair: 'BTC/USD', bid: 84_737.5, ask: 84_737.6, exchangeMs: REFERENCE_MS, sequence: null };

  it('tells the best bid and ask of every pair in it, snapshot or update', () => {
    expect(kraken(krakenTicker([krakenItem()], 'snapshot'))).toEqual({ kind: 'quotes', quotes: [quote], refused: [] });
    const frame = kraken(krakenTicker([krakenItem(), krakenItem({ symbol: 'ETH/USD', bid: 0 }), krakenItem({ symbol: 'SOL/USD' })]));
    expect(frame).toMatchObject({ kind: 'quotes', quotes: [{ pair: 'BTC/USD' }, { pair: 'SOL/USD' }], refused: [{ reason: 'bad_price' }] });
    expect(kraken(krakenTicker([krakenItem({ timestamp: undefined })]))).toMatchObject({ quotes: [{ exchangeMs: null }] });
  });

  it('tells the state of the venue, heartbeats, and the answers to requests', () => {
    expect(kraken(krakenStatus('cancel_only'))).toEqual({ kind: 'status', system: 'cancel_only' });
    expect(kraken({ channel: 'heartbeat' })).toEqual({ kind: 'heartbeat' });
    expect(kraken({ method: 'subscribe', result: { channel: 'ticker', symbol: 'BTC/USD' }, success: true })).toEqual({
      kind: 'acknowledged',
      pair: 'BTC/USD',
    });
    const error = 'Currency pair not supported XBT/USD';
    expect(kraken({ method: 'subscribe', success: false, error, symbol: 'XBT/USD' })).toEqual({ kind: 'rejected', pair: 'XBT/USD', error });
    expect(kraken({ error: 'Exceeded msg rate' })).toEqual({ kind: 'rejected', pair: null, error: 'Exceeded msg rate' });
    expect(kraken({ method: 'pong', req_id: 42 })).toEqual({ kind: 'ignored' });
    expect(kraken({ channel: 'ohlc', type: 'update', data: [] })).toEqual({ kind: 'ignored' });
  });

  it.each([
    [{ bid: 0 }, 'bad_price'],
    [{ bid: -1 }, 'bad_price'],
    [{ ask: '84737.6' }, 'bad_price'],
    [{ ask: null }, 'bad_price'],
    [{ ask: undefined }, 'bad_price'],
    [{ bid: 84_737.6 }, 'crossed_book'],
    [{ bid: 84_738 }, 'crossed_book'],
    [{ timestamp: null }, 'bad_stamp'],
    [{ timestamp: '2026-02-30T00:00:00Z' }, 'bad_stamp'],
    [{ symbol: '' }, 'unknown_shape'],
    [{ symbol: undefined }, 'unknown_shape'],
  ])('is refused with %o: %s', (fields, reason) => {
    expect(kraken(krakenTicker([krakenItem(fields)]))).toMatchObject({ kind: 'refused', reason });
  });

  it.each([
    ['', 'not_json'],
    ['{"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","bid":1e400,"ask":1e401}]}', 'bad_price'],
    ['{"channel":"ticker"}', 'unknown_shape'],
    ['{"channel":"ticker","data":[]}', 'unknown_shape'],
    ['{"channel":"ticker","data":[7]}', 'unknown_shape'],
    ['{"channel":"status","data":[{}]}', 'unknown_shape'],
    ['{"channel":"status"}', 'unknown_shape'],
    ['{"channel":"tick"}', 'unknown_shape'],
    ['{"method":"subscribe","success":true}', 'unknown_shape'],
    ['{"method":"subscribe"}', 'unknown_shape'],
    ['null', 'unknown_shape'],
    ['[1668,{"b":["1","1","1"]},"ticker","XBT/USD"]', 'unknown_shape'],
  ])('that is %j is refused: %s', (text, reason) => {
    expect(parseKrakenFrame(text)).toMatchObject({ kind: 'refused', reason });
  });
});
