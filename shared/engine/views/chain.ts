import { NSE_CALENDAR } from '../../config/nse-calendar.ts';
import type { ChainAnswer } from '../../contracts/v8/market-data.ts';
import { fromNumber, text } from '../../kernel/decimal.ts';
import { iso } from '../../kernel/time.ts';
import { marketPhase } from '../../market/calendar.ts';
import type { ContractQuote, DerivativeChain, FutureQuote, OptionQuote } from '../../market/derivative.ts';
import type { EngineContext } from '../context.ts';
import { optionGreeks } from '../contracts/greeks.ts';
import { EngineError } from '../errors.ts';

/**
 * Futures and options on an underlying as they are quoted now, of all expiries or of one.
 * @throws EngineError `unknown_underlying`
 */
export function chain({ chains, clock, world }: EngineContext, name: string, expiry: string | undefined): ChainAnswer {
  const nowMs = clock.now();
  const underlying = name.trim().toUpperCase();
  const timestamp = iso(nowMs);
  if (chains === null) return { underlying, chain: null, others: [], reason: `Nobody gives futures and options in ${world.scope} yet`, timestamp };
  if (!chains.underlyings.includes(underlying)) {
    const known = chains.underlyings;
    throw new EngineError('unknown_underlying', `There are no derivatives on ${JSON.stringify(name)}; there are on ${known.join(', ')}`, {
      name,
      known,
    });
  }
  const [first, ...others] = chains.chains(underlying, nowMs).map((found) => shown(found, expiry));
  if (first !== undefined) return { underlying, chain: first, others, reason: null, timestamp };
  return { underlying, chain: null, others, reason: marketPhase(NSE_CALENDAR, 'NSE', nowMs, 'derivatives').reason, timestamp };
}

function shown(chain: DerivativeChain, expiry: string | undefined): NonNullable<ChainAnswer['chain']> {
  const { perpetual, futures, options } = chain;
  const isAsked = ({ instrument }: FutureQuote | OptionQuote): boolean => expiry === undefined || instrument.contract.expiry === expiry;
  return {
    venue: chain.venue,
    spot: exact(chain.spot),
    currency: chain.currency,
    lotSize: chain.lotSize,
    expiries: [...new Set([...futures, ...options].map(({ instrument }) => instrument.contract.expiry))].sort(),
    perpetual:
      perpetual === null || expiry !== undefined
        ? null
        : {
            ...quoteOf(perpetual),
            index: exact(perpetual.index),
            fundingRate: perpetual.fundingRate,
            nextFundingAt: iso(perpetual.nextFundingMs),
            fundingIntervalMs: perpetual.fundingIntervalMs,
          },
    futures: futures.filter(isAsked).map((future) => ({ ...quoteOf(future), ...expiringOf(future) })),
    options: options.filter(isAsked).map((option) => ({
      ...quoteOf(option),
      ...expiringOf(option),
      strike: exact(option.instrument.contract.strike),
      right: option.instrument.contract.right,
      payoff: option.instrument.contract.payoff,
      iv: option.iv,
      greeks: optionGreeks(option, chain.atMs),
      underlyingPrice: exact(option.underlyingPrice),
    })),
    at: iso(chain.atMs),
    source: chain.source,
    evidence: chain.evidence,
  };
}

const exact = (value: number): string => text(fromNumber(value));
const exactOrNull = (value: number | null): string | null => (value === null ? null : exact(value));

function quoteOf({ instrument, bid, ask, last, mark, bidSize, askSize }: ContractQuote) {
  const { symbol, venueSymbol, quote } = instrument;
  return {
    symbol,
    venueSymbol,
    currency: quote,
    bid: exactOrNull(bid),
    ask: exactOrNull(ask),
    last: exactOrNull(last),
    mark: exactOrNull(mark),
    bidSize: exactOrNull(bidSize),
    askSize: exactOrNull(askSize),
  };
}

function expiringOf({ instrument: { contract } }: FutureQuote | OptionQuote) {
  return { expiry: contract.expiry, expiresAt: iso(contract.expiryMs), settlement: contract.settlement };
}
