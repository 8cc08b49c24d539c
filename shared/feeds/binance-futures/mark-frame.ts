import { messageOf } from '../../kernel/errors.ts';
import type { EpochMs } from '../../kernel/time.ts';
import { isPrice } from '../../market/price.ts';
import { type Fields, isFields, stampMs } from '../binance/binance-fields.ts';
import { decimalText } from '../intake/decimal-text.ts';
import { shown } from '../intake/shown.ts';

/** What the venue values a contract at. */
export interface MarkPrice {
  /** The venue's name: BTCUSDT, BTCUSDT_261225. */
  readonly venueSymbol: string;
  readonly mark: number;
  /** Price of the underlying. */
  readonly index: number;
  /** What longs will pay at the next funding, as a share, and when; null for a dated contract. */
  readonly funding: { readonly rate: number; readonly nextMs: EpochMs } | null;
  readonly exchangeMs: EpochMs;
}

export type MarkFault = 'not_json' | 'unknown_shape' | 'bad_price' | 'bad_stamp' | 'bad_funding';

export interface RefusedMark {
  readonly kind: 'refused';
  /** Stable code, for counters. */
  readonly reason: MarkFault;
  /** What was seen, for a log line. */
  readonly detail: string;
}

export type MarkFrame =
  | { readonly kind: 'marks'; readonly marks: readonly MarkPrice[]; readonly refused: readonly RefusedMark[] }
  /** Well formed, and nothing of use here: an acknowledgement, another event. */
  | { readonly kind: 'ignored' }
  | RefusedMark;

/**
 * Reads a frame of Binance's USD-M market route: markPriceUpdate, bare or wrapped as `{"stream","data"}`, single or in arrays. Never
 * throws: what it cannot read is refused with a code. A dated contract has no funding: its rate is an empty text, its time 0.
 * @see Binance USD-M futures, "Mark Price Stream"
 */
export function parseMarkFrame(text: string): MarkFrame {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refused('not_json', `${messageOf(error)}: ${text.slice(0, 80)}`);
  }
  const payload = isFields(value) && typeof value.stream === 'string' && 'data' in value ? value.data : value;
  return Array.isArray(payload) ? together(payload.map(single)) : together([single(payload)]);
}

type Single = MarkPrice | RefusedMark | null;

function together(parts: readonly Single[]): MarkFrame {
  const marks = parts.filter((part): part is MarkPrice => part !== null && !('kind' in part));
  const wrong = parts.filter((part): part is RefusedMark => part !== null && 'kind' in part);
  const [first] = wrong;
  if (marks.length === 0) return first ?? (parts.length === 0 ? refused('unknown_shape', 'a frame of no elements') : { kind: 'ignored' });
  return { kind: 'marks', marks, refused: wrong };
}

function single(value: unknown): Single {
  if (!isFields(value)) return refused('unknown_shape', shown(value));
  if (value.e === 'markPriceUpdate') return markOf(value);
  const isKnown = typeof value.e === 'string' || ('result' in value && 'id' in value) || 'error' in value || 'msg' in value;
  return isKnown ? null : refused('unknown_shape', shown(value));
}

function markOf(frame: Fields): MarkPrice | RefusedMark {
  const { s: venueSymbol } = frame;
  if (typeof venueSymbol !== 'string' || venueSymbol === '') return refused('unknown_shape', 'mark price without a symbol');
  const [mark, index] = [decimalText(frame.p), decimalText(frame.i)];
  if (!isPrice(mark) || !isPrice(index)) return refused('bad_price', `${venueSymbol} mark ${shown(frame.p)}, index ${shown(frame.i)}`);
  const exchangeMs = stampMs(frame.E);
  if (exchangeMs === null) return refused('bad_stamp', `${venueSymbol} time ${shown(frame.E)}`);
  const funding = fundingOf(frame.r, frame.T);
  if (funding === undefined) return refused('bad_funding', `${venueSymbol} funding ${shown(frame.r)} at ${shown(frame.T)}`);
  return { venueSymbol, mark, index, funding, exchangeMs };
}

/** Undefined for what is neither a funding nor the sign that there is none. */
function fundingOf(rateText: unknown, time: unknown): MarkPrice['funding'] | undefined {
  if (time === 0) return rateText === undefined || rateText === '' || Number(rateText) === 0 ? null : undefined;
  const nextMs = stampMs(time);
  const rate = signedDecimalText(rateText);
  return nextMs === null || !Number.isFinite(rate) || Math.abs(rate) >= 1 ? undefined : { rate, nextMs };
}

/** A venue's decimal string that may be negative, NaN for anything else. */
export function signedDecimalText(value: unknown): number {
  if (typeof value !== 'string' || !value.startsWith('-')) return decimalText(value);
  return -decimalText(value.slice(1));
}

const refused = (reason: MarkFault, detail: string): RefusedMark => ({ kind: 'refused', reason, detail });
