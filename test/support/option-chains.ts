import { instrumentBySymbol } from '../../shared/config/instruments.ts';
import { fromNumber, toNumber } from '../../shared/kernel/decimal.ts';
import { DAY_MS } from '../../shared/kernel/time.ts';
import { black76, type OptionRight } from '../../shared/market/black76.ts';
import { contractSymbol } from '../../shared/market/contract-symbol.ts';
import type { DerivativeChain, OptionQuote } from '../../shared/market/derivative.ts';
import type { Instrument, InstrumentOf, OptionContract } from '../../shared/market/instrument.ts';

export interface PricedChain {
  /** BTC and ETH are quoted in coin at Deribit, everything else in rupees at NSE. */
  readonly underlying: string;
  readonly atMs: number;
  readonly spot: number;
  readonly expiries: readonly string[];
  /** Between strikes, and how many on each side. */
  readonly step: number;
  readonly strikesEachSide: number;
  readonly iv: (moneyness: number, years: number) => number;
  /** Bid and ask stand so far from the value, as a share of it. */
  readonly halfSpreadShare?: number;
  /** A year: the forward is spot exp(carry T). */
  readonly carry?: number;
  readonly receivedMs?: number;
}

/** A chain whose options are all worth what Black-76 says at the given smile; bids and asks are around it, on no grid. */
export function pricedChain(asked: PricedChain): DerivativeChain {
  const { underlying, atMs, spot } = asked;
  const isInverse = underlying === 'BTC' || underlying === 'ETH';
  const options = asked.expiries.flatMap((expiry) => {
    const middle = Math.round(spot / asked.step);
    const places = Array.from({ length: 2 * asked.strikesEachSide + 1 }, (_, at) => middle - asked.strikesEachSide + at);
    return places.flatMap((place) => (['call', 'put'] as const).map((right) => optionQuote(asked, isInverse, expiry, place * asked.step, right)));
  });
  return {
    underlying,
    venue: isInverse ? 'deribit' : 'nse',
    currency: isInverse ? 'USDT' : 'INR',
    atMs,
    spot,
    lotSize: toNumber((options[0] as OptionQuote).instrument.lotStep),
    perpetual: null,
    futures: [],
    options,
    source: 'test',
    evidence: 'simulated',
  };
}

function optionQuote(asked: PricedChain, isInverse: boolean, expiry: string, strike: number, right: OptionRight): OptionQuote {
  const { underlying, atMs, spot, iv, halfSpreadShare = 0.01, carry = 0, receivedMs = atMs } = asked;
  const instrument = instrumentBySymbol(
    contractSymbol({ kind: 'option', underlying, expiry, strike, right }),
    atMs,
  ) as Instrument as InstrumentOf<OptionContract>;
  const years = (instrument.contract.expiryMs - atMs) / (365 * DAY_MS);
  const forward = spot * Math.exp(carry * years);
  const volatility = iv(Math.log(strike / forward), years);
  const value = black76({ right, forward, strike, variance: volatility ** 2 * years, discount: 1 }) / (isInverse ? forward : 1);
  const tick = toNumber(instrument.tickSize(fromNumber(value)));
  return {
    instrument,
    bid: value < tick ? null : value * (1 - halfSpreadShare),
    ask: Math.max(tick, value * (1 + halfSpreadShare)),
    last: value,
    mark: value,
    bidSize: 100,
    askSize: 100,
    receivedMs,
    iv: volatility,
    underlyingPrice: forward,
  };
}
