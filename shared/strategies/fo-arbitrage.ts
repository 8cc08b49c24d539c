import { type RateCurrency, riskFreeRate } from '../config/risk-free.ts';
import { type FoArbitrageConfig, foArbitrageConfig } from '../config/strategies.ts';
import type { Chart } from '../indicators/chart.ts';
import { type EpochMs, HOUR_MS, MINUTE_MS } from '../kernel/time.ts';
import type { Instrument } from '../market/instrument.ts';
import { istDate } from '../market/ist.ts';
import { TIMEFRAME_MS, type Timeframe } from '../market/timeframe.ts';
import { quiet } from './base-bar.ts';
import { bookOf } from './fo-arbitrage/books.ts';
import { calendars } from './fo-arbitrage/calendar.ts';
import { beyondSpreads, type Candidate, entryPrice, unitOf, YEAR_MS } from './fo-arbitrage/candidate.ts';
import { carries } from './fo-arbitrage/carry.ts';
import { costsOf } from './fo-arbitrage/costs.ts';
import type { ArbitrageMarket } from './fo-arbitrage/market.ts';
import { mostLeft } from './fo-arbitrage/most-left.ts';
import { parities } from './fo-arbitrage/parity.ts';
import { confidenceOf } from './fo-arbitrage/readings.ts';
import { inWords, netGain, priceOf, spreadsInWords, type Verdict } from './fo-arbitrage/verdict.ts';
import type { DerivativesView, Quiet, Strategy, StrategyView, StructureOpportunity } from './strategy.ts';

/**
 * Arbitrage between an underlying, its futures and its options: cash and carry and the reverse, spreads between months, put-call
 * parity. Of everything that is quoted the one with the most left is judged; it is proposed only when something is left after
 * both sides of every book, every fee and tax at both ends, funding, borrowing, margin and leg risk, and the money tied up would
 * have earned the riskless rate meanwhile (`judge`). All legs or none.
 *
 * Contracts are traded at their books only: a mark opens nothing.
 */
export function createFoArbitrage(config: FoArbitrageConfig = foArbitrageConfig.parse({})): Strategy {
  return {
    name: 'fo_arbitrage',
    timeframes: config.timeframes,
    readsDerivatives: true,
    // Books do not wait for a bar to close: every look judges them, and bars only tell the volatility.
    evaluate: (view, named) => {
      const { derivatives } = view;
      if (derivatives === null || derivatives.chains.length === 0) {
        return nothingQuoted(view.instrument);
      }
      const base = named ?? config.timeframes[0] ?? '5m';
      return best(marketOf(config, view, derivatives, base));
    },
  };
}

const nothingQuoted = ({ symbol }: Instrument): Quiet => quiet('no_derivatives', () => `Nothing is quoted on ${symbol}`);

function marketOf(
  config: FoArbitrageConfig,
  { instrument, nowMs, chart }: StrategyView,
  { chains, spot }: DerivativesView,
  base: Timeframe,
): ArbitrageMarket {
  const volatility = annualVolatility(chart, instrument, base) ?? config.assumedVolatility[instrument.market];
  const terms = { nowMs, maxQuoteAgeMs: config.maxQuoteAgeMs, minuteVolatility: overTime(volatility, MINUTE_MS, instrument) };
  return {
    ...terms,
    config,
    instrument,
    chains,
    spot: spot === null ? null : bookOf(spot, instrument, terms),
    riskFree: riskFreeOf(config, instrument, nowMs),
    volatility,
  };
}

function riskFreeOf({ riskFree }: FoArbitrageConfig, { market }: Instrument, nowMs: EpochMs): number {
  const currency: RateCurrency = market === 'NSE' ? 'INR' : 'USD';
  return riskFree[currency] ?? riskFreeRate(currency, istDate(nowMs));
}

/** A year of NSE has 250 sessions of six and a quarter hours. */
const OPEN_MS_A_YEAR = { NSE: 250 * 6.25 * HOUR_MS, CRYPTO: YEAR_MS } as const;

function annualVolatility(chart: Chart, { market }: Instrument, base: Timeframe): number | null {
  const { volatility } = chart.timeframe(base).indicators;
  return volatility === null || volatility <= 0 ? null : volatility * Math.sqrt(OPEN_MS_A_YEAR[market] / TIMEFRAME_MS[base]);
}

/** A year's volatility over a shorter time in which the market is open. */
const overTime = (annual: number, ms: number, { market }: Instrument): number => annual * Math.sqrt(ms / OPEN_MS_A_YEAR[market]);

/** The candidate with the most left, proposed or refused with its figures. */
function best(market: ArbitrageMarket): StructureOpportunity | Quiet {
  const candidates = [...carries(market), ...calendars(market), ...parities(market)];
  const [first, ...others] = candidates;
  if (first === undefined) return nothingToTradeAt(market);
  // Fees and margins are only worked out for what pays its own spreads.
  const paying = candidates.filter((candidate) => beyondSpreads(candidate) > 0);
  if (paying.length === 0) {
    const nearest = others.reduce((a, c) => (beyondSpreads(c) > beyondSpreads(a) ? c : a), first);
    return quiet('below_costs', () => spreadsInWords(nearest));
  }
  const deep = paying.filter(isDeepEnough);
  const gains = (deep.length > 0 ? deep : paying).map((candidate) => netGain(candidate, market));
  // Money tied up makes no loss a gain: which of them loses least is only worked out for who asks.
  if (gains.every(({ net }) => net <= 0)) return quiet('below_costs', () => inWords(mostLeft(gains, market)));
  const most = mostLeft(gains, market);
  const refusal = refusalOf(most, market.config);
  return refusal === null ? proposal(most, market) : quiet(refusal, () => inWords(most));
}

function nothingToTradeAt({ chains, spot, nowMs, config, instrument }: ArbitrageMarket): Quiet {
  const quotes = chains.flatMap(({ perpetual, futures, options }) => [...(perpetual === null ? [] : [perpetual]), ...futures, ...options]);
  const isStale = quotes.length > 0 && quotes.every(({ receivedMs }) => nowMs - receivedMs > config.maxQuoteAgeMs);
  if (isStale) return quiet('stale_quotes', `No quote of the contracts on ${instrument.symbol} is younger than ${config.maxQuoteAgeMs / 1_000} s`);
  const hasSpot = spot === null ? `${instrument.symbol} itself has no book, and ` : '';
  return quiet('no_book', `${hasSpot}no two contracts on it have bids and asks that belong together: marks and last prices are not traded at`);
}

/** Whether the least size stands at every touch; where sizes are not told it is taken to. */
function isDeepEnough({ legs }: Candidate): boolean {
  const unit = unitOf(legs);
  return legs.every(({ size }) => size === null || size >= unit);
}

function refusalOf(verdict: Verdict, { leastExcessBps }: FoArbitrageConfig): string | null {
  const { net, excess, excessBps } = verdict;
  if (net <= 0) return 'below_costs';
  if (excess <= 0) return 'below_risk_free';
  if (excessBps < leastExcessBps) return 'too_little_left';
  return isDeepEnough(verdict.candidate) ? null : 'thin_book';
}

function proposal(verdict: Verdict, market: ArbitrageMarket): StructureOpportunity {
  const { candidate, unit, net, costs } = verdict;
  const { config, instrument } = market;
  const { confidence, parts } = confidenceOf(verdict, config);
  const { stopLoss, riskPerUnit } = stopOf(candidate, unit, market);
  return {
    kind: 'structure',
    structure: candidate.structure,
    underlying: instrument.symbol,
    legs: candidate.legs.map((leg) => ({ instrument: leg.instrument, side: leg.side, ratio: 1, price: entryPrice(leg) })),
    unit,
    // Nothing bounds what a basis may widen by before it ends; what the stop loses is what sizing counts.
    maxLoss: null,
    maxProfit: candidate.isLocked ? net : null,
    riskPerUnit,
    exits: {
      takeProfit: waitsForBasis(candidate) ? null : net + costs.end,
      stopLoss,
      stopAt: 'middle',
      closeBeforeExpiryMs: candidate.closeBeforeExpiryMs,
      shortDelta: null,
      convergedBps: waitsForBasis(candidate) ? config.convergedBps : null,
    },
    maxHoldingMs: candidate.holdMs,
    confidence,
    leastConfidence: config.leastConfidence,
    parts,
    volatility: overTime(market.volatility, TIMEFRAME_MS[config.timeframes[0] ?? '5m'], instrument),
    why: inWords(verdict),
  };
}

/**
 * The stop of an arbitrage is on its basis: by how far the middles of the legs may move apart after the entry. The half of each
 * spread and the charges that the entry pays were counted before it was taken, and are no loss of the gain that it has locked in:
 * the stop stands beyond them. Whoever is stopped has paid the other half and the charges of the exit as well.
 */
function stopOf(
  candidate: Candidate,
  unit: number,
  { config, nowMs }: ArbitrageMarket,
): Pick<StructureOpportunity, 'riskPerUnit'> & { readonly stopLoss: number } {
  const closed = costsOf(candidate, unit, nowMs, 'market');
  const widening = config.stopShare * priceOf(candidate);
  return { stopLoss: widening + closed.spread / 2 + closed.entry, riskPerUnit: widening + closed.spread + closed.entry + closed.end };
}

/**
 * A carry is left when its basis has gone, or the funding that it is paid; the others when they have brought what they promised,
 * before the charges of closing.
 */
const waitsForBasis = ({ structure }: Candidate): boolean => structure === 'cash-and-carry' || structure === 'reverse-cash-and-carry';
