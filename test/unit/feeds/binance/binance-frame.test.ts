import { describe, expect, it } from 'vitest';
import { createBinanceParser, type ParsedFrame } from '../../../../shared/feeds/binance/binance-frame.ts';
import { createGate } from '../../../../shared/feeds/intake/validation.ts';
import { rng } from '../../../../shared/kernel/rng.ts';
import type { BookTop, Tick } from '../../../../shared/market/price.ts';
import {
  aggTrade,
  bookTicker,
  depthSnapshot,
  depthUpdate,
  FRAME_MS,
  kline,
  miniTicker,
  SPOT_SYMBOLS,
  ticker,
  trade,
  wrapped,
} from '../../../support/binance-frames.ts';

const parse = createBinanceParser({ symbols: SPOT_SYMBOLS, source: 'binance', evidence: 'live' });
const receivedMs = FRAME_MS + 40;
const read = (value: unknown): ParsedFrame => parse(JSON.stringify(value), receivedMs);
const refusalOf = (text: string): string | null => {
  const frame = parse(text, receivedMs);
  return frame.kind === 'refused' ? frame.reason : null;
};

describe('a Binance frame', () => {
  it('of a trade becomes a print with the time, the size and the number of the trade', () => {
    expect(read(trade())).toEqual({
      kind: 'ticks',
      ticks: [
        {
          symbol: 'BTC',
          price: 61_837.63,
          quantity: 0.02,
          motion: 'print',
          sequence: 3_735_683_259,
          exchangeMs: FRAME_MS,
          receivedMs,
          source: 'binance',
          evidence: 'live',
        },
      ],
    });
  });

  it('means the same bare and wrapped as a combined stream', () => {
    for (const data of [trade(), aggTrade(), bookTicker(), kline(), ticker(), miniTicker(), [ticker(), miniTicker()]]) {
      expect(parse(wrapped('a@b', data), receivedMs)).toEqual(read(data));
    }
  });

  it('of an aggregated trade is numbered by its last trade', () => {
    expect(read(aggTrade())).toMatchObject({ kind: 'ticks', ticks: [{ symbol: 'BTC', price: 58_942.01, sequence: 716_849_523 }] });
  });

  it('of a spot bookTicker, which has no time, is stamped with its reception', () => {
    expect(read(bookTicker())).toEqual({
      kind: 'books',
      books: [
        {
          symbol: 'ETH',
          bid: 2_683.8,
          ask: 2_683.81,
          bidSize: 3.0292,
          askSize: 31.4395,
          sequence: 35_346_513_501,
          exchangeMs: receivedMs,
          receivedMs,
          source: 'binance',
          evidence: 'live',
        },
      ],
    });
  });

  it('of a closed 1-minute kline becomes a bar', () => {
    expect(read(kline())).toEqual({
      kind: 'bar',
      bar: {
        symbol: 'BTC',
        openMs: FRAME_MS,
        open: 61_800,
        high: 61_900,
        low: 61_790.5,
        close: 61_850.1,
        volume: 12.34567,
        source: 'binance',
        receivedMs,
      },
    });
  });

  it('of a kline that is still open, or of another interval, is ignored', () => {
    expect(read(kline({ x: false }))).toEqual({ kind: 'ignored', reason: 'bar_open' });
    expect(read(kline({ i: '5m' }))).toEqual({ kind: 'ignored', reason: 'not_used' });
  });

  it('of a 24-hour ticker tells a price without a size and a book', () => {
    expect(read(ticker())).toMatchObject({
      kind: 'mixed',
      ticks: [{ symbol: 'BTC', price: 94_160, quantity: 0, exchangeMs: FRAME_MS }],
      books: [{ symbol: 'BTC', bid: 94_160, ask: 94_160.02, exchangeMs: FRAME_MS }],
    });
  });

  it('of a 24-hour ticker with an empty side of the book tells the price alone', () => {
    expect(read(ticker({ b: '0.00000000', B: '0.00000000' }))).toMatchObject({ kind: 'ticks', ticks: [{ price: 94_160 }] });
  });

  it('of a mini ticker tells a price', () => {
    expect(read(miniTicker())).toMatchObject({ kind: 'ticks', ticks: [{ symbol: 'BTC', price: 102_571.17, quantity: 0 }] });
  });

  it('in an array keeps the good elements and counts the wrong ones', () => {
    const frame = read([
      miniTicker(),
      miniTicker({ s: 'ETHUSDT', c: '0.00000000' }),
      miniTicker({ s: 'XYZUSDT' }),
      ticker({ s: 'SOLUSDT' }),
      kline(),
      7,
    ]);
    expect(frame).toMatchObject({
      kind: 'mixed',
      ticks: [{ symbol: 'BTC' }, { symbol: 'SOL' }],
      books: [{ symbol: 'SOL' }],
      bars: [{ symbol: 'BTC' }],
      refused: [{ reason: 'bad_price' }, { reason: 'unknown_shape' }],
    });
  });

  it('of a symbol that is not traded here is ignored, alone and in an array', () => {
    expect(read(trade({ s: 'LTCUSDT' }))).toEqual({ kind: 'ignored', reason: 'not_our_symbol' });
    expect(read([ticker({ s: 'LTCUSDT' })])).toEqual({ kind: 'ignored', reason: 'not_our_symbol' });
  });

  it('that is known but not used is ignored', () => {
    for (const data of [depthUpdate(), depthSnapshot(), { e: 'avgPrice', s: 'BTCUSDT' }]) expect(read(data)).toMatchObject({ kind: 'ignored' });
  });

  it('of a partial book says in its stream whose it is, best levels first', () => {
    const bids = [
      ['102571.17', '0.38'],
      ['102571.00', '2'],
    ];
    expect(parse(wrapped('btcusdt@depth20@100ms', { ...depthSnapshot(), bids }), receivedMs)).toEqual({
      kind: 'depth',
      depth: {
        symbol: 'BTC',
        bids: [
          { price: 102_571.17, quantity: 0.38 },
          { price: 102_571, quantity: 2 },
        ],
        asks: [{ price: 102_571.18, quantity: 1 }],
        sequence: 80_089_389_252,
        exchangeMs: receivedMs,
        receivedMs,
        source: 'binance',
        evidence: 'live',
      },
    });
    expect(parse(wrapped('ltcusdt@depth20@100ms', depthSnapshot()), receivedMs)).toEqual({ kind: 'ignored', reason: 'not_our_symbol' });
    expect(parse(wrapped('btcusdt@depth5', { ...depthSnapshot(), bids: [] }), receivedMs)).toMatchObject({ kind: 'depth', depth: { bids: [] } });
  });

  it.each([
    ['a price of zero', { bids: [['0', '1']] }, 'bad_price'],
    ['a negative price', { asks: [['-1', '1']] }, 'bad_price'],
    ['a price that is a number', { asks: [[102_572, '1']] }, 'bad_price'],
    ['an empty level', { bids: [['102571.17', '0.00000000']] }, 'bad_quantity'],
    ['a level of one field', { bids: [['102571.17']] }, 'unknown_shape'],
    ['a side that is no list', { bids: {} }, 'unknown_shape'],
    [
      'bids that rise',
      {
        bids: [
          ['102570', '1'],
          ['102571', '1'],
        ],
      },
      'unsorted_book',
    ],
    [
      'a price twice',
      {
        asks: [
          ['102572', '1'],
          ['102572', '1'],
        ],
      },
      'unsorted_book',
    ],
    ['its sides crossed', { bids: [['102571.18', '1']] }, 'crossed_book'],
    ['no update id', { lastUpdateId: null }, 'bad_sequence'],
  ])('of a partial book with %s is refused', (_, fields, reason) => {
    expect(refusalOf(wrapped('btcusdt@depth20@100ms', { ...depthSnapshot(), ...fields }))).toBe(reason);
  });

  it('nested deeper than the stack is refused, not a crash', () => {
    for (const text of [`{"p":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, `${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`]) {
      expect(refusalOf(text)).toBe('unknown_shape');
    }
  });

  it('of control is told apart', () => {
    expect(read({ result: null, id: 1 })).toMatchObject({ kind: 'control', control: 'acknowledged' });
    expect(read({ error: { code: 2, msg: 'Invalid request' }, id: 1 })).toMatchObject({ kind: 'control', control: 'error' });
    expect(read({ code: 0, msg: 'Service unavailable from a restricted location' })).toMatchObject({ kind: 'control', control: 'error' });
    expect(read({ e: 'serverShutdown', E: FRAME_MS })).toMatchObject({ kind: 'control', control: 'server_shutdown' });
    expect(parse(wrapped('!serverShutdown', { e: 'serverShutdown', E: FRAME_MS }), receivedMs)).toMatchObject({ control: 'server_shutdown' });
  });

  it('with microsecond stamps is read in milliseconds', () => {
    expect(read(trade({ T: FRAME_MS * 1_000 + 999 }))).toMatchObject({ ticks: [{ exchangeMs: FRAME_MS }] });
  });

  it.each([
    ['garbage', 'not json at all', 'not_json'],
    ['nothing', '', 'not_json'],
    ['half a frame', JSON.stringify(trade()).slice(0, 60), 'not_json'],
    ['NaN outside of a string', '{"e":"trade","s":"BTCUSDT","p":NaN}', 'not_json'],
    ['an empty array', '[]', 'empty_array'],
    ['an empty array in a wrapper', '{"stream":"!miniTicker@arr","data":[]}', 'empty_array'],
    ['a number', '7', 'unknown_shape'],
    ['null', 'null', 'unknown_shape'],
    ['an empty object', '{}', 'unknown_shape'],
    ['an array in an array', '[[]]', 'unknown_shape'],
    ['an unknown event', '{"e":"surprise"}', 'unknown_shape'],
    ['a wrapper around nothing', '{"stream":"btcusdt@trade","data":null}', 'unknown_shape'],
  ])('that is %s is refused', (_, text, reason) => {
    expect(refusalOf(text)).toBe(reason);
  });

  it.each([
    '0',
    '0.00000000',
    '-61837.63',
    'NaN',
    'Infinity',
    '',
    ' 1',
    '1e5',
    '0x10',
    '1.2.3',
    '.5',
    '5.',
    null,
    61_837.63,
    undefined,
    {},
    '9'.repeat(41),
  ])('with the price %j is refused', (price) => {
    expect(refusalOf(JSON.stringify(trade({ p: price })))).toBe('bad_price');
    expect(refusalOf(JSON.stringify(miniTicker({ c: price })))).toBe('bad_price');
    expect(refusalOf(JSON.stringify(bookTicker({ b: price })))).toBe('bad_price');
    expect(refusalOf(JSON.stringify(kline({ h: price })))).toBe('bad_price');
  });

  it('with a field missing or wrong is refused with the field in its reason', () => {
    expect(refusalOf(JSON.stringify(trade({ q: '-1' })))).toBe('bad_quantity');
    expect(refusalOf(JSON.stringify(trade({ q: '0.00000000' })))).toBe('bad_quantity');
    expect(refusalOf(JSON.stringify(trade({ T: undefined })))).toBe('bad_stamp');
    expect(refusalOf(JSON.stringify(trade({ T: '1723161300000' })))).toBe('bad_stamp');
    expect(refusalOf(JSON.stringify(trade({ t: undefined })))).toBe('bad_sequence');
    expect(refusalOf(JSON.stringify(trade({ s: undefined })))).toBe('unknown_shape');
    expect(refusalOf(JSON.stringify(bookTicker({ A: undefined })))).toBe('bad_quantity');
    expect(refusalOf(JSON.stringify(kline({ l: '61850.00000000', c: '61800.00000000' })))).toBe('bad_range');
    expect(refusalOf(JSON.stringify(kline({ t: FRAME_MS + 1 })))).toBe('bad_stamp');
    expect(refusalOf(JSON.stringify(kline({ s: 'ETHUSDT' })))).toBe('unknown_shape');
  });
});

describe('twenty thousand mutated frames', () => {
  const seeds = [
    trade(),
    aggTrade(),
    bookTicker(),
    kline(),
    ticker(),
    miniTicker(),
    [ticker(), miniTicker()],
    depthUpdate(),
    { result: null, id: 1 },
  ];
  const texts = [...seeds.map((seed) => JSON.stringify(seed)), ...seeds.map((seed) => wrapped('btcusdt@x', seed))];
  const splices = ['', '0', '-', '"', 'NaN', 'null', '{', '}', '[', ']', ',', '1e999', '\u0000', '💥', 'true', '.', '9999999999999999999'];

  const mutate = (below: (n: number) => number): string => {
    let text = texts[below(texts.length)] ?? '';
    const oneIn = 20 + below(100);
    if (below(4) > 0) text = text.replace(/\d/g, (digit) => (below(oneIn) === 0 ? String(below(10)) : digit));
    for (let cuts = below(3); cuts > 0; cuts--) {
      const at = below(text.length + 1);
      text = text.slice(0, at) + (splices[below(splices.length)] ?? '') + text.slice(at + below(4));
    }
    return text;
  };

  const isPossible = (price: Tick | BookTop): boolean => {
    const values = 'price' in price ? [price.price] : [price.bid, price.ask];
    const sizes = 'price' in price ? [price.quantity] : [price.bidSize ?? -1, price.askSize ?? -1];
    const arePrices = values.every((value) => Number.isFinite(value) && value > 0);
    return arePrices && sizes.every((size) => Number.isFinite(size) && size >= 0) && Number.isSafeInteger(price.exchangeMs);
  };

  const isAdmissible = (price: Tick | BookTop): boolean =>
    !('bid' in price && price.bid >= price.ask) && price.exchangeMs - receivedMs <= 5_000 && receivedMs - price.exchangeMs <= 60_000;

  const pricesOf = (frame: ParsedFrame): readonly (Tick | BookTop)[] => [
    ...('ticks' in frame ? frame.ticks : []),
    ...('books' in frame ? frame.books : []),
  ];

  it('neither crash the parser nor bring a price that cannot be', () => {
    const random = rng('mutated frames');
    const kinds = new Map<string, number>();
    const gate = createGate();
    const wrong: string[] = [];
    for (let i = 0; i < 20_000; i++) {
      const text = mutate((n) => Math.floor(random.next() * n));
      const frame = parse(text, receivedMs);
      kinds.set(frame.kind, (kinds.get(frame.kind) ?? 0) + 1);
      if (!pricesOf(frame).every((price) => isPossible(price) && (!gate.admit(price).ok || isAdmissible(price)))) wrong.push(text);
    }
    expect(wrong).toEqual([]);
    expect(kinds.get('refused')).toBeGreaterThan(5_000);
    expect(kinds.get('ticks')).toBeGreaterThan(500);
    expect(kinds.get('books')).toBeGreaterThan(100);
    const admitted = gate.counters().binance ?? {};
    for (const reason of ['admitted', 'jump', 'crossed_book', 'stamp_too_old', 'stamp_in_future'] as const)
      expect(admitted[reason]).toBeGreaterThan(0);
  });
});
