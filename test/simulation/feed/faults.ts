import { type Rng, rng } from '../../../shared/kernel/rng.ts';
import { type EpochMs, MINUTE_MS, minuteOf, SECOND_MS } from '../../../shared/kernel/time.ts';
import type { LockstepClock } from './lockstep-clock.ts';
import type { RestManner } from './rest-server.ts';
import type { SimulatedVenue } from './simulated-venue.ts';

/** Something that goes wrong at the venue or on the way, for a while. */
export interface Fault {
  readonly number: number;
  readonly atMs: EpochMs;
  readonly kind: FaultKind;
  readonly forMs: number;
  /** How long the venue's streams are away; 0 where they are not. */
  readonly awayMs: number;
}

/**
 * What a fault takes away. `line`: the connections, while the venue would take new ones. `venue`: the venue itself, for its
 * duration. `frames`: some of what is sent. `nothing`: the venue gives notice.
 */
export type Takes = 'line' | 'venue' | 'frames' | 'nothing';

interface Manner {
  readonly takes: Takes;
  readonly weight: number;
  readonly seconds: readonly [least: number, most: number];
  /** Begins it; what is returned gives the streams back, and may tell until when the venue asked us to stay away. */
  readonly begin: (stage: Stage) => (() => EpochMs | null) | null;
  /** Falls on the turn of a minute, when bars are closed. */
  readonly atTurn?: true;
  /** The streams are back before it is over. */
  readonly awayAtMostMs?: number;
}

interface Stage {
  readonly venue: SimulatedVenue;
  readonly clock: LockstepClock;
  readonly random: Rng;
  readonly forMs: number;
}

const INSTANT = [0, 0] as const;
const MOMENT = [1, 5] as const;
const OUTAGE = [2, 60] as const;
const CODES = [1_000, 1_001, 1_008, 1_011, 1_012, 1_013] as const;
/** The streams are away for this long when REST begins to misbehave, so that there is something to fetch. */
const REST_NEEDED = { awayAtMostMs: 2 * SECOND_MS } as const;

const FAULTS = {
  reset: { takes: 'line', weight: 4, seconds: INSTANT, begin: ({ venue }) => nothingAfter(cut(venue)) },
  torn_frame: { takes: 'line', weight: 3, seconds: INSTANT, begin: ({ venue }) => nothingAfter(venue.endpoints.map((server) => server.tear())) },
  closed: { takes: 'line', weight: 3, seconds: INSTANT, begin: sayGoodbye },
  frozen_line: { takes: 'line', weight: 3, seconds: INSTANT, begin: ({ venue }) => nothingAfter(venue.freeze()) },
  geo_blocked: { takes: 'line', weight: 1, seconds: OUTAGE, begin: ({ venue }) => refusedWhereUsed(venue, 451) },
  forbidden: { takes: 'line', weight: 1, seconds: OUTAGE, begin: ({ venue }) => refusedWhereUsed(venue, 403) },
  server_shutdown: { takes: 'nothing', weight: 3, seconds: INSTANT, begin: ({ venue }) => nothingAfter([0, 1].map(venue.shutDown)) },
  unavailable: { takes: 'venue', weight: 2, seconds: OUTAGE, begin: ({ venue }) => refused(venue, 503) },
  unreachable: { takes: 'venue', weight: 2, seconds: OUTAGE, begin: ({ venue }) => refused(venue, 'reset') },
  stalled_upgrades: { takes: 'venue', weight: 1, seconds: OUTAGE, begin: ({ venue }) => refused(venue, 'stall') },
  rate_limited: { takes: 'venue', weight: 1, seconds: OUTAGE, begin: (stage) => toldToWait(stage, 429) },
  banned: { takes: 'venue', weight: 1, seconds: OUTAGE, begin: (stage) => toldToWait(stage, 418) },
  silence: { takes: 'venue', weight: 3, seconds: [1, 40], begin: ({ venue }) => muted(venue, false) },
  stall: { takes: 'venue', weight: 2, seconds: [1, 8], begin: ({ venue }) => muted(venue, true) },
  garbage: { takes: 'frames', weight: 3, seconds: MOMENT, begin: (stage) => spoiling(stage, garbage) },
  half_frames: { takes: 'frames', weight: 2, seconds: MOMENT, begin: (stage) => spoiling(stage, halved) },
  half_frames_at_turn: { takes: 'frames', weight: 2, seconds: [2, 2], atTurn: true, begin: (stage) => spoiling(stage, halved) },
  lost_closed_bars: { takes: 'frames', weight: 2, seconds: [2, 2], atTurn: true, begin: (stage) => spoiling(stage, withoutClosedBars) },
  duplicates: { takes: 'frames', weight: 3, seconds: MOMENT, begin: (stage) => spoiling(stage, repeated) },
  reordered: { takes: 'frames', weight: 3, seconds: MOMENT, begin: (stage) => spoiling(stage, shuffled) },
  late_trades: { takes: 'frames', weight: 2, seconds: MOMENT, atTurn: true, begin: lateTrades },
  impossible_prices: { takes: 'frames', weight: 3, seconds: MOMENT, begin: (stage) => spoiling(stage, withImpossiblePrices) },
  noise: { takes: 'frames', weight: 2, seconds: MOMENT, begin: (stage) => spoiling(stage, withNoise) },
  rest_rate_limited: { takes: 'venue', weight: 1, seconds: OUTAGE, ...REST_NEEDED, begin: (stage) => restFails(stage, 'rate_limited') },
  rest_banned: { takes: 'venue', weight: 1, seconds: OUTAGE, ...REST_NEEDED, begin: (stage) => restFails(stage, 'banned') },
  rest_server_error: { takes: 'venue', weight: 1, seconds: OUTAGE, ...REST_NEEDED, begin: (stage) => restFails(stage, 'server_error') },
  rest_unavailable: { takes: 'venue', weight: 1, seconds: OUTAGE, ...REST_NEEDED, begin: (stage) => restFails(stage, 'unavailable') },
  rest_garbage: { takes: 'venue', weight: 1, seconds: OUTAGE, ...REST_NEEDED, begin: (stage) => restFails(stage, 'garbage') },
  rest_torn: { takes: 'venue', weight: 1, seconds: OUTAGE, ...REST_NEEDED, begin: (stage) => restFails(stage, 'torn') },
  rest_slow: { takes: 'venue', weight: 1, seconds: OUTAGE, ...REST_NEEDED, begin: (stage) => restFails(stage, 'slow') },
} as const satisfies Readonly<Record<string, Manner>>;

export type FaultKind = keyof typeof FAULTS;

export const FAULT_KINDS = Object.keys(FAULTS) as readonly FaultKind[];
export const takenBy = (kind: FaultKind): Takes => FAULTS[kind].takes;

const mannerOf = (kind: FaultKind): Manner => FAULTS[kind];

/**
 * As many faults as asked for, one in each equal part of the span, so that the recovery from one is over before the next begins.
 * Kinds are dealt by weight, so that a long run has them all in proportion.
 */
export function faultPlan(seed: string, count: number, fromMs: EpochMs, toMs: EpochMs): readonly Fault[] {
  const random = rng('faults', seed);
  const slotMs = (toMs - fromMs) / count;
  const kinds = dealt(random, count);
  return kinds.map((kind, number) => {
    const { takes, seconds, atTurn, awayAtMostMs = Number.POSITIVE_INFINITY } = mannerOf(kind);
    const [least, most] = seconds;
    const forMs = Math.round(Math.min((least + random.next() * (most - least)) * SECOND_MS, slotMs * 0.4));
    const awayMs = takes === 'venue' ? Math.min(forMs, awayAtMostMs) : 0;
    const startMs = fromMs + number * slotMs;
    const drawnMs = startMs + random.next() * Math.max(0, slotMs * 0.5 - forMs);
    const turnMs = minuteOf(startMs + MINUTE_MS - 1) - SECOND_MS;
    const isTurnNear = atTurn === true && turnMs >= startMs && turnMs < startMs + slotMs * 0.6;
    return { number, kind, atMs: Math.round(isTurnNear ? turnMs : drawnMs), forMs, awayMs };
  });
}

/** Kinds by weight without replacement, dealt again when all are. */
function dealt(random: Rng, count: number): readonly FaultKind[] {
  const deck = FAULT_KINDS.flatMap((kind) => Array.from({ length: mannerOf(kind).weight }, () => kind));
  const kinds: FaultKind[] = [];
  while (kinds.length < count) kinds.push(...shuffle(deck, random));
  return kinds.slice(0, count);
}

function shuffle<Item>(items: readonly Item[], random: Rng): readonly Item[] {
  return items
    .map((item) => ({ item, place: random.next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

/** Begins a fault; what is returned gives the streams back, and tells until when the venue asked us to stay away. */
export function beginFault({ kind, number, forMs }: Fault, venue: SimulatedVenue, clock: LockstepClock): () => EpochMs | null {
  return mannerOf(kind).begin({ venue, clock, random: rng('fault', number, kind), forMs }) ?? (() => null);
}

const nothingAfter = (_done: unknown): null => null;

function cut({ endpoints }: SimulatedVenue): void {
  for (const server of endpoints) server.reset();
}

function sayGoodbye({ venue, random }: Stage): null {
  const code = CODES[Math.floor(random.next() * CODES.length)] ?? CODES[0];
  for (const server of venue.endpoints) for (const number of server.openNumbers()) server.closeOne(number, code, 'goodbye');
  return null;
}

type Refusal = Parameters<SimulatedVenue['endpoints'][number]['refuse']>;

function refused(venue: SimulatedVenue, ...refusal: Refusal): () => null {
  for (const server of venue.endpoints) server.refuse(...refusal);
  cut(venue);
  return () => {
    for (const server of venue.endpoints) server.refuse(null);
    return null;
  };
}

/** Only the endpoint that is in use refuses: the other one serves. */
function refusedWhereUsed(venue: SimulatedVenue, status: number): () => null {
  const used = venue.endpoints.find((server) => server.openConnections() > 0) ?? venue.endpoints[0];
  used?.refuse(status);
  cut(venue);
  return () => {
    used?.refuse(null);
    return null;
  };
}

/** Refused with a Retry-After: the venue is back when it serves again and nobody was told to wait any longer. */
function toldToWait({ venue, forMs }: Stage, status: number): () => EpochMs {
  const seconds = Math.max(1, Math.ceil(forMs / SECOND_MS));
  const end = refused(venue, status, { 'retry-after': String(seconds) });
  return () => {
    end();
    return (venue.stats.attemptsMs.at(-1) ?? 0) + seconds * SECOND_MS;
  };
}

function muted(venue: SimulatedVenue, keeps: boolean): () => null {
  venue.mute(keeps);
  return () => {
    venue.unmute();
    return null;
  };
}

/** The streams are refused until they are back, REST for as long as the fault lasts. */
function restFails({ venue, clock, forMs }: Stage, manner: RestManner): () => null {
  for (const server of venue.rest) {
    server.manner = manner;
    server.retryAfterSeconds = Math.max(1, Math.ceil(forMs / SECOND_MS));
  }
  clock.at(clock.now() + forMs, '2-rest', () => {
    for (const server of venue.rest) server.manner = 'well';
  });
  return refused(venue, 503);
}

type Spoil = (frames: readonly string[], random: Rng) => readonly string[];

function spoiling({ venue, random }: Stage, spoil: Spoil): () => null {
  venue.spoil = (frames) => spoil(frames, random);
  return () => {
    venue.spoil = null;
    return null;
  };
}

const GARBAGE = ['', '\u0000\u0001', 'not json', '[]', '{}', 'null', '{"stream":"btcusdt@trade","data":', '['.repeat(50_000), '"'.repeat(99), '💥'];
const garbage: Spoil = (frames, random) => frames.flatMap((frame) => (random.next() < 0.3 ? [pick(GARBAGE, random), frame] : [frame]));

const halved: Spoil = (frames, random) =>
  frames.map((frame) => (random.next() < 0.5 ? frame.slice(0, Math.floor(random.next() * frame.length)) : frame));

const withoutClosedBars: Spoil = (frames) => frames.filter((frame) => !frame.includes('"x":true'));

const repeated: Spoil = (frames, random) => frames.flatMap((frame) => (random.next() < 0.6 ? [frame, frame] : [frame])).concat(frames);

const shuffled: Spoil = (frames, random) => shuffle(frames, random);

const IMPOSSIBLE = ['0', '0.00000000', '-1', 'NaN', 'Infinity', '', '1e400', '99999999.00000000', '0.00000001'];
/** Trades and books that never were, beside the true ones, under numbers that are still to come. */
const withImpossiblePrices: Spoil = (frames, random) =>
  frames.flatMap((frame) => {
    if (random.next() > 0.2 || !/@trade"|@bookTicker"/.test(frame)) return [frame];
    const wrong = frame
      .replace(/"(p|a)":"[^"]*"/, (_, key: string) => `"${key}":"${pick(IMPOSSIBLE, random)}"`)
      .replace(/"(t|u)":(\d+)/, (_, key: string, id: string) => `"${key}":${Number(id) + 100_000}`);
    return [wrong, frame];
  });

const NOISE = [
  '{"result":null,"id":7}',
  '{"error":{"code":2,"msg":"Invalid request"},"id":7}',
  '{"stream":"ltcusdt@trade","data":{"e":"trade","E":1,"s":"LTCUSDT","t":1,"p":"70.00","q":"1.00","T":1,"m":true,"M":true}}',
  '{"stream":"btcusdt@avgPrice","data":{"e":"avgPrice","s":"BTCUSDT"}}',
  '{"stream":"btcusdt@x","data":{"e":"somethingNew","s":"BTCUSDT"}}',
  '{"stream":"!miniTicker@arr","data":[]}',
];
const withNoise: Spoil = (frames, random) => frames.flatMap((frame) => (random.next() < 0.3 ? [pick(NOISE, random), frame] : [frame]));

/** Some trades come up to three seconds after what was sent with them; all have come when it ends. */
function lateTrades({ venue, clock, random }: Stage): () => null {
  const held: { readonly dueMs: EpochMs; readonly frame: string }[] = [];
  let isOver = false;
  const spoil = (frames: readonly string[]): readonly string[] => {
    const now: string[] = [];
    for (const frame of frames) {
      if (!isOver && frame.includes('"e":"trade"') && random.next() < 0.4) held.push({ dueMs: clock.now() + random.next() * 3 * SECOND_MS, frame });
      else now.push(frame);
    }
    for (let i = held.length - 1; i >= 0; i--)
      if (isOver || (held[i]?.dueMs ?? 0) <= clock.now()) now.push(...held.splice(i, 1).map(({ frame }) => frame));
    if (isOver && venue.spoil === spoil) venue.spoil = null;
    return now;
  };
  venue.spoil = spoil;
  return () => {
    isOver = true;
    return null;
  };
}

const pick = <Item>(items: readonly Item[], random: Rng): Item => items[Math.floor(random.next() * items.length)] as Item;
