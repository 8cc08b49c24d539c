import { gunzipSync, gzipSync } from 'node:zlib';
import * as z from 'zod';
import { StoreError } from '../engine/ports.ts';
import { canonicalJson } from '../kernel/canonical-json.ts';
import { messageOf } from '../kernel/errors.ts';
import type { Item, Value } from './items.ts';

/** Text shorter than this is one write unit anyway: it stays readable. */
const PACK_FROM_CHARS = 1_000;

/** A value as canonical JSON, readable in the table. */
export const plainBody = (value: unknown): string => canonicalJson(value);

/** A value as canonical JSON, gzipped where that saves write units. */
export function packedBody(value: unknown): Value {
  const text = canonicalJson(value);
  return text.length < PACK_FROM_CHARS ? text : gzipSync(text);
}

/**
 * The value of a row's `body`, checked by its schema.
 * @throws StoreError `corrupt` with the row's key
 */
export function readBody<T>(item: Item, schema: z.ZodType<T>): T {
  return checked(item, schema, () => parseJson(item.attributes.body));
}

/** The row's attributes, checked by a schema. @throws StoreError `corrupt` with the row's key */
export function readAttributes<T>(item: Item, schema: z.ZodType<T>): T {
  return checked(item, schema, () => item.attributes);
}

/** The value that a row was read as, checked by a schema. @throws StoreError `corrupt` with the row's key */
export function checked<T>(item: Item, schema: z.ZodType<T>, value: () => unknown): T {
  try {
    return schema.parse(value());
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    throw new StoreError('corrupt', `Row ${item.pk} ${item.sk} is not as expected: ${why}`, { pk: item.pk, sk: item.sk }, { cause: error });
  }
}

export function parseJson(body: Value | undefined): unknown {
  if (typeof body === 'string') return JSON.parse(body);
  if (body instanceof Uint8Array) return JSON.parse(gunzipSync(body).toString('utf8'));
  throw new TypeError(`Expected a body of text or bytes, received ${body === undefined ? 'none' : typeof body}`);
}
