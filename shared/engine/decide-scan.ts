import type { Decision, ScanRecord } from '../contracts/decisions.ts';
import type { EntryOrder } from '../contracts/order.ts';
import type { Position } from '../contracts/position.ts';
import { onTick } from '../execution/fill-price.ts';
import { orderLatencyMs } from '../execution/latency.ts';
import type { Chart } from '../indicators/chart.ts';
import { fromNumber, ZERO } from '../kernel/decimal.ts';
import { DAY_MS, type EpochMs, iso } from '../kernel/time.ts';
import type { Account } from '../ledger/account.ts';
import type { Instrument, Market } from '../market/instrument.ts';
import { listedAs } from '../market/listed-rules.ts';
import type { Timeframe } from '../market/timeframe.ts';
import { type GatePass, riskGate } from '../risk/gate.ts';
import type { Opportunity, Quiet, Strategy } from '../strategies/strategy.ts';
import { requestExit } from './decide-monitor.ts';
import { type Draft, draftOn } from './draft.ts';
import { askModelFor, spreadShareOf } from './model-odds.ts';
import type { Model } from './ports.ts';
import { squareOffAt } from './square-off.ts';
import { marksOf, ratesOf } from './valuation.ts';
import { excerpt, type MarketView } from './view.ts';

/** A strategy to ask about an instrument; `base` is set when a person named the timeframe. */
export interface Question {
  readonly strategy: Strategy;
  readonly instrument: Instrument;
  readonly base: Timeframe | null;
}

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
export interface ScanView extends MarketView {
  readonly chart: (symbol: string) => Chart | null;
  readonly model: Model;
}

export interface ScanResult {
  readonly draft: Draft;
  readonly record: ScanRecord;
  readonly quiet: readonly { readonly question: Question; readonly answer: Quiet }[];
}

/**
 * One scan: every question is answered by its strategy; each opportunity passes the gate and becomes an order with its
 * bracket, or is refused with the reason. Pure: nothing is placed until the draft is committed.
 */
export function decideScan(account: Account, view: ScanView, command: ScanCommand): ScanResult {
  const draft = draftOn(account, command.id);
  const decisions: Decision[] = [];
  const quiet: { question: Question; answer: Quiet }[] = [];
  for (const asked of command.questions) {
    const question = listed(view, asked);
    const answer = ask(draft.account(), view, question);
    if (answer.kind === 'quiet') quiet.push({ question, answer });
    else decisions.push(judge(draft, view, command, question, answer));
  }
  const gaps = gapsOf(view, command);
  const record: ScanRecord = {
    id: command.id,
    ordinal: command.ordinal,
    minuteMs: command.minuteMs,
    atMs: view.nowMs,
    markets: command.markets,
    decisions,
    quiet: quietInShort(quiet),
    missingBars: missingBars(view, command),
    ...(gaps.length === 0 ? {} : { gaps }),
  };
  return { draft, record, quiet };
}

/** The instrument on the grids that the venue lists it with now. */
function listed(view: ScanView, question: Question): Question {
  const rules = view.rules(question.instrument.symbol);
  return rules === null ? question : { ...question, instrument: listedAs(question.instrument, rules) };
}

function ask(account: Account, view: ScanView, { strategy, instrument, base }: Question): Opportunity | Quiet {
  const chart = view.chart(instrument.symbol);
  if (chart === null) return { kind: 'quiet', reason: 'no_bars', why: `No bars of ${instrument.symbol} are known` };
  const askModel = askModelFor(account, view.model, strategy.name);
  const spreadShare = spreadShareOf(view.quote(instrument.symbol));
  return strategy.evaluate({ instrument, nowMs: view.nowMs, chart, spreadShare, ...(askModel === undefined ? {} : { askModel }) }, base ?? undefined);
}

function judge(draft: Draft, view: ScanView, command: ScanCommand, question: Question, opportunity: Opportunity): Decision {
  const { strategy, instrument } = question;
  const considered = describe(view, command, question, opportunity);
  const leaving = oppositePosition(draft.account(), question, opportunity);
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
    phase: view.phase(instrument.market),
    product: productOf(question),
    markOf: marksOf(view),
    rateOf: ratesOf(view),
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

/** Minutes that are missing in what the charts were read from. */
function gapsOf(view: ScanView, { questions, minuteMs }: ScanCommand): NonNullable<ScanRecord['gaps']> {
  const symbols = [...new Set(questions.map((question) => question.instrument.symbol))];
  return symbols.flatMap((symbol) => {
    const missing = view.chart(symbol)?.missingSince(minuteMs - DAY_MS) ?? [];
    return missing.length === 0 ? [] : { symbol, minutes: missing.length, lastMs: missing.at(-1) ?? 0 };
  });
}

function describe(view: ScanView, command: ScanCommand, { strategy, instrument, base }: Question, opportunity: Opportunity): Decision {
  const quote = view.quote(instrument.symbol);
  return {
    id: `${command.id}:${strategy.name}:${instrument.symbol}`,
    strategy: strategy.name,
    symbol: instrument.symbol,
    market: instrument.market,
    timeframe: base ?? strategy.timeframes[0] ?? '1m',
    outcome: 'refused',
    reason: '',
    why: '',
    limit: null,
    direction: opportunity.direction,
    confidence: opportunity.confidence,
    parts: opportunity.parts,
    ...(opportunity.odds === undefined ? {} : { odds: opportunity.odds }),
    entry: opportunity.entry,
    stop: opportunity.stop,
    target: opportunity.target,
    quantity: null,
    sizedBy: null,
    orderId: null,
    lastBarMs: view.chart(instrument.symbol)?.last1m?.openMs ?? 0,
    quote: quote === null ? null : excerpt(quote),
  };
}

/** The position that this strategy holds the other way and that rests in peace, when the signal is strong enough to trade on. */
function oppositePosition(account: Account, { strategy, instrument }: Question, opportunity: Opportunity): Position | null {
  const { confidence, leastConfidence, odds } = opportunity;
  if (confidence < leastConfidence || (odds !== undefined && odds.value < odds.least)) return null;
  for (const position of account.positions.values()) {
    if (position.strategy !== strategy.name || position.symbol !== instrument.symbol || position.direction === opportunity.direction) continue;
    const order = account.orders.get(position.exitId);
    return order?.purpose === 'exit' && order.atMarket === null ? position : null;
  }
  return null;
}

/** How the position will be settled: scalps of shares are squared off within the day, swings are delivered. */
function productOf({ strategy, instrument }: Question): EntryOrder['product'] {
  if (instrument.market === 'CRYPTO') return 'spot';
  return strategy.name === 'scalping' ? 'intraday' : 'delivery';
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
  return {
    purpose: 'entry',
    id,
    version: 1,
    positionId,
    strategy: strategy.name,
    symbol: instrument.symbol,
    market: instrument.market,
    currency: instrument.quote,
    product: productOf(question),
    side: isLong ? 'buy' : 'sell',
    quantity: pass.quantity,
    filledQuantity: ZERO,
    filledNotional: ZERO,
    fills: 0,
    waiting: null,
    instruction: { type: 'market' },
    timeInForce: 'GTC',
    tradedIn: 'continuous',
    expiresMs: null,
    triggeredMs: null,
    groupId: null,
    clientOrderId: null,
    acceptedMs: view.nowMs,
    activeFromMs: view.nowMs + orderLatencyMs(account.seed, id),
    reserved: pass.reserve,
    bracket: {
      // Levels are put on the venue's grid on the cautious side: the stop nearer, the target further.
      stop: onTick(instrument, fromNumber(opportunity.stop), isLong ? 'buy' : 'sell'),
      target: onTick(instrument, fromNumber(opportunity.target), isLong ? 'buy' : 'sell'),
      trail: opportunity.trailingShare === null ? null : { kind: 'share', share: opportunity.trailingShare },
      maxHoldingMs: opportunity.maxHoldingMs,
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

function quietInShort(quiet: readonly { question: Question; answer: Quiet }[]): ScanRecord['quiet'] {
  const groups = new Map<string, { strategy: Strategy['name']; reason: string; symbols: string[] }>();
  for (const { question, answer } of quiet) {
    const key = `${question.strategy.name} ${answer.reason}`;
    const group = groups.get(key) ?? { strategy: question.strategy.name, reason: answer.reason, symbols: [] };
    group.symbols.push(question.instrument.symbol);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function missingBars(view: ScanView, { questions, minuteMs }: ScanCommand): readonly string[] {
  const symbols = [...new Set(questions.map((question) => question.instrument.symbol))];
  return symbols.filter((symbol) => {
    const chart = view.chart(symbol);
    return chart === null || chart.isLastMissing || (chart.upToMs ?? 0) < minuteMs;
  });
}
