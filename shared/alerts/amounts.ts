import { type Decimal, decimal, text, toStep } from '../kernel/decimal.ts';

const CENT = decimal('0.01');

/** Base currency for people: to the cent, the sign before the dollar. */
export function dollars(value: Decimal): string {
  const [whole = '0', cents = ''] = text(toStep(value, CENT, 'half-even')).split('.');
  const sign = whole.startsWith('-') ? '-' : '';
  return `${sign}$${whole.replace('-', '')}.${cents.padEnd(2, '0')}`;
}

/** A share for people, with its sign: +5.20 %. */
export const signedPercent = (share: number): string => `${share > 0 ? '+' : ''}${(share * 100).toFixed(2)} %`;
