import { messageOf } from '../../kernel/errors.ts';
import type { EpochMs } from '../../kernel/time.ts';
import { isPrice } from '../../market/price.ts';
import { shown } from '../intake/shown.ts';

export type ReferenceFault = 'not_json' | 'unknown_shape' | 'bad_price' | 'crossed_book' | 'bad_stamp' | 'bad_sequence';

export interface RefusedReference {
  readonly kind: 'refused';
  /** Stable code, for counters. */
  readonly reason: ReferenceFault;
  /** What was seen, for a log line. */
  readonly detail: string;
}

/** Best bid and ask of a pair on a reference venue, in the venue's names. */
export interface ReferenceQuote {
  readonly pair: string;
  readonly bid: number;
  readonly ask: number;
  /** null where the venue tells no time. */
  readonly exchangeMs: EpochMs | null;
  /** The venue's own rising number of the pair's events; null where there is none. */
  readonly sequence: number | null;
}

export const refusedReference = (reason: ReferenceFault, detail: string): RefusedReference => ({ kind: 'refused', reason, detail });

/** What is wrong with a bid and an ask, or null. */
export function quoteFault(bid: number, ask: number): 'bad_price' | 'crossed_book' | null {
  if (!isPrice(bid) || !isPrice(ask)) return 'bad_price';
  return bid >= ask ? 'crossed_book' : null;
}

export type JsonFields = Readonly<Record<string, unknown>>;

export const isJsonFields = (value: unknown): value is JsonFields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The fields of a frame that is a JSON object. */
export function readJsonFields(text: string): { readonly kind: 'fields'; readonly fields: JsonFields } | RefusedReference {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refusedReference('not_json', `${messageOf(error)}: ${text.slice(0, 80)}`);
  }
  return isJsonFields(value) ? { kind: 'fields', fields: value } : refusedReference('unknown_shape', shown(value));
}
