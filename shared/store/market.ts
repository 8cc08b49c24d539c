import * as z from 'zod';
import { listedRulesSchema, type MarketSnapshot, marketSnapshotSchema } from '../contracts/market-snapshot.ts';
import { type Lease, type MarketStore, StoreError } from '../engine/ports.ts';
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '../kernel/time.ts';
import type { Bar, Candle } from '../market/price.ts';
import type { RolledCandle } from '../market/rollup.ts';
import { TICK_PACK_MS } from '../market/tick-sample.ts';
import { barColumns, barColumnsSchema, barsOf, candleColumns, candleColumnsSchema, candlesOf } from './bar-pack.ts';
import { packedBody, readAttributes, readBody } from './body.ts';
import { chainsOf, chainsPack, chainsPackSchema } from './chain-pack.ts';
import { closeColumns, closeColumnsSchema, closesOf } from './close-pack.ts';
import { type Action, type Attributes, absent, type Condition, equals, type Item, type Items } from './items.ts';
import { type Key, marketKeys, type PackKind } from './keys.ts';
import { TTL_ATTRIBUTE } from './tables.ts';
import { samplesOf, tickPack, tickPackSchema } from './tick-pack.ts';

export interface MarketOptions {
  /** Days that packed hours and days are kept, counted from when they were written. */
  readonly ttlDays: number;
  /** Days that single minutes are kept: their hour is packed long before; default 7. */
  readonly minuteTtlDays?: number;
  /** Wall clock. A replay's data is years old: its rows expire by when they were written, not by what they tell. */
  readonly now: () => EpochMs;
}

const LEASE_ATTEMPTS = 10;
/** Ten minutes of ticks of so many symbols, the largest pack of all, stay well below the 400 KB that a row can hold. */
const SYMBOLS_A_PACK = 50;
const MINUTE_TTL_DAYS = 7;
/** Rules that nobody confirmed for longer than this are no better than those that the program was shipped with. */
const LISTINGS_TTL_DAYS = 30;

/** The market over tables of rows: the same code in memory, on the embedded server and on AWS. */
export function createMarket(items: Items, options: MarketOptions): MarketStore {
  const { now } = options;
  const expires = (days: number): Attributes => ({ [TTL_ATTRIBUTE]: Math.ceil((now() + days * DAY_MS) / 1_000) });
  const minuteTtlDays = Math.min(options.minuteTtlDays ?? MINUTE_TTL_DAYS, options.ttlDays);
  const minutePut = (scope: string, minuteMs: EpochMs, bars: readonly Bar[]): Action => ({
    kind: 'put',
    table: 'market',
    key: marketKeys.minute(scope, minuteMs),
    attributes: { body: packedBody(barColumns(bars)), ...expires(minuteTtlDays) },
  });
  const held = (lease: Lease): Action => ({ kind: 'check', table: 'market', key: marketKeys.latest(lease.scope), when: holds(lease) });
  const row = (key: Key, value: unknown, ttlDays: number): Action => ({
    kind: 'put',
    table: 'market',
    key,
    attributes: { body: packedBody(value), ...expires(ttlDays) },
  });
  /** A row for each group of symbols, all of them or none. */
  const pack = <T extends { readonly symbol: string }>(
    lease: Lease,
    { kind, startMs, ttlDays }: { readonly kind: PackKind; readonly startMs: EpochMs; readonly ttlDays: number },
    entries: readonly T[],
    columns: (entries: readonly T[]) => unknown,
  ): Promise<void> =>
    fenced(items, lease, [
      held(lease),
      ...groupsOf(entries).map((group, index) => row(marketKeys.pack(lease.scope, kind, startMs, index), columns(group), ttlDays)),
    ]);
  const living = (item: Item): boolean => readAttributes(item, expirySchema)[TTL_ATTRIBUTE] * 1_000 > now();
  const between = async (scope: string, kind: 'B' | PackKind, fromMs: EpochMs, toMs: EpochMs): Promise<readonly Item[]> =>
    fromMs >= toMs ? [] : (await items.query('market', marketKeys.between(scope, kind, fromMs, toMs))).filter(living);

  return {
    lease: (request) => takeLease(items, request),
    publish: (lease, snapshot, minute) => {
      const attributes = { atMs: snapshot.atMs, untilMs: lease.untilMs, body: packedBody(snapshot) };
      const update: Action = { kind: 'update', table: 'market', key: marketKeys.latest(lease.scope), attributes, when: holds(lease) };
      return fenced(items, lease, minute === null ? [update] : [update, minutePut(lease.scope, minute.minuteMs, minute.bars)]);
    },
    snapshot: async (scope) => snapshotOf(await items.get('market', marketKeys.latest(scope))),
    snapshotAndMinute: async (scope, minuteMs) => {
      const [latest, minute] = [marketKeys.latest(scope), marketKeys.minute(scope, minuteMs)];
      const found = await items.getMany('market', [latest, minute]);
      const row = found.find((item) => item.sk === minute.sk);
      return {
        snapshot: snapshotOf(found.find((item) => item.sk === latest.sk) ?? null),
        bars: row === undefined || !living(row) ? null : readBars(row),
      };
    },
    packHour: (lease, hourMs, bars) => pack(lease, { kind: 'H', startMs: hourMs, ttlDays: options.ttlDays }, [...bars.values()].flat(), barColumns),
    packDay: (lease, dayMs, candles) => {
      const entries = [...candles].flatMap(([symbol, each]) => each.map((candle) => ({ symbol, ...candle })));
      return pack(lease, { kind: 'Q', startMs: dayMs, ttlDays: options.ttlDays }, entries, candleColumns);
    },
    packTicks: (lease, fromMs, samples) => pack(lease, { kind: 'T', startMs: fromMs, ttlDays: minuteTtlDays }, samples, tickPack),
    ticks: async (scope, symbol, fromMs, toMs) => {
      const packs = await between(scope, 'T', fromMs - 2 * TICK_PACK_MS, toMs);
      return packs
        .flatMap((item) => samplesOf(readBody(item, tickPackSchema)))
        .filter((sample) => sample.symbol === symbol && sample.secondMs >= fromMs && sample.secondMs < toMs)
        .sort((a, b) => a.secondMs - b.secondMs);
    },
    keepListings: (lease, rules) =>
      fenced(items, lease, [held(lease), row(marketKeys.listings(lease.scope), rules, Math.min(LISTINGS_TTL_DAYS, options.ttlDays))]),
    listings: async (scope) => {
      const item = await items.get('market', marketKeys.listings(scope));
      return item === null || !living(item) ? [] : readBody(item, listingsSchema);
    },
    keepDailies: (lease, closes) => {
      const entries = [...closes].flatMap(([symbol, days]) => days.map((day) => ({ symbol, ...day })));
      return pack(lease, { kind: 'D', startMs: 0, ttlDays: options.ttlDays }, entries, closeColumns);
    },
    dailies: async (scope) => {
      const packs = await between(scope, 'D', 0, 1);
      return new Map(packs.flatMap((item) => closesOf(readBody(item, closeColumnsSchema))));
    },
    keepChains: (lease, kept) => fenced(items, lease, [held(lease), row(marketKeys.chains(lease.scope), chainsPack(kept), 1)]),
    chains: async (scope) => {
      const item = await items.get('market', marketKeys.chains(scope));
      return item === null || !living(item) ? [] : chainsOf(readBody(item, chainsPackSchema));
    },
    bars: async (scope, fromMs, toMs) => {
      const hours = (await between(scope, 'H', startOfHour(fromMs), toMs)).map((item) => ({ startMs: startOf(item), bars: readBars(item) }));
      const packed = hours.map(({ startMs, bars }) => ({ fromMs: startMs, toMs: endOf(bars, startMs) }));
      const minutes = await Promise.all(gaps(packed, fromMs, toMs).map((gap) => between(scope, 'B', gap.fromMs, gap.toMs)));
      return bySymbol([...hours.flatMap(({ bars }) => bars), ...minutes.flat().flatMap(readBars)], fromMs, toMs, (bar) => bar);
    },
    dayCandles: async (scope, fromMs, toMs) => {
      const days = await between(scope, 'Q', fromMs - (fromMs % DAY_MS), toMs);
      const candles = days.flatMap((item) => candlesOf(readBody(item, candleColumnsSchema)));
      return bySymbol(candles, fromMs, toMs, candleOf);
    },
  };
}

const listingsSchema = z.array(listedRulesSchema).readonly();
const expirySchema = z.object({ [TTL_ATTRIBUTE]: z.number() });
const leaseSchema = z.object({ holder: z.string(), epoch: z.number().int().positive(), untilMs: z.number() });

/** Every taking raises the epoch: it names the holder too. */
const holds = (lease: Lease): Condition => equals({ epoch: lease.epoch });

async function fenced(items: Items, lease: Lease, actions: readonly Action[]): Promise<void> {
  const failed = await items.write(actions);
  if (failed.length > 0) throw lostLease(lease.scope, `${lease.holder} no longer holds the lease of ${lease.scope} at epoch ${lease.epoch}`);
}

const lostLease = (scope: string, message: string): StoreError => new StoreError('fenced', message, { scope });

/** Reads who holds the lease and takes or renews it on the condition that this has not changed. */
async function takeLease(items: Items, request: Parameters<MarketStore['lease']>[0]): Promise<Lease> {
  const { scope, holder, nowMs, ttlMs } = request;
  const key = marketKeys.latest(scope);
  const untilMs = nowMs + ttlMs;
  for (let attempt = 0; attempt < LEASE_ATTEMPTS; attempt++) {
    const item = await items.get('market', key);
    const held = item === null ? null : readAttributes(item, leaseSchema);
    const epoch = nextEpoch(held, request);
    const attributes = { holder, epoch, untilMs };
    const action: Action =
      held === null
        ? { kind: 'put', table: 'market', key, attributes, when: absent }
        : { kind: 'update', table: 'market', key, attributes, when: equals({ epoch: held.epoch, untilMs: held.untilMs }) };
    if ((await items.write([action])).length === 0) return { scope, holder, epoch, untilMs };
  }
  throw new StoreError('unavailable', `The lease of ${scope} changed during each of ${LEASE_ATTEMPTS} attempts to take it`, { scope });
}

/** A holder that renews keeps its epoch as long as nobody took the lease, even after it ran out. */
function nextEpoch(held: z.infer<typeof leaseSchema> | null, { scope, holder, epoch, nowMs }: Parameters<MarketStore['lease']>[0]): number {
  if (epoch !== null) {
    if (held?.holder === holder && held.epoch === epoch) return epoch;
    throw lostLease(
      scope,
      `${holder} does not hold the lease of ${scope} at epoch ${epoch}: ${held === null ? 'nobody does' : `${held.holder} is at ${held.epoch}`}`,
    );
  }
  if (held !== null && held.holder !== holder && held.untilMs > nowMs) {
    throw lostLease(scope, `${held.holder} holds the lease of ${scope} for another ${held.untilMs - nowMs} ms`);
  }
  return (held?.epoch ?? 0) + 1;
}

/** The lease's item has no snapshot until the first one is published. */
function snapshotOf(item: Item | null): MarketSnapshot | null {
  return item?.attributes.body === undefined ? null : readBody(item, marketSnapshotSchema);
}

const candleOf = ({ openMs, open, high, low, close, volume, isComplete, isDay }: RolledCandle): RolledCandle => ({
  openMs,
  open,
  high,
  low,
  close,
  volume,
  isComplete,
  ...(isDay === true ? { isDay } : {}),
});

const readBars = (item: Item): readonly Bar[] => barsOf(readBody(item, barColumnsSchema));

const startOfHour = (ms: EpochMs): EpochMs => ms - (ms % HOUR_MS);

const startOf = (item: Item): EpochMs => Number(item.sk.split('#')[1]);

/** An hour that was packed before its end (a feed that began in its midst) tells of no minute after its last. */
const endOf = (bars: readonly Bar[], startMs: EpochMs): EpochMs => bars.reduce((endMs, bar) => Math.max(endMs, bar.openMs + MINUTE_MS), startMs);

/** Entries by groups of symbols, in the order of the alphabet; one empty group when there are none. */
function groupsOf<T extends { readonly symbol: string }>(entries: readonly T[]): readonly (readonly T[])[] {
  const symbols = [...new Set(entries.map(({ symbol }) => symbol))].sort();
  if (symbols.length <= SYMBOLS_A_PACK) return [entries];
  const groupOf = new Map(symbols.map((symbol, index) => [symbol, Math.floor(index / SYMBOLS_A_PACK)]));
  return [...Map.groupBy(entries, ({ symbol }) => groupOf.get(symbol)).entries()].sort(([a = 0], [b = 0]) => a - b).map(([, group]) => group);
}

interface Span {
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
}

/** The parts of [fromMs, toMs) that nothing packed covers, as few as possible. */
function gaps(packed: readonly Span[], fromMs: EpochMs, toMs: EpochMs): readonly Span[] {
  const found: Span[] = [];
  let at = fromMs;
  for (const span of [...packed].sort((a, b) => a.fromMs - b.fromMs)) {
    if (span.fromMs > at) found.push({ fromMs: at, toMs: span.fromMs });
    at = Math.max(at, span.toMs);
  }
  if (at < toMs) found.push({ fromMs: at, toMs });
  return found;
}

/** Symbols in the order of the alphabet, their bars in the order of time: whatever was packed when, the same answer. */
function bySymbol<T extends Candle & { readonly symbol: string }, R extends Candle>(
  bars: readonly T[],
  fromMs: EpochMs,
  toMs: EpochMs,
  keep: (bar: T) => R,
): ReadonlyMap<string, readonly R[]> {
  const grouped = Map.groupBy(
    bars.filter((bar) => bar.openMs >= fromMs && bar.openMs < toMs),
    (bar) => bar.symbol,
  );
  const sorted = [...grouped].sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(sorted.map(([symbol, each]) => [symbol, each.sort((a, b) => a.openMs - b.openMs).map(keep)]));
}
