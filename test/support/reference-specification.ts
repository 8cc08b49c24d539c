import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { parseCoinbaseFrame } from '../../shared/feeds/references/coinbase-frame.ts';
import { parseKrakenFrame } from '../../shared/feeds/references/kraken-frame.ts';
import type { ReferenceQuote } from '../../shared/feeds/references/reference-frame.ts';

/** What a quote of a reference venue is, as schemas: the hand-written parsers are held to them. */

const decimal = z
  .string()
  .max(40)
  .regex(/^\d+(?:\.\d+)?$/)
  .transform(Number)
  .pipe(z.number().positive());
const stamp = z.iso
  .datetime()
  .regex(/T\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/)
  .transform((text) => Math.floor(Date.parse(text.replace(/(\.\d{3})\d+/, '$1'))))
  .pipe(z.number().min(1_000));
const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const pair = z.string().min(1);

const coinbaseQuote = z
  .object({
    type: z.literal('ticker'),
    product_id: pair,
    sequence: count,
    trade_id: count,
    time: stamp,
    price: decimal,
    best_bid: decimal,
    best_ask: decimal,
  })
  .refine(({ best_bid, best_ask }) => best_bid < best_ask)
  .transform(
    ({ product_id, sequence, time, best_bid, best_ask }): ReferenceQuote => ({
      pair: product_id,
      bid: best_bid,
      ask: best_ask,
      exchangeMs: time,
      sequence,
    }),
  );

const krakenQuote = z
  .object({ symbol: pair, bid: z.number().positive(), ask: z.number().positive(), timestamp: stamp.optional() })
  .refine(({ bid, ask }) => bid < ask)
  .transform(({ symbol, bid, ask, timestamp }): ReferenceQuote => ({ pair: symbol, bid, ask, exchangeMs: timestamp ?? null, sequence: null }));
const krakenFrame = z.object({
  method: z.undefined().optional(),
  error: z.undefined().optional(),
  channel: z.literal('ticker'),
  data: z.array(z.unknown()).min(1),
});

/** A parser's reading of a text: its kind, and how its quotes differ from those that the schemas give; null where they agree. */
export interface Judged {
  readonly kind: string;
  readonly fault: string | null;
}

export function judgeCoinbase(text: string): Judged {
  const frame = parseCoinbaseFrame(text);
  const expected = quotesIn(coinbaseQuote, [json(text)]);
  return judged(frame.kind, frame.kind === 'quote' ? [frame.quote] : [], expected);
}

export function judgeKraken(text: string): Judged {
  const frame = parseKrakenFrame(text);
  const whole = krakenFrame.safeParse(json(text));
  const expected = whole.success ? quotesIn(krakenQuote, whole.data.data) : [];
  return judged(frame.kind, frame.kind === 'quotes' ? frame.quotes : [], expected);
}

const judged = (kind: string, given: readonly ReferenceQuote[], expected: readonly ReferenceQuote[]): Judged => ({
  kind,
  fault: isDeepStrictEqual(given, expected) ? null : `gave ${JSON.stringify(given)}, the schema gives ${JSON.stringify(expected)}`,
});

function quotesIn(schema: z.ZodType<ReferenceQuote>, values: readonly unknown[]): readonly ReferenceQuote[] {
  return values.flatMap((value) => {
    const parsed = schema.safeParse(value);
    return parsed.success ? [parsed.data] : [];
  });
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
