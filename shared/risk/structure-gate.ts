import { ENTRY_RESERVE } from '../config/execution.ts';
import { allLimits, KELLY, STRATEGY_MAX_POSITION } from '../config/risk.ts';
import type { Rate } from '../contracts/terms.ts';
import { add, type Decimal, fromNumber, max, multiply, ONE, toNumber, toStep, ZERO } from '../kernel/decimal.ts';
import type { EpochMs } from '../kernel/time.ts';
import { type Account, availableCash, exposure, isMargined, type MarkOf, type RateOf, reserved, riskAtStops } from '../ledger/account.ts';
import { recordOf } from '../ledger/trading-record.ts';
import type { PhaseView } from '../market/calendar.ts';
import type { ListedRules } from '../market/listed-rules.ts';
import type { Quote } from '../market/price.ts';
import type { StrategyName, StructureLeg, StructureOpportunity } from '../strategies/strategy.ts';
import { hasCooledDown } from './cooldown.ts';
import { ACCOUNT_CHECKS, type EntryFacts, firstRefusal, MARKET_CHECKS, SESSION_CHECKS } from './entry-checks.ts';
import { equityOf, withEquity } from './equity-now.ts';
import { currencyShare, linearExposure, NO_OPTION_TERMS, type OptionTermsOf, optionExposure } from './exposures.ts';
import { type GateRefusal, over, percent, refuse } from './refusal.ts';
import { kellySize } from './sizing/kelly.ts';
import type { Exposure } from './var/book.ts';
import type { RiskModel } from './var/risk-model.ts';
import { valueAtRiskRoom } from './var-cap.ts';

/** A leg with the market that it is to meet. */
export interface GatedLeg {
  readonly leg: StructureLeg;
  readonly product: EntryFacts['product'];
  readonly quote: Quote | null;
  readonly rate: Rate | null;
  readonly rules: ListedRules | null;
  readonly phase: PhaseView;
}

export interface StructureInput {
  readonly nowMs: EpochMs;
  readonly account: Account;
  readonly strategy: StrategyName;
  readonly proposal: StructureOpportunity;
  readonly legs: readonly GatedLeg[];
  /** Base currency for the currency of the proposal's amounts. */
  readonly rate: Rate | null;
  /** Cash that one unit asks, base currency: what is paid, and the margin that is blocked; null where it is not known. */
  readonly cashPerUnit: Decimal | null;
  readonly squareOffMs: EpochMs | null;
  readonly markOf: MarkOf;
  readonly rateOf: RateOf;
  readonly risk?: RiskModel | null | undefined;
  readonly optionTermsOf?: OptionTermsOf | undefined;
  /** See `equity-now.ts`. */
  readonly equityNow?: (() => Decimal) | undefined;
}

export interface StructurePass {
  readonly verdict: 'passed';
  /** Size in units of the structure. */
  readonly units: Decimal;
  readonly sizedBy: string;
}

/**
 * The risk gate for several legs as one trade: every leg passes the checks of an entry, and the whole gets a size, or nothing is
 * opened. What may be lost (`riskPerUnit`) is bounded by the strategy's share of equity and by the risk of the portfolio; what is
 * bought, sold and blocked by exposure and free cash.
 */
export function structureGate(asked: StructureInput): StructurePass | GateRefusal {
  const input = withEquity(asked);
  return isIdle(input) ?? hasCooledDown(input) ?? legRefusal(input) ?? isConfident(input) ?? sized(input);
}

function isIdle({ account, strategy, proposal }: StructureInput): GateRefusal | null {
  const isSame = (each: { readonly strategy: string; readonly structure?: { readonly underlying: string } | undefined }): boolean =>
    each.strategy === strategy && each.structure?.underlying === proposal.underlying;
  if ([...account.positions.values()].some(isSame))
    return refuse('already_in_position', `${strategy} holds a structure on ${proposal.underlying} already`);
  const isWorking = [...account.orders.values()].some((order) => order.purpose === 'entry' && isSame(order));
  return isWorking ? refuse('order_working', `${strategy} has a working structure on ${proposal.underlying}`) : null;
}

function legRefusal(input: StructureInput): GateRefusal | null {
  const { nowMs, account, squareOffMs, markOf, rateOf, equityNow } = input;
  for (const { leg, product, quote, rate, rules, phase } of input.legs) {
    const direction = leg.side === 'buy' ? 'long' : 'short';
    const facts: EntryFacts = {
      nowMs,
      account,
      instrument: leg.instrument,
      direction,
      product,
      rules,
      quote,
      rate,
      phase,
      squareOffMs,
      markOf,
      rateOf,
      equityNow,
    };
    const refusal = firstRefusal([...SESSION_CHECKS, ...MARKET_CHECKS, ...ACCOUNT_CHECKS], facts);
    if (refusal !== null) return refusal;
    const [met, other] = leg.side === 'buy' ? [quote?.ask, quote?.bid] : [quote?.bid, quote?.ask];
    // Shares and coin may come from bars alone, as for every entry: without any book they are filled as such orders are.
    if (met === null && (other !== null || leg.instrument.contract !== null)) {
      return refuse('one_sided_quote', `Nobody ${leg.side === 'buy' ? 'offers' : 'bids for'} ${leg.instrument.symbol}`);
    }
  }
  return null;
}

function isConfident({ proposal: { confidence, leastConfidence } }: StructureInput): GateRefusal | null {
  if (confidence >= leastConfidence) return null;
  return over('leastConfidence', confidence, leastConfidence, `Confidence ${confidence.toFixed(3)} is below ${leastConfidence}`);
}

interface Bound {
  readonly name: string;
  /** The most units that it allows. */
  readonly units: number;
  readonly why: string;
}

function sized(input: StructureInput): StructurePass | GateRefusal {
  const { account, proposal, rate, cashPerUnit } = input;
  if (rate === null) return refuse('no_rate', `No rate is known for the amounts of ${proposal.structure} on ${proposal.underlying}`);
  if (cashPerUnit === null) return refuse('no_margin', `What ${proposal.structure} on ${proposal.underlying} asks as margin cannot be told`);
  const cheap = boundsOf(input, rate, cashPerUnit).reduce((least, next) => (next.units < least.units ? next : least));
  const room = valueAtRiskRoom(input, unitExposures(input), Math.max(0, Math.min(cheap.units, MOST_UNITS)));
  const tightest = room.size < cheap.units ? { name: 'maxVar', units: room.size, why: room.refusal().why } : cheap;
  const step = fromNumber(proposal.unit);
  const units = tightest.units <= 0 ? ZERO : toStep(fromNumber(Math.min(tightest.units, MOST_UNITS)), step, 'down');
  if (units <= 0n) {
    return over(
      tightest.name,
      tightest.units,
      proposal.unit,
      `${tightest.why}: that is less than the least size, ${proposal.unit} ${proposal.underlying}`,
    );
  }
  const offLot = input.legs.find(({ leg }) => toStep(legQuantity(units, leg), leg.instrument.lotStep, 'down') !== legQuantity(units, leg));
  if (offLot !== undefined) return refuse('off_lot', `${offLot.leg.instrument.symbol} cannot be traded in ${proposal.unit} x ${offLot.leg.ratio}`);
  const worth = toNumber(multiply(largestNotional(input), units));
  const { minPositionUsd } = account.limits;
  if (worth < minPositionUsd)
    return over('minPositionUsd', worth, minPositionUsd, `The structure is worth $${worth.toFixed(2)}, the least is $${minPositionUsd}`);
  return { verdict: 'passed', units, sizedBy: tightest.name };
}

/** What one unit of the structure hangs on, leg by leg. */
function unitExposures({ account, legs, optionTermsOf = NO_OPTION_TERMS }: StructureInput): readonly Exposure[] {
  return legs.map(({ leg: { instrument, side, ratio, price }, product, rate }, index) => {
    const { symbol, market, quote } = instrument;
    const units = (side === 'buy' ? 1 : -1) * ratio;
    const terms = optionTermsOf(symbol);
    const id = `candidate:${index}`;
    const worth = units * price * toNumber(rate?.value ?? ZERO);
    const currency = currencyShare(quote, isMargined({ product }) ? 0 : worth, account.day.date);
    return terms === null ? linearExposure(id, symbol, market, worth, currency) : optionExposure(id, symbol, market, units, terms, currency);
  });
}

/** Far beyond what any account holds, and within what a decimal can. */
const MOST_UNITS = 1e9;

/** Units of a leg for so many of its structure. */
export const legQuantity = (units: Decimal, { ratio }: Pick<StructureLeg, 'ratio'>): Decimal => multiply(units, fromNumber(ratio));

function boundsOf(input: StructureInput, rate: Rate, cashPerUnit: Decimal): readonly Bound[] {
  const { account, strategy, proposal, markOf, rateOf } = input;
  const equityNow = equityOf(input);
  const equityUsd = toNumber(equityNow);
  const { limits } = account;
  const risk = Math.max(0, proposal.riskPerUnit) * toNumber(rate.value);
  // Options are sized by what they can lose; a pair that cannot lose much is sized by what it ties up.
  const largest = toNumber(largestNotional(input));
  const hasOptions = strategy === 'options' && proposal.legs.some(({ instrument }) => instrument.contract?.kind === 'option');
  const share = STRATEGY_MAX_POSITION[strategy];
  const used = toNumber(add(exposure(account, markOf, rateOf), reserved(account)));
  const riskUsed = equityNow <= 0n ? Number.POSITIVE_INFINITY : riskAtStops(account, equityNow, rateOf) + pendingRisk(account) / equityUsd;
  const cash = toNumber(cashPerUnit);
  const per = (amount: number, each: number): number => (each <= 0 ? Number.POSITIVE_INFINITY : amount / each);
  const staked = hasOptions ? risk : largest;
  const kelly = kellySize(recordOf(account.record, strategy), KELLY, allLimits(limits).maxKelly);
  return [
    ...(kelly === null
      ? []
      : [
          {
            name: 'kelly',
            units: per(kelly * equityUsd, staked),
            why: `half of Kelly's answer to the record of ${strategy} is ${percent(kelly)} of equity`,
          },
        ]),
    {
      name: 'strategyMaxPosition',
      units: per(share * equityUsd, staked),
      why: `${percent(share)} of equity is what ${strategy} may ${hasOptions ? 'lose' : 'hold'} in one structure`,
    },
    {
      name: 'maxPositionSize',
      units: per(limits.maxPositionSize * equityUsd, cash),
      why: `${percent(limits.maxPositionSize)} of equity may be tied up in one`,
    },
    {
      name: 'maxTotalExposure',
      units: per(limits.maxTotalExposure * equityUsd - used, cash),
      why: `exposure may reach ${percent(limits.maxTotalExposure)} of equity`,
    },
    {
      name: 'maxPortfolioRisk',
      units: per((limits.maxPortfolioRisk - riskUsed) * equityUsd, risk),
      why: `the loss at all stops may reach ${percent(limits.maxPortfolioRisk)} of equity`,
    },
    {
      name: 'availableCash',
      units: per(toNumber(availableCash(account)), cash * toNumber(add(ONE, ENTRY_RESERVE))),
      why: 'the free cash carries no more',
    },
  ];
}

const pendingRisk = ({ orders }: Account): number =>
  [...orders.values()].reduce(
    (sum, order) => sum + (order.purpose === 'entry' && order.structure !== undefined ? toNumber(order.structure.risk) : 0),
    0,
  );

/** Value of the largest leg of one unit, base currency; of an option its premium. */
function largestNotional({ legs }: StructureInput): Decimal {
  return legs
    .map(({ leg, rate }) => multiply(multiply(fromNumber(leg.ratio), fromNumber(leg.price)), rate?.value ?? ZERO))
    .reduce((largest, each) => max(largest, each), ZERO);
}
