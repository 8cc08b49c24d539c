import { NSE_CALENDAR } from '../config/nse-calendar.ts';
import { DEFAULT_LIMITS } from '../config/risk.ts';
import type { JournalRow } from '../contracts/journal.ts';
import { type RiskLimits, riskLimitsSchema } from '../contracts/terms.ts';
import type { Decimal } from '../kernel/decimal.ts';
import { digest } from '../kernel/digest.ts';
import { DAY_MS, type EpochMs, iso } from '../kernel/time.ts';
import type { Account } from '../ledger/account.ts';
import { apply, journalRow } from '../ledger/apply.ts';
import { capitalPostings } from '../ledger/postings.ts';
import { rollsDue } from '../market/calendar.ts';
import { istDate } from '../market/ist.ts';
import { STRATEGY_NAMES, type StrategyName } from '../strategies/strategy.ts';
import { type Committed, commitDecision, type Decided } from './commit.ts';
import type { EngineContext, Settings, World } from './context.ts';
import { type Draft, draftOn } from './draft.ts';
import { EngineError } from './errors.ts';
import { assertSameBody, commandIdOf, earlierReceipt } from './idempotency.ts';
import { untilFull } from './parts-of-commits.ts';
import { type Receipt, StoreError } from './ports.ts';
import { requestExit } from './request-exit.ts';

export interface StartRequest {
  readonly startingCapital: Decimal;
  /** Null for all. */
  readonly strategies: readonly StrategyName[] | null;
  readonly riskLimits: Partial<RiskLimits>;
}

/**
 * Starts a session with fresh books. At most one session is active: the store decides between two that start at once.
 * @throws EngineError `already_active` with the running session's id, `invalid_limits`
 */
export async function startSession(context: EngineContext, request: StartRequest, key: string | null): Promise<{ readonly account: Account }> {
  const startedMs = context.clock.now();
  assertStartable(request);
  const running = await context.accounts.active();
  if (running !== null) return answerRunning(context, running, request, key);
  const before = key === null ? null : await begunBefore(context, request, key);
  if (before !== null) return { account: before };
  const sessionId = await freeSessionId(context, startedMs);
  const commandId = commandIdOf('start', key, sessionId);
  const { row, account: after } = freshBooks(context, { request, sessionId, commandId, startedMs });
  try {
    const receipt = { id: commandId, bodyDigest: digest(request), seq: 1, outcome: { sessionId } };
    await context.ledger.commit({ before: null, after, rows: [row], trades: [], receipt, scan: null, fence: null });
  } catch (error) {
    if (!(error instanceof StoreError) || error.code === 'unavailable') throw error;
    context.accounts.forget(sessionId);
    const winner = await context.accounts.active();
    if (winner === null) throw error;
    // Without an answer the commit may have been done: then the session that runs is this one. A refusal says that it is another's.
    if (error.code === 'unknown' && winner.hash === after.hash) return { account: winner };
    return answerRunning(context, winner, request, key);
  }
  context.accounts.committed(after);
  await context.nudge(sessionId);
  return { account: after };
}

/** @throws EngineError `invalid_limits` */
function assertStartable(request: StartRequest): void {
  mergedLimits(DEFAULT_LIMITS, request.riskLimits);
}

const strategiesOf = ({ strategies }: StartRequest): readonly StrategyName[] => [...new Set(strategies ?? STRATEGY_NAMES)];

/** The session that begins at an instant: the first row of its journal, and its account. Pure. @throws EngineError `invalid_limits` */
export function freshBooks(
  { world, settings }: { readonly world: World; readonly settings: Pick<Settings, 'seed' | 'configVersion'> },
  { request, sessionId, commandId, startedMs }: Beginning,
): { readonly row: JournalRow; readonly account: Account } {
  const row = journalRow(null, commandId, {
    type: 'session-started',
    atMs: startedMs,
    sessionId,
    startingCapital: request.startingCapital,
    strategies: strategiesOf(request),
    limits: mergedLimits(DEFAULT_LIMITS, request.riskLimits),
    evidence: world.evidence,
    scope: world.scope,
    seed: settings.seed,
    dayDate: tradingDateAt(startedMs),
    configVersion: settings.configVersion,
    postings: capitalPostings(request.startingCapital),
  });
  return { row, account: apply(null, row) };
}

interface Beginning {
  readonly request: StartRequest;
  readonly sessionId: string;
  readonly commandId: string;
  readonly startedMs: EpochMs;
}

/** The instant at which a session begins names it. */
export const sessionIdAt = (startedMs: EpochMs): string => `S-${iso(startedMs).replace(/[-:.]/g, '')}`;

/** The instant names a session; under a clock that stands still an earlier one may have that name already. */
async function freeSessionId({ ledger }: EngineContext, startedMs: EpochMs): Promise<string> {
  const name = sessionIdAt(startedMs);
  let sessionId = name;
  for (let ordinal = 2; (await ledger.head(sessionId)) > 0; ordinal++) sessionId = `${name}-${ordinal}`;
  return sessionId;
}

/** The newest session if this very request began it: it has ended since, and is not begun a second time. */
async function begunBefore(context: EngineContext, request: StartRequest, key: string): Promise<Account | null> {
  const newest = await newestSession(context);
  if (newest === null) return null;
  const receipt = await earlierReceipt(context.ledger, newest.sessionId, commandIdOf('start', key, ''), request);
  return receipt === null ? null : newest;
}

/** The same request again gets the session that it started; any other is told which one runs. */
async function answerRunning(
  context: EngineContext,
  running: Account,
  request: StartRequest,
  key: string | null,
): Promise<{ readonly account: Account }> {
  const receipt = key === null ? null : await earlierReceipt(context.ledger, running.sessionId, commandIdOf('start', key, ''), request);
  if (receipt !== null) return { account: running };
  throw new EngineError('already_active', `Session ${running.sessionId} is ${running.status}: stop it before starting another`, {
    reason: 'already_active',
    sessionId: running.sessionId,
  });
}

/**
 * Ends the active session. With `closePositions` every position gets a market exit and the session stops when it is flat;
 * without, working entries are cancelled and it stops at once, its positions left as they are.
 * @throws EngineError `no_active_session`
 */
export async function stopSession(
  context: EngineContext,
  request: { readonly closePositions: boolean },
  key: string | null,
): Promise<{ readonly account: Account }> {
  const running = await sessionAsked(context, key);
  const commandId = commandIdOf('stop', key, running.sessionId);
  if (key !== null && (await earlierReceipt(context.ledger, running.sessionId, commandId, request)) !== null) return { account: running };
  assertRunning(running);
  let result: Committed;
  do {
    result = await commitDecision(context, running.sessionId, (account) => decideStop(account, request, { commandId, nowMs: context.clock.now() }));
    // More may work than one transaction can end: it ends in several, and the last one stops the session.
  } while (result.kind === 'committed' ? result.account.status === 'active' : result.kind === 'repeated' && result.receipt.id !== commandId);
  if (result.kind === 'repeated') assertSameBody(result.receipt, request);
  await context.nudge(running.sessionId);
  return { account: await reload(context, running.sessionId) };
}

interface StopCommand {
  readonly commandId: string;
  readonly nowMs: EpochMs;
}

/** The stop of a session, or as much of what comes before it as one transaction holds; null when it is under way. */
function decideStop(account: Account, request: { readonly closePositions: boolean }, { commandId, nowMs }: StopCommand): Decided | null {
  if (account.status !== 'active') return null;
  const before = draftOn(account, `${commandId}@${account.seq}`);
  if (!isClosedDown(before, account, request, nowMs)) return { draft: before };
  const draft = draftOn(account, commandId);
  draft.emit({ type: 'session-stopping', atMs: nowMs, closePositions: request.closePositions });
  isClosedDown(draft, account, request, nowMs);
  if (!request.closePositions || account.positions.size === 0) draft.emit({ type: 'session-stopped', atMs: nowMs });
  return { draft, bodyDigest: digest(request), outcome: { sessionId: account.sessionId } };
}

/** Ends the working entries, and asks for the positions to be closed where that is wanted. Returns whether there was room for all. */
function isClosedDown(
  draft: Draft,
  { orders, positions }: Account,
  { closePositions }: { readonly closePositions: boolean },
  nowMs: EpochMs,
): boolean {
  const areEnded = untilFull(draft, orders.values(), ({ id, purpose }) => {
    if (purpose === 'entry') draft.emit({ type: 'order-ended', atMs: nowMs, orderId: id, state: 'cancelled', reason: 'session-stop' });
  });
  if (!closePositions) return areEnded;
  return (
    areEnded && untilFull(draft, positions.values(), (position) => requestExit(draft, position, { reason: 'session-stop', quantity: null, nowMs }))
  );
}

/**
 * Changes risk limits from the next decision on; what is not named stays.
 * @throws EngineError `no_active_session`, `invalid_limits`
 */
export async function setRiskLimits(
  context: EngineContext,
  limits: Partial<RiskLimits>,
  key: string | null,
): Promise<{ readonly account: Account; readonly before: RiskLimits; readonly after: RiskLimits }> {
  const running = await sessionAsked(context, key);
  const commandId = commandIdOf('limits', key, `${running.seq}:${digest(limits).slice(0, 16)}`);
  const earlier = (): Promise<Receipt | null> => earlierReceipt(context.ledger, running.sessionId, commandId, limits);
  const repeated = key === null ? null : await earlier();
  if (repeated !== null) return repeatedLimits(running, repeated.outcome);
  assertRunning(running);
  let before = running.limits;
  let after = mergedLimits(before, limits);
  const result = await commitDecision(context, running.sessionId, (account) => {
    before = account.limits;
    after = mergedLimits(before, limits);
    if (digest(before) === digest(after)) return null;
    const draft = draftOn(account, commandId);
    draft.emit({ type: 'limits-set', atMs: context.clock.now(), before, after });
    return { draft, bodyDigest: digest(limits), outcome: { before, after } };
  });
  if (result.kind === 'repeated') assertSameBody(result.receipt, limits);
  // Nothing to do may mean that the same request was quicker, sent twice.
  const done = result.kind === 'repeated' ? result.receipt : result.kind === 'nothing' && key !== null ? await earlier() : null;
  const account = await reload(context, running.sessionId);
  if (done !== null) return repeatedLimits(account, done.outcome);
  if (result.kind === 'nothing') assertRunning(result.account);
  return { account, before, after };
}

function repeatedLimits(account: Account, outcome: unknown): { readonly account: Account; readonly before: RiskLimits; readonly after: RiskLimits } {
  const recorded = outcome as { readonly before: unknown; readonly after: unknown };
  return { account, before: riskLimitsSchema.parse(recorded.before), after: riskLimitsSchema.parse(recorded.after) };
}

const noneActive = (): EngineError => new EngineError('no_active_session', 'No session is active: start one with POST start-paper-trading');

/**
 * The session that a request is about: the active one. Under a key it may be one that comes again for want of an answer, and its
 * session may have ended since: then the newest one, which knows the key. @throws EngineError `no_active_session`
 */
export async function sessionAsked(context: EngineContext, key: string | null): Promise<Account> {
  const active = await context.accounts.active();
  const asked = active ?? (key === null ? null : await newestSession(context));
  if (asked === null) throw noneActive();
  return asked;
}

async function newestSession(context: EngineContext): Promise<Account | null> {
  const [newest] = await context.ledger.sessions();
  return newest === undefined ? null : context.accounts.current(newest.sessionId);
}

/** @throws EngineError `no_active_session` */
export function assertRunning(account: Account): void {
  if (account.status === 'stopped') throw noneActive();
}

/** A session trades on the prices of the world that it was started in. @throws EngineError `evidence_mismatch` */
export function assertOwnWorld({ world }: EngineContext, { sessionId, scope }: Account): void {
  if (scope === world.scope) return;
  throw new EngineError('evidence_mismatch', `Session ${sessionId} belongs to ${scope}, prices here are ${world.scope}`);
}

async function reload(context: EngineContext, sessionId: string): Promise<Account> {
  const account = await context.accounts.current(sessionId);
  if (account === null) throw new EngineError('no_active_session', `There is no session ${sessionId}`, { sessionId });
  return account;
}

function mergedLimits(base: RiskLimits, changes: Partial<RiskLimits>): RiskLimits {
  const parsed = riskLimitsSchema.safeParse({ ...base, ...changes });
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new EngineError('invalid_limits', `Risk limits are not valid: ${issues.join('; ')}`, { issues });
}

/** The date whose books are open at an instant: that of the next close. */
export function tradingDateAt(atMs: EpochMs): string {
  return rollsDue(NSE_CALENDAR, atMs, atMs + 2 * DAY_MS).find(({ kind }) => kind === 'close')?.date ?? istDate(atMs);
}
