import { instrumentBySymbol, instrumentsOf } from '../config/instruments.ts';
import type { ChainSource } from '../engine/ports.ts';
import { fromNumber, toNumber } from '../kernel/decimal.ts';
import { rng } from '../kernel/rng.ts';
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS, SECOND_MS } from '../kernel/time.ts';
import { black76, type OptionRight } from '../market/black76.ts';
import { type ContractName, contractSymbol } from '../market/contract-symbol.ts';
import {
  type DailyIv,
  type Delivery,
  type DerivativeChain,
  type Funding,
  type FutureQuote,
  NOTHING_SETTLED,
  type OptionQuote,
  type PerpetualQuote,
  type Settled,
} from '../market/derivative.ts';
import type { Contract, FutureContract, Instrument, InstrumentOf, OptionContract, PerpetualContract } from '../market/instrument.ts';
import type { Seed } from './simulated/daily-walk.ts';
import { bookOn } from './simulated/derivatives/book.ts';
import { type CryptoDerivativeParameters, cryptoDerivativeParameters } from './simulated/derivatives/crypto-parameters.ts';
import type { Expiry } from './simulated/derivatives/expiries.ts';
import { fridaysAfter } from './simulated/derivatives/fridays.ts';
import { meanRevertingNoise } from './simulated/derivatives/noise.ts';
import { onceFor } from './simulated/derivatives/once-for.ts';
import { atTheMoneyVariance, impliedVariance } from './simulated/derivatives/surface.ts';
import { createSimulatedMarket, type SimulatedMarket } from './simulated-market.ts';

export interface SimulatedCryptoOptions {
  /** That of the simulated market: its prices are the underlyings'. */
  readonly seed: Seed;
  /** Default: `shared/config/data/simulated-crypto-derivatives.json`. */
  readonly parameters?: CryptoDerivativeParameters;
}

const SOURCE = 'simulated';
const YEAR_MS = 365 * DAY_MS;
const DAYS_A_YEAR = 365;
const WEEK_MS = 7 * DAY_MS;
const BPS = 1e-4;
const RIGHTS: readonly OptionRight[] = ['call', 'put'];
/** How far back fundings and deliveries are told. */
const SETTLED_MS = 3 * DAY_MS;
const DELIVERY_WINDOW_MS = 30 * MINUTE_MS;
const IV_DAYS = 252;
const IV_SPAN_YEARS = 30 / 365;

/**
 * Perpetuals of every coin, dated futures and inverse options of the largest, that agree with the simulated market and with each
 * other: a pure function of (seed, second), labelled simulated.
 *
 * The perpetual stands at spot x exp(premium noise); its funding rate is drawn for each interval about a mean. A future stands at
 * spot x exp(carry x T + basis noise), with a carry that changes over weeks. Options are priced (Black-76) on one forward an expiry and quoted in coin, from one surface
 * whose level follows what the market's volatility is expected to be. The venues are named as in the live world: what is ordered
 * here would be ordered there.
 */
export function createSimulatedCryptoDerivatives({ seed, parameters = cryptoDerivativeParameters() }: SimulatedCryptoOptions): ChainSource {
  const market = createSimulatedMarket({ seed, instruments: instrumentsOf('CRYPTO'), phaseAt: () => 'continuous' });
  const listed = instrumentsOf('CRYPTO').map(({ symbol }) => symbol);
  const underlyings = Object.keys(parameters.underlyings).filter((symbol) => listed.includes(symbol));
  const model = modelOf(seed, market, parameters);
  const settled = new Map<string, Settled>();

  /** The last price; in the first moments of a day, before its first trade, that of the day before. */
  const spotAt = (underlying: string, atMs: EpochMs): number | null =>
    market.lastPrice(underlying, atMs) ?? market.lastPrice(underlying, atMs - (atMs % DAY_MS) - 1);

  // Venues tell their chains no more often, and every tick of an underlying asks for its own.
  const chains = onceFor(SECOND_MS, (underlying, atMs): readonly DerivativeChain[] => {
    const spot = underlyings.includes(underlying) ? spotAt(underlying, atMs) : null;
    if (spot === null) return [];
    const at: Instant = { underlying, atMs, spot, model, parameters };
    const common = { underlying, atMs, spot, source: SOURCE, evidence: 'simulated' } as const;
    const { futures, options } = fridaysAfter(atMs, parameters.expiries);
    const own = parameters.underlyings[underlying];
    const perpetual = perpetualQuote(at);
    const linear: DerivativeChain = {
      ...common,
      venue: 'binance-futures',
      currency: 'USDT',
      lotSize: lotOf(perpetual.instrument),
      perpetual,
      futures: own?.hasFutures === true ? futures.map((expiry) => futureQuote(expiry, at)) : [],
      options: [],
    };
    if (own === undefined || own.strikesEachSide === 0) return [linear];
    const quotes = options.flatMap((expiry) => optionQuotes(expiry, own, at));
    const lotSize = quotes[0] === undefined ? 1 : lotOf(quotes[0].instrument);
    return [linear, { ...common, venue: 'deribit', currency: 'USDT', lotSize, perpetual: null, futures: [], options: quotes }];
  });

  const settledAt = (underlying: string, atMs: EpochMs): Settled => {
    if (!underlyings.includes(underlying)) return NOTHING_SETTLED;
    const everyMs = parameters.perpetual.fundingHours * HOUR_MS;
    const key = `${underlying} ${Math.floor(atMs / everyMs)}`;
    const known = settled.get(key) ?? { fundings: fundingsUpTo(underlying, atMs, everyMs), deliveries: deliveriesUpTo(underlying, atMs) };
    if (!settled.has(key) && settled.size > underlyings.length * 4) settled.clear();
    settled.set(key, known);
    return known;
  };

  const fundingsUpTo = (underlying: string, atMs: EpochMs, everyMs: number): readonly Funding[] => {
    const found: Funding[] = [];
    for (let fundingMs = Math.ceil((atMs - SETTLED_MS) / everyMs) * everyMs; fundingMs <= atMs; fundingMs += everyMs) {
      const spot = spotAt(underlying, fundingMs);
      if (spot === null) continue;
      found.push({ atMs: fundingMs, rate: model.fundingRate(underlying, fundingMs), mark: grid(model.perpetual(underlying, fundingMs, spot)) });
    }
    return found;
  };

  const deliveriesUpTo = (underlying: string, atMs: EpochMs): readonly Delivery[] =>
    fridaysAfter(atMs - SETTLED_MS, parameters.expiries)
      .options.filter((expiry) => expiry.atMs <= atMs)
      .flatMap((expiry): readonly Delivery[] => {
        const bars = market.bars(underlying, expiry.atMs - DELIVERY_WINDOW_MS, expiry.atMs);
        const mean = bars.reduce((sum, { close }) => sum + close, 0) / bars.length;
        return bars.length === 0 ? [] : [{ expiryMs: expiry.atMs, price: grid(mean), source: SOURCE }];
      });

  const ivHistory = onceFor(DAY_MS, (underlying, todayMs): readonly DailyIv[] => {
    if ((parameters.underlyings[underlying]?.strikesEachSide ?? 0) === 0) return [];
    return Array.from({ length: IV_DAYS }, (_, i): DailyIv => {
      const dayMs = todayMs - (IV_DAYS - i) * DAY_MS;
      return { dayMs, iv: Math.sqrt(model.variance(underlying, dayMs, IV_SPAN_YEARS) / IV_SPAN_YEARS) };
    });
  });

  return { underlyings, chains, settled: settledAt, ivHistory };
}

/** Prices to eight digits: what a float has beyond them is noise. */
const grid = (price: number): number => Number(price.toPrecision(8));
const lotOf = ({ lotStep }: Instrument): number => toNumber(lotStep);

/** What moves contracts beside the price of their coin. */
interface Model {
  readonly perpetual: (underlying: string, atMs: EpochMs, spot: number) => number;
  readonly fundingRate: (underlying: string, fundingMs: EpochMs) => number;
  readonly future: (name: string, atMs: EpochMs, spot: number, years: number) => number;
  readonly forward: (name: string, atMs: EpochMs, future: number, years: number) => number;
  /** Total variance at the money until so many years from an instant. */
  readonly variance: (underlying: string, atMs: EpochMs, years: number) => number;
  readonly isLastBought: (name: string, atMs: EpochMs) => boolean;
}

function modelOf(seed: Seed, market: SimulatedMarket, { perpetual, carry, implied, noise }: CryptoDerivativeParameters): Model {
  const { halfLifeMinutes, most, fadeDays } = noise;
  const noises = {
    premium: meanRevertingNoise(seed, halfLifeMinutes.premium, most),
    basis: meanRevertingNoise(seed, halfLifeMinutes.basis, most),
    parity: meanRevertingNoise(seed, halfLifeMinutes.parity, most),
    implied: meanRevertingNoise(seed, halfLifeMinutes.implied, most),
  };
  const at = (kind: keyof typeof noises, name: string, atMs: EpochMs): number =>
    noises[kind](`${kind} ${name}`, Math.floor(atMs / DAY_MS), Math.floor((atMs % DAY_MS) / MINUTE_MS));
  const fade = (years: number): number => Math.min(1, (years * DAYS_A_YEAR) / fadeDays);
  /** The level of the carry: drawn for every few weeks, moving evenly between. */
  const carryAt = (atMs: EpochMs): number => {
    const place = atMs / (carry.weeks * WEEK_MS);
    const drawn = (period: number): number => rng(seed, 'carry', period).normal();
    const share = place - Math.floor(place);
    return carry.median * Math.exp(carry.logDeviation * ((1 - share) * drawn(Math.floor(place)) + share * drawn(Math.floor(place) + 1)));
  };
  return {
    perpetual: (underlying, atMs, spot) => spot * Math.exp(perpetual.premiumBps * BPS * at('premium', underlying, atMs)),
    fundingRate: (underlying, fundingMs) => {
      const drawn = perpetual.fundingMean + perpetual.fundingDeviation * rng(seed, 'funding', underlying, fundingMs).normal();
      return Number(Math.min(perpetual.fundingBound, Math.max(-perpetual.fundingBound, drawn)).toFixed(8));
    },
    future: (name, atMs, spot, years) => spot * Math.exp(carryAt(atMs) * years + fade(years) * noise.basisBps * BPS * at('basis', name, atMs)),
    forward: (name, atMs, future, years) => future * Math.exp(fade(years) * noise.parityBps * BPS * at('parity', name, atMs)),
    variance: (underlying, atMs, years) => {
      const { coming, longRun } = market.expectedVolatility(underlying, atMs);
      const level = Math.exp(implied.noise * at('implied', underlying, atMs)) * implied.overRealised * Math.sqrt(DAYS_A_YEAR);
      return atTheMoneyVariance({ now: level * coming, longRun: level * longRun, reversionYears: implied.reversionDays / DAYS_A_YEAR }, years);
    },
    isLastBought: (name, atMs) => rng(seed, 'derivative-last', name, Math.floor(atMs / MINUTE_MS)).next() < 0.5,
  };
}

/** An underlying as it stands at an instant. */
interface Instant {
  readonly underlying: string;
  readonly atMs: EpochMs;
  readonly spot: number;
  readonly model: Model;
  readonly parameters: CryptoDerivativeParameters;
}

function contract<C extends Contract>(name: ContractName, atMs: EpochMs): InstrumentOf<C> {
  return instrumentBySymbol(contractSymbol(name), atMs) as Instrument as InstrumentOf<C>;
}

function perpetualQuote({ underlying, atMs, spot, model, parameters }: Instant): PerpetualQuote {
  const instrument = contract<PerpetualContract>({ kind: 'perpetual', underlying }, atMs);
  const value = model.perpetual(underlying, atMs, spot);
  const intervalMs = parameters.perpetual.fundingHours * HOUR_MS;
  const nextFundingMs = (Math.floor(atMs / intervalMs) + 1) * intervalMs;
  const spread = value * BPS * parameters.spreads.perpetualBps;
  const book = bookOn(instrument, {
    value,
    spread,
    isLastBought: model.isLastBought(instrument.symbol, atMs),
    size: sized(parameters.sizes.perpetual, spot),
  });
  const fundingRate = model.fundingRate(underlying, nextFundingMs);
  return { instrument, ...book, receivedMs: atMs, index: spot, fundingRate, nextFundingMs, fundingIntervalMs: intervalMs };
}

function futureQuote(expiry: Expiry, { underlying, atMs, spot, model, parameters }: Instant): FutureQuote {
  const instrument = contract<FutureContract>({ kind: 'future', underlying, expiry: expiry.date }, atMs);
  const value = model.future(instrument.symbol, atMs, spot, (expiry.atMs - atMs) / YEAR_MS);
  const spread = value * BPS * parameters.spreads.futureBps;
  const book = bookOn(instrument, {
    value,
    spread,
    isLastBought: model.isLastBought(instrument.symbol, atMs),
    size: sized(parameters.sizes.future, spot),
  });
  return { instrument, ...book, receivedMs: atMs };
}

function optionQuotes(expiry: Expiry, own: { readonly strikeStep: number; readonly strikesEachSide: number }, at: Instant): readonly OptionQuote[] {
  const { underlying, atMs, spot, model, parameters } = at;
  const years = (expiry.atMs - atMs) / YEAR_MS;
  const name = `${underlying} ${expiry.date}`;
  const forward = model.forward(name, atMs, model.future(name, atMs, spot, years), years);
  const theta = model.variance(underlying, atMs, years);
  const middle = Math.round(spot / own.strikeStep);
  const { optionShare, optionTicks } = parameters.spreads;
  const quotes: OptionQuote[] = [];
  for (let place = Math.max(1, middle - own.strikesEachSide); place <= middle + own.strikesEachSide; place++) {
    const strike = place * own.strikeStep;
    const variance = impliedVariance(Math.log(strike / forward), theta, parameters.smile);
    for (const right of RIGHTS) {
      const instrument = contract<OptionContract>({ kind: 'option', underlying, expiry: expiry.date, strike, right }, atMs);
      // Quoted in coin: what the payoff is worth in money, over the forward that it is hedged with.
      const value = black76({ right, forward, strike, variance, discount: 1 }) / forward;
      const tick = toNumber(instrument.tickSize(fromNumber(value)));
      const spread = optionShare * value + optionTicks * tick;
      const book = bookOn(instrument, {
        value,
        spread,
        isLastBought: model.isLastBought(instrument.symbol, atMs),
        size: sized(parameters.sizes.option, spot),
      });
      quotes.push({ instrument, ...book, iv: Math.sqrt(variance / years), underlyingPrice: forward, receivedMs: atMs });
    }
  }
  return quotes;
}

/** Units that so many dollars are, to three digits: what stands at a touch is a round figure. */
const sized = (dollars: number, spot: number): number => Number((dollars / spot).toPrecision(3));
