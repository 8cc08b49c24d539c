import { instrumentBySymbol } from '../../config/instruments.ts';
import type { Position } from '../../contracts/position.ts';
import { toNumber } from '../../kernel/decimal.ts';
import type { EpochMs } from '../../kernel/time.ts';
import type { OptionQuote } from '../../market/derivative.ts';
import { deribitGreeks } from '../../market/options/deribit-greeks.ts';
import { YEAR_MS } from '../../market/options/smile.ts';
import { type ContractsView, optionQuoteOf } from './contracts-view.ts';

/**
 * Sensitivities in the conventions of Deribit: `delta` in units of the underlying, `gamma` of it for one unit of its price, `vega` for
 * a point of volatility and `theta` for a day, both in the currency of the chain.
 */
export interface ShownGreeks {
  readonly delta: number;
  readonly gamma: number;
  readonly vega: number;
  readonly theta: number;
}

const OF_THE_UNDERLYING: ShownGreeks = { delta: 1, gamma: 0, vega: 0, theta: 0 };

/** Sensitivities of one unit of a quoted option by its own volatility; null where it has none, and at its expiry. */
export function optionGreeks({ instrument, iv, underlyingPrice }: OptionQuote, atMs: EpochMs): ShownGreeks | null {
  const { right, strike, expiryMs } = instrument.contract;
  if (iv === null || iv <= 0 || expiryMs <= atMs) return null;
  const { delta, gamma, vega, theta } = deribitGreeks({
    right,
    strike,
    forward: underlyingPrice,
    volatility: iv,
    years: (expiryMs - atMs) / YEAR_MS,
  });
  return { delta, gamma, vega, theta };
}

/** What positions stand for together: options by their greeks, everything else whole; null while a volatility is missing. */
export function netGreeks(positions: readonly Position[], view: ContractsView): ShownGreeks | null {
  const net = { delta: 0, gamma: 0, vega: 0, theta: 0 };
  for (const { symbol, quantity, direction } of positions) {
    const isOption = instrumentBySymbol(symbol, view.nowMs).contract?.kind === 'option';
    const quote = isOption ? optionQuoteOf(symbol, view) : null;
    const each = isOption ? (quote === null ? null : optionGreeks(quote, view.nowMs)) : OF_THE_UNDERLYING;
    if (each === null) return null;
    const units = (direction === 'long' ? 1 : -1) * toNumber(quantity);
    net.delta += units * each.delta;
    net.gamma += units * each.gamma;
    net.vega += units * each.vega;
    net.theta += units * each.theta;
  }
  return net;
}
