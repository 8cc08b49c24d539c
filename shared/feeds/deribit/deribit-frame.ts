import * as z from 'zod';
import { messageOf } from '../../kernel/errors.ts';
import type { EpochMs } from '../../kernel/time.ts';
import { shown } from '../intake/shown.ts';

/** Best bid and ask of an option with what the venue works out of it. Prices in coin, volatility as a share a year. */
export interface OptionTicker {
  readonly name: string;
  readonly exchangeMs: EpochMs;
  readonly bid: number | null;
  readonly ask: number | null;
  readonly bidSize: number | null;
  readonly askSize: number | null;
  readonly last: number | null;
  readonly mark: number;
  readonly iv: number | null;
  /** Price of the future of its expiry, USD. */
  readonly underlyingPrice: number;
}

export interface OptionMark {
  readonly name: string;
  readonly exchangeMs: EpochMs;
  readonly mark: number;
  readonly iv: number | null;
}

/** What a frame says, in our words. */
export type DeribitFrame =
  | { readonly kind: 'answer'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'error'; readonly id: number | null; readonly code: number; readonly message: string }
  /** The venue wants to hear `public/test`, else it hangs up. */
  | { readonly kind: 'test-request' }
  | { readonly kind: 'index'; readonly index: string; readonly price: number; readonly exchangeMs: EpochMs }
  /** The volatility index, as a share a year. */
  | { readonly kind: 'volatility'; readonly index: string; readonly iv: number; readonly exchangeMs: EpochMs }
  | { readonly kind: 'marks'; readonly index: string; readonly marks: readonly OptionMark[]; readonly refused: number }
  | { readonly kind: 'ticker'; readonly ticker: OptionTicker }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'refused'; readonly reason: 'not_json' | 'unknown_shape' | 'crossed_book'; readonly detail: string };

const ms = z.number().int().nonnegative();
const price = z.number().positive();
const id = z.number().int();

const answerSchema = z.object({ id, result: z.unknown() });
const errorSchema = z.object({ id: id.nullish(), error: z.object({ code: z.number().int(), message: z.string() }) });
const heartbeatSchema = z.object({ method: z.literal('heartbeat'), params: z.object({ type: z.string() }) });
const noticeSchema = z.object({ method: z.literal('subscription'), params: z.object({ channel: z.string(), data: z.unknown() }) });

const indexSchema = z.object({ index_name: z.string(), price, timestamp: ms });
const volatilitySchema = z.object({ index_name: z.string(), volatility: z.number().positive().max(2_000), timestamp: ms });
const markSchema = z.object({
  instrument_name: z.string(),
  mark_price: z.number().nonnegative(),
  iv: z.number().nonnegative().max(20),
  timestamp: ms,
});
const tickerSchema = z.object({
  instrument_name: z.string(),
  timestamp: ms,
  underlying_price: price,
  mark_price: z.number().nonnegative(),
  mark_iv: z.number().nonnegative().max(2_000).nullish(),
  last_price: z.number().nonnegative().nullish(),
  best_bid_price: z.number().nonnegative().nullish(),
  best_ask_price: z.number().nonnegative().nullish(),
  best_bid_amount: z.number().nonnegative().nullish(),
  best_ask_amount: z.number().nonnegative().nullish(),
});

/**
 * Reads one frame. Volatilities come in two units (a share with the marks, per cent with tickers and the index) and leave as shares;
 * a side without orders, which the venue writes as 0, is null.
 */
export function parseDeribitFrame(text: string): DeribitFrame {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { kind: 'refused', reason: 'not_json', detail: `${messageOf(error)}: ${text.slice(0, 80)}` };
  }
  const notice = noticeSchema.safeParse(value);
  if (notice.success) return noticeOf(notice.data.params.channel, notice.data.params.data);
  const heartbeat = heartbeatSchema.safeParse(value);
  if (heartbeat.success) return heartbeat.data.params.type === 'test_request' ? { kind: 'test-request' } : { kind: 'ignored' };
  const error = errorSchema.safeParse(value);
  if (error.success) return { kind: 'error', id: error.data.id ?? null, ...error.data.error };
  const answer = answerSchema.safeParse(value);
  return answer.success ? { kind: 'answer', ...answer.data } : unknownShape(value);
}

const unknownShape = (value: unknown): DeribitFrame => ({ kind: 'refused', reason: 'unknown_shape', detail: shown(value) });

function noticeOf(channel: string, data: unknown): DeribitFrame {
  if (channel.startsWith('ticker.')) return tickerOf(data);
  if (channel.startsWith('markprice.options.')) return marksOf(channel.slice('markprice.options.'.length), data);
  if (channel.startsWith('deribit_price_index.')) {
    const read = indexSchema.safeParse(data);
    if (!read.success) return unknownShape(data);
    return { kind: 'index', index: read.data.index_name, price: read.data.price, exchangeMs: read.data.timestamp };
  }
  if (channel.startsWith('deribit_volatility_index.')) {
    const read = volatilitySchema.safeParse(data);
    if (!read.success) return unknownShape(data);
    return { kind: 'volatility', index: read.data.index_name, iv: read.data.volatility / 100, exchangeMs: read.data.timestamp };
  }
  return { kind: 'ignored' };
}

function marksOf(index: string, data: unknown): DeribitFrame {
  if (!Array.isArray(data)) return unknownShape(data);
  const marks = data.flatMap((row): readonly OptionMark[] => {
    const read = markSchema.safeParse(row);
    if (!read.success) return [];
    const { instrument_name: name, mark_price: mark, iv, timestamp: exchangeMs } = read.data;
    return [{ name, mark, iv: iv > 0 ? iv : null, exchangeMs }];
  });
  return { kind: 'marks', index, marks, refused: data.length - marks.length };
}

const PER_CENT = 100;
const orNull = (value: number | null | undefined): number | null => (value === undefined || value === null || value === 0 ? null : value);

function tickerOf(data: unknown): DeribitFrame {
  const read = tickerSchema.safeParse(data);
  if (!read.success) return unknownShape(data);
  const row = read.data;
  const [bid, ask] = [orNull(row.best_bid_price), orNull(row.best_ask_price)];
  if (bid !== null && ask !== null && bid >= ask)
    return { kind: 'refused', reason: 'crossed_book', detail: `${row.instrument_name}: ${bid} >= ${ask}` };
  const iv = orNull(row.mark_iv);
  const ticker: OptionTicker = {
    name: row.instrument_name,
    exchangeMs: row.timestamp,
    bid,
    ask,
    bidSize: bid === null ? null : (row.best_bid_amount ?? null),
    askSize: ask === null ? null : (row.best_ask_amount ?? null),
    last: orNull(row.last_price),
    mark: row.mark_price,
    iv: iv === null ? null : iv / PER_CENT,
    underlyingPrice: row.underlying_price,
  };
  return { kind: 'ticker', ticker };
}
