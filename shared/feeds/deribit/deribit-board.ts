import { DERIBIT } from '../../config/deribit.ts';
import { toNumber } from '../../kernel/decimal.ts';
import { DAY_MS, type EpochMs } from '../../kernel/time.ts';
import { byExpiryStrikeRight, type DailyIv, type Delivery, type DerivativeChain, type OptionQuote } from '../../market/derivative.ts';
import type { ListedOption } from './deribit-answers.ts';
import type { OptionMark, OptionTicker } from './deribit-frame.ts';

type Received<Told> = Told & { readonly receivedMs: EpochMs };

/** What is known of the options on one coin. */
export interface CoinBoard {
  readonly list: (options: readonly ListedOption[]) => void;
  readonly takeIndex: (price: number, receivedMs: EpochMs) => void;
  /** @returns how many of the marks were of listed options */
  readonly takeMarks: (marks: readonly OptionMark[], receivedMs: EpochMs) => number;
  /** @returns what is wrong with it, or null */
  readonly takeTicker: (ticker: OptionTicker, receivedMs: EpochMs) => 'not_listed' | 'out_of_order' | null;
  readonly takeVolatility: (iv: number, receivedMs: EpochMs) => void;
  readonly keepHistory: (history: readonly DailyIv[]) => void;
  readonly keepDeliveries: (deliveries: readonly Delivery[]) => void;
  /** Names of the options whose books should be followed: near in time and near the money, the nearest first. */
  readonly wanted: (nowMs: EpochMs) => readonly string[];
  readonly chain: (atMs: EpochMs) => DerivativeChain | null;
  readonly deliveries: () => readonly Delivery[];
  /** The volatility index at the ends of days before the instant, oldest first. */
  readonly history: (atMs: EpochMs) => readonly DailyIv[];
  readonly listedCount: () => number;
  /** The taker commission that the venue lists, as a share of the underlying; null before it has. */
  readonly takerCommission: () => number | null;
}

export function createCoinBoard(underlying: string, source: string): CoinBoard {
  const options = new Map<string, ListedOption>();
  const marks = new Map<string, Received<OptionMark>>();
  const tickers = new Map<string, Received<OptionTicker>>();
  const days = new Map<EpochMs, number>();
  let deliveries: readonly Delivery[] = [];
  let index: { readonly price: number; readonly receivedMs: EpochMs } | null = null;

  const isFresh = (told: { readonly receivedMs: EpochMs } | undefined, atMs: EpochMs): boolean =>
    told !== undefined && told.receivedMs <= atMs && atMs - told.receivedMs <= DERIBIT.mostAgeMs;

  function forwards(atMs: EpochMs): ReadonlyMap<EpochMs, number> {
    const found = new Map<EpochMs, Received<{ readonly price: number }>>();
    for (const [name, { underlyingPrice, receivedMs }] of tickers) {
      const expiryMs = options.get(name)?.instrument.contract.expiryMs;
      const isNewer = expiryMs !== undefined && receivedMs >= (found.get(expiryMs)?.receivedMs ?? 0);
      if (isNewer && isFresh({ receivedMs }, atMs)) found.set(expiryMs, { price: underlyingPrice, receivedMs });
    }
    const told = new Map([...found].map(([expiryMs, { price }]) => [expiryMs, price]));
    return new Map([...forwardsByParity([...options.values()], (name) => freshMark(name, atMs)), ...told]);
  }

  function freshMark(name: string, atMs: EpochMs): OptionMark | null {
    const mark = marks.get(name);
    return mark !== undefined && isFresh(mark, atMs) ? mark : null;
  }

  function quoteOf({ name, instrument }: ListedOption, underlyingPrice: number | undefined, atMs: EpochMs): OptionQuote | null {
    const ticker = tickers.get(name);
    const mark = freshMark(name, atMs);
    const isTold = isFresh(ticker, atMs);
    if (underlyingPrice === undefined || instrument.contract.expiryMs <= atMs || (!isTold && mark === null)) return null;
    const followed = isTold ? ticker : undefined;
    const newest = mark !== null && mark.exchangeMs >= (followed?.exchangeMs ?? 0) ? mark : (followed as OptionTicker);
    return {
      instrument,
      bid: followed?.bid ?? null,
      ask: followed?.ask ?? null,
      bidSize: followed?.bidSize ?? null,
      askSize: followed?.askSize ?? null,
      last: followed?.last ?? null,
      mark: newest.mark,
      iv: newest.iv,
      underlyingPrice,
      receivedMs: followed?.receivedMs ?? marks.get(name)?.receivedMs ?? atMs,
    };
  }

  return {
    list(listed) {
      const names = new Set(listed.map(({ name }) => name));
      for (const name of [...options.keys()].filter((known) => !names.has(known))) {
        options.delete(name);
        marks.delete(name);
        tickers.delete(name);
      }
      for (const option of listed) options.set(option.name, option);
    },
    takeIndex(price, receivedMs) {
      index = { price, receivedMs };
    },
    takeMarks(told, receivedMs) {
      const ours = told.filter(({ name }) => options.has(name));
      for (const mark of ours) marks.set(mark.name, { ...mark, receivedMs });
      return ours.length;
    },
    takeTicker(ticker, receivedMs) {
      if (!options.has(ticker.name)) return 'not_listed';
      if ((tickers.get(ticker.name)?.exchangeMs ?? 0) > ticker.exchangeMs) return 'out_of_order';
      tickers.set(ticker.name, { ...ticker, receivedMs });
      return null;
    },
    takeVolatility: (iv, receivedMs) => void days.set(receivedMs - (receivedMs % DAY_MS), iv),
    keepHistory(history) {
      for (const { dayMs, iv } of history) days.set(dayMs, iv);
    },
    keepDeliveries(told) {
      deliveries = told;
    },
    wanted(nowMs) {
      if (index === null) return [];
      return nearest([...options.values()], index.price, nowMs).map(({ name }) => name);
    },
    chain(atMs) {
      if (index === null || !isFresh(index, atMs)) return null;
      const forwardOf = forwards(atMs);
      const quotes = [...options.values()].flatMap((option) => quoteOf(option, forwardOf.get(option.instrument.contract.expiryMs), atMs) ?? []);
      const [first] = quotes;
      if (first === undefined) return null;
      return {
        underlying,
        venue: 'deribit',
        currency: 'USDT',
        atMs: index.receivedMs,
        spot: index.price,
        lotSize: toNumber(first.instrument.lotStep),
        perpetual: null,
        futures: [],
        options: quotes.sort(byExpiryStrikeRight),
        source,
        evidence: 'live',
      };
    },
    deliveries: () => deliveries,
    history: (atMs) =>
      [...days]
        .map(([dayMs, iv]) => ({ dayMs, iv }))
        .filter(({ dayMs }) => dayMs + DAY_MS <= atMs)
        .sort((a, b) => a.dayMs - b.dayMs),
    listedCount: () => options.size,
    takerCommission: () => [...options.values()][0]?.takerCommission ?? null,
  };
}

/** The options within the days and strikes that are followed, the nearest strikes of the nearest expiries first. */
function nearest(options: readonly ListedOption[], spot: number, nowMs: EpochMs): readonly ListedOption[] {
  const { daysWithin, strikesWithinShare, mostPerUnderlying } = DERIBIT.tickers;
  const away = ({ instrument: { contract } }: ListedOption): number => Math.abs(contract.strike / spot - 1);
  return options
    .filter((option) => away(option) <= strikesWithinShare && option.instrument.contract.expiryMs - nowMs <= daysWithin * DAY_MS)
    .sort((a, b) => away(a) - away(b))
    .slice(0, mostPerUnderlying);
}

/**
 * The forward of each expiry by the parity of its marks at the strike where a call and a put are worth most alike: in coin
 * c - p = 1 - K / F, so F = K / (1 - c + p).
 */
function forwardsByParity(options: readonly ListedOption[], markOf: (name: string) => OptionMark | null): ReadonlyMap<EpochMs, number> {
  const sides = new Map<string, { expiryMs: EpochMs; strike: number; call?: number; put?: number }>();
  for (const { name, instrument } of options) {
    const { expiryMs, strike, right } = instrument.contract;
    const mark = markOf(name);
    if (mark === null) continue;
    const key = `${expiryMs} ${strike}`;
    const known = sides.get(key) ?? { expiryMs, strike };
    sides.set(key, { ...known, [right]: mark.mark });
  }
  const best = new Map<EpochMs, { readonly apart: number; readonly forward: number }>();
  for (const { expiryMs, strike, call, put } of sides.values()) {
    if (call === undefined || put === undefined) continue;
    const apart = Math.abs(call - put);
    if (apart < (best.get(expiryMs)?.apart ?? Number.POSITIVE_INFINITY)) best.set(expiryMs, { apart, forward: strike / (1 - call + put) });
  }
  return new Map([...best].map(([expiryMs, { forward }]) => [expiryMs, forward]));
}
