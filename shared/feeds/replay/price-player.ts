import * as z from 'zod';
import type { FeedSink } from '../../engine/market-source.ts';
import type { Cancel, Clock } from '../../kernel/clock.ts';
import { messageOf } from '../../kernel/errors.ts';
import type { EpochMs } from '../../kernel/time.ts';
import type { OrderBook } from '../../market/order-book.ts';
import type { BookTop, Tick } from '../../market/price.ts';
import { SourceError } from '../source-error.ts';

/** One thing that a source delivers. */
export type Price =
  | { readonly kind: 'tick'; readonly tick: Tick }
  | { readonly kind: 'top'; readonly top: BookTop }
  | { readonly kind: 'depth'; readonly book: OrderBook };

export function exchangeMsOf(price: Price): EpochMs {
  switch (price.kind) {
    case 'tick':
      return price.tick.exchangeMs;
    case 'top':
      return price.top.exchangeMs;
    case 'depth':
      return price.book.exchangeMs;
  }
}

/** Gives a price to the sink; the promise of a tick that the engine is not done with. */
export function hand(sink: Pick<FeedSink, Price['kind']>, price: Price): Promise<void> | void {
  switch (price.kind) {
    case 'tick':
      return sink.tick(price.tick);
    case 'top':
      return sink.top(price.top);
    case 'depth':
      return sink.depth(price.book);
  }
}

/** What a source delivers at one instant. */
export interface Instant {
  readonly atMs: EpochMs;
  /** Called once, when the instant has come. */
  readonly prices: () => readonly Price[];
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
const priceSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('tick'), tick: z.custom<Tick>(isObject) }),
  z.object({ kind: z.literal('top'), top: z.custom<BookTop>(isObject) }),
  z.object({ kind: z.literal('depth'), book: z.custom<OrderBook>(isObject) }),
]);

/** Where a player stands: everything up to and including the instant is delivered, but for what is named. */
export const placeSchema = z.object({
  atMs: z.number().int(),
  /** Present only in the middle of an instant. */
  undelivered: z.array(priceSchema).readonly().optional(),
});
export type Place = z.infer<typeof placeSchema>;

export interface PlayerState {
  readonly status: 'waiting' | 'up' | 'down' | 'ended';
  readonly detail: string;
  readonly sinceMs: EpochMs;
  /** Prices delivered since the program began. */
  readonly delivered: number;
}

export interface Player {
  /** Plays the instants of the stream, after what the place has left over. @throws SourceError `already_started` */
  start(sink: FeedSink, stream: AsyncGenerator<Instant>, place: Place): Promise<void>;
  /** Resolves when nothing will be delivered any more. Not to be awaited inside the sink, which it waits for. */
  stop(): Promise<void>;
  /** Null before the first start. */
  place(): Place | null;
  state(): PlayerState;
}

export interface PlayerOptions {
  readonly clock: Clock;
  /** Begins with `0-source-`: prices come before the timers of the same instant. */
  readonly label: `0-source-${string}`;
  /** What is played, for a person. */
  readonly about: string;
  /** Called at the last instant of the stream, after its prices. */
  readonly onEnd?: (() => Promise<void> | void) | undefined;
}

/** A cursor that came back from a store, or the clock's now. @throws SourceError `bad_cursor` */
export function readCursor<Cursor>(schema: z.ZodType<Cursor>, cursor: unknown): Cursor | null {
  if (cursor === null || cursor === undefined) return null;
  const read = schema.safeParse(cursor);
  if (read.success) return read.data;
  const received = JSON.stringify(cursor).slice(0, 200);
  throw new SourceError('bad_cursor', `This is no cursor of this source: ${received}: ${z.prettifyError(read.error)}`, { received });
}

/**
 * Delivers a stream of instants under the clock, one task an instant, the next one fetched when the last is done: under a
 * virtual clock time waits for it, under the wall clock it is late at most by what the engine takes.
 * A price that the engine fails on is told to the clock, and the next ones are delivered nevertheless.
 */
export function createPlayer({ clock, label, about, onEnd }: PlayerOptions): Player {
  let run: { readonly sink: FeedSink; readonly stream: AsyncGenerator<Instant>; isOver: boolean } | null = null;
  let working: Promise<void> = Promise.resolve();
  let cancel: Cancel = () => {};
  let atMs: EpochMs | null = null;
  let undelivered: Price[] = [];
  let state: PlayerState = { status: 'waiting', detail: `${about}: not started`, sinceMs: clock.now(), delivered: 0 };

  function turn(status: PlayerState['status'], detail: string): void {
    state = { ...state, status, detail: `${about}: ${detail}`, sinceMs: clock.now() };
  }

  function schedule(of: NonNullable<typeof run>, instant: Instant): void {
    cancel = clock.at(instant.atMs, label, () => {
      working = play(of, instant);
      return working;
    });
  }

  async function play(of: NonNullable<typeof run>, instant: Instant): Promise<void> {
    if (of.isOver) return;
    try {
      undelivered = [...instant.prices()];
      atMs = instant.atMs;
      await deliver(of);
    } finally {
      if (!of.isOver) await follow(of);
    }
  }

  async function deliver(of: NonNullable<typeof run>): Promise<void> {
    const failures: unknown[] = [];
    for (let next = undelivered[0]; next !== undefined && !of.isOver; next = undelivered[0]) {
      try {
        const handled = hand(of.sink, next);
        if (handled !== undefined) await handled;
      } catch (error) {
        failures.push(error);
      }
      undelivered.shift();
      state = { ...state, delivered: state.delivered + 1 };
    }
    if (failures.length > 0) throw failures[0];
  }

  async function follow(of: NonNullable<typeof run>): Promise<void> {
    const next = await nextOf(of.stream);
    if (of.isOver) return;
    if (next !== null) return schedule(of, next);
    of.isOver = true;
    turn('ended', 'the data has ended');
    await onEnd?.();
  }

  async function nextOf(stream: AsyncGenerator<Instant>): Promise<Instant | null> {
    try {
      const next = await stream.next();
      return next.done === true ? null : next.value;
    } catch (error) {
      turn('down', messageOf(error));
      throw error;
    }
  }

  return {
    async start(sink, stream, place) {
      if (run !== null && !run.isOver) throw new SourceError('already_started', `${about} delivers already; stop it first`, { about });
      const of = { sink, stream, isOver: false };
      run = of;
      atMs = place.atMs;
      undelivered = [...(place.undelivered ?? [])];
      turn('up', 'delivering');
      const rest = undelivered;
      if (rest.length > 0) return schedule(of, { atMs: place.atMs, prices: () => rest });
      working = follow(of);
      await working;
    },
    async stop() {
      if (run === null || run.isOver) return;
      run.isOver = true;
      cancel();
      // What failed has been told to whoever ran the task.
      await working.catch(() => undefined);
      await run.stream.return(undefined);
      turn('down', 'stopped');
    },
    place() {
      if (atMs === null) return null;
      return undelivered.length === 0 ? { atMs } : { atMs, undelivered: [...undelivered] };
    },
    state: () => state,
  };
}
