import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rng } from '../../../../shared/kernel/rng.ts';
import { mutatedText } from '../../../support/mutate.ts';
import {
  coinbaseAnswers,
  coinbaseHeartbeat,
  coinbaseTicker,
  krakenAnswers,
  krakenItem,
  krakenStatus,
  krakenTicker,
} from '../../../support/reference-frames.ts';
import { judgeCoinbase, judgeKraken } from '../../../support/reference-specification.ts';

const RUNS = { numRuns: 6_000 };

const decimals = fc.tuple(fc.nat(200_000), fc.nat(99_999_999)).map(([whole, parts]) => `${whole}.${String(parts).padStart(8, '0')}`);
const coinbaseTexts = fc.oneof(
  fc.record({ best_bid: decimals, best_ask: decimals, price: decimals, sequence: fc.maxSafeNat() }).map((fields) => coinbaseTicker(fields)),
  fc.constant(coinbaseHeartbeat()),
  fc.constant(JSON.parse(coinbaseAnswers(JSON.stringify({ type: 'subscribe', product_ids: ['A-USD'], channels: ['ticker'] }), () => true)[0] ?? '')),
);
const prices = fc.double({ min: 0, max: 1e6, noNaN: true });
const krakenTexts = fc.oneof(
  fc
    .array(fc.record({ bid: prices, ask: prices }), { minLength: 1, maxLength: 3 })
    .map((items) => krakenTicker(items.map((item) => krakenItem(item)))),
  fc.constant(krakenStatus()),
  fc.constant(JSON.parse(krakenAnswers(JSON.stringify({ method: 'subscribe', params: { symbol: ['A/USD'] } }), () => false)[0] ?? '')),
);
const wrong = (texts: fc.Arbitrary<unknown>) =>
  fc.tuple(texts, fc.integer()).map(([frame, seed]) => mutatedText(JSON.stringify(frame), rng('reference', seed)));

describe('a parser of reference frames', () => {
  it.each([
    ['Coinbase', coinbaseTexts, judgeCoinbase, 'quote'],
    ['Kraken', krakenTexts, judgeKraken, 'quotes'],
  ] as const)('of %s never throws, and takes exactly the quotes that the schema takes, of frames with something wrong', (_, texts, judge, good) => {
    const seen: Record<string, number> = {};
    const property = fc.property(wrong(texts), (text) => {
      const { kind, fault } = judge(text);
      expect(fault).toBeNull();
      seen[kind] = (seen[kind] ?? 0) + 1;
    });
    fc.assert(property, RUNS);
    expect(Math.min(seen[good] ?? 0, seen.refused ?? 0)).toBeGreaterThan(100);
  });
});
