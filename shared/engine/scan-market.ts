import { instrumentsOf } from '../config/instruments.ts';
import type { ScanRecord } from '../contracts/decisions.ts';
import { type EpochMs, iso } from '../kernel/time.ts';
import type { Account } from '../ledger/account.ts';
import type { Market } from '../market/instrument.ts';
import { strategyByName } from '../strategies/registry.ts';
import { commitDecision } from './commit.ts';
import type { EngineContext } from './context.ts';
import { decideScan, type Question, type ScanView } from './decide-scan.ts';
import { viewOf } from './market-view.ts';
import { scannedMarkets } from './markets.ts';

export interface ScanRequest {
  /** The minute that the scan works for: it sees the bars that closed by its start. */
  readonly minuteMs: EpochMs;
  readonly market: Market;
}

export interface ScanOutcome {
  readonly scanned: boolean;
  readonly reason: string;
  readonly scan: ScanRecord | null;
}

const notScanned = (reason: string): ScanOutcome => ({ scanned: false, reason, scan: null });

/**
 * The scheduled scan of one market for one minute: reads the new bars, asks the session's strategies about each symbol,
 * and places what the risk gate lets pass. The same minute is scanned once, whoever asks again.
 */
export async function scanMarket(context: EngineContext, { minuteMs, market }: ScanRequest): Promise<ScanOutcome> {
  if (!scannedMarkets(context, minuteMs).includes(market)) return notScanned(`${market} is not scanned at ${iso(minuteMs)}`);
  const account = await context.accounts.active();
  if (account === null) return notScanned('no session is active');
  if (account.scope !== context.world.scope) return notScanned(`the session belongs to ${account.scope}, this is ${context.world.scope}`);
  if (minuteMs < account.startedMs) return notScanned('the session began after this minute');
  const { snapshot, chart } = await context.charts.upTo(minuteMs, context.settings.barWaitMs);
  const view: ScanView = { ...viewOf(snapshot, context.clock.now()), chart, model: context.model };
  return place(context, account, view, { minuteMs, market });
}

async function place(context: EngineContext, account: Account, view: ScanView, { minuteMs, market }: ScanRequest): Promise<ScanOutcome> {
  const id = `scan:${market}:${iso(minuteMs)}`;
  const last = await context.lastScans.of(account.sessionId);
  if (last !== null && (await isScanned(context, account.sessionId, last, id, minuteMs)))
    return { scanned: false, reason: 'this minute has been scanned', scan: last };
  const ordinal = (last?.ordinal ?? 0) + 1;
  context.lastScans.forget(account.sessionId);
  let record: ScanRecord | null = null;
  const result = await commitDecision(context, account.sessionId, (current) => {
    const questions = questionsOf(current, market, minuteMs);
    const decided = decideScan(current, view, { id, ordinal, minuteMs, markets: [market], questions, configVersion: context.settings.configVersion });
    record = decided.record;
    return { draft: decided.draft, scan: decided.record, outcome: { scan: id } };
  });
  // Also for one that was committed before: a commit without an answer has told nobody of its orders.
  if (result.kind !== 'nothing') await context.nudge(account.sessionId);
  if (result.kind === 'repeated') return { scanned: false, reason: 'this minute has been scanned', scan: null };
  if (record === null) return notScanned('nothing was decided');
  if (result.kind === 'nothing') await context.ledger.keepScan(account.sessionId, record);
  context.lastScans.keep(account.sessionId, record);
  return { scanned: true, reason: 'scanned', scan: record };
}

/** The other market of the same minute may have been scanned after it: then its receipt tells. */
async function isScanned({ ledger }: EngineContext, sessionId: string, last: ScanRecord, id: string, minuteMs: EpochMs): Promise<boolean> {
  if (last.id === id || last.minuteMs > minuteMs) return true;
  return last.minuteMs === minuteMs && (await ledger.receipt(sessionId, id)) !== null;
}

function questionsOf(account: Account, market: Market, atMs: EpochMs): readonly Question[] {
  return account.strategies.flatMap((name) => {
    const strategy = strategyByName(name);
    return strategy === undefined ? [] : instrumentsOf(market, atMs).map((instrument) => ({ strategy, instrument, base: null }));
  });
}
