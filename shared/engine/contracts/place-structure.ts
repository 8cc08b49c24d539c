import { ENTRY_RESERVE } from '../../config/execution.ts';
import type { Decision } from '../../contracts/decisions.ts';
import type { EntryOrder } from '../../contracts/order.ts';
import type { StructureTag } from '../../contracts/structure.ts';
import { orderLatencyMs } from '../../execution/latency.ts';
import { add, type Decimal, divide, fromNumber, multiply, ONE, sum, ZERO } from '../../kernel/decimal.ts';
import { type EpochMs, iso } from '../../kernel/time.ts';
import type { Account } from '../../ledger/account.ts';
import { AT_MARKET, UNFILLED } from '../../ledger/unfilled.ts';
import type { Currency, Instrument } from '../../market/instrument.ts';
import { isRefusal } from '../../risk/refusal.ts';
import { type GatedLeg, legQuantity, structureGate } from '../../risk/structure-gate.ts';
import type { RiskModel } from '../../risk/var/risk-model.ts';
import type { Strategy, StructureOpportunity } from '../../strategies/strategy.ts';
import type { Draft } from '../draft.ts';
import { squareOffAt } from '../square-off.ts';
import { phaseOf } from '../trading-phase.ts';
import { marksOf, ratesOf } from '../valuation.ts';
import { excerpt } from '../view.ts';
import { blockedByLeg, type LegOnMargin } from './contract-margin.ts';
import type { ContractsView } from './contracts-view.ts';
import { optionTermsIn } from './option-terms.ts';

/** What a scan knows of the proposal that it passes on. */
export interface Proposed {
  readonly strategy: Strategy;
  readonly proposal: StructureOpportunity;
  /** The decision so far: refused until the gate says otherwise. */
  readonly considered: Decision;
  /** `scan:<market>:<minute>` or `ask:<id>`. */
  readonly commandId: string;
  readonly minuteMs: EpochMs;
  readonly configVersion: string;
  /** How prices move together; the assumed moves count without. */
  readonly risk: RiskModel | null;
}

/**
 * Puts a structure through the gate and places all its legs as one group that fills whole or not at all, or says why not. What
 * the legs block together is known before the first is placed, and each carries its part.
 */
export function placeStructure(draft: Draft, view: ContractsView, proposed: Proposed): Decision {
  const { strategy, proposal, considered } = proposed;
  const account = draft.account();
  const legs = proposal.legs.map((leg): GatedLeg => {
    const { instrument } = leg;
    return {
      leg,
      product: productOf(instrument),
      quote: view.quote(instrument.symbol),
      rate: view.rate(instrument.quote),
      rules: view.rules(instrument.symbol),
      phase: phaseOf(view, instrument),
    };
  });
  const cash = cashOfLegs(ONE, legs, view);
  const currency = currencyOf(proposal, view);
  const verdict = structureGate({
    nowMs: view.nowMs,
    account,
    strategy: strategy.name,
    proposal,
    legs,
    rate: view.rate(currency),
    cashPerUnit: cash === null ? null : sum(cash.map(({ paid, blocked }) => add(paid, blocked))),
    squareOffMs: squareOffAt(view.nowMs),
    markOf: marksOf(view),
    rateOf: ratesOf(view),
    risk: proposed.risk,
    optionTermsOf: optionTermsIn(view),
  });
  if (isRefusal(verdict)) return { ...considered, outcome: 'refused', reason: verdict.reason, why: verdict.why, limit: verdict.limit };
  const sizedCash = cashOfLegs(verdict.units, legs, view);
  if (sizedCash === null) return { ...considered, outcome: 'refused', reason: 'no_margin', why: 'What the legs ask as margin cannot be told' };
  const orders = ordersOf(account, view, proposed, { legs, cash: sizedCash, units: verdict.units, currency });
  for (const order of orders) draft.emit({ type: 'order-placed', atMs: view.nowMs, order });
  return {
    ...considered,
    outcome: 'taken',
    reason: 'taken',
    why: proposal.why,
    quantity: verdict.units,
    sizedBy: verdict.sizedBy,
    orderId: orders[0]?.id ?? null,
  };
}

/** How an instrument is settled when a structure holds it: shares are delivered, for they may be held for weeks. */
function productOf({ contract, market }: Instrument): EntryOrder['product'] {
  if (contract !== null) return contract.kind;
  return market === 'CRYPTO' ? 'spot' : 'delivery';
}

/** The currency of a proposal's amounts: that of the underlying's chain; without one, of its first leg. */
function currencyOf({ underlying, legs }: StructureOpportunity, view: ContractsView): Currency {
  const own = legs[0] === undefined ? null : view.contract(legs[0].instrument.symbol);
  return own?.chain.currency ?? view.chains(underlying)[0]?.currency ?? legs[0]?.instrument.quote ?? 'USD';
}

interface LegCash {
  /** What is paid for a leg, base currency: nothing for what is sold and for futures. */
  readonly paid: Decimal;
  readonly blocked: Decimal;
}

/** What so many units ask of the account, leg by leg; null where a rate or a margin is not to be had. */
function cashOfLegs(units: Decimal, legs: readonly GatedLeg[], view: ContractsView): readonly LegCash[] | null {
  const blocked = blockedByLeg(
    legs.map((leg) => onMargin(units, leg)),
    view,
  );
  if (blocked === null) return null;
  return legs.map(({ leg, product, rate }, index) => {
    const isPaid = leg.side === 'buy' && product !== 'future' && product !== 'perpetual';
    const price = multiply(legQuantity(units, leg), fromNumber(leg.price));
    return { paid: isPaid ? multiply(price, rate?.value ?? ZERO) : ZERO, blocked: blocked[index] ?? ZERO };
  });
}

const onMargin = (units: Decimal, { leg }: GatedLeg): LegOnMargin => ({
  instrument: leg.instrument,
  direction: leg.side === 'buy' ? 'long' : 'short',
  quantity: legQuantity(units, leg),
  price: leg.price,
});

interface Sized {
  readonly legs: readonly GatedLeg[];
  readonly cash: readonly LegCash[];
  readonly units: Decimal;
  readonly currency: Currency;
}

function ordersOf(account: Account, view: ContractsView, proposed: Proposed, sized: Sized): readonly EntryOrder[] {
  const { strategy, proposal, commandId, minuteMs } = proposed;
  const place = commandId.startsWith('ask:') ? commandId : iso(minuteMs);
  const groupId = `${place}:${strategy.name}:${proposal.underlying}`;
  // Legs are sent together: they reach their venues as one.
  const activeFromMs = view.nowMs + orderLatencyMs(account.seed, groupId);
  return sized.legs.map((leg, index) => legOrder(view, proposed, sized, { leg, index, groupId, activeFromMs }));
}

interface Placing {
  readonly leg: GatedLeg;
  readonly index: number;
  readonly groupId: string;
  readonly activeFromMs: EpochMs;
}

function legOrder(view: ContractsView, { strategy, proposal, considered, configVersion }: Proposed, sized: Sized, placing: Placing): EntryOrder {
  const { leg: gated, index, groupId, activeFromMs } = placing;
  const { leg, product, quote } = gated;
  const { instrument } = leg;
  const { paid, blocked } = sized.cash[index] ?? { paid: ZERO, blocked: ZERO };
  const quantity = legQuantity(sized.units, leg);
  const notional = multiply(multiply(quantity, fromNumber(leg.price)), gated.rate?.value ?? ZERO);
  const positionId = `${groupId}:${index + 1}`;
  if (quote === null) throw new Error(`The gate passed ${instrument.symbol} without a quote`);
  return {
    ...UNFILLED,
    ...AT_MARKET,
    purpose: 'entry',
    id: `E:${positionId}`,
    positionId,
    strategy: strategy.name,
    symbol: instrument.symbol,
    market: instrument.market,
    currency: instrument.quote,
    product,
    side: leg.side,
    quantity,
    groupId,
    acceptedMs: view.nowMs,
    activeFromMs,
    reserved: add(add(paid, blocked), multiply(notional, ENTRY_RESERVE)),
    ...(instrument.contract === null ? {} : { margin: blocked }),
    structure: tagOf(proposal, sized, { groupId, ratio: leg.ratio, rate: view.rate(sized.currency)?.value ?? ZERO }),
    bracket: { stop: null, target: null, trail: null, maxHoldingMs: Math.round(proposal.maxHoldingMs) },
    intent: {
      decisionId: considered.id,
      confidence: proposal.confidence,
      parts: proposal.parts,
      why: proposal.why,
      timeframe: considered.timeframe,
      lastBarMs: considered.lastBarMs,
      volatility: proposal.volatility,
      quote: excerpt(quote),
      configVersion,
      modelVersion: null,
    },
  };
}

function tagOf(
  proposal: StructureOpportunity,
  { units, currency, legs }: Sized,
  { groupId, ratio, rate }: { readonly groupId: string; readonly ratio: number; readonly rate: Decimal },
): StructureTag {
  const { structure, underlying, exits, maxLoss, maxProfit, riskPerUnit } = proposal;
  const whole = multiply(multiply(fromNumber(Math.max(0, riskPerUnit)), units), rate);
  return {
    id: groupId,
    name: structure,
    underlying,
    legs: legs.length,
    currency,
    units,
    ratio,
    exits,
    maxLoss,
    maxProfit,
    risk: divide(whole, fromNumber(legs.length)),
  };
}
