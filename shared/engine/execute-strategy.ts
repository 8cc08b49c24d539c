import { indexBySymbol } from '../config/indices.ts';
import { InstrumentError, instrumentBySymbol } from '../config/instruments.ts';
import { type Decision, type ScanRecord, scanRecordSchema } from '../contracts/decisions.ts';
import { wire } from '../kernel/canonical-json.ts';
import { digest } from '../kernel/digest.ts';
import { minuteOf } from '../kernel/time.ts';
import type { Instrument } from '../market/instrument.ts';
import type { Timeframe } from '../market/timeframe.ts';
import { strategyByName } from '../strategies/registry.ts';
import { STRATEGY_NAMES, type Strategy } from '../strategies/strategy.ts';
import { commitDecision } from './commit.ts';
import type { EngineContext } from './context.ts';
import { chainsAsked } from './contracts/chains-asked.ts';
import { withContracts } from './contracts/contracts-view.ts';
import { decideScan } from './decide-scan.ts';
import { EngineError } from './errors.ts';
import { assertSameBody, otherBody } from './idempotency.ts';
import { viewOf } from './market-view.ts';
import { type Page, type Receipt, StoreError } from './ports.ts';
import { riskModelNow } from './risk-models.ts';
import { assertOwnWorld, assertRunning, sessionAsked } from './sessions.ts';

export interface ExecuteRequest {
  readonly strategy: string;
  readonly symbol: string;
  readonly timeframe: string | null;
}

export interface ExecuteOutcome {
  /** The session that was asked: of a request that comes again it may have ended. */
  readonly sessionId: string;
  readonly scan: ScanRecord;
  /** The opportunity and its fate; null when the strategy saw none. */
  readonly decision: Decision | null;
  readonly quiet: { readonly reason: string; readonly why: string } | null;
  readonly orderId: string | null;
}

/**
 * Asks one strategy about one symbol now and trades if it and the gate say so: a scan of a single question, kept as such.
 * @throws EngineError `no_active_session`, `unknown_strategy`, `unknown_symbol`, `unknown_timeframe`, `idempotency_mismatch`
 */
export async function executeStrategy(context: EngineContext, request: ExecuteRequest, key: string | null): Promise<ExecuteOutcome> {
  const question = questionOf(context, request, context.clock.now());
  const account = await sessionAsked(context, key);
  assertOwnWorld(context, account);
  const id = `ask:${key ?? `${context.clock.now()}:${request.strategy}:${request.symbol}`}`;
  const earlier = key === null ? null : await context.ledger.receipt(account.sessionId, id);
  if (earlier !== null) return recordedOutcome(context, account.sessionId, earlier, request, question);
  assertRunning(account);
  const minuteMs = minuteOf(context.clock.now());
  const { snapshot, chart } = await context.charts.upTo(minuteMs, context.settings.barWaitMs);
  const seen = {
    ...withContracts(viewOf(snapshot, context.clock.now()), await chainsAsked(context, account)),
    chart,
    model: context.model,
    risk: await riskModelNow(context),
  };
  const { outside } = context;
  const view =
    outside === undefined
      ? seen
      : { ...seen, model: await (await import('./ask-outside.ts')).modelsAsked(context, outside, account, seen, [question]) };
  const ordinal = (await context.lastScans.of(account.sessionId))?.ordinal ?? 0;
  const command = { id, minuteMs, markets: [question.instrument.market], questions: [question], configVersion: context.settings.configVersion };
  let record: ScanRecord | null = null;
  let quiet: ExecuteOutcome['quiet'] = null;
  const result = await commitDecision(context, account.sessionId, (current) => {
    const decided = decideScan(current, view, { ...command, ordinal });
    record = decided.record;
    quiet = decided.quiet[0] ?? null;
    return { draft: decided.draft, scan: decided.record, bodyDigest: digest(request), outcome: wire(decided.record) };
  });
  if (result.kind === 'repeated') return recordedOutcome(context, account.sessionId, result.receipt, request, question);
  if (record === null) throw new EngineError('no_active_session', 'The session ended while the strategy was asked');
  if (result.kind === 'committed') await context.nudge(account.sessionId);
  else await context.ledger.keepScan(account.sessionId, record);
  const receipt = result.kind === 'committed' || key === null ? null : await context.ledger.receipt(account.sessionId, id);
  if (receipt === null) return outcomeOf(account.sessionId, record, quiet);
  // The same request, sent twice, may have been answered meanwhile: what was kept first is the answer.
  const recorded = await recordedOutcome(context, account.sessionId, receipt, request, question);
  return digest(recorded.scan) === digest(record) ? outcomeOf(account.sessionId, record, quiet) : recorded;
}

/** What the same request was answered before: from its receipt or, where nothing was placed, from the scan that was kept. */
async function recordedOutcome(
  context: EngineContext,
  sessionId: string,
  receipt: Receipt,
  request: ExecuteRequest,
  { strategy, instrument }: ReturnType<typeof questionOf>,
): Promise<ExecuteOutcome> {
  assertSameBody(receipt, request);
  if (receipt.outcome !== null) return outcomeOf(sessionId, scanRecordSchema.parse(receipt.outcome), null);
  const scan = await keptScan(context, sessionId, receipt.id);
  // A quiet scan's receipt has no digest of the body: the scan itself tells what was asked.
  const asked = scan.decisions[0] ?? { strategy: scan.quiet[0]?.strategy, symbol: scan.quiet[0]?.symbols[0] };
  if (asked.strategy !== strategy.name || asked.symbol !== instrument.symbol) {
    throw otherBody(receipt);
  }
  return outcomeOf(sessionId, scan, null);
}

async function keptScan(context: EngineContext, sessionId: string, id: string): Promise<ScanRecord> {
  let cursor: string | null = null;
  do {
    const page: Page<ScanRecord> = await context.ledger.scans(sessionId, { limit: 100, cursor });
    const found = page.items.find((scan) => scan.id === id);
    if (found !== undefined) return found;
    cursor = page.next;
  } while (cursor !== null);
  throw new StoreError('corrupt', `Scan ${id} has a receipt and is not there`, { sessionId, id });
}

function outcomeOf(sessionId: string, scan: ScanRecord, quiet: ExecuteOutcome['quiet']): ExecuteOutcome {
  const decision = scan.decisions[0] ?? null;
  return { sessionId, scan, decision, quiet, orderId: decision?.orderId ?? null };
}

function questionOf(
  { strategyOf = strategyByName }: Pick<EngineContext, 'strategyOf'>,
  request: ExecuteRequest,
  nowMs: number,
): { readonly strategy: Strategy; readonly instrument: Instrument; readonly base: Timeframe } {
  const name = STRATEGY_NAMES.find((known) => known === request.strategy);
  if (name === undefined) {
    throw new EngineError('unknown_strategy', `There is no strategy ${request.strategy}; there are ${STRATEGY_NAMES.join(', ')}`, {
      strategies: STRATEGY_NAMES,
    });
  }
  const strategy = strategyOf(name);
  const base = request.timeframe === null ? strategy.timeframes[0] : strategy.timeframes.find((known) => known === request.timeframe);
  if (base === undefined) {
    throw new EngineError('unknown_timeframe', `${name} reads ${strategy.timeframes.join(', ')}, received ${request.timeframe}`, {
      timeframes: strategy.timeframes,
    });
  }
  return { strategy, instrument: knownInstrument(request.symbol, nowMs), base };
}

function knownInstrument(symbol: string, nowMs: number): Instrument {
  const index = indexBySymbol(symbol);
  if (index !== null) return index;
  try {
    return instrumentBySymbol(symbol, nowMs);
  } catch (error) {
    if (error instanceof InstrumentError && error.code === 'unknown_symbol') {
      throw new EngineError('unknown_symbol', error.message, error.context, { cause: error });
    }
    throw error;
  }
}
