import type { Product as ChargedProduct, ChargeRule } from '../config/charges.ts';
import { instrumentBySymbol } from '../config/instruments.ts';
import type { Fill, Taking } from '../contracts/fill.ts';
import type { JournalRow } from '../contracts/journal.ts';
import type { Order } from '../contracts/order.ts';
import type { ChargeAmount, Position } from '../contracts/position.ts';
import { chargeRules } from '../execution/charges.ts';
import { type PriceStep, priceSteps } from '../execution/price-steps.ts';
import type { Decimal } from '../kernel/decimal.ts';
import { digest } from '../kernel/digest.ts';
import { messageOf } from '../kernel/errors.ts';
import { valueDifferences } from '../kernel/value-differences.ts';
import type { Account } from '../ledger/account.ts';
import { apply } from '../ledger/apply.ts';
import { takenFrom } from '../ledger/takings.ts';
import type { Instrument } from '../market/instrument.ts';
import { listedAs } from '../market/listed-rules.ts';
import { expired } from './contracts/settle-contracts.ts';
import { isDelivered } from './contracts/stock-delivery.ts';
import { decideMatch } from './decide-match.ts';
import type { Draft } from './draft.ts';
import { heldBack } from './held-back.ts';
import { commandFrom, viewFrom } from './provenance-view.ts';
import type { MarketView } from './view.ts';

/** One way in which a fill made again is not the one that is recorded. */
export interface FillDifference {
  readonly what: string;
  readonly recorded: unknown;
  readonly recomputed: unknown;
}

/** How a fill came about, and whether the same rules make it again. */
export interface FillExplanation {
  readonly sessionId: string;
  readonly seq: number;
  readonly fill: Fill;
  /** As they were before it. */
  readonly order: Order;
  readonly position: Position | null;
  /** What the account had taken from this market within the last minute. */
  readonly takings: readonly Taking[];
  readonly steps: readonly PriceStep[];
  /** The venue's smallest step at its price. */
  readonly tickSize: Decimal;
  /** The rule is null for a line that no schedule states. */
  readonly charges: readonly { readonly charge: ChargeAmount; readonly rule: ChargeRule | null }[];
  /** Settings that it was filled under, and those that it was made again under: where they are not the same it may differ. */
  readonly settings: { readonly recorded: string; readonly running: string };
  /** Of all that its command did: legs of a group stand and fall together. */
  readonly differences: readonly FillDifference[];
}

/** What one command wrote, and the account that it was decided on. */
interface Command {
  readonly before: Account | null;
  readonly rows: readonly JournalRow[];
}

/**
 * Explains fills of a session: replays its journal up to each, gives the matcher the market that the fill says it met, and
 * compares what it decides with what is recorded. The journal is read once; it may go on meanwhile.
 *
 * @param rows      the journal from its first row on, ending with a whole commit
 * @param running   version of the settings of this process
 * @param isWanted  which fills are explained
 * @throws LedgerError when a row contradicts those before it
 */
export async function* explainFills(
  rows: AsyncIterable<JournalRow>,
  running: string,
  isWanted: (fill: Fill) => boolean = () => true,
): AsyncGenerator<FillExplanation> {
  for await (const { before, rows: written } of commandsOf(rows)) {
    const fills = fillsOf(written);
    if (before !== null && fills.some(isWanted)) yield* explainCommand(before, written, running).filter(({ fill }) => isWanted(fill));
  }
}

async function* commandsOf(rows: AsyncIterable<JournalRow>): AsyncGenerator<Command> {
  let before: Account | null = null;
  let account: Account | null = null;
  let written: JournalRow[] = [];
  for await (const row of rows) {
    if (written.length > 0 && written[0]?.commandId !== row.commandId) {
      yield { before, rows: written };
      before = account;
      written = [];
    }
    account = apply(account, row);
    written.push(row);
  }
  if (written.length > 0) yield { before, rows: written };
}

const fillsOf = (rows: readonly JournalRow[]): readonly Fill[] => rows.flatMap(({ event }) => (event.type === 'filled' ? [event.fill] : []));

/** Every fill of one command, made again at once; `before` is the account that it was decided on. */
export function explainCommand(before: Account, rows: readonly JournalRow[], running: string): readonly FillExplanation[] {
  const differences = [...differencesOf(rows, before, madeAgain(before, fillsOf(rows)))];
  const explanations: FillExplanation[] = [];
  let account = before;
  for (const row of rows) {
    if (row.event.type === 'filled') explanations.push({ ...explained(account, row.seq, row.event.fill, running), differences });
    account = apply(account, row);
  }
  return explanations;
}

function explained(account: Account, seq: number, fill: Fill, running: string): Omit<FillExplanation, 'differences'> {
  const { provenance, atMs } = fill;
  const order = account.orders.get(fill.orderId);
  // `apply` takes no fill without its order.
  if (order === undefined) throw new Error(`Fill ${fill.id} has no order`);
  const { symbol, product, side } = order;
  const rules = provenance.rules === null ? null : { symbol, ...provenance.rules };
  const instrument = listedAs(instrumentBySymbol(symbol, atMs), rules);
  const charged = fill.trigger === 'expiry' ? settledAs(instrument, product) : product;
  const schedule = chargeRules({ instrument, product: charged, side, liquidity: fill.liquidity, atMs });
  return {
    sessionId: account.sessionId,
    seq,
    fill,
    order,
    position: account.positions.get(fill.positionId) ?? null,
    takings: takenFrom(account.takings, symbol, atMs),
    steps: priceSteps(fill),
    tickSize: instrument.tickSize(fill.price),
    charges: fill.charges.map((charge) => ({ charge, rule: schedule.find(({ line }) => line === charge.line) ?? null })),
    settings: { recorded: provenance.configVersion, running },
  };
}

/** As what the end of a contract is charged, and the shares that one delivers. */
function settledAs({ contract }: Instrument, product: Order['product']): ChargedProduct {
  if (contract === null) return 'physical';
  if (isDelivered(contract)) return 'netted';
  return product === 'option' ? 'exercise' : product;
}

/** What the matcher decides on the account and the market of these fills, or why it fills nothing. */
function madeAgain(before: Account, fills: readonly Fill[]): Draft | string {
  const [first] = fills;
  if (first === undefined) return 'nothing was filled';
  const view = viewFrom(fills, first.atMs);
  try {
    if (first.trigger === 'expiry') return endedAgain(before, first) ?? 'the contract had not expired';
    return decideMatch(before, view, commandFrom(first)) ?? whyNot(before, view, first);
  } catch (error) {
    return messageOf(error);
  }
}

/** An end at expiry follows from the settlement price that it keeps. */
function endedAgain(before: Account, { positionId, rate, atMs, provenance: { quote, configVersion } }: Fill): Draft | null {
  return expired(before, positionId, { quote, rate, nowMs: atMs, configVersion });
}

function whyNot(before: Account, view: MarketView, { orderId }: Fill): string {
  const order = before.orders.get(orderId);
  if (order === undefined) return `order ${orderId} was not working`;
  return heldBack(before, view, order)?.why ?? 'its price is not reached, or nothing can be had';
}

function* differencesOf(rows: readonly JournalRow[], before: Account, made: Draft | string): Iterable<FillDifference> {
  if (typeof made === 'string') {
    yield { what: 'decision', recorded: 'filled', recomputed: `not filled: ${made}` };
  } else {
    for (let index = 0; index < Math.max(rows.length, made.rows.length); index++) yield* rowDifferences(rows[index], made.rows[index]);
  }
  yield* brokenSeals(rows, before.hash);
}

function* rowDifferences(recorded: JournalRow | undefined, made: JournalRow | undefined): Iterable<FillDifference> {
  const type = recorded?.event.type ?? made?.event.type;
  if (recorded === undefined || made === undefined) {
    yield { what: `event ${type}`, recorded: recorded?.event, recomputed: made?.event };
    return;
  }
  const parts = { command: [recorded.commandId, made.commandId], [recorded.event.type]: [recorded.event, made.event] };
  for (const [name, [one, other]] of Object.entries(parts)) {
    for (const each of valueDifferences(one, other)) {
      yield { what: each.path === '' ? name : `${name}: ${each.path}`, recorded: each.one, recomputed: each.other };
    }
  }
}

/** What was changed of a fill although nothing follows from it shows in the hashes that chain the journal. */
function* brokenSeals(rows: readonly JournalRow[], hashBefore: string): Iterable<FillDifference> {
  let previous = hashBefore;
  for (const { seq, commandId, event, hash } of rows) {
    const expected = digest(previous, seq, commandId, event);
    if (expected !== hash) yield { what: `hash of journal row ${seq}`, recorded: hash, recomputed: expected };
    previous = hash;
  }
}
