import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createUpstoxParser } from '../../../../shared/feeds/nse/upstox-frame.ts';
import { readUpstoxFrame, type UpstoxFeed } from '../../../../shared/feeds/nse/upstox-wire.ts';
import { decodeUpstox, encodeUpstox } from '../../../support/upstox-frames.ts';

const price = fc.oneof(fc.double({ noNaN: true }), fc.constantFrom(0, 1_250.5, 0.05));
const whole = fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 1, 127, 128, 2 ** 32, 1_791_880_440_000));
const key = fc.oneof(fc.constantFrom('NSE_EQ|INE002A01018', 'NSE_EQ|INE467B01029'), fc.string());
const last = fc.record({ ltp: price, ltt: whole, ltq: whole, cp: price }, { requiredKeys: [] });
const level = fc.record({ bidQ: whole, bidP: price, askQ: whole, askP: price }, { requiredKeys: [] });
const candle = fc.record(
  { interval: fc.constantFrom('I1', '1d', ''), open: price, high: price, low: price, close: price, vol: whole, ts: whole },
  { requiredKeys: [] },
);
const full = fc.record(
  {
    ltpc: last,
    marketLevel: fc.record({ bidAskQuote: fc.array(level, { maxLength: 5 }) }),
    marketOHLC: fc.record({ ohlc: fc.array(candle, { maxLength: 3 }) }),
    vtt: whole,
  },
  { requiredKeys: [] },
);
const feed = fc.oneof(fc.record({ ltpc: last }), fc.record({ fullFeed: fc.record({ marketFF: full }) }), fc.constant({}));
const frame = fc.record(
  {
    type: fc.constantFrom(0, 1, 2),
    feeds: fc.dictionary(key, feed, { maxKeys: 4, noNullPrototype: true }),
    currentTs: whole,
    marketInfo: fc.record({ segmentStatus: fc.dictionary(fc.constantFrom('NSE_EQ', 'BSE_EQ'), fc.nat(5), { noNullPrototype: true }) }),
  },
  { requiredKeys: [] },
);

const change = fc.record({ at: fc.nat(400), to: fc.nat(255), kind: fc.constantFrom('put', 'cut', 'drop') });

function changed(bytes: Buffer, { at, to, kind }: { readonly at: number; readonly to: number; readonly kind: 'put' | 'cut' | 'drop' }): Buffer {
  if (kind === 'cut') return bytes.subarray(0, at);
  if (kind === 'drop') return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
  return Buffer.concat([bytes.subarray(0, at), Buffer.of(to), bytes.subarray(at + 1)]);
}

interface Decoded {
  readonly type: number;
  readonly currentTs: number;
  readonly feeds: Readonly<Record<string, { readonly ltpc?: Record<string, number>; readonly fullFeed?: { readonly marketFF?: Full | null } }>>;
  readonly marketInfo: { readonly segmentStatus: Readonly<Record<string, number>> } | null;
}
interface Full {
  readonly ltpc: Record<string, number> | null;
  readonly marketLevel: { readonly bidAskQuote: readonly object[] } | null;
  readonly marketOHLC: { readonly ohlc: readonly UpstoxFeed['candles'][number][] } | null;
  readonly vtt: number;
}

/** What the reader should give, from what the definition's own decoder gives. */
function expected(bytes: Uint8Array): unknown {
  const { type, currentTs, feeds, marketInfo } = decodeUpstox(bytes) as unknown as Decoded;
  const lastOf = (of: Record<string, number> | null | undefined) => (of == null ? null : { ltp: of.ltp, ltt: of.ltt, ltq: of.ltq });
  return {
    type,
    currentTs,
    feeds: Object.entries(feeds).map(([of, { ltpc, fullFeed }]) => {
      const told = fullFeed?.marketFF;
      return {
        key: of,
        last: lastOf(fullFeed === undefined ? ltpc : told?.ltpc),
        levels: told?.marketLevel?.bidAskQuote ?? [],
        candles: told?.marketOHLC?.ohlc ?? [],
        vtt: told?.vtt ?? 0,
      };
    }),
    segments: new Map(Object.entries(marketInfo?.segmentStatus ?? {})),
  };
}

describe('frames of Upstox', () => {
  it('are read by hand as the published definition reads them', () => {
    fc.assert(
      fc.property(frame, (of) => {
        const bytes = encodeUpstox(of);
        expect(readUpstoxFrame(bytes)).toEqual(expected(bytes));
      }),
      { numRuns: 1_000 },
    );
  });

  it('never throw and never give what cannot be a price, however their bytes are changed', () => {
    const { read } = createUpstoxParser({ symbolOf: (of) => of, source: 'upstox', evidence: 'live' });
    fc.assert(
      fc.property(frame, fc.array(change, { minLength: 1, maxLength: 4 }), (of, changes) => {
        const { ticks, books } = read(changes.reduce(changed, encodeUpstox(of)), 1_791_880_440_000);
        for (const tick of ticks) {
          expect(tick.price).toBeGreaterThan(0);
          expect(Number.isFinite(tick.price) && Number.isSafeInteger(tick.exchangeMs) && Number.isSafeInteger(tick.quantity)).toBe(true);
        }
        for (const { bid, ask } of books) expect(bid > 0 && ask > 0 && Number.isFinite(bid) && Number.isFinite(ask)).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });
});
