import { add, type Decimal, subtract, text } from '../../kernel/decimal.ts';

/** A result between what kinder and what harsher fills would have made of it. */
export function bandOf({ net, better, worse }: { readonly net: Decimal; readonly better: Decimal; readonly worse: Decimal }): {
  readonly optimistic: string;
  readonly pessimistic: string;
} {
  return { optimistic: text(add(net, better)), pessimistic: text(subtract(net, worse)) };
}
