import type { OptionRight } from './black76.ts';

/** What the symbol of a contract says: BTC-PERP, BTC-2026-12-25, BTC-2026-12-25-90000-C. */
export type ContractName =
  | { readonly kind: 'perpetual'; readonly underlying: string }
  | { readonly kind: 'future'; readonly underlying: string; readonly expiry: string }
  | { readonly kind: 'option'; readonly underlying: string; readonly expiry: string; readonly strike: number; readonly right: OptionRight };

/** The symbol of a contract, as users type it. */
export function contractSymbol(name: ContractName): string {
  switch (name.kind) {
    case 'perpetual':
      return `${name.underlying}-PERP`;
    case 'future':
      return `${name.underlying}-${name.expiry}`;
    case 'option':
      return `${name.underlying}-${name.expiry}-${name.strike}-${name.right === 'call' ? 'C' : 'P'}`;
  }
}

const PATTERN = /^([A-Z0-9]+)-(?:PERP|(\d{4}-\d\d-\d\d)(?:-(\d+(?:\.\d+)?)-([CP]))?)$/;

/** The parts of a contract's symbol, in any case; null for a text that is no such symbol. */
export function parseContractSymbol(text: string): ContractName | null {
  // Most symbols are no contract's, and are asked about with every price.
  if (!text.includes('-')) return null;
  const match = PATTERN.exec(text.trim().toUpperCase());
  if (match === null) return null;
  const [, underlying = '', expiry, strike, letter] = match;
  if (expiry === undefined) return { kind: 'perpetual', underlying };
  if (strike === undefined) return { kind: 'future', underlying, expiry };
  return { kind: 'option', underlying, expiry, strike: Number(strike), right: letter === 'C' ? 'call' : 'put' };
}
