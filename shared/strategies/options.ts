import { type OptionsConfig, optionsConfig } from '../config/strategies.ts';
import { toNumber } from '../kernel/decimal.ts';
import { DAY_MS, HOUR_MS, SECOND_MS } from '../kernel/time.ts';
import type { DerivativeChain } from '../market/derivative.ts';
import { type Smile, type SmilePoint, smilesOf, YEAR_MS } from '../market/options/smile.ts';
import { TIMEFRAME_MS } from '../market/timeframe.ts';
import { type BaseBar, baseBar, quiet } from './base-bar.ts';
import { NO_MODEL } from './components/ml.ts';
import { weigh } from './confidence.ts';
import { signOf } from './direction.ts';
import { type PricedPlan, pricePlan } from './options/plan.ts';
import { decayReading, type Leaning, momentumReading, technicalReading, volatilityReading } from './options/readings.ts';
import { type Choice, structuresFor } from './options/structures.ts';
import { type VolatilityRegime, volatilityRegime } from './options/volatility-regime.ts';
import type { DerivativesView, Direction, Quiet, Strategy, StrategyView, StructureExits, StructureOpportunity } from './strategy.ts';
import { trendDirection } from './trend-direction.ts';

/**
 * Volatility: dear options are sold and cheap ones bought, always with a bound to the loss, on the side that the trend says or
 * on both (`structuresFor`).
 *
 * Of the structures that suit, the one is proposed that promises most for each unit that it can lose: its mean result at expiry at
 * the expected volatility, at bid and ask, after the fees of both ways. None is where that is not positive, or where a round trip
 * eats up the premium. It is left at shares of the premium, a day before expiry, or when a short strike is likely to be met.
 */
export function createOptions(config: OptionsConfig = optionsConfig.parse({})): Strategy {
  const strategy: Strategy = {
    name: 'options',
    timeframes: config.timeframes,
    readsDerivatives: true,
    evaluate: (view, named) => {
      const base = baseBar(view, strategy, named ?? config.timeframes[0] ?? '15m', named !== undefined);
      if (base.kind === 'quiet') return base;
      const market = marketOf(config, view);
      return market.kind === 'quiet' ? market : judge(config, view, base, market);
    },
  };
  return strategy;
}

/** The chain that is traded, with its expiry. */
interface OptionMarket {
  readonly kind: 'market';
  readonly view: DerivativesView;
  readonly chain: DerivativeChain;
  readonly smiles: readonly Smile[];
  readonly smile: Smile;
}

function marketOf(config: OptionsConfig, { instrument, nowMs, derivatives }: StrategyView): OptionMarket | Quiet {
  const chain = derivatives?.chains.find(({ options }) => options.length > 0);
  if (derivatives == null || chain === undefined) return quiet('no_chain', `No options on ${instrument.symbol} are quoted`);
  const ageMs = nowMs - chain.atMs;
  if (ageMs < 0) return quiet('chain_not_yet', `The options of ${instrument.symbol} are quoted for a later instant`);
  if (ageMs > config.maxQuoteAgeSeconds * SECOND_MS)
    return quiet('stale_chain', `The options of ${instrument.symbol} were quoted ${Math.round(ageMs / SECOND_MS)} s ago`);
  const smiles = smilesOf(chain, config.rate);
  const { least, most } = config.daysToExpiry;
  const smile = smiles.findLast(({ expiryMs }) => expiryMs - nowMs >= least * DAY_MS && expiryMs - nowMs <= most * DAY_MS);
  if (smile === undefined) return quiet('no_expiry', `No options on ${instrument.symbol} expire in ${least} to ${most} days`);
  return { kind: 'market', view: derivatives, chain, smiles, smile };
}

function judge(config: OptionsConfig, view: StrategyView, base: BaseBar, market: OptionMarket): StructureOpportunity | Quiet {
  const regime = volatilityRegime(config, market.view, view.chart, market.smiles, market.smile);
  if (regime.dearness.score === null) return quiet('no_volatility_view', regime.dearness.why);
  if (regime.realised.value === null) return quiet('warming_up', `Realised volatility: ${regime.realised.reason}`);
  if (regime.stance === 'fair') return quiet('fair_volatility', `Volatility is neither dear nor cheap: ${regime.dearness.why}`);
  const slower = config.timeframes
    .filter((timeframe) => TIMEFRAME_MS[timeframe] > TIMEFRAME_MS[base.view.timeframe])
    .map((timeframe) => view.chart.timeframe(timeframe));
  const trend = trendDirection(base.view, slower, config.leastAdx);
  const best = bestPlan(config, view, market, regime, trend);
  if (best === null)
    return quiet('no_edge', `Volatility is ${regime.stance}, but no structure that suits is worth its costs: ${regime.dearness.why}`);
  const leaning: Leaning = { sells: regime.stance === 'rich', trend };
  const { confidence, parts } = weigh(config.weights, {
    volatility: volatilityReading(regime.dearness, leaning),
    technical: technicalReading([base.view, ...slower], leaning),
    ml: NO_MODEL,
    decay: decayReading(best, leaning),
    momentum: momentumReading(base.view, leaning),
  });
  const { expiryMs } = market.smile;
  const closeBeforeExpiryMs = config.closeBeforeExpiryHours * HOUR_MS;
  return {
    kind: 'structure',
    structure: best.structure,
    underlying: market.chain.underlying,
    legs: best.legs.map(({ instrument, side, bid, ask }) => ({ instrument, side, ratio: 1, price: side === 'buy' ? ask : bid })),
    unit: unitOf(market.smile),
    maxLoss: best.maxLoss,
    maxProfit: best.maxProfit,
    riskPerUnit: best.maxLoss,
    exits: exitsOf(config, market, best, closeBeforeExpiryMs),
    maxHoldingMs: expiryMs - closeBeforeExpiryMs - view.nowMs,
    confidence,
    leastConfidence: config.leastConfidence,
    parts,
    volatility: base.volatility,
    why: inWords(market, best, regime, trend, view),
  };
}

/** The lot of an expiry's options, units of the underlying. */
const unitOf = ({ points }: Smile): number => toNumber((points[0] as SmilePoint).quote.instrument.lotStep);

type BoundedPlan = PricedPlan & { readonly maxLoss: number };

/** The plan with the best mean result for each unit at risk; null where none is worth its costs. */
function bestPlan(
  config: OptionsConfig,
  { instrument, nowMs }: StrategyView,
  { chain, view, smile }: OptionMarket,
  regime: VolatilityRegime,
  trend: Direction | null,
): BoundedPlan | null {
  const isInverse = smile.points[0]?.quote.instrument.contract.payoff === 'inverse';
  const choice: Choice = {
    config,
    smile,
    isTradable: ({ quote }) => isTwoSided(quote) && nowMs - quote.receivedMs <= config.maxQuoteAgeSeconds * SECOND_MS,
    money: isInverse ? chain.spot : 1,
    underlying: instrument,
    spot: view.spot,
  };
  const deviation = regime.expected * Math.sqrt(smile.years);
  const terms = {
    smile,
    spot: chain.spot,
    nowMs,
    unit: unitOf(smile),
    // A premium in coin is worth the undiscounted one over the forward, at the spot price.
    discount: isInverse ? chain.spot / smile.forward : Math.exp(-config.rate * smile.years),
    outlook: { volatility: regime.expected, drift: trend === null ? 1 : Math.exp(signOf(trend) * config.trendDrift * deviation) },
  };
  const plans = structuresFor(regime.stance, trend)
    .flatMap((build) => build(choice) ?? [])
    .map((plan) => pricePlan(plan, terms))
    .filter((plan): plan is BoundedPlan => isWorthIt(config, plan));
  const [first, ...others] = plans;
  return first === undefined ? null : others.reduce((best, plan) => (promise(plan) > promise(best) ? plan : best), first);
}

const isTwoSided = ({ bid, ask }: SmilePoint['quote']): boolean => bid !== null && bid > 0 && ask !== null && ask > bid;

const promise = ({ edge, maxLoss }: BoundedPlan): number => edge / maxLoss;

/** Whether it promises anything, and its premium is more than what getting in and out of it costs. */
const isWorthIt = ({ mostCostShare }: OptionsConfig, { credit, roundTrip, edge, maxLoss }: PricedPlan): boolean =>
  maxLoss !== null && maxLoss > 0 && edge > 0 && roundTrip <= mostCostShare * Math.abs(credit);

function exitsOf(
  config: OptionsConfig,
  { chain }: OptionMarket,
  { structure, credit, legs }: PricedPlan,
  closeBeforeExpiryMs: number,
): StructureExits {
  const premium = Math.abs(credit);
  const isOwned = structure === 'covered-call' || structure === 'cash-secured-put';
  const hasShort = legs.some(({ side, point }) => side === 'sell' && point !== null);
  return {
    takeProfit: config.targetShare * premium,
    stopLoss: isOwned ? config.ownedStopShare * chain.spot : config.stopShare * premium,
    closeBeforeExpiryMs,
    // A debit spread gains when its short strike is met.
    shortDelta: hasShort && credit > 0 ? config.breachDelta : null,
    convergedBps: null,
  };
}

function inWords(
  { smile }: OptionMarket,
  { structure, credit }: PricedPlan,
  regime: VolatilityRegime,
  trend: Direction | null,
  view: StrategyView,
): string {
  const days = Math.round((smile.years * YEAR_MS) / DAY_MS);
  const sided = trend === null ? 'no trend' : `a ${trend} trend`;
  const premium = `${credit > 0 ? 'brings' : 'costs'} ${Math.abs(credit).toPrecision(4)}`;
  return `Volatility is ${regime.stance} (${regime.dearness.why}) with ${sided}: ${structure.replaceAll('-', ' ')} of ${days} days on ${view.instrument.symbol} ${premium} a unit`;
}
