import { NSE_CALENDAR } from '../../config/nse-calendar.ts';
import type { ChainAnswer } from '../../contracts/v8/market-data.ts';
import { fromNumber, text } from '../../kernel/decimal.ts';
import { iso } from '../../kernel/time.ts';
import { marketPhase } from '../../market/calendar.ts';
import type { DerivativeChain } from '../../market/derivative.ts';
import type { EngineContext } from '../context.ts';
import { EngineError } from '../errors.ts';

/**
 * Futures and options on an underlying as they are quoted now, of all expiries or of one.
 * @throws EngineError `unknown_underlying`
 */
export function chain({ chains, clock, world }: EngineContext, name: string, expiry: string | undefined): ChainAnswer {
  const nowMs = clock.now();
  const underlying = name.trim().toUpperCase();
  const timestamp = iso(nowMs);
  if (chains === null) return { underlying, chain: null, reason: `Nobody gives futures and options in ${world.scope} yet`, timestamp };
  if (!chains.underlyings.includes(underlying)) {
    const known = chains.underlyings;
    throw new EngineError('unknown_underlying', `There are no derivatives on ${JSON.stringify(name)}; there are on ${known.join(', ')}`, {
      name,
      known,
    });
  }
  const found = chains.chain(underlying, nowMs);
  if (found === null) return { underlying, chain: null, reason: marketPhase(NSE_CALENDAR, 'NSE', nowMs, 'derivatives').reason, timestamp };
  return { underlying, chain: shown(found, expiry), reason: null, timestamp };
}

function shown({ spot, lotSize, futures, options, atMs, source, evidence }: DerivativeChain, expiry: string | undefined): ChainAnswer['chain'] {
  const isAsked = (each: { readonly expiry: string }): boolean => expiry === undefined || each.expiry === expiry;
  return {
    spot: exact(spot),
    currency: 'INR',
    lotSize,
    expiries: [...new Set([...futures, ...options].map((each) => each.expiry))].sort(),
    futures: futures.filter(isAsked).map((future) => ({ expiry: future.expiry, expiresAt: iso(future.expiryMs), ...bookOf(future) })),
    options: options.filter(isAsked).map((option) => ({
      expiry: option.expiry,
      expiresAt: iso(option.expiryMs),
      strike: exact(option.strike),
      right: option.right,
      ...bookOf(option),
      iv: option.iv,
    })),
    at: iso(atMs),
    source,
    evidence,
  };
}

const exact = (value: number): string => text(fromNumber(value));

const bookOf = ({ bid, ask, last }: { readonly bid: number | null; readonly ask: number; readonly last: number }) => ({
  bid: bid === null ? null : exact(bid),
  ask: exact(ask),
  last: exact(last),
});
