import { NSE_INDICES } from '../config/indices.ts';
import { instrumentBySymbol, instrumentsOf } from '../config/instruments.ts';
import { NSE_CALENDAR } from '../config/nse-calendar.ts';
import { fromNumber, toNumber } from '../kernel/decimal.ts';
import { NightdeskError } from '../kernel/errors.ts';
import { rng } from '../kernel/rng.ts';
import { DAY_MS, type EpochMs, MINUTE_MS, SECOND_MS } from '../kernel/time.ts';
import { black76, type OptionRight } from '../market/black76.ts';
import { type Calendar, marketPhase } from '../market/calendar.ts';
import { type ContractName, contractSymbol } from '../market/contract-symbol.ts';
import type { DailyIv, Delivery, DerivativeChain, FutureQuote, OptionQuote, Settled } from '../market/derivative.ts';
import type { Contract, FutureContract, Instrument, InstrumentOf, OptionContract } from '../market/instrument.ts';
import { istDate, istDayOf, istMidnight } from '../market/ist.ts';
import type { Seed } from './simulated/daily-walk.ts';
import { bookOn } from './simulated/derivatives/book.ts';
import { type Expiry, expiriesAfter } from './simulated/derivatives/expiries.ts';
import { meanRevertingNoise } from './simulated/derivatives/noise.ts';
import { onceFor } from './simulated/derivatives/once-for.ts';
import { type DerivativeParameters, derivativeParameters, type UnderlyingParameters } from './simulated/derivatives/parameters.ts';
import { atTheMoneyVariance, impliedVariance } from './simulated/derivatives/surface.ts';
import { createSimulatedMarket } from './simulated-market.ts';

class SimulatedDerivativesError extends NightdeskError<'unknown_underlying'> {}

export interface SimulatedDerivativesOptions {
  /** That of the simulated market: its prices are the underlyings'. */
  readonly seed: Seed;
  /** Default: the NSE calendar as shipped. */
  readonly calendar?: Calendar;
  /** Default: `shared/config/data/simulated-derivatives.json`. */
  readonly parameters?: DerivativeParameters;
}

/** Futures and options on the simulated market. */
export interface SimulatedDerivatives {
  /** Delivery prices of the last days. @throws SimulatedDerivativesError `unknown_underlying` */
  readonly settled: (underlying: string, atMs: EpochMs) => Settled;
  /** At-the-money volatility of 30 days on each of the last days. @throws SimulatedDerivativesError `unknown_underlying` */
  readonly ivHistory: (underlying: string, atMs: EpochMs) => readonly DailyIv[];
  readonly underlyings: readonly string[];
  /**
   * What is quoted on an underlying at the instant: futures of three monthly expiries, calls and puts around the money. Nothing while
   * derivatives do not trade. @throws SimulatedDerivativesError `unknown_underlying`
   */
  readonly chains: (underlying: string, atMs: EpochMs) => readonly DerivativeChain[];
}

const SOURCE = 'simulated';
/** How far back deliveries are told. */
const SETTLED_MS = 4 * DAY_MS;
/** Days of volatility that are told, and the span that they are of. */
const IV_DAYS = 252;
const IV_SPAN_YEARS = 30 / 365;
const DELIVERY_WINDOW_MS = 30 * MINUTE_MS;
const YEAR_MS = 365 * DAY_MS;
const BPS = 1e-4;

/**
 * Derivatives that agree with the simulated market and with each other: a pure function of (seed, second).
 *
 * A future stands at spot x exp(carry x T + basis noise). The options of an expiry are priced (Black-76) on one synthetic forward,
 * the future x exp(parity noise), from one surface whose level follows what the market's volatility is expected to be (`surface`).
 * So the only deviations from no arbitrage are the two noises, mean-reverting, bounded and fading towards expiry, with amplitudes and
 * half-lives among the parameters; strikes of one expiry never contradict each other, nor do expiries.
 */
export function createSimulatedDerivatives(options: SimulatedDerivativesOptions): SimulatedDerivatives {
  const { seed, calendar = NSE_CALENDAR, parameters = derivativeParameters() } = options;
  const instruments = [...instrumentsOf('NSE'), ...NSE_INDICES];
  const market = createSimulatedMarket({ seed, instruments, phaseAt: (of, atMs) => marketPhase(calendar, of, atMs).phase });
  const { noise, implied } = parameters;
  const noises = {
    basis: meanRevertingNoise(seed, noise.halfLifeMinutes.basis, noise.most),
    parity: meanRevertingNoise(seed, noise.halfLifeMinutes.parity, noise.most),
    implied: meanRevertingNoise(seed, noise.halfLifeMinutes.implied, noise.most),
  };

  const listed = (underlying: string): { readonly of: UnderlyingParameters; readonly instrument: Instrument } => {
    const of = parameters.underlyings[underlying];
    const instrument = instruments.find(({ symbol }) => symbol === underlying);
    if (of !== undefined && instrument !== undefined) return { of, instrument };
    const allowed = Object.keys(parameters.underlyings);
    throw new SimulatedDerivativesError('unknown_underlying', `No derivatives on ${underlying}; there are some on ${allowed.join(', ')}`, {
      underlying,
      allowed,
    });
  };

  /** The noise of a contract's name at the instant; in its own unit. */
  const noiseAt = (kind: keyof typeof noises, name: string, atMs: EpochMs): number => {
    const day = istDayOf(atMs);
    return noises[kind](`${kind} ${name}`, day, Math.floor((atMs - istMidnight(day)) / MINUTE_MS));
  };

  // Venues tell their chains no more often, and every tick of an underlying asks for its own.
  const chains = onceFor(SECOND_MS, (underlying, atMs): readonly DerivativeChain[] => {
    const { of } = listed(underlying);
    if (marketPhase(calendar, 'NSE', atMs, 'derivatives').phase !== 'continuous') return [];
    const spot = market.lastPrice(underlying, atMs);
    if (spot === null) return [];
    const amplitude = noise[of.kind];
    const level = Math.exp(amplitude.implied * noiseAt('implied', underlying, atMs)) * implied.overRealised * Math.sqrt(implied.sessionsAYear);
    const { coming, longRun } = market.expectedVolatility(underlying, atMs);
    const term = { now: level * coming, longRun: level * longRun, reversionYears: implied.reversionDays / 365 };

    const expiryAt = (expiry: Expiry): ExpiryState => {
      const years = (expiry.atMs - atMs) / YEAR_MS;
      const fade = Math.min(1, (years * 365) / noise.fadeDays) * BPS;
      const name = `${underlying} ${expiry.date}`;
      const future = spot * Math.exp(of.carry * years + fade * amplitude.basisBps * noiseAt('basis', name, atMs));
      const forward = future * Math.exp(fade * amplitude.parityBps * noiseAt('parity', name, atMs));
      const discount = Math.exp(-parameters.rate * years);
      return { expiry, years, future, forward, discount, theta: atTheMoneyVariance(term, years) };
    };
    const states = expiriesAfter(atMs, of, calendar).map(expiryAt);
    const monthly = new Set(expiriesAfter(atMs, { ...of, weeklies: 0 }, calendar).map(({ date }) => date));
    const quoting: Quoting = { seed, underlying, atMs, spot, of, parameters };
    const futures = states.filter(({ expiry }) => monthly.has(expiry.date)).map((state) => futureQuote(state, quoting));
    return [
      {
        underlying,
        venue: 'nse',
        currency: 'INR',
        atMs,
        spot,
        lotSize: toNumber(contract<FutureContract>({ kind: 'future', underlying, expiry: states[0]?.expiry.date ?? istDate(atMs) }, atMs).lotStep),
        perpetual: null,
        futures,
        options: states.flatMap((state) => optionQuotes(state, quoting)),
        source: SOURCE,
        evidence: 'simulated',
      },
    ];
  });
  /** Contracts of an expiry end at the mean of its last half hour's closes, as the exchange takes an average and not one print. */
  const settled = (underlying: string, atMs: EpochMs): Settled => {
    const { of } = listed(underlying);
    const past = expiriesAfter(atMs - SETTLED_MS, of, calendar).filter((expiry) => expiry.atMs <= atMs);
    return { fundings: [], deliveries: past.flatMap((expiry) => deliveryAt(underlying, expiry.atMs) ?? []) };
  };

  const deliveryAt = (underlying: string, expiryMs: EpochMs): Delivery | null => {
    const bars = market.bars(underlying, expiryMs - DELIVERY_WINDOW_MS, expiryMs);
    if (bars.length === 0) return null;
    const mean = bars.reduce((sum, { close }) => sum + close, 0) / bars.length;
    return { expiryMs, price: Number(mean.toFixed(2)), source: SOURCE };
  };

  // A day in India begins at a half hour of UTC.
  const ivHistory = onceFor(30 * MINUTE_MS, (underlying, atMs): readonly DailyIv[] => {
    listed(underlying);
    const today = istDayOf(atMs);
    return Array.from({ length: IV_DAYS }, (_, i): DailyIv => {
      const dayMs = istMidnight(today - IV_DAYS + i);
      const { coming, longRun } = market.expectedVolatility(underlying, dayMs);
      const level = implied.overRealised * Math.sqrt(implied.sessionsAYear);
      const term = { now: level * coming, longRun: level * longRun, reversionYears: implied.reversionDays / 365 };
      return { dayMs, iv: Math.sqrt(atTheMoneyVariance(term, IV_SPAN_YEARS) / IV_SPAN_YEARS) };
    });
  });

  return { underlyings: Object.keys(parameters.underlyings), chains, settled, ivHistory };
}

/** An expiry as it stands at an instant. */
interface ExpiryState {
  readonly expiry: Expiry;
  readonly years: number;
  /** Middle of the future's book. */
  readonly future: number;
  /** What the options of this expiry are priced on. */
  readonly forward: number;
  readonly discount: number;
  /** Total variance at the money. */
  readonly theta: number;
}

interface Quoting {
  readonly seed: Seed;
  readonly underlying: string;
  readonly atMs: EpochMs;
  readonly spot: number;
  readonly of: UnderlyingParameters;
  readonly parameters: DerivativeParameters;
}

/** A listed contract of the name. */
function contract<C extends Contract>(name: ContractName, atMs: EpochMs): InstrumentOf<C> {
  return instrumentBySymbol(contractSymbol(name), atMs) as Instrument as InstrumentOf<C>;
}

function futureQuote({ expiry, future }: ExpiryState, quoting: Quoting): FutureQuote {
  const { of, parameters, underlying, atMs } = quoting;
  const { indexFutureBps, stockFutureBps } = parameters.spreads;
  const spread = future * BPS * (of.kind === 'index' ? indexFutureBps : stockFutureBps);
  const instrument = contract<FutureContract>({ kind: 'future', underlying, expiry: expiry.date }, atMs);
  return {
    instrument,
    ...bookOn(instrument, { value: future, spread, isLastBought: lastIsBuy(quoting, expiry.date), size: null }),
    receivedMs: atMs,
  };
}

function optionQuotes({ expiry, years, forward, discount, theta }: ExpiryState, quoting: Quoting): readonly OptionQuote[] {
  const { of, parameters, spot, underlying, atMs } = quoting;
  const { optionShare, optionTicks } = parameters.spreads;
  const middle = Math.round(spot / of.strikeStep);
  const quotes: OptionQuote[] = [];
  for (let place = Math.max(1, middle - of.strikesEachSide); place <= middle + of.strikesEachSide; place++) {
    const strike = place * of.strikeStep;
    const variance = impliedVariance(Math.log(strike / forward), theta, parameters.smile[of.kind]);
    const iv = Math.sqrt(variance / years);
    for (const right of RIGHTS) {
      const value = black76({ right, forward, strike, variance, discount });
      const instrument = contract<OptionContract>({ kind: 'option', underlying, expiry: expiry.date, strike, right }, atMs);
      const tick = toNumber(instrument.tickSize(fromNumber(value)));
      const spread = optionShare * value + optionTicks * tick;
      const isLastBought = lastIsBuy(quoting, `${expiry.date} ${strike} ${right}`);
      const book = bookOn(instrument, { value, spread, isLastBought, size: null });
      quotes.push({ instrument, iv, underlyingPrice: forward, ...book, receivedMs: atMs });
    }
  }
  return quotes;
}

const RIGHTS: readonly OptionRight[] = ['call', 'put'];

/** Whether the last trade of a contract was a buyer's: a coin for each minute. */
const lastIsBuy = ({ seed, underlying, atMs }: Quoting, name: string): boolean =>
  rng(seed, 'derivative-last', underlying, name, Math.floor(atMs / MINUTE_MS)).next() < 0.5;
