import { ALL_SYMBOLS, instrumentBySymbol } from '../config/instruments.ts';
import { NSE_CALENDAR } from '../config/nse-calendar.ts';
import type { MarketSnapshot } from '../contracts/market-snapshot.ts';
import { subtract, toNumber } from '../kernel/decimal.ts';
import { DAY_MS, type EpochMs } from '../kernel/time.ts';
import type { Account } from '../ledger/account.ts';
import { marketPhase } from '../market/calendar.ts';
import type { Market } from '../market/instrument.ts';
import { dayLoss } from '../risk/day-loss.ts';
import type { EngineContext } from './context.ts';
import { scannedMarkets } from './markets.ts';
import { valuedWith } from './views/valued-account.ts';

/** Whether the system lives, and how the account stands. What has no value without a session is null. */
export interface VitalSigns {
  /** The longest that an open market has been without a price, 0 while none is open. A world that never had a price is silent since its market opened, or for a day. */
  readonly priceSilenceMs: number;
  /** How long it is since a scan that was due, 0 while none is due. */
  readonly scanSilenceMs: number;
  readonly equityUsd: number | null;
  /** Below the highest equity mark, per cent of it, never negative. */
  readonly drawdownPercent: number | null;
  /** Whether the day's loss halts entries. */
  readonly isHalted: boolean | null;
}

/** Nothing was heard for as long as anybody would look back: a day. */
const NEVER_MS = DAY_MS;

/**
 * The signs by which somebody who does not look is called. They come from what is stored and not from the feed or the scan itself:
 * one that is dead reports nothing, and its silence must be a figure that grows.
 * @throws StoreError when ledger or market cannot be read
 */
export async function vitalSigns(context: EngineContext): Promise<VitalSigns> {
  const nowMs = context.clock.now();
  const account = await context.accounts.active();
  const own = account?.scope === context.world.scope ? account : null;
  const [snapshot, lastScan] = [await context.market.snapshot(context.world.scope), own === null ? null : await context.lastScans.of(own.sessionId)];
  return {
    priceSilenceMs: Math.max(0, ...context.world.markets.map((market) => silenceOf(market, snapshot, nowMs))),
    scanSilenceMs: own === null ? 0 : scanSilence(context, own, lastScan?.minuteMs ?? 0, nowMs),
    ...standing(own, snapshot, nowMs),
  };
}

/** Since the newest price of the market, but no longer than it has been open: overnight nobody expects one. */
function silenceOf(market: Market, snapshot: MarketSnapshot | null, nowMs: EpochMs): number {
  const openedMs = openedAt(market, nowMs);
  if (openedMs === null) return 0;
  const heard = (snapshot?.quotes ?? []).filter(({ symbol }) => marketOf(symbol, nowMs) === market).map(({ receivedMs }) => receivedMs);
  return Math.min(NEVER_MS, Math.max(0, nowMs - Math.max(openedMs, ...heard)));
}

const marketOf = (symbol: string, nowMs: EpochMs): Market | null => (ALL_SYMBOLS.includes(symbol) ? instrumentBySymbol(symbol, nowMs).market : null);

/** When the session that is under way began; null while the market is closed. A market that never closes has been open for a day. */
function openedAt(market: Market, nowMs: EpochMs): EpochMs | null {
  if (!marketPhase(NSE_CALENDAR, market, nowMs).isOpen) return null;
  let openedMs = nowMs - NEVER_MS;
  // The newest of the opens since: an evening session follows the day's own.
  for (let at = nextOpen(market, openedMs); at !== null && at <= nowMs; at = nextOpen(market, at)) openedMs = at;
  return openedMs;
}

const nextOpen = (market: Market, atMs: EpochMs): EpochMs | null => marketPhase(NSE_CALENDAR, market, atMs).nextOpenMs;

function scanSilence(context: EngineContext, account: Account, lastMs: EpochMs, nowMs: EpochMs): number {
  if (account.status !== 'active') return 0;
  const due = scannedMarkets(context, nowMs);
  if (due.length === 0) return 0;
  const openedMs = Math.min(...due.map((market) => openedAt(market, nowMs) ?? nowMs));
  return Math.max(0, nowMs - Math.max(lastMs, account.startedMs, openedMs));
}

function standing(
  account: Account | null,
  snapshot: MarketSnapshot | null,
  nowMs: EpochMs,
): Pick<VitalSigns, 'equityUsd' | 'drawdownPercent' | 'isHalted'> {
  if (account === null) return { equityUsd: null, drawdownPercent: null, isHalted: null };
  const { equity } = valuedWith(account, snapshot, nowMs);
  const { peak } = account.curve;
  const fall = peak <= 0n ? 0 : toNumber(subtract(peak, equity)) / toNumber(peak);
  return {
    equityUsd: toNumber(equity),
    drawdownPercent: Math.max(0, fall * 100),
    isHalted: dayLoss(account.day.startEquity, equity) >= account.limits.maxDailyLoss,
  };
}
