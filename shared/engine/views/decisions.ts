import type { Decision, ScanRecord } from '../../contracts/decisions.ts';
import type { DecisionAnswer, DecisionsAnswer } from '../../contracts/v8/decisions.ts';
import { text } from '../../kernel/decimal.ts';
import { iso } from '../../kernel/time.ts';
import type { EngineContext } from '../context.ts';
import type { Page } from '../ports.ts';
import { ageAt } from './instants.ts';
import { shownSession } from './shown-session.ts';
import type { PageQuery } from './trades.ts';

export interface DecisionsQuery extends PageQuery {
  readonly strategy?: string | undefined;
  readonly symbol?: string | undefined;
  readonly outcome?: string | undefined;
}

/** Most scans are quiet: a page looks through this many at most, so that an answer stays quick, and then goes on by its cursor. */
const SCANS_A_PAGE = 500;
const SCANS_A_READ = 100;

/**
 * What was considered and what became of it, newest first. Scans are never cut: a page may hold a few decisions more than
 * its limit, and fewer, or none, where its scans were quiet.
 * @throws EngineError `unknown_session`; StoreError `bad_cursor`
 */
export async function decisions(context: EngineContext, query: DecisionsQuery): Promise<DecisionsAnswer> {
  const { sessionId, isActive, reason } = await shownSession(context, query.session);
  const { items, next } = sessionId === null ? { items: [], next: null } : await scansWith(context, sessionId, query);
  return {
    sessionId,
    isActive,
    reason,
    decisions: items.flatMap((scan) => scan.decisions.filter(matching(query)).map((decision) => decisionAnswer(decision, scan))),
    scans: items.length,
    quiet: quietCounts(items, query),
    next,
    timestamp: iso(context.clock.now()),
  };
}

/** As many scans as hold the decisions asked for, newest first. */
async function scansWith(context: EngineContext, sessionId: string, query: DecisionsQuery): Promise<Page<ScanRecord>> {
  const scans: ScanRecord[] = [];
  let cursor = query.cursor ?? null;
  let wanted = query.limit;
  while (wanted > 0 && scans.length < SCANS_A_PAGE) {
    const page = await readUpTo(context, sessionId, cursor, wanted, query);
    scans.push(...page.items);
    wanted -= countOf(page.items, query);
    cursor = page.next;
    if (cursor === null) break;
  }
  return { items: scans, next: cursor };
}

/** One read; when it holds more than is wanted, a shorter one that ends with the scan that fills the page, for its cursor. */
async function readUpTo(
  context: EngineContext,
  sessionId: string,
  cursor: string | null,
  wanted: number,
  query: DecisionsQuery,
): Promise<Page<ScanRecord>> {
  const page = await context.ledger.scans(sessionId, { limit: SCANS_A_READ, cursor });
  const enough = page.items.findIndex((_, index) => countOf(page.items.slice(0, index + 1), query) >= wanted) + 1;
  return enough === 0 || enough === page.items.length ? page : context.ledger.scans(sessionId, { limit: enough, cursor });
}

const matching =
  ({ strategy, symbol, outcome }: DecisionsQuery) =>
  (decision: Decision): boolean =>
    (strategy === undefined || decision.strategy === strategy) &&
    (symbol === undefined || decision.symbol === symbol.toUpperCase()) &&
    (outcome === undefined || decision.outcome === outcome);

const countOf = (scans: readonly ScanRecord[], query: DecisionsQuery): number =>
  scans.reduce((total, scan) => total + scan.decisions.filter(matching(query)).length, 0);

function quietCounts(scans: readonly ScanRecord[], { strategy, symbol }: DecisionsQuery): DecisionsAnswer['quiet'] {
  const counts = new Map<string, DecisionsAnswer['quiet'][number]>();
  for (const quiet of scans.flatMap((scan) => scan.quiet)) {
    if (strategy !== undefined && quiet.strategy !== strategy) continue;
    const symbols = quiet.symbols.filter((each) => symbol === undefined || each === symbol.toUpperCase());
    const key = `${quiet.strategy} ${quiet.reason}`;
    const known = counts.get(key)?.count ?? 0;
    if (symbols.length > 0) counts.set(key, { strategy: quiet.strategy, reason: quiet.reason, count: known + symbols.length });
  }
  return [...counts.values()].sort((a, b) => b.count - a.count);
}

/** A decision with the scan that made it, as the API shows it. */
export function decisionAnswer(decision: Decision, scan: ScanRecord): DecisionAnswer {
  const { quote } = decision;
  return {
    id: decision.id,
    strategy: decision.strategy,
    symbol: decision.symbol,
    market: decision.market,
    timeframe: decision.timeframe,
    outcome: decision.outcome,
    reason: decision.reason,
    why: decision.why,
    limit: decision.limit,
    direction: decision.direction,
    confidence: decision.confidence,
    parts: [...decision.parts],
    odds: oddsOf(decision),
    entry: decision.entry,
    stop: decision.stop,
    target: decision.target,
    structure: decision.structure === undefined ? null : { ...decision.structure, legs: [...decision.structure.legs] },
    quantity: decision.quantity === null ? null : text(decision.quantity),
    sizedBy: decision.sizedBy,
    orderId: decision.orderId,
    lastBar: iso(decision.lastBarMs),
    price:
      quote === null
        ? null
        : {
            last: quote.last,
            bid: quote.bid,
            ask: quote.ask,
            ageMs: ageAt(scan.atMs, quote.receivedMs),
            source: quote.source,
            evidence: quote.evidence,
            check: quote.check?.state ?? null,
          },
    gap: gapOf(decision.symbol, scan),
    scan: { id: scan.id, ordinal: scan.ordinal, minute: iso(scan.minuteMs), at: iso(scan.atMs) },
  };
}

function oddsOf({ odds }: Decision): DecisionAnswer['odds'] {
  if (odds === undefined) return null;
  const { value, least, breakEven = null, members = [], modelVersion } = odds;
  const agreement = members.length === 0 ? null : members.filter((each) => each >= least).length / members.length;
  return { value, least, breakEven, members: [...members], agreement, modelVersion };
}

function gapOf(symbol: string, { gaps = [] }: ScanRecord): DecisionAnswer['gap'] {
  const gap = gaps.find((each) => each.symbol === symbol);
  return gap === undefined ? null : { minutes: gap.minutes, last: iso(gap.lastMs) };
}
