import { ALL_SYMBOLS, instrumentBySymbol } from '../../config/instruments.ts';
import type { ScanRecord } from '../../contracts/decisions.ts';
import type { FeedState, MarketSnapshot } from '../../contracts/market-snapshot.ts';
import type { Component, StatusAnswer } from '../../contracts/v8/status.ts';
import { text, toNumber } from '../../kernel/decimal.ts';
import { type EpochMs, iso, MINUTE_MS } from '../../kernel/time.ts';
import type { Account } from '../../ledger/account.ts';
import type { CheckState, QuoteCheck } from '../../market/price.ts';
import { STRATEGY_NAMES } from '../../strategies/strategy.ts';
import type { EngineContext } from '../context.ts';
import { scannedMarkets } from '../markets.ts';
import { feedComponent, feedsNow } from './feeds.ts';
import { ageAt, isoOrNull } from './instants.ts';
import { marketStatus } from './market-status.ts';
import { lastAccount } from './shown-session.ts';
import { sessionStatsOf, valuedWith } from './valued-account.ts';

/** Scans come each minute; when two have been missed in an open market, somebody should look. */
const SCAN_LATE_MS = 3 * MINUTE_MS;

/**
 * What runs, on which prices, and how it stands. Without a session whatever has no value is null.
 * @throws StoreError when the ledger or the market cannot be read
 */
export async function status(context: EngineContext): Promise<StatusAnswer> {
  const nowMs = context.clock.now();
  const account = await context.accounts.active();
  const [snapshot, lastScan, last] = await Promise.all([
    context.market.snapshot(context.world.scope),
    account === null ? null : context.ledger.lastScan(account.sessionId),
    account === null ? lastAccount(context) : null,
  ]);
  const marks = account === null || account.scope === context.world.scope ? snapshot : await context.market.snapshot(account.scope);
  const feeds = feedsNow(snapshot, nowMs);
  return {
    status: account === null || account.status === 'stopped' ? 'idle' : account.status,
    isActive: account !== null,
    marketStatus: marketStatus(context),
    activeStrategies: [...(account?.strategies ?? [])],
    activePositions: account?.positions.size ?? 0,
    sessionStats: sessionStatsOf(account === null ? null : valuedWith(account, marks, nowMs)),
    components: components(context, account, feeds, lastScan),
    session: account === null ? null : sessionOf(account),
    lastSession: last === null ? null : { sessionId: last.sessionId, startTime: iso(last.startedMs), endTime: isoOrNull(last.stoppedMs) },
    mode: {
      evidence: context.world.evidence,
      scope: context.world.scope,
      markets: [...context.world.markets],
      marketMode: context.settings.marketMode,
    },
    feeds: feeds.map(feedAnswer),
    ...pricesOf(snapshot, nowMs),
    strategies: strategiesOf(account),
    models: modelsOf(context.model, account),
    counters: countersOf(account, lastScan, feeds, snapshot),
    lastScan: lastScan === null ? null : lastScanOf(lastScan),
    notices: noticesOf(context, account, snapshot, feeds),
    version: context.settings.version,
    timestamp: iso(nowMs),
  };
}

function sessionOf(account: Account): NonNullable<StatusAnswer['session']> {
  const { sessionId, evidence, scope, seed, configVersion, limits } = account;
  return {
    sessionId,
    startTime: iso(account.startedMs),
    startingCapital: toNumber(account.startingCapital),
    evidence,
    scope,
    seed,
    configVersion,
    riskLimits: limits,
  };
}

function components(
  context: EngineContext,
  account: Account | null,
  feeds: readonly FeedState[],
  lastScan: ScanRecord | null,
): Readonly<Record<string, Component>> {
  return {
    feed: feedComponent(feeds, context.world.scope),
    ledger: { status: 'up', detail: 'Read for this answer' },
    scan: scanComponent(context, account, lastScan),
    model: modelComponent(context, account),
  };
}

/** Who is asked, and who is not and why. */
function modelComponent({ model }: EngineContext, account: Account | null): Component {
  const told = modelsOf(model, account);
  if (told.length === 0) return { status: 'absent', detail: 'No model: its weight is shared out among the other signals' };
  const detail = told
    .map(({ strategy, version, isAsked, why }) => `${strategy ?? 'unknown'}: ${isAsked ? `model ${version}. ${why}` : why}`)
    .join('; ');
  return { status: told.some(({ isAsked }) => isAsked) ? 'up' : 'absent', detail };
}

function modelsOf({ states, of }: EngineContext['model'], account: Account | null): StatusAnswer['models'] {
  return states.map(({ strategy, version, absentWhy, source }) => {
    const off = account?.modelsOff?.find((each) => each.strategy === strategy && each.modelVersion === version);
    const why = off === undefined ? absentWhy : `Switched off at ${iso(off.atMs)}: ${off.why}`;
    const loaded = strategy === null ? null : of(strategy);
    const skill = loaded === null ? undefined : (loaded.artefact?.skill.why ?? 'Brought along: its skill was not tested here');
    return { strategy, version, isAsked: why === null, why: why ?? skill ?? '', source };
  });
}

function scanComponent(context: EngineContext, account: Account | null, lastScan: ScanRecord | null): Component {
  if (account === null) return { status: 'waiting', detail: 'No session is active' };
  if (account.scope !== context.world.scope) return { status: 'waiting', detail: `The session belongs to ${account.scope}` };
  const nowMs = context.clock.now();
  const markets = scannedMarkets(context, nowMs);
  if (markets.length === 0) return { status: 'waiting', detail: 'No market of this program is open' };
  const sinceMs = ageAt(nowMs, Math.max(account.startedMs, lastScan?.atMs ?? 0));
  if (sinceMs > SCAN_LATE_MS)
    return { status: 'down', detail: `No scan for ${Math.round(sinceMs / 1_000)} s while ${markets.join(' and ')} is open` };
  return lastScan === null
    ? { status: 'waiting', detail: 'The first scan is to come' }
    : { status: 'up', detail: `Scan ${lastScan.ordinal} at ${iso(lastScan.atMs)}` };
}

function feedAnswer({ sinceMs, markets, ...feed }: FeedState): StatusAnswer['feeds'][number] {
  return { ...feed, markets: [...markets], since: iso(sinceMs) };
}

function pricesOf(snapshot: MarketSnapshot | null, nowMs: EpochMs): Pick<StatusAnswer, 'prices' | 'rates'> {
  const prices = (snapshot?.quotes ?? []).map(({ symbol, last, bid, ask, receivedMs, exchangeMs, source, evidence, check }) => {
    const market = ALL_SYMBOLS.includes(symbol) ? instrumentBySymbol(symbol, nowMs).market : null;
    return {
      symbol,
      market,
      last,
      bid,
      ask,
      ageMs: ageAt(nowMs, receivedMs),
      exchangeTime: iso(exchangeMs),
      source,
      evidence,
      check: checkAnswer(check),
    };
  });
  const rates = (snapshot?.rates ?? []).map(({ currency, value, source, asOfMs }) => ({
    currency,
    value: text(value),
    source,
    ageMs: ageAt(nowMs, asOfMs),
  }));
  return { prices, rates };
}

function checkAnswer(check: QuoteCheck | null): StatusAnswer['prices'][number]['check'] {
  if (check === null) return null;
  const { state, spreadBps, against, sinceMs, isWarning } = check;
  return { state, spreadBps, against: [...against], since: iso(sinceMs), isWarning };
}

function strategiesOf(account: Account | null): StatusAnswer['strategies'] {
  return { active: [...(account?.strategies ?? [])], built: [...STRATEGY_NAMES] };
}

function countersOf(
  account: Account | null,
  lastScan: ScanRecord | null,
  feeds: readonly FeedState[],
  snapshot: MarketSnapshot | null,
): StatusAnswer['counters'] {
  const checked = (state: CheckState): number => (snapshot?.quotes ?? []).filter(({ check }) => check?.state === state).length;
  const refusedByReason: Record<string, number> = {};
  for (const { refused } of feeds) {
    for (const [reason, count] of Object.entries(refused)) refusedByReason[reason] = (refusedByReason[reason] ?? 0) + count;
  }
  return {
    scans: account === null ? null : (lastScan?.ordinal ?? 0),
    fills: account?.totals.fills ?? null,
    openOrders: account?.orders.size ?? 0,
    acceptedFrames: feeds.reduce((total, { accepted }) => total + accepted, 0),
    refusedFrames: Object.values(refusedByReason).reduce((total, count) => total + count, 0),
    refusedByReason,
    priceChecks: {
      agreed: checked('agreed'),
      diverged: checked('diverged'),
      'single-source': checked('single-source'),
      stale: checked('stale'),
    },
  };
}

function lastScanOf({ id, ordinal, minuteMs, atMs, decisions, missingBars, gaps = [] }: ScanRecord): NonNullable<StatusAnswer['lastScan']> {
  return {
    id,
    ordinal,
    minute: iso(minuteMs),
    at: iso(atMs),
    considered: decisions.length,
    missingBars: [...missingBars],
    gaps: gaps.map(({ symbol, minutes, lastMs }) => ({ symbol, minutes, last: iso(lastMs) })),
  };
}

function noticesOf(context: EngineContext, account: Account | null, snapshot: MarketSnapshot | null, feeds: readonly FeedState[]): string[] {
  const { evidence, scope } = context.world;
  const notices: string[] = [];
  if (evidence === 'simulated') notices.push('All prices are simulated: nothing here happened on a market.');
  if (evidence === 'replay') notices.push('Prices are replayed from a recording under a virtual clock.');
  const simulated = (snapshot?.quotes ?? [])
    .filter((quote) => quote.evidence === 'simulated' && evidence !== 'simulated')
    .map(({ symbol }) => symbol);
  if (simulated.length > 0) notices.push(`Prices of ${simulated.join(', ')} are simulated.`);
  const delayed = (snapshot?.quotes ?? []).filter((quote) => quote.evidence === 'delayed').map(({ symbol }) => symbol);
  if (delayed.length > 0) notices.push(`Prices of ${delayed.join(', ')} are delayed: they mark positions and open none.`);
  if (snapshot === null) notices.push(`No prices of ${scope} have been published yet: nothing can be opened.`);
  for (const { symbol, check } of snapshot?.quotes ?? []) {
    if (check?.state !== 'diverged') continue;
    const { spreadBps, against, sinceMs } = check;
    const told = `${symbol} is ${spreadBps} bps from ${against.join(' and ')}, diverged since ${iso(sinceMs)}`;
    notices.push(`${told}: nothing is opened on it, and exits fill and are flagged.`);
  }
  for (const feed of feeds) {
    if (feed.status !== 'down') continue;
    const therefore =
      feed.markets.length === 0
        ? 'it only confirms prices or tells rates, what it told last grows old'
        : 'nothing is opened on its prices, and exits wait for them';
    notices.push(`Feed ${feed.source} is down (${feed.detail}): ${therefore}.`);
  }
  if (account !== null && account.scope !== scope) {
    notices.push(
      `Session ${account.sessionId} belongs to ${account.scope}, prices here are ${scope}: it does not trade until its own prices are back.`,
    );
  }
  return notices;
}
