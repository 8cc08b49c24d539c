import type { IntradayTerms } from '../../config/margin.ts';
import { add, type Decimal, decimal, divide, subtract, sum, text, ZERO } from '../../kernel/decimal.ts';
import type { Direction } from './leg.ts';
import { MarginError } from './margin-error.ts';
import type { MarginPart, MarginRequirement } from './requirement.ts';

/** Coin or shares for delivery, bought with cash. */
export interface CashPosition {
  readonly regime: 'cash';
  readonly direction: Direction;
  /** In the quote currency. */
  readonly notional: Decimal;
}

/** NSE shares that are sold, or bought back, before the close of the day. */
export interface NseIntradayPosition {
  readonly regime: 'nse-intraday';
  readonly direction: Direction;
  /** Rupees. */
  readonly notional: Decimal;
}

/**
 * What is bought for keeps is paid in full, and nothing is asked of it afterwards.
 * @throws MarginError `not_a_position`, `short_not_allowed`
 */
export function cashMargin({ direction, notional }: CashPosition): MarginRequirement {
  requireNotional(notional);
  if (direction === 'short') {
    throw new MarginError('short_not_allowed', 'Coin and shares for delivery cannot be sold short', { notional: text(notional) });
  }
  return exactRequirement([{ name: 'cash', amount: notional }], { maintenance: ZERO, proceeds: ZERO });
}

/**
 * An intraday position asks its notional over the leverage. A short's proceeds lie in the account and are owed, so it asks them
 * too: at leverage one its notional twice, which is what the ledger blocks.
 * @throws MarginError `not_a_position`
 */
export function nseIntradayMargin({ direction, notional }: NseIntradayPosition, { leverage }: IntradayTerms): MarginRequirement {
  requireNotional(notional);
  const share = divide(notional, decimal(leverage));
  if (direction === 'long') return exactRequirement([{ name: 'cash', amount: share }], { maintenance: ZERO, proceeds: ZERO });
  const parts = [{ name: 'short-proceeds', amount: notional } as const, { name: 'short-collateral', amount: share } as const];
  return exactRequirement(parts, { maintenance: add(notional, share), proceeds: notional });
}

/** Amounts stay exact to 8 places, as the ledger keeps cost and proceeds. */
function exactRequirement(parts: readonly MarginPart[], rest: Pick<MarginRequirement, 'maintenance' | 'proceeds'>): MarginRequirement {
  const initial = sum(parts.map(({ amount }) => amount));
  return { initial, ...rest, deposit: subtract(initial, rest.proceeds), parts, cappedAtMaxLoss: false };
}

function requireNotional(notional: Decimal): void {
  if (notional > 0n) return;
  throw new MarginError('not_a_position', `A position has a positive notional, received ${text(notional)}`, { notional: text(notional) });
}
