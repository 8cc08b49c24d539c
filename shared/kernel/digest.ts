import { hash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';

/** SHA-256, hex, over the canonical JSON of the values: equal values, equal digest, on every machine. */
export function digest(...values: readonly unknown[]): string {
  return digestOfText(canonicalJson(values));
}

/** SHA-256, hex, of bytes. */
export const digestOfBytes = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex');

/** SHA-256, hex, of a text in UTF-8. */
export const digestOfText = (text: string): string => hash('sha256', text, 'hex');
