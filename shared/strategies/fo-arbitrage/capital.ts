import type { OptionLeg } from '../../execution/margin/leg.ts';
import { marginOf } from '../../execution/margin/margin-of.ts';
import type { ScannedLeg } from '../../execution/margin/nse-scan.ts';
import type { MarginRequirement } from '../../execution/margin/requirement.ts';
import { toNumber } from '../../kernel/decimal.ts';
import type { Contract, OptionContract } from '../../market/instrument.ts';
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
export function capitalOf(candidate: Candidate, quantity: number, market: ArbitrageMarket): Capital {
  const contracts = candidate.legs.filter(({ instrument }) => instrument.contract !== null);
  const nse = contracts.filter(({ instrument }) => instrument.venue === 'nse');
  const coinOptions = contracts.filter(({ option, instrument }) => option !== null && instrument.venue !== 'nse');
  const coinFutures = contracts.filter(({ option, instrument }) => option === null && instrument.venue !== 'nse');
  const margins = [
    ...coinFutures.map((leg) => coinFutureMargin(leg, quantity, market)),
    ...(nse.length === 0 ? [] : [nseMargin(nse, quantity, market)]),
    ...(coinOptions.length === 0 ? [] : [coinOptionMargin(coinOptions, quantity, market)]),
  ];
  return {
    outlay: outlayOf(candidate),
    margin: margins.reduce((sum, margin) => sum + margin, 0) / quantity,
  };
}

/** Paid for the underlying itself, for one unit of it. */
export const outlayOf = ({ legs }: Candidate): number =>
  legs.reduce((sum, leg) => (leg.instrument.contract === null ? sum + entryPrice(leg) : sum), 0);

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

function nseMargin(legs: readonly CandidateLeg[], quantity: number, { spot, volatility, chains, nowMs }: ArbitrageMarket): number {
  const position = {
    regime: 'nse-derivatives',
    isIndex: legs.every(({ instrument }) => isCashSettled(instrument.contract)),
    underlyingPrice: spot === null ? (chains[0]?.spot ?? 0) : middle(spot),
    dailyVolatility: volatility / Math.sqrt(DAYS_A_YEAR),
    legs: legs.flatMap((leg) => scannedLeg(leg, quantity)),
  } as const;
  return deposit(marginOf(position, nowMs));
}

/** Whether a contract ends in money: at NSE those on an index do, those on a share in shares. */
const isCashSettled = (contract: Contract | null): boolean => contract !== null && contract.kind !== 'perpetual' && contract.settlement === 'cash';

/** In coin, as the premiums of inverse options are. */
function coinOptionMargin(legs: readonly CandidateLeg[], quantity: number, { nowMs }: ArbitrageMarket): number {
  const underlyingPrice = legs[0]?.worth ?? 0;
  const options = legs.flatMap((leg) => (leg.option === null ? [] : [optionLeg(leg, leg.option.contract, quantity)]));
  return underlyingPrice * deposit(marginOf({ regime: 'deribit', underlyingPrice, legs: options }, nowMs));
}

function scannedLeg(leg: CandidateLeg, quantity: number): readonly ScannedLeg[] {
  const { option } = leg;
  if (option !== null) return [{ ...optionLeg(leg, option.contract, quantity), iv: option.iv, forward: option.forward }];
  const { contract } = leg.instrument;
  if (contract?.kind !== 'future') return [];
  return [{ kind: 'future', direction: directionOf(leg), quantity, price: middle(leg), expiryMs: contract.expiryMs }];
}

function optionLeg(leg: CandidateLeg, { right, strike, expiryMs }: OptionContract, quantity: number): OptionLeg {
  return { kind: 'option', direction: directionOf(leg), right, quantity, strike, price: entryPrice(leg), expiryMs };
}
