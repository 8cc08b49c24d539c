import type { Decision, ScanRecord } from '../contracts/decisions.ts';
import type { EntryOrder } from '../contracts/order.ts';
import type { Position } from '../contracts/position.ts';
import { onTick } from '../execution/fill-price.ts';
import { orderLatencyMs } from '../execution/latency.ts';
import type { Chart } from '../indicators/chart.ts';
import { type Decimal, fromNumber, ONE, toNumber, ZERO } from '../kernel/decimal.ts';
import { DAY_MS, type EpochMs, iso } from '../kernel/time.ts';
import type { Account } from '../ledger/account.ts';
import { AT_MARKET, UNFILLED } from '../ledger/unfilled.ts';
import { contractSymbol } from '../market/contract-symbol.ts';
import type { Market } from '../market/instrument.ts';
import { type GatePass, riskGate } from '../risk/gate.ts';
import type { RiskModel } from '../risk/var/risk-model.ts';
import { knownTimeframes } from '../strategies/base-bar.ts';
import { productOf } from '../strategies/product.ts';
import type { Opportunity, Quiet, Strategy, StructureOpportunity } from '../strategies/strategy.ts';
import { type Answer, askAll, type Question, symbolsOf } from './ask-strategies.ts';
import { shortInstrument } from './contracts/coin-short.ts';
import { blockedByLeg } from './contracts/contract-margin.ts';
import type { Contracts } from './contracts/contracts-view.ts';
import { optionTermsIn } from './contracts/option-terms.ts';
import { placeStructure } from './contracts/place-structure.ts';
import { type Draft, draftOn } from './draft.ts';
import { endOfDay } from './orders/expiry.ts';
import type { Model } from './ports.ts';
import { requestExit } from './request-exit.ts';
import { squareOffAt } from './square-off.ts';
import { phaseOf } from './trading-phase.ts';
import { marksOf, ratesOf } from './valuation.ts';
import { excerpt, type MarketView } from './view.ts';

export interface ScanCommand {
  /** `scan:<market>:<minute>` or `ask:<id>`: also the prefix of the ids of what it places. */
  readonly id: string;
  readonly ordinal: number;
  readonly minuteMs: EpochMs;
  readonly markets: readonly Market[];
  readonly questions: readonly Question[];
  readonly configVersion: string;
}

/** A scan's view has the charts besides. */
export interface ScanView extends MarketView, Contracts {
  readonly chart: (symbol: string) => Chart | null;
  readonly model: Model;
  /** How prices move together; the assumed moves count without. */
  readonly risk?: RiskModel | null;
}

export interface ScanResult {
  readonly draft: Draft;
  readonly record: ScanRecord;
  /** The answers of those that found nothing, in the order of the questions. */
  readonly quiet: readonly Quiet[];
}

/**
 * One scan: every question is answered by its strategy; each opportunity passes the gate and becomes an order with its
 * bracket, or is refused with the reason. Pure: nothing is placed until the draft is committed.
 */
export function decideScan(account: Account, view: ScanView, command: ScanCommand, asked = askAll(account, view, command.questions)): ScanResult {
  const draft = draftOn(account, command.id);
  const decisions: Decision[] = [];
  const groups: QuietGroup[] = [];
  const quiet: Quiet[] = [];
  for (const [index, question] of asked.questions.entries()) {
    const answer = asked.answers[index] as Answer;
    if (answer.kind === 'quiet') {
      quiet.push(answer);
      noteQuiet(groups, question, answer);
    } else if (answer.kind === 'structure') decisions.push(judgeStructure(draft, view, command, question, answer));
    else decisions.push(judge(draft, view, command, question, answer));
  }
  const { symbols } = symbolsOf(command.questions);
  const gaps = gapsOf(view, symbols, command.minuteMs);
  const record: ScanRecord = {
    id: command.id,
    ordinal: command.ordinal,
    minuteMs: command.minuteMs,
    atMs: view.nowMs,
    markets: command.markets,
    decisions,
    quiet: groups,
    missingBars: missingBars(view, symbols, command.minuteMs),
    ...(gaps.length === 0 ? {} : { gaps }),
  };
  return { draft, record, quiet };
}

function judgeStructure(draft: Draft, view: ScanView, command: ScanCommand, question: Question, proposal: StructureOpportunity): Decision {
  const { strategy } = question;
  const [first] = proposal.legs;
  const quote = first === undefined ? null : view.quote(first.instrument.symbol);
  const currency = view.chains(proposal.underlying)[0]?.currency ?? question.instrument.quote;
  const considered: Decision = {
    ...unjudged(view, command, question),
    id: `${command.id}:${strategy.name}:${proposal.underlying}`,
    symbol: proposal.underlying,
    direction: null,
    confidence: proposal.confidence,
    parts: proposal.parts,
    entry: null,
    stop: null,
    target: null,
    structure: {
      name: proposal.structure,
      currency,
      legs: proposal.legs.map(({ instrument, side, ratio, price }) => ({ symbol: instrument.symbol, side, ratio, price })),
      maxLoss: proposal.maxLoss,
      maxProfit: proposal.maxProfit,
      riskPerUnit: proposal.riskPerUnit,
    },
    quote: quote === null ? null : excerpt(quote),
  };
  const { id: commandId, minuteMs, configVersion } = command;
  return placeStructure(draft, view, { strategy, proposal, considered, commandId, minuteMs, configVersion, risk: view.risk ?? null });
}

/** A short of coin as one of its perpetual, its levels brought to the perpetual's price; everything else as it is. */
function redirected(view: ScanView, question: Question, opportunity: Opportunity): readonly [Question, Opportunity] {
  const short = opportunity.direction === 'short' ? shortInstrument(question.instrument, view) : null;
  if (short === null) return [question, opportunity];
  const { entry, stop, target } = opportunity;
  const levels = { entry: entry * short.priceRatio, stop: stop * short.priceRatio, target: target * short.priceRatio };
  return [
    { ...question, instrument: short.instrument },
    { ...opportunity, ...levels },
  ];
}

function judge(draft: Draft, view: ScanView, command: ScanCommand, asked: Question, seen: Opportunity): Decision {
  // What is held of the coin is sold first; its short would be another position.
  const leaving = oppositePosition(draft.account(), asked, seen);
  const [question, opportunity] = leaving === null ? redirected(view, asked, seen) : [asked, seen];
  const { strategy, instrument } = question;
  const considered = describe(view, command, question, opportunity);
  if (leaving !== null) {
    requestExit(draft, leaving, { reason: 'signal', quantity: null, nowMs: view.nowMs });
    return {
      ...considered,
      outcome: 'exit-requested',
      reason: 'signal',
      why: `${opportunity.why}; the position the other way is closed`,
      orderId: leaving.exitId,
    };
  }
  const account = draft.account();
  const marginShare = marginShareOf(view, question, opportunity);
  if (instrument.contract !== null && marginShare === null) {
    const why = `What ${instrument.symbol} asks as margin cannot be told`;
    return { ...considered, outcome: 'refused', reason: 'no_margin', why };
  }
  const verdict = riskGate({
    nowMs: view.nowMs,
    account,
    strategy: strategy.name,
    instrument,
    rules: view.rules(instrument.symbol),
    opportunity,
    direction: opportunity.direction,
    squareOffMs: squareOffAt(view.nowMs),
    quote: view.quote(instrument.symbol),
    rate: view.rate(instrument.quote),
    phase: phaseOf(view, instrument),
    product: productOf(strategy.name, instrument),
    risk: view.risk ?? null,
    optionTermsOf: optionTermsIn(view),
    markOf: marksOf(view),
    rateOf: ratesOf(view),
    marginShare,
  });
  if (verdict.verdict === 'refused') return { ...considered, outcome: 'refused', reason: verdict.reason, why: verdict.why, limit: verdict.limit };
  const order = entryOrder(account, view, considered, question, opportunity, verdict, command);
  draft.emit({ type: 'order-placed', atMs: view.nowMs, order });
  return {
    ...considered,
    outcome: 'taken',
    reason: 'taken',
    why: opportunity.why,
    quantity: verdict.quantity,
    sizedBy: verdict.sizedBy,
    orderId: order.id,
  };
}

/** Cash that a contract blocks for each unit of its notional; null for what is paid in full. */
function marginShareOf(view: ScanView, { instrument }: Question, { direction, entry }: Opportunity): number | null {
  if (instrument.contract === null) return null;
  const [blocked] = blockedByLeg([{ instrument, direction, quantity: ONE, price: entry }], view) ?? [];
  const rate = view.rate(instrument.quote);
  return blocked === undefined || rate === null ? null : toNumber(blocked) / (entry * toNumber(rate.value));
}

/** Minutes that are missing in what the charts were read from. */
function gapsOf(view: ScanView, symbols: readonly string[], minuteMs: EpochMs): NonNullable<ScanRecord['gaps']> {
  const gaps: NonNullable<ScanRecord['gaps']>[number][] = [];
  for (const symbol of symbols) {
    const missing = view.chart(symbol)?.missingSince(minuteMs - DAY_MS);
    if (missing !== undefined && missing.length > 0) gaps.push({ symbol, minutes: missing.length, lastMs: missing.at(-1) ?? 0 });
  }
  return gaps;
}

function describe(view: ScanView, command: ScanCommand, question: Question, opportunity: Opportunity): Decision {
  const quote = view.quote(question.instrument.symbol);
  return {
    ...unjudged(view, command, question),
    direction: opportunity.direction,
    confidence: opportunity.confidence,
    parts: opportunity.parts,
    ...(opportunity.odds === undefined ? {} : { odds: opportunity.odds }),
    entry: opportunity.entry,
    stop: opportunity.stop,
    target: opportunity.target,
    quote: quote === null ? null : excerpt(quote),
  };
}

/** A decision that nothing has been decided of. */
function unjudged(
  view: ScanView,
  command: ScanCommand,
  { strategy, instrument, base }: Question,
): Omit<Decision, 'direction' | 'confidence' | 'parts' | 'entry' | 'stop' | 'target' | 'quote'> {
  const chart = view.chart(instrument.symbol);
  return {
    id: `${command.id}:${strategy.name}:${instrument.symbol}`,
    strategy: strategy.name,
    symbol: instrument.symbol,
    market: instrument.market,
    timeframe: base ?? (chart === null ? strategy.timeframes : knownTimeframes(chart, strategy.timeframes))[0] ?? '1m',
    outcome: 'refused',
    reason: '',
    why: '',
    limit: null,
    quantity: null,
    sizedBy: null,
    orderId: null,
    lastBarMs: chart?.last1m?.openMs ?? 0,
  };
}

/** The position that this strategy holds the other way and that rests in peace, when the signal is strong enough to trade on. */
function oppositePosition(account: Account, { strategy, instrument }: Question, opportunity: Opportunity): Position | null {
  const { confidence, leastConfidence, odds } = opportunity;
  if (confidence < leastConfidence || (odds !== undefined && odds.value < odds.least)) return null;
  for (const position of account.positions.values()) {
    const isSame = position.symbol === instrument.symbol || position.symbol === contractSymbol({ kind: 'perpetual', underlying: instrument.symbol });
    if (position.strategy !== strategy.name || !isSame || position.direction === opportunity.direction) continue;
    const order = account.orders.get(position.exitId);
    return order?.purpose === 'exit' && order.atMarket === null ? position : null;
  }
  return null;
}

function entryOrder(
  account: Account,
  view: ScanView,
  considered: Decision,
  question: Question,
  opportunity: Opportunity,
  pass: GatePass,
  command: ScanCommand,
): EntryOrder {
  const { strategy, instrument } = question;
  const place = command.id.startsWith('ask:') ? command.id : iso(command.minuteMs);
  const positionId = `${place}:${strategy.name}:${instrument.symbol}`;
  const id = `E:${positionId}`;
  const quote = considered.quote;
  if (quote === null) throw new Error(`The gate passed ${instrument.symbol} without a quote`);
  const isLong = opportunity.direction === 'long';
  const product = productOf(strategy.name, instrument);
  const tradedIn = opportunity.tradedIn ?? 'continuous';
  const isAuctioned = tradedIn === 'closing-auction';
  return {
    ...UNFILLED,
    ...AT_MARKET,
    purpose: 'entry',
    id,
    positionId,
    strategy: strategy.name,
    symbol: instrument.symbol,
    market: instrument.market,
    currency: instrument.quote,
    product,
    side: isLong ? 'buy' : 'sell',
    quantity: pass.quantity,
    timeInForce: isAuctioned ? 'DAY' : 'GTC',
    tradedIn,
    expiresMs: isAuctioned ? endOfDay(instrument, { tradedIn, product }, view.nowMs) : null,
    acceptedMs: view.nowMs,
    activeFromMs: view.nowMs + orderLatencyMs(account.seed, id),
    reserved: pass.reserve,
    ...(instrument.contract === null ? {} : { margin: marginOf(view, question, opportunity, pass.quantity) }),
    bracket: {
      // Levels are put on the venue's grid on the cautious side: the stop nearer, the target further.
      stop: onTick(instrument, fromNumber(opportunity.stop), isLong ? 'buy' : 'sell'),
      target: onTick(instrument, fromNumber(opportunity.target), isLong ? 'buy' : 'sell'),
      trail: opportunity.trailingShare === null ? null : { kind: 'share', share: opportunity.trailingShare },
      maxHoldingMs: opportunity.maxHoldingMs,
      ...(opportunity.exitByMs === undefined ? {} : { exitByMs: opportunity.exitByMs }),
    },
    intent: {
      decisionId: considered.id,
      confidence: opportunity.confidence,
      parts: opportunity.parts,
      why: opportunity.why,
      timeframe: considered.timeframe,
      lastBarMs: considered.lastBarMs,
      volatility: opportunity.volatility,
      quote,
      configVersion: command.configVersion,
      modelVersion: opportunity.odds?.modelVersion ?? null,
      ...(opportunity.odds === undefined ? {} : { odds: opportunity.odds.value }),
    },
  };
}

/** What the sized position will block, base currency. */
function marginOf(view: ScanView, { instrument }: Question, { direction, entry }: Opportunity, quantity: Decimal): Decimal {
  return blockedByLeg([{ instrument, direction, quantity, price: entry }], view)?.[0] ?? ZERO;
}

/** What was quiet, by strategy and reason, in the order in which they came up. */
interface QuietGroup {
  readonly strategy: Strategy['name'];
  readonly reason: string;
  readonly symbols: string[];
}

function noteQuiet(groups: QuietGroup[], { strategy: { name }, instrument: { symbol } }: Question, { reason }: Quiet): void {
  // The group is among the last ones: a strategy is asked about all symbols before the next is.
  for (let place = groups.length - 1; place >= 0; place--) {
    const group = groups[place] as QuietGroup;
    if (group.strategy !== name || group.reason !== reason) continue;
    group.symbols.push(symbol);
    return;
  }
  groups.push({ strategy: name, reason, symbols: [symbol] });
}

function missingBars(view: ScanView, symbols: readonly string[], minuteMs: EpochMs): readonly string[] {
  return symbols.filter((symbol) => {
    const chart = view.chart(symbol);
    return chart === null || chart.isLastMissing || (chart.upToMs ?? 0) < minuteMs;
  });
}
