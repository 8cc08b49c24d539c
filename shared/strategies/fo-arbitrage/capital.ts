import { fromNumber, toNumber } from '../../kernel/decimal.ts';
import type { NseOptionLeg, ScannedLeg } from '../../execution/margin/nse-scan.ts';
import type { OptionLeg } from '../../execution/margin/leg.ts';
import { marginOf } from '../../execution/margin/margin-of.ts';
import type { MarginRequirement } from '../../execution/margin/requirement.ts';
import { type Candidate, type CandidateLeg, entryPrice, middle } from './candidate.ts';
import type { ArbitrageMarket } from './market.ts';

/** Money that a structure ties up until it ends, for one unit of the underlying, in the currency of its chain. */
export interface Capital {
  /** Paid for the underlying itself. */
  readonly outlay: number;
  /** Margin of contracts, with the premiums of what is bought and without those of what is sold. */
  readonly margin: number;
}

const DAYS_A_YEAR = 252;

/**
 * Capital of a structure of `quantity` units under the margin rules of its venues. An underlying that is sold short is backed in
 * full. Deribit's futures have no terms of their own here: the same leverage is assumed as on Binance.
 * @throws MarginError
 */
export function capitalOf({ legs }: Candidate, quantity: number, market: ArbitrageMarket): Capital {
  const spots = legs.filter(({ instrument }) => instrument.contract === null);
  const contracts = legs.filter(({ instrument }) => instrument.contract !== null);
  const nse = contracts.filter(({ instrument }) => instrument.venue === 'nse');
  const coinOptions = contracts.filter(({ option, instrument }) => option !== null && instrument.venue !== 'nse');
  const coinFutures = contracts.filter(({ option, instrument }) => option === null && instrument.venue !== 'nse');
  const margins = [
    ...coinFutures.map((leg) => coinFutureMargin(leg, quantity, market)),
    ...(nse.length === 0 ? [] : [nseMargin(nse, quantity, market)]),
    ...(coinOptions.length === 0 ? [] : [coinOptionMargin(coinOptions, quantity, market)]),
  ];
  return {
    outlay: spots.reduce((sum, leg) => sum + entryPrice(leg), 0),
    margin: margins.reduce((sum, margin) => sum + margin, 0) / quantity,
  };
}

const deposit = (requirement: MarginRequirement): number => toNumber(requirement.deposit);
const directionOf = ({ side }: CandidateLeg): 'long' | 'short' => (side === 'buy' ? 'long' : 'short');

function coinFutureMargin(leg: CandidateLeg, quantity: number, { config, nowMs }: ArbitrageMarket): number {
  const { venue, venueSymbol } = leg.instrument;
  const price = middle(leg);
  if (venue !== 'binance-futures') return (quantity * price) / config.leverage;
  // Dated contracts (BTCUSDT_261225) stand in the brackets of their perpetual.
  const symbol = venueSymbol.split('_')[0] as string;
  return deposit(marginOf({ regime: 'binance-usdm', symbol, direction: directionOf(leg), quantity, price, leverage: config.leverage }, nowMs));
}

function nseMargin(legs: readonly CandidateLeg[], quantity: number, { instrument, spot, volatility, chains, nowMs }: ArbitrageMarket): number {
  const underlyingPrice = spot === null ? (chains[0]?.spot ?? 0) : middle(spot);
  const isIndex = instrument.contract === null && legs.some(({ instrument: { contract } }) => contract !== null && 'settlement' in contract && contract.settlement === 'cash');
  const dailyVolatility = volatility / Math.sqrt(DAYS_A_YEAR);
  return deposit(
    marginOf({ regime: 'nse-derivatives', isIndex, underlyingPrice, dailyVolatility, legs: legs.map((leg) => scannedLeg(leg, quantity)) }, nowMs),
  );
}

function coinOptionMargin(legs: readonly CandidateLeg[], quantity: number, { nowMs, chains }: ArbitrageMarket): number {
  const worth = legs[0]?.worth ?? 1;
  const underlyingPrice = worth === 1 ? (chains[0]?.spot ?? 1) : worth;
  return worth * deposit(marginOf({ regime: 'deribit', underlyingPrice, legs: legs.map((leg) => optionLeg(leg, quantity)) }, nowMs));
}

const scannedLeg = (leg: CandidateLeg, quantity: number): ScannedLeg =>
  leg.option === null
    ? { kind: 'future', direction: directionOf(leg), quantity, price: middle(leg), expiryMs: expiringOf(leg).expiryMs }
    : ({ ...optionLeg(leg, quantity), ...leg.option } satisfies NseOptionLeg);

function optionLeg(leg: CandidateLeg, quantity: number): OptionLeg {
  const { expiryMs, strike, right } = expiringOf(leg);
  return { kind: 'option', direction: directionOf(leg), right, quantity, strike, price: entryPrice(leg), expiryMs };
}
