import type { BinanceUsdmTerms, NotionalTier } from '../../config/margin.ts';
import type { Direction } from './leg.ts';
import { MarginError } from './margin-error.ts';
import { type MarginRequirement, requirementOf } from './requirement.ts';

/** One perpetual or dated linear contract in isolated margin and one-way mode, settled in USDT. */
export interface BinanceUsdmPosition {
  readonly regime: 'binance-usdm';
  /** The venue's name of the perpetual on the underlying, whose brackets hold for dated contracts too: BTCUSDT. */
  readonly symbol: string;
  readonly direction: Direction;
  /** Units of the coin. */
  readonly quantity: number;
  /** Mark price, or the order's price before there is a position. */
  readonly price: number;
  /** Notional over initial margin, at least 1. */
  readonly leverage: number;
}

/**
 * Margin of a linear contract at Binance, USDT:
 *
 *   initial = notional / leverage,  maintenance = notional * rate - cum
 *
 * with rate and cum of the bracket that holds the notional; cum makes the maintenance continuous from bracket to bracket.
 *
 * @throws MarginError `not_a_position`, `unknown_contract`, `beyond_brackets`, `leverage_too_high`
 * @see Binance support: "Leverage and margin of USD-M futures"
 */
export function binanceUsdmMargin(position: BinanceUsdmPosition, terms: BinanceUsdmTerms): MarginRequirement {
  const { quantity, price, leverage } = position;
  requireContract(position);
  const notional = quantity * price;
  const tier = tierOf(position, notional, terms);
  if (leverage > tier.maxLeverage) {
    const message = `At most ${tier.maxLeverage}x for ${notional} USDT of ${position.symbol}, received ${leverage}x`;
    throw new MarginError('leverage_too_high', message, { notional, leverage, maxLeverage: tier.maxLeverage });
  }
  return requirementOf(
    {
      parts: [{ name: 'notional-share', amount: notional / leverage }],
      maintenance: notional * tier.rate - tier.cum,
      proceeds: 0,
      paid: 0,
      lossCap: null,
    },
    terms.roundTo,
  );
}

/** A contract that is held, with the balance that stands behind it alone. */
export interface IsolatedPosition extends Omit<BinanceUsdmPosition, 'price' | 'leverage'> {
  readonly entryPrice: number;
  /** Isolated wallet balance, USDT: the initial margin and what was added since. */
  readonly walletUsdt: number;
}

/**
 * Mark price at which the balance behind an isolated position falls to its maintenance margin, USDT; with s = 1 for a long and
 * -1 for a short
 *
 *   price = (wallet + cum - s quantity entry) / (quantity (rate - s))
 *
 * in the bracket that holds the notional at that very price, not at the entry. Null when no price does it: a long without leverage.
 *
 * @throws MarginError `not_a_position`, `unknown_contract`, `beyond_brackets` when the notional there exceeds the last bracket
 * @see Binance support: "How to calculate liquidation price of USD-M futures contracts" (isolated: TMM = 0, UPNL = 0)
 */
export function liquidationPrice(position: IsolatedPosition, terms: BinanceUsdmTerms): number | null {
  const { direction, quantity, entryPrice, walletUsdt } = position;
  requireContract({ quantity, price: entryPrice, leverage: 1 });
  const sign = direction === 'long' ? 1 : -1;
  const tiers = tiersOf(position.symbol, terms);
  const prices = tiers.map(({ rate, cum }) => (walletUsdt + cum - sign * quantity * entryPrice) / (quantity * (rate - sign)));
  // The maintenance is the largest of the brackets' lines, so the line that is met first is the one that liquidates.
  const price = direction === 'long' ? Math.max(...prices) : Math.min(...prices);
  if (quantity * price > (tiers.at(-1)?.upToNotional ?? 0)) throw beyondBrackets(position.symbol, quantity * price);
  return price > 0 ? price : null;
}

function tierOf({ symbol }: Pick<BinanceUsdmPosition, 'symbol'>, notional: number, terms: BinanceUsdmTerms): NotionalTier {
  const tier = tiersOf(symbol, terms).find(({ upToNotional }) => notional <= upToNotional);
  if (tier === undefined) throw beyondBrackets(symbol, notional);
  return tier;
}

function tiersOf(symbol: string, { tiers }: BinanceUsdmTerms): readonly NotionalTier[] {
  const known = tiers[symbol];
  if (known === undefined) throw new MarginError('unknown_contract', `No margin brackets of ${symbol}`, { symbol, known: Object.keys(tiers) });
  return known;
}

const beyondBrackets = (symbol: string, notional: number): MarginError =>
  new MarginError('beyond_brackets', `No bracket of ${symbol} holds ${notional} USDT`, { symbol, notional });

function requireContract({ quantity, price, leverage }: Pick<BinanceUsdmPosition, 'quantity' | 'price' | 'leverage'>): void {
  if ([quantity, price].every((value) => Number.isFinite(value) && value > 0) && leverage >= 1) return;
  throw new MarginError('not_a_position', 'A contract has a positive quantity and price and a leverage of at least 1', { quantity, price, leverage });
}
