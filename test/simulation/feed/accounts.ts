import { type EpochMs, MINUTE_MS, SECOND_MS } from '../../../shared/kernel/time.ts';
import type { Bar, BookTop, Tick } from '../../../shared/market/price.ts';
import { percentiles } from '../../bench/figures.ts';
import type { FaultKind, Takes } from './faults.ts';
import { bookMadeMs } from './simulated-venue.ts';
import type { TrueMarket, TrueTrade } from './true-market.ts';

/** A price no older than this is fresh. */
export const FRESH_MS = 3 * SECOND_MS;
/** A feed that says `up` while nothing is this new is not honest: it watches for silence of 10 s. */
const HONEST_MS = 15 * SECOND_MS;
const MOST_TOLD = 8;
const TRADES_KEPT = 20_000;

export interface SecondsOf {
  /** Of a symbol, while the venue was away or silent. */
  inOutage: number;
  fresh: number;
  stale: number;
}

export interface Recovery {
  readonly kind: FaultKind;
  readonly takes: Takes;
  readonly backMs: EpochMs;
  /** From the instant at which the venue was back to the first price made after it, of every symbol; null when it never came. */
  readonly tookMs: number | null;
}

/** Keeps the books of a soak: what was delivered against what was true, second by second and bar by bar. */
export interface Accounts {
  /** What truly happened; told before it is sent. */
  readonly happened: (trades: readonly TrueTrade[]) => void;
  readonly tick: (tick: Tick) => void;
  readonly top: (top: BookTop) => void;
  /** The venue is gone from now on. */
  readonly outage: () => void;
  /** The venue is back, now or at an instant to come, or was not away: from then on prices are owed. */
  readonly back: (kind: FaultKind, takes: Takes, atMs: EpochMs) => void;
  readonly everySecond: (status: string) => void;
  /** What was given for a minute, at its close. */
  readonly closed: (minuteMs: EpochMs, bars: readonly Bar[]) => void;
  readonly repaired: (bars: readonly Bar[]) => void;
  readonly result: (fromMs: EpochMs, toMs: EpochMs) => AccountsResult;
}

export interface AccountsResult {
  readonly prices: number;
  readonly wrongPrices: number;
  readonly doubledTrades: number;
  readonly seconds: SecondsOf;
  /** Ages in ms, every second, of every symbol, outside of outages. */
  readonly ages: ReturnType<typeof percentiles>;
  readonly dishonestSeconds: number;
  readonly recoveries: readonly Recovery[];
  readonly bars: BarsResult;
  /** The first of everything wrong, in words. */
  readonly told: readonly string[];
}

export interface BarsResult {
  readonly expected: number;
  readonly received: number;
  readonly backfilled: number;
  /** Flagged as missing when given. */
  readonly flagged: number;
  /** Flagged still at the end. */
  readonly leftMissing: number;
  /** Not given at all, or given late without a flag before. */
  readonly unflagged: number;
  /** Given as known, but otherwise than it was. */
  readonly wrong: number;
  /** From the end of a minute to its repair, ms. */
  readonly repairMs: ReturnType<typeof percentiles> | null;
}

interface Owed {
  readonly kind: FaultKind;
  readonly takes: Takes;
  readonly backMs: EpochMs;
  readonly symbols: Set<string>;
}

export interface AccountsOptions {
  readonly now: () => EpochMs;
  readonly market: TrueMarket;
  /** The venue's symbol to ours. */
  readonly symbols: ReadonlyMap<string, string>;
}

export function openAccounts({ now, market, symbols }: AccountsOptions): Accounts {
  const ours = market.venueSymbols.map((venueSymbol) => symbols.get(venueSymbol) ?? venueSymbol);
  const venueOf = new Map(market.venueSymbols.map((venueSymbol) => [symbols.get(venueSymbol) ?? venueSymbol, venueSymbol]));
  const newestMs = new Map<string, EpochMs>();
  const trades = new Map<string, TrueTrade>();
  const delivered = new Set<string>();
  const given = new Map<string, Bar>();
  const seconds: SecondsOf = { inOutage: 0, fresh: 0, stale: 0 };
  const ages: number[] = [];
  const recoveries: Recovery[] = [];
  const repairMs: number[] = [];
  const told: string[] = [];
  const counts = { prices: 0, wrongPrices: 0, doubledTrades: 0, dishonestSeconds: 0, flagged: 0, wrong: 0 };
  let owed: Owed | null = null;
  let outage: { toMs: EpochMs } | null = null;

  function tell(what: string): void {
    if (told.length < MOST_TOLD) told.push(`${new Date(now()).toISOString()} ${what}`);
  }

  function priceOf(symbol: string, madeMs: EpochMs): void {
    counts.prices++;
    newestMs.set(symbol, Math.max(madeMs, newestMs.get(symbol) ?? 0));
    if (owed === null || madeMs < owed.backMs) return;
    owed.symbols.delete(symbol);
    if (owed.symbols.size > 0) return;
    recoveries.push({ kind: owed.kind, takes: owed.takes, backMs: owed.backMs, tookMs: now() - owed.backMs });
    owed = null;
  }

  function giveUp(): void {
    if (owed === null) return;
    tell(`${owed.kind}: no new price of ${[...owed.symbols].join(', ')}`);
    recoveries.push({ kind: owed.kind, takes: owed.takes, backMs: owed.backMs, tookMs: null });
    owed = null;
  }

  function wrongPrice(what: string): void {
    counts.wrongPrices++;
    tell(what);
  }

  const key = (symbol: string, number: number | undefined): string => `${symbol} ${number}`;

  /** Whether a bar is what truly happened. */
  function isTrue(bar: Bar): boolean {
    const truth = market.bar(venueOf.get(bar.symbol) ?? '', bar.openMs);
    if (truth === null) return false;
    const fields = ['open', 'high', 'low', 'close', 'volume'] as const;
    return fields.every((field) => bar[field] === Number(truth[field]));
  }

  function take(bar: Bar): void {
    given.set(key(bar.symbol, bar.openMs), bar);
    if (bar.origin === 'missing' || isTrue(bar)) return;
    counts.wrong++;
    tell(`wrong bar ${JSON.stringify(bar)}, it was ${JSON.stringify(market.bar(venueOf.get(bar.symbol) ?? '', bar.openMs))}`);
  }

  return {
    happened(all) {
      for (const trade of all) trades.set(key(symbols.get(trade.venueSymbol) ?? '', trade.id), trade);
      for (const old of [...trades.keys()].slice(0, Math.max(0, trades.size - TRADES_KEPT))) {
        trades.delete(old);
        delivered.delete(old);
      }
    },
    tick(tick) {
      const name = key(tick.symbol, tick.sequence);
      const truth = trades.get(name);
      if (truth === undefined || Number(truth.price) !== tick.price || Number(truth.quantity) !== tick.quantity)
        wrongPrice(`no such trade: ${JSON.stringify(tick)}`);
      if (delivered.has(name)) counts.doubledTrades++;
      delivered.add(name);
      priceOf(tick.symbol, tick.exchangeMs);
    },
    top(top) {
      const madeMs = bookMadeMs(top.sequence ?? 0);
      if (madeMs > now() || top.bid >= top.ask) wrongPrice(`no such book: ${JSON.stringify(top)}`);
      priceOf(top.symbol, madeMs);
    },
    outage() {
      giveUp();
      outage = { toMs: Number.POSITIVE_INFINITY };
    },
    back(kind, takes, atMs) {
      giveUp();
      if (outage !== null) outage.toMs = atMs;
      owed = { kind, takes, backMs: atMs, symbols: new Set(ours) };
    },
    everySecond(status) {
      const nowMs = now();
      if (outage !== null && nowMs >= outage.toMs) outage = null;
      const agesNow = ours.map((symbol) => nowMs - (newestMs.get(symbol) ?? 0));
      for (const ageMs of agesNow) {
        if (outage !== null) seconds.inOutage++;
        else if (ageMs <= FRESH_MS) seconds.fresh++;
        else seconds.stale++;
        if (outage === null) ages.push(ageMs);
      }
      if (status !== 'up' || Math.min(...agesNow) <= HONEST_MS) return;
      counts.dishonestSeconds++;
      tell(`says it is up, and its newest price is ${Math.min(...agesNow)} ms old`);
    },
    closed(minuteMs, bars) {
      for (const bar of bars) {
        if (bar.openMs !== minuteMs) tell(`asked for ${minuteMs}, given ${JSON.stringify(bar)}`);
        if (bar.origin === 'missing') counts.flagged++;
        take(bar);
      }
    },
    repaired(bars) {
      for (const bar of bars) {
        const before = given.get(key(bar.symbol, bar.openMs));
        if (before?.origin === 'missing') repairMs.push(now() - bar.openMs - MINUTE_MS);
        take(bar);
      }
    },
    result(fromMs, toMs) {
      giveUp();
      const minutes = Array.from({ length: Math.floor((toMs - fromMs) / MINUTE_MS) }, (_, i) => fromMs + i * MINUTE_MS);
      const final = minutes.flatMap((minuteMs) => ours.map((symbol) => given.get(key(symbol, minuteMs)) ?? null));
      const withOrigin = (origin: Bar['origin']): number => final.filter((bar) => bar?.origin === origin).length;
      const bars: BarsResult = {
        expected: final.length,
        received: withOrigin('received'),
        backfilled: withOrigin('backfilled'),
        flagged: counts.flagged,
        leftMissing: withOrigin('missing'),
        unflagged: final.filter((bar) => bar === null).length,
        wrong: counts.wrong,
        repairMs: repairMs.length === 0 ? null : percentiles(repairMs),
      };
      const { prices, wrongPrices, doubledTrades, dishonestSeconds } = counts;
      return { prices, wrongPrices, doubledTrades, seconds, ages: percentiles(ages), dishonestSeconds, recoveries, bars, told };
    },
  };
}
