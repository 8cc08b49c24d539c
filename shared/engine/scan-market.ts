import { NSE_INDICES } from '../config/indices.ts';
import { instrumentsOf } from '../config/instruments.ts';
import type { ScanRecord } from '../contracts/decisions.ts';
import { type EpochMs, iso } from '../kernel/time.ts';
import type { Account } from '../ledger/account.ts';
import type { Instrument, Market } from '../market/instrument.ts';
import { strategyByName } from '../strategies/registry.ts';
import type { Strategy, StrategyName } from '../strategies/strategy.ts';
import type { Asked, Question } from './ask-strategies.ts';
import { commitDecision, type Decided } from './commit.ts';
import type { EngineContext } from './context.ts';
import { chainsAsked } from './contracts/chains-asked.ts';
import { withContracts } from './contracts/contracts-view.ts';
import { decideScan, type ScanView } from './decide-scan.ts';
import { viewOf } from './market-view.ts';
import { isScanned } from './markets.ts';
import { riskModelNow } from './risk-models.ts';

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
  if (!isScanned(context, market, minuteMs)) return notScanned(`${market} is not scanned at ${iso(minuteMs)}`);
  const account = await context.accounts.active();
  if (account === null) return notScanned('no session is active');
  if (account.scope !== context.world.scope) return notScanned(`the session belongs to ${account.scope}, this is ${context.world.scope}`);
  if (minuteMs < account.startedMs) return notScanned('the session began after this minute');
  const { snapshot, chart } = await context.charts.upTo(minuteMs, context.settings.barWaitMs);
  const view: ScanView = {
    ...withContracts(viewOf(snapshot, context.clock.now()), await chainsAsked(context, account)),
    chart,
    model: context.model,
    risk: await riskModelNow(context),
  };
  const { outside } = context;
  if (outside === undefined) return place(context, account, view, { minuteMs, market });
  const { modelsAsked } = await import('./ask-outside.ts');
  const model = await modelsAsked(
    context,
    outside,
    account,
    view,
    questionsOf(account, view, { minuteMs, market, strategyOf: context.strategyOf ?? strategyByName }),
  );
  return place(context, account, { ...view, model }, { minuteMs, market });
}

async function place(context: EngineContext, account: Account, view: ScanView, { minuteMs, market }: ScanRequest): Promise<ScanOutcome> {
  const id = scanId(market, minuteMs);
  const last = await context.lastScans.of(account.sessionId);
  if (last !== null && (await hasScanned(context, account.sessionId, last, id, minuteMs)))
    return { scanned: false, reason: 'this minute has been scanned', scan: last };
  const ordinal = (last?.ordinal ?? 0) + 1;
  context.lastScans.forget(account.sessionId);
  let record: ScanRecord | null = null;
  const { configVersion } = context.settings;
  const result = await commitDecision(context, account.sessionId, (current) => {
    const decided = scanOf(current, view, { id, ordinal, minuteMs, market, configVersion, strategyOf: context.strategyOf ?? strategyByName });
    record = decided.scan;
    return decided;
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
async function hasScanned({ ledger }: EngineContext, sessionId: string, last: ScanRecord, id: string, minuteMs: EpochMs): Promise<boolean> {
  if (last.id === id || last.minuteMs > minuteMs) return true;
  return last.minuteMs === minuteMs && (await ledger.receipt(sessionId, id)) !== null;
}

export const scanId = (market: Market, minuteMs: EpochMs): string => `scan:${market}:${iso(minuteMs)}`;

export interface MarketScan {
  readonly id: string;
  readonly ordinal: number;
  readonly minuteMs: EpochMs;
  readonly market: Market;
  readonly configVersion: string;
  readonly strategyOf: (name: StrategyName) => Strategy | undefined;
}

/** The scan of a market: the account's strategies are asked about each of its instruments. `asked` where they have been. Pure. */
export function scanOf(
  account: Account,
  view: ScanView,
  { market, strategyOf, ...scan }: MarketScan,
  asked?: Asked,
): Decided & { readonly scan: ScanRecord } {
  const questions = questionsOf(account, view, { market, strategyOf, minuteMs: scan.minuteMs });
  const { draft, record } = decideScan(account, view, { ...scan, markets: MARKETS[market], questions }, asked);
  return { draft, scan: record, outcome: { scan: scan.id } };
}

const MARKETS: Readonly<Record<Market, readonly Market[]>> = { NSE: ['NSE'], CRYPTO: ['CRYPTO'] };

const NO_INDICES: readonly Instrument[] = [];

interface LastAsked {
  readonly strategyOf: MarketScan['strategyOf'];
  readonly instruments: readonly Instrument[];
  readonly questions: readonly Question[];
}

/** The questions without indices that were asked last of a session's strategies: every minute of a day asks the same. */
const LAST_ASKED: Readonly<Record<Market, WeakMap<readonly StrategyName[], LastAsked>>> = { NSE: new WeakMap(), CRYPTO: new WeakMap() };

/** What a scan of a market asks: each strategy of the account about each instrument that is listed then. */
export function questionsOf(
  { strategies }: Pick<Account, 'strategies'>,
  view: Pick<ScanView, 'chains'>,
  { market, strategyOf, minuteMs }: Pick<MarketScan, 'market' | 'strategyOf' | 'minuteMs'>,
): readonly Question[] {
  const instruments = instrumentsOf(market, minuteMs);
  // Nobody can buy an index: it is asked about for what is written on it.
  const indices = market === 'NSE' ? NSE_INDICES.filter(({ symbol }) => view.chains(symbol).length > 0) : NO_INDICES;
  const known = LAST_ASKED[market].get(strategies);
  if (indices.length === 0 && known?.instruments === instruments && known.strategyOf === strategyOf) return known.questions;
  const questions = strategies.flatMap((name): readonly Question[] => {
    const strategy = strategyOf(name);
    if (strategy === undefined) return [];
    const asked = strategy.readsDerivatives ? [...instruments, ...indices] : instruments;
    return asked.map((instrument) => ({ strategy, instrument, base: null }));
  });
  if (indices.length === 0) LAST_ASKED[market].set(strategies, { strategyOf, instruments, questions });
  return questions;
}
