import { describe, expect, it } from 'vitest';
import { createUpstoxParser } from '../../../../shared/feeds/nse/upstox-frame.ts';
import { readUpstoxFrame } from '../../../../shared/feeds/nse/upstox-wire.ts';
import { encodeUpstox, picture } from '../../../support/upstox-frames.ts';

const KEY = 'NSE_EQ|INE002A01018';
/** Tuesday 2026-10-13, 14:05:02 in India. */
const SERVER_MS = 1_791_880_502_000;
const TRADED_MS = SERVER_MS - 1_000;
const MINUTE_MS = 1_791_880_440_000;

/**
 * One frame by hand, from the published definition and the encoding of protobuf, and not by any encoder: a live frame of one
 * instrument with its last trade, two levels of depth, the day's and the minute's candle, and fields that nobody here reads.
 */
const BY_HAND = [
  '0801', //                                             1 type: live_feed
  '12bd01', //                                           2 feeds, an entry of 189 bytes
  '0a13 4e53455f45517c494e45303032413031303138', //        1 key: NSE_EQ|INE002A01018
  '12a501', //                                             2 value: a Feed of 165 bytes
  '12a001', //                                               2 fullFeed, 160 bytes
  '0a9d01', //                                                 1 marketFF, 157 bytes
  '0a1b', //                                                     1 ltpc, 27 bytes
  '09 00000000008a9340', //                                        1 ltp 1250.5
  '10 88ae9aa39334', //                                            2 ltt 14:05:01
  '18 19', //                                                      3 ltq 25
  '21 0000000000889340', //                                        4 cp 1250
  '1226', //                                                     2 marketLevel, 38 bytes
  '0a17 08 64 11 9a99999999899340 18 c801 21 66666666668a9340', //  100 at 1250.4, 200 at 1250.6
  '0a0b 08 01 11 0000000000889340', //                              a bid without an ask behind it
  '1a09 09 0000000000000000', //                                  3 optionGreeks, not read
  '2246', //                                                     4 marketOHLC, 70 bytes
  '0a0f 0a02 3164 11 0000000000889340 38 01', //                   1d
  '0a33 0a02 4931', //                                             I1
  '11 0000000000889340 19 00000000008c9340', //                    open 1250, high 1251
  '21 0000000000869340 29 00000000008a9340', //                    low 1249.5, close 1250.5
  '30 f2e402 38 c0d196a39334', //                                  45682 shares, 14:04:00
  '30 b6bfdb03', //                                              6 vtt 7,790,518
  '2001', //                                                 4 requestMode, not read
  '18 f0b59aa39334', //                                  3 currentTs
  '220c 0a0a 0a06 4e53455f4551 10 02', //                4 marketInfo: NSE_EQ is NORMAL_OPEN
];
const bytes = Buffer.from(BY_HAND.join('').replaceAll(' ', ''), 'hex');

const parser = () => createUpstoxParser({ symbolOf: (key) => (key === KEY ? 'RELIANCE' : null), source: 'upstox', evidence: 'live' });
const frame = (of: Parameters<typeof picture>[0], currentTs = SERVER_MS) => encodeUpstox({ type: 1, feeds: { [KEY]: picture(of) }, currentTs });

describe('the bytes of a frame', () => {
  it('are read as the published definition has them', () => {
    expect(readUpstoxFrame(bytes)).toEqual({
      type: 1,
      feeds: [
        {
          key: KEY,
          last: { ltp: 1250.5, ltt: TRADED_MS, ltq: 25 },
          levels: [
            { bidP: 1250.4, bidQ: 100, askP: 1250.6, askQ: 200 },
            { bidP: 1250, bidQ: 1, askP: 0, askQ: 0 },
          ],
          candles: [
            { interval: '1d', open: 1250, high: 0, low: 0, close: 0, vol: 0, ts: 1 },
            { interval: 'I1', open: 1250, high: 1251, low: 1249.5, close: 1250.5, vol: 45_682, ts: MINUTE_MS },
          ],
          vtt: 7_790_518,
        },
      ],
      currentTs: SERVER_MS,
      segments: new Map([['NSE_EQ', 2]]),
    });
  });

  it('give no price when they are cut off anywhere', () => {
    for (let length = 0; length < bytes.length - 14; length++) {
      const told = parser().read(bytes.subarray(0, length), SERVER_MS);
      expect(told, `${length} bytes`).toMatchObject({ ticks: [], books: [], depths: [], bars: [] });
      expect(told.refused).toHaveLength(1);
    }
  });
});

describe('a frame of Upstox', () => {
  it('tells a trade, a book and its top with the time of the server, a closed minute and what the exchange does', () => {
    const common = { symbol: 'RELIANCE', source: 'upstox', evidence: 'live', receivedMs: SERVER_MS + 30 };
    expect(parser().read(bytes, SERVER_MS + 30)).toEqual({
      ticks: [{ ...common, price: 1250.5, quantity: 25, motion: 'print', exchangeMs: TRADED_MS }],
      books: [{ ...common, bid: 1250.4, ask: 1250.6, bidSize: 100, askSize: 200, exchangeMs: SERVER_MS }],
      depths: [
        {
          ...common,
          bids: [
            { price: 1250.4, quantity: 100 },
            { price: 1250, quantity: 1 },
          ],
          asks: [{ price: 1250.6, quantity: 200 }],
          exchangeMs: SERVER_MS,
        },
      ],
      bars: [
        {
          symbol: 'RELIANCE',
          source: 'upstox',
          receivedMs: SERVER_MS + 30,
          openMs: MINUTE_MS,
          open: 1250,
          high: 1251,
          low: 1249.5,
          close: 1250.5,
          volume: 45_682,
        },
      ],
      refused: [],
      symbols: ['RELIANCE'],
      serverMs: SERVER_MS,
      segment: 'NORMAL_OPEN',
    });
  });

  it('is refused when the clock of the server is ahead of what can be', () => {
    const read = (currentTs: number) => parser().read(frame({ ltp: 100, ltt: TRADED_MS }, currentTs), SERVER_MS);
    expect(read(SERVER_MS + 5_000)).toMatchObject({ serverMs: SERVER_MS + 5_000, refused: [] });
    for (const aheadMs of [5_001, 4_102_444_800_000 - SERVER_MS]) {
      expect(read(SERVER_MS + aheadMs)).toMatchObject({ serverMs: null, ticks: [], books: [], bars: [], refused: [{ reason: 'bad_stamp' }] });
    }
  });

  it('is a trade only when something was traded, with what the volume of the day grew by', () => {
    const { read } = parser();
    const quantities = [
      frame({ ltp: 100, ltt: TRADED_MS, ltq: 5, vtt: 1_000 }),
      frame({ ltp: 100, ltt: TRADED_MS, ltq: 5, vtt: 1_000, bid: 99, ask: 101 }),
      frame({ ltp: 100, ltt: TRADED_MS, ltq: 5, vtt: 1_030 }),
      frame({ ltp: 101, ltt: TRADED_MS + 400, ltq: 7, vtt: 1_130 }),
    ].map((each) => read(each, SERVER_MS).ticks.map(({ quantity }) => quantity));
    expect(quantities).toEqual([[5], [], [30], [100]]);
  });

  it('counts volume anew after a reconnection, and on a new day', () => {
    const { read, reconnected } = parser();
    read(frame({ ltp: 100, ltt: TRADED_MS, ltq: 5, vtt: 1_000 }), SERVER_MS);
    reconnected();
    expect(read(frame({ ltp: 100, ltt: TRADED_MS + 60_000, ltq: 5, vtt: 90_000 }), SERVER_MS).ticks).toMatchObject([{ quantity: 5 }]);
    expect(read(frame({ ltp: 100, ltt: TRADED_MS + 70_000, ltq: 6, vtt: 6 }), SERVER_MS).ticks).toMatchObject([{ quantity: 6 }]);
  });

  it('gives a minute once, when it is over by the clock of the server, and again when the venue has put it right', () => {
    const { read } = parser();
    const minute = { ts: MINUTE_MS, open: 1, high: 1, low: 1, close: 1, vol: 9 };
    const of = (vol: number, currentTs: number) => read(frame({ ltp: 1, ltt: TRADED_MS, minute: { ...minute, vol } }, currentTs), SERVER_MS).bars;
    expect(of(8, MINUTE_MS + 59_999)).toEqual([]);
    expect(of(9, MINUTE_MS + 60_000)).toMatchObject([{ openMs: MINUTE_MS, volume: 9 }]);
    expect(of(9, MINUTE_MS + 61_000)).toEqual([]);
    expect(of(10, MINUTE_MS + 62_000)).toMatchObject([{ volume: 10 }]);
    expect(of(11, MINUTE_MS + 20 * 60_000)).toEqual([]);
  });

  it('has no top of book while one side is empty: a share at its price band', () => {
    expect(parser().read(frame({ ltp: 100, ltt: TRADED_MS, bid: 100, ask: 0 }), SERVER_MS)).toMatchObject({ books: [], refused: [] });
  });

  it('of another instrument is passed over', () => {
    const other = encodeUpstox({ type: 1, feeds: { 'NSE_EQ|INE000000000': picture({ ltp: 5, ltt: TRADED_MS }) }, currentTs: SERVER_MS });
    expect(parser().read(other, SERVER_MS)).toMatchObject({ ticks: [], symbols: [], refused: [] });
  });

  it.each([
    ['bytes that mean nothing', Buffer.from('ffffffffffffffff', 'hex'), 'unknown_shape'],
    ['a text', Buffer.from('{"status":"error"}'), 'unknown_shape'],
    ['nothing', Buffer.alloc(0), 'bad_stamp'],
    ['a type that is not known', encodeUpstox({ type: 7, currentTs: SERVER_MS }), 'unknown_shape'],
    ['no time of the server', encodeUpstox({ type: 1, feeds: { [KEY]: picture({ ltp: 100, ltt: TRADED_MS }) } }), 'bad_stamp'],
    ['a price of nothing', frame({ ltp: 0, ltt: TRADED_MS }), 'bad_price'],
    ['a negative price', frame({ ltp: -5, ltt: TRADED_MS }), 'bad_price'],
    ['a price that is no number', frame({ ltp: Number.NaN, ltt: TRADED_MS }), 'bad_price'],
    ['a trade without a time', frame({ ltp: 100, ltt: 0 }), 'bad_stamp'],
    ['a negative quantity', frame({ ltp: 100, ltt: TRADED_MS, ltq: -1 }), 'bad_quantity'],
  ])('with %s is refused', (_, wrong, reason) => {
    const told = parser().read(wrong, SERVER_MS);
    expect(told.ticks).toEqual([]);
    expect(told.refused).toMatchObject([{ kind: 'refused', reason }]);
  });
});
