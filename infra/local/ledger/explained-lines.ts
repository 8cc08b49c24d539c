import type { ChargeRule } from '../../../shared/config/charges.ts';
import type { Fill } from '../../../shared/contracts/fill.ts';
import type { Instruction, Order } from '../../../shared/contracts/order.ts';
import type { TickExcerpt } from '../../../shared/contracts/quote-excerpt.ts';
import type { Trail } from '../../../shared/contracts/terms.ts';
import type { FillDifference, FillExplanation } from '../../../shared/engine/explain-fill.ts';
import { multiply, subtract, text } from '../../../shared/kernel/decimal.ts';
import { type EpochMs, iso } from '../../../shared/kernel/time.ts';

/** An explained fill as `--all` counts it. */
export interface ExplainedInShort {
  readonly id: string;
  readonly seq: number;
  /** Version of the settings that it was filled under. */
  readonly settings: string;
  readonly differences: readonly FillDifference[];
}

export const inShort = ({ fill: { id }, seq, settings, differences }: FillExplanation): ExplainedInShort => ({
  id,
  seq,
  settings: settings.recorded,
  differences,
});

export interface ExplainedSession {
  readonly sessionId: string;
  readonly running: string;
  readonly fills: number;
  readonly identical: number;
  readonly different: readonly ExplainedInShort[];
  /** Fills that were made under other settings than those that run. */
  readonly otherSettings: number;
}

export function linesOfAll({ sessionId, running, fills, identical, different, otherSettings }: ExplainedSession): readonly string[] {
  return [
    `Session ${sessionId}: ${fills} fills made again, ${identical} identical, ${different.length} different`,
    ...(otherSettings === 0
      ? []
      : [`  ${otherSettings} were filled under other settings than those of this program (${running}): they may come out otherwise`]),
    ...different.flatMap(({ id, seq, settings, differences }) => [
      `  ${id} (journal row ${seq}${settings === running ? '' : `, settings ${settings}`})`,
      ...differences.flatMap(linesOfDifference).map((line) => `  ${line}`),
    ]),
  ];
}

export interface ListedFill {
  readonly id: string;
  readonly atMs: EpochMs;
  readonly says: string;
}

export const listedFill = (fill: Fill): ListedFill => ({ id: fill.id, atMs: fill.atMs, says: `${iso(fill.atMs)} ${dealt(fill)}, ${fill.strategy}` });

const dealt = ({ side, quantity, symbol, price, currency }: Fill): string =>
  `${side === 'buy' ? 'bought' : 'sold'} ${text(quantity)} ${symbol} at ${text(price)} ${currency}`;

/** A fill, explained to a person: what, why now, the price step by step, costs, books, and whether it comes out the same. */
export function linesOfExplanation(explanation: FillExplanation): readonly string[] {
  const { fill, seq, sessionId } = explanation;
  return [
    `${fill.id}: ${dealt(fill)}`,
    ...block('when', [`${iso(fill.atMs)}, journal row ${seq} of session ${sessionId}, evidence ${fill.evidence}`]),
    ...block('order', orderLines(explanation)),
    ...block('why now', whyLines(explanation)),
    ...block('quote', quoteLines(fill)),
    ...block('book', bookLines(fill)),
    ...block('taken', takingLines(explanation)),
    ...block('quantity', quantityLines(explanation)),
    ...block('price', priceLines(explanation)),
    ...block('charges', chargeLines(explanation)),
    ...block('rate', [`1 ${fill.currency} = ${text(fill.rate.value)} USD, ${fill.rate.source}, of ${iso(fill.rate.asOfMs)}`]),
    ...block('postings', postingLines(fill)),
    ...block('realised', realisedLines(fill)),
    ...block('made by', madeByLines(explanation)),
    ...verdictLines(explanation),
  ];
}

const WIDTH = 10;

/** Lines under one word; none without lines. */
const block = (word: string, lines: readonly string[]): readonly string[] =>
  lines.map((line, index) => `  ${(index === 0 ? word : '').padEnd(WIDTH)}${line}`);

// --- what and why

function orderLines({ order, position }: FillExplanation): readonly string[] {
  const { id, strategy, side, symbol, quantity, filledQuantity, product } = order;
  const filled = filledQuantity === 0n ? '' : `, ${text(filledQuantity)} filled before`;
  const asked = `${side} ${text(quantity)} ${symbol} (${product})${filled}`;
  const stamps = `accepted ${iso(order.acceptedMs)}, at the venue from ${iso(order.activeFromMs)}`;
  if (order.purpose === 'entry') return [`${id}: ${strategy} entry, ${asked}`, `${instructionText(order.instruction)}, ${terms(order)}; ${stamps}`];
  const opened = position === null ? '' : `, opened ${iso(position.openedMs)} at ${text(position.entryPrice)}`;
  return [`${id}: exit of ${order.positionId} (${strategy}${opened}), ${asked}`, `${exitTerms(order)}; ${stamps}`];
}

function terms({ timeInForce, tradedIn, groupId }: Extract<Order, { purpose: 'entry' }>): string {
  const group = groupId === null ? '' : `, leg of group ${groupId}: all or none`;
  return `${timeInForce}${tradedIn === 'closing-auction' ? ', in the closing auction' : ''}${group}`;
}

function instructionText(instruction: Instruction): string {
  switch (instruction.type) {
    case 'market':
      return 'at market';
    case 'limit':
      return `limit ${text(instruction.limit)}`;
    case 'stop':
      return `stop ${text(instruction.stop)}`;
    case 'stop-limit':
      return `stop ${text(instruction.stop)}, limit ${text(instruction.limit)}`;
    case 'trailing-stop':
      return `trailing stop ${trailText(instruction.trail)}`;
  }
}

const trailText = (trail: Trail): string => (trail.kind === 'share' ? percent(trail.share) : `${trail.distance} (${trail.basis})`);

function exitTerms({ stop, target, trail, atMarket }: Extract<Order, { purpose: 'exit' }>): string {
  if (atMarket !== null) {
    const part = atMarket.quantity === null ? 'all of it' : `${text(atMarket.quantity)} of it`;
    return `${part} at market (${atMarket.reason}), asked for ${iso(atMarket.requestedMs)}`;
  }
  const levels = [
    stop === null ? null : `stop ${text(stop)}`,
    target === null ? null : `target ${text(target)}`,
    trail === null ? null : `trail ${trailText(trail)}`,
  ];
  return levels.filter((level) => level !== null).join(', ') || 'no level of its own';
}

function whyLines({ fill, order }: FillExplanation): readonly string[] {
  const { tick, extreme, queueAhead } = fill.provenance;
  return [
    reasonOf(fill, order),
    ...(tick === null ? [] : [tickText(tick)]),
    ...(extreme === null ? [] : [`best price since it began to work: ${extreme}`]),
    ...(queueAhead === null
      ? []
      : [queueAhead < 0 ? `${-queueAhead} of the trade were left when those before it were served` : `${queueAhead} still stood before it`]),
  ];
}

function reasonOf({ trigger, provenance: { baseRule } }: Fill, order: Order): string {
  switch (trigger) {
    case 'market':
      return atMarketReason(order);
    case 'limit':
    case 'target':
      return `its ${trigger} was ${baseRule === 'queue' ? 'traded at, and its turn had come' : 'gone through by the market'}`;
    case 'stop':
    case 'trailing-stop':
      return `its ${trigger === 'stop' ? 'stop' : 'trailing stop'} was met`;
    case 'expiry':
      return 'the contract expired: it is worth what its settlement price makes of it';
    case 'auction':
      return 'the closing auction traded: one price for all';
  }
}

function atMarketReason(order: Order): string {
  if (order.purpose === 'exit') return `it was to be closed at market: ${order.atMarket?.reason ?? 'asked for'}`;
  const { instruction, triggeredMs } = order;
  if (triggeredMs !== null) return `its stop was met ${iso(triggeredMs)}: it fills with the first price that may be had`;
  if (instruction.type === 'market') return 'a market order fills with the first price after the venue has it';
  return 'what stood there was within its limit';
}

function tickText({ price, quantity, motion, ahead, exchangeMs, receivedMs, sequence }: TickExcerpt): string {
  const size = quantity > 0 ? ` x ${quantity}` : '';
  const number = sequence === undefined ? '' : `, number ${sequence}`;
  const range = ahead === undefined ? '' : `, ahead in its bar ${ahead.low} to ${ahead.high}`;
  return `trade at ${price}${size} (${motion}${number}${range}), exchange ${iso(exchangeMs)}, received ${iso(receivedMs)}`;
}

// --- what it met

function quoteLines({ atMs, provenance: { quote, volatility, minuteVolume, previousClose, rules } }: Fill): readonly string[] {
  const { last, bid, ask, bidSize, askSize, exchangeMs, receivedMs, source, check } = quote;
  const side = (word: string, price: number | null, size: number | null): string =>
    price === null ? `no ${word}` : `${word} ${price}${size === null ? '' : ` x ${size}`}`;
  const compared =
    check === undefined
      ? []
      : [`other venues: ${check.state}${check.spreadBps === null ? '' : `, ${check.spreadBps} bps from ${check.against.join(', ')}`}`];
  const listed =
    rules === null ? [] : [`venue's own rules: tick ${text(rules.tickSize)}, lot ${text(rules.lotStep)}, ${rules.source} of ${iso(rules.asOfMs)}`];
  return [
    `last ${last}, ${side('bid', bid, bidSize)}, ${side('ask', ask, askSize)}; ${source}`,
    `exchange ${iso(exchangeMs)}, received ${iso(receivedMs)}, ${(atMs - receivedMs) / 1000} s old`,
    `volatility ${volatility === null ? 'unknown, taken as high' : `${percent(volatility)} a minute`}, volume ${minuteVolume === null ? 'unknown' : `${rounded(minuteVolume)} a minute`}${previousClose === null ? '' : `, close before ${previousClose}`}`,
    ...compared,
    ...listed,
  ];
}

const SHOWN_LEVELS = 10;

function bookLines({ side, taken, provenance: { book, baseRule } }: Fill): readonly string[] {
  if (book === null) return [];
  const { levels, receivedMs, sequence, source, ownBest } = book;
  const walked = new Map(baseRule === 'book' ? taken?.levels.map(({ price, quantity }) => [price, quantity]) : []);
  const own = ownBest === null ? '' : `, best ${side === 'buy' ? 'bid' : 'ask'} ${ownBest.price} x ${ownBest.quantity}`;
  const shown = Math.max(SHOWN_LEVELS, levels.findLastIndex(({ price }) => walked.has(price)) + 1);
  return [
    `${levels.length} ${side === 'buy' ? 'asks' : 'bids'} of ${source}${sequence === undefined ? '' : `, number ${sequence}`}, received ${iso(receivedMs)}${own}`,
    ...levels.slice(0, shown).map(({ price, quantity }) => `${price} x ${quantity}${walked.has(price) ? `: took ${walked.get(price)}` : ''}`),
    ...(levels.length > shown ? [`and ${levels.length - shown} more`] : []),
  ];
}

function takingLines({ takings }: FillExplanation): readonly string[] {
  return takings.map(({ side, quantity, levels, atMs }) => {
    const where = levels.map((each) => `${each.quantity} at ${each.price}`).join(', ');
    return `${iso(atMs)} this account ${side === 'buy' ? 'bought' : 'sold'} ${text(quantity)}${where === '' ? '' : ` (${where})`}: that is missing there for a minute`;
  });
}

function quantityLines({ fill, order }: FillExplanation): readonly string[] {
  const asked = subtract(order.quantity, order.filledQuantity);
  const rest = subtract(asked, fill.quantity);
  return [
    rest > 0n
      ? `${text(fill.quantity)} of ${text(asked)}: no more could be had, or was asked for, at once`
      : `${text(fill.quantity)}, all that remained`,
  ];
}

// --- what it cost

function priceLines({ fill, steps, tickSize }: FillExplanation): readonly string[] {
  const { band, slippage, currency, provenance } = fill;
  const lines = steps.map(({ says, share, price }) => `${rounded(price)}  ${says}${share === null ? '' : ` ${percent(share)}`}`);
  const regime = provenance.slippageShare === 0 ? '' : `, volatility ${provenance.regime}`;
  return [
    ...lines,
    `tick ${text(tickSize)}${regime}, worse than the base by ${text(slippage)} ${currency} in all`,
    `band ${text(band.optimistic)} (optimistic) to ${text(band.pessimistic)} (pessimistic), latency ${rounded(provenance.latencyMs)} ms`,
  ];
}

function chargeLines({ fill, charges }: FillExplanation): readonly string[] {
  const notional = `${text(multiply(fill.quantity, fill.price))} ${fill.currency} were traded, as ${fill.liquidity}`;
  const lines = charges.map(({ charge: { line, amount, taken }, rule }) => {
    const inKind = taken === undefined ? '' : `, taken as ${text(taken.amount)} ${taken.currency}`;
    return `${line} ${text(amount)} ${fill.currency}${inKind}${rule === null ? '' : `: ${ruleText(rule)}`}`;
  });
  return [notional, ...(lines.length === 0 ? ['none'] : lines)];
}

function ruleText(rule: ChargeRule): string {
  const since = rule.from === null ? '' : ` since ${rule.from}`;
  return `${rateText(rule)}${since} (${rule.source})`;
}

function rateText(rule: ChargeRule): string {
  switch (rule.basis) {
    case 'notional':
      return `${rule.rate} per ${rule.per} of the value${rule.cap === null ? '' : `, at most ${rule.cap} an order`}`;
    case 'quantity':
      return `${rule.rate} per ${rule.per} of what is received`;
    case 'underlying':
      return `${rule.rate} per ${rule.per} of the underlying, at most ${rule.premiumCap} of the premium`;
    case 'flat':
      return `${rule.amount} ${rule.each === 'order' ? 'an order' : 'a day of sale'}`;
    case 'taxed-lines':
      return `${rule.rate} per ${rule.per} of the lines it is put on`;
  }
}

function postingLines({ postings }: Fill): readonly string[] {
  const [accounts, amounts] = [postings.map(({ account }) => account), postings.map(({ amount }) => text(amount))];
  const [wide, high] = [widest(accounts), widest(amounts)];
  return postings.map(({ account, currency }, index) => `${account.padEnd(wide)}  ${(amounts[index] ?? '').padStart(high)} ${currency}`);
}

const widest = (words: readonly string[]): number => Math.max(0, ...words.map((word) => word.length));

function realisedLines({ realised, exitReason }: Fill): readonly string[] {
  if (realised === null) return [];
  const { net, price, currency, charges, slippage } = realised;
  return [
    `${text(net)} USD (${exitReason}): price ${text(price)}, currency ${text(currency)}, charges ${text(charges)}; slippage of ${text(slippage)} is within the price`,
  ];
}

function madeByLines({ fill: { provenance }, order }: FillExplanation): readonly string[] {
  const placed =
    order.purpose === 'entry' && order.intent.configVersion !== provenance.configVersion ? `, placed under ${order.intent.configVersion}` : '';
  const model = provenance.modelVersion === null ? '' : `, model ${provenance.modelVersion}`;
  return [`settings ${provenance.configVersion}${placed}${model}, seed ${provenance.seed}`];
}

// --- the verdict

function verdictLines({ settings, differences }: FillExplanation): readonly string[] {
  const isOther = settings.recorded !== settings.running;
  const other = isOther ? `, under settings ${settings.running} instead of ${settings.recorded}` : '';
  if (differences.length === 0) return [`recomputed${other}: identical`];
  return [
    `recomputed${other}: ${differences.length === 1 ? '1 difference' : `${differences.length} differences`}`,
    ...(isOther ? ['  The settings have changed since: what differs may come from that.'] : []),
    ...differences.flatMap(linesOfDifference),
  ];
}

const linesOfDifference = ({ what, recorded, recomputed }: FillDifference): readonly string[] => [
  `  ${what}`,
  `    recorded    ${valueText(recorded)}`,
  `    recomputed  ${valueText(recomputed)}`,
];

const valueText = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));

const rounded = (value: number): string => String(Number(value.toPrecision(12)));
const percent = (share: number): string => `${Number((share * 100).toPrecision(6))} %`;
