import { hash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';

/** SHA-256, hex, over the canonical JSON of the values: equal values, equal digest, on every machine. */
export function digest(...values: readonly unknown[]): string {
  return hash('sha256', canonicalJson(values), 'hex');
}
