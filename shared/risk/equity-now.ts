import type { Decimal } from '../kernel/decimal.ts';
import { type Account, equity, type MarkOf, type RateOf } from '../ledger/account.ts';

/** An account with what its positions are worth. */
interface Valued {
  readonly account: Account;
  readonly markOf: MarkOf;
  readonly rateOf: RateOf;
  /** Equity, worked out when it is first asked for; absent where nobody has asked yet. */
  readonly equityNow?: (() => Decimal) | undefined;
}

/** The same with its equity, which all checks and caps of one look share: worked out once, and not before one of them asks. */
export function withEquity<Facts extends Valued>(facts: Facts): Facts & { readonly equityNow: () => Decimal } {
  let known: Decimal | null = null;
  const equityNow = (): Decimal => {
    known ??= equityOf(facts);
    return known;
  };
  return { ...facts, equityNow };
}

/** Equity of an account, base currency. */
export const equityOf = ({ account, markOf, rateOf, equityNow }: Valued): Decimal => equityNow?.() ?? equity(account, markOf, rateOf);
