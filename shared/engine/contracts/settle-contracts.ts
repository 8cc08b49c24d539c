import { instrumentBySymbol } from '../../config/instruments.ts';
import type { Position } from '../../contracts/position.ts';
import type { QuoteExcerpt } from '../../contracts/quote-excerpt.ts';
import { type EpochMs, iso, MINUTE_MS } from '../../kernel/time.ts';
import type { Account } from '../../ledger/account.ts';
import type { Funding } from '../../market/derivative.ts';
import type { Contract } from '../../market/instrument.ts';
import type { Committed, Decided } from '../commit.ts';
import { type Draft, draftOn } from '../draft.ts';
import { cancelEntry } from '../match-exit.ts';
import type { Steps } from '../steps.ts';
import { excerpt } from '../view.ts';
import { worthAtExpiry } from './contract-worth.ts';
import type { ContractsView } from './contracts-view.ts';
import { deliver, EXPIRED } from './deliver-shares.ts';
import { expiryFill, type SettledAt } from './expiry-fill.ts';
import { dueFundings, fundingId, fundingPaid } from './funding.ts';
import { isDelivered } from './stock-delivery.ts';

/** Without a word of the venue's own for so long after an expiry, the last price of the underlying stands in. */
const DELIVERY_PATIENCE_MS = 5 * MINUTE_MS;

/**
 * Books what the passing of time has done to contracts: funding payments of perpetuals, and the ends of those that have expired.
 * Each is a command of its own, so that it is booked at most once, by whichever monitor comes first, and tried again by the next
 * when it was not. Returns the types of the events.
 */
export function* settleContracts(account: Account, view: ContractsView, configVersion: string): Steps<readonly string[]> {
  const events: string[] = [];
  const { sessionId } = account;
  for (const position of account.positions.values()) {
    const { contract } = instrumentBySymbol(position.symbol, view.nowMs);
    if (contract === null) continue;
    for (const funding of dueFundings(position, view.settled(contract.underlying).fundings, view.nowMs)) {
      events.push(...eventsOf(yield { sessionId, decide: (current) => decided(decideFunding(current, view, position.id, funding)) }));
    }
    if (!isExpired(contract, view.nowMs)) continue;
    events.push(...eventsOf(yield { sessionId, decide: (current) => decided(decideExpiry(current, view, position.id, configVersion)) }));
  }
  return events;
}

const decided = (draft: Draft | null): Decided | null => (draft === null ? null : { draft });

const eventsOf = (committed: Committed): readonly string[] =>
  committed.kind === 'committed' ? committed.decided.draft.rows.map(({ event }) => event.type) : [];

const isExpired = (contract: Contract, nowMs: EpochMs): boolean => contract.kind !== 'perpetual' && nowMs >= contract.expiryMs;

const expiryId = (positionId: string): string => `expiry:${positionId}`;

/** One payment of one position, or null when it is closed, has had it, or must wait for a rate. Pure. */
export function decideFunding(account: Account, view: ContractsView, positionId: string, funding: Funding): Draft | null {
  const position = account.positions.get(positionId);
  const rate = position === undefined ? null : view.rate(position.currency);
  if (position === undefined || rate === null || dueFundings(position, [funding], view.nowMs).length === 0) return null;
  const draft = draftOn(account, fundingId(positionId, funding.atMs));
  draft.emit(fundingPaid(position, funding, rate, view.nowMs));
  return draft;
}

/** The end of one position at its contract's expiry, or null when it is closed, or must wait for a settlement price or a rate. Pure. */
export function decideExpiry(account: Account, view: ContractsView, positionId: string, configVersion: string): Draft | null {
  const position = account.positions.get(positionId);
  if (position === undefined) return null;
  const { contract } = instrumentBySymbol(position.symbol, view.nowMs);
  const [quote, rate] = [contract === null ? null : settlementQuote(contract, position, view), view.rate(position.currency)];
  return quote === null || rate === null ? null : expired(account, positionId, { quote, rate, nowMs: view.nowMs, configVersion });
}

/** The end of a position at a settlement price; null when it is closed, or its contract has not expired. Pure. */
export function expired(account: Account, positionId: string, settled: SettledAt): Draft | null {
  const position = account.positions.get(positionId);
  const order = position === undefined ? undefined : account.orders.get(position.exitId);
  if (position === undefined || order?.purpose !== 'exit') return null;
  const { nowMs } = settled;
  const { contract } = instrumentBySymbol(position.symbol, nowMs);
  if (contract === null || !isExpired(contract, nowMs)) return null;
  const draft = draftOn(account, expiryId(positionId));
  cancelEntry(draft, position, nowMs, EXPIRED);
  if (isDelivered(contract) && worthAtExpiry(contract, settled.quote.last) > 0n) deliver(draft, position, contract, settled);
  else draft.emit({ type: 'filled', atMs: nowMs, fill: expiryFill(draft.account(), order, position, contract, settled) });
  return draft;
}

/**
 * The price that the underlying was settled at: what the venue says, and when it has said nothing for some minutes the last price
 * of the underlying that is known, which its source tells.
 */
function settlementQuote(contract: Contract, position: Position, view: ContractsView): QuoteExcerpt | null {
  if (contract.kind === 'perpetual') return null;
  const delivery = view.settled(contract.underlying).deliveries.find(({ expiryMs }) => expiryMs === contract.expiryMs);
  if (delivery !== undefined) {
    const { price, source } = delivery;
    return {
      last: price,
      bid: null,
      ask: null,
      bidSize: null,
      askSize: null,
      exchangeMs: contract.expiryMs,
      receivedMs: view.nowMs,
      source: `${source}: settlement of ${iso(contract.expiryMs)}`,
      evidence: position.evidence,
    };
  }
  if (view.nowMs < contract.expiryMs + DELIVERY_PATIENCE_MS) return null;
  const last = view.quote(contract.underlying);
  return last === null ? null : { ...excerpt(last), source: `${last.source}: last price, no settlement was told` };
}
