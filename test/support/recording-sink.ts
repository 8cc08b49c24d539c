import type { FeedSink, MarketSource } from '../../shared/engine/market-source.ts';
import { createVirtualClock, type VirtualClock } from '../../shared/kernel/clock-virtual.ts';
import type { OrderBook } from '../../shared/market/order-book.ts';
import type { BookTop, Tick } from '../../shared/market/price.ts';

/** A sink that keeps what it is given, in order, with the instant of the clock at which it came; books apart from prices. */
export interface RecordingSink extends FeedSink {
  readonly seen: readonly { readonly atMs: number; readonly price: Tick | BookTop }[];
  readonly books: readonly { readonly atMs: number; readonly book: OrderBook }[];
  readonly ticks: () => readonly Tick[];
}

/** The parts of a sink that a test does not look at. */
export const SINK_REST: Pick<FeedSink, 'depth' | 'reference' | 'repaired'> = { depth: () => {}, reference: () => {}, repaired: () => {} };

export function recordingSink(clock: { now(): number }, onTick: (tick: Tick, count: number) => Promise<void> | void = () => {}): RecordingSink {
  const seen: { readonly atMs: number; readonly price: Tick | BookTop }[] = [];
  const books: { readonly atMs: number; readonly book: OrderBook }[] = [];
  return {
    seen,
    books,
    ticks: () => seen.flatMap(({ price }) => ('price' in price ? price : [])),
    tick(tick) {
      seen.push({ atMs: clock.now(), price: tick });
      return onTick(tick, seen.length);
    },
    top: (price) => void seen.push({ atMs: clock.now(), price }),
    ...SINK_REST,
    depth: (book) => void books.push({ atMs: clock.now(), book }),
  };
}

export const fullSpeed = (startMs: number): VirtualClock => createVirtualClock({ startMs, speed: Number.POSITIVE_INFINITY });

/** Runs a clock to an instant, even when no task is left that leads there. */
export async function runTo(clock: VirtualClock, untilMs: number): Promise<void> {
  clock.at(untilMs, '9-end', () => {});
  await clock.run(untilMs);
}

/**
 * Plays a source from one instant to another, stopped at each of `breaks` and gone on with from the cursor, which is written
 * as JSON and read back, by a new source under a new clock. Gives everything delivered.
 */
export async function playInParts(make: (clock: VirtualClock) => MarketSource, fromMs: number, breaks: readonly number[], toMs: number) {
  const seen: { readonly atMs: number; readonly price: Tick | BookTop }[] = [];
  let cursor: unknown = null;
  let startMs = fromMs;
  for (const untilMs of [...breaks, toMs]) {
    const clock = fullSpeed(startMs);
    const source = make(clock);
    const sink = recordingSink(clock);
    await source.start(sink, cursor);
    await runTo(clock, untilMs);
    cursor = JSON.parse(JSON.stringify(source.cursor()));
    await source.stop();
    seen.push(...sink.seen);
    startMs = untilMs;
  }
  return seen;
}

/** Plays a source, stopped while it hands over the price of this number, and gone on with from there. */
export async function playStoppedAt(make: (clock: VirtualClock) => MarketSource, fromMs: number, count: number, toMs: number) {
  const clock = fullSpeed(fromMs);
  const source = make(clock);
  let stopping: Promise<void> | null = null;
  const sink = recordingSink(clock, (_, reached) => {
    if (reached >= count) stopping ??= source.stop();
  });
  await source.start(sink, null);
  await runTo(clock, toMs);
  await stopping;
  const resumed = fullSpeed(sink.seen.at(-1)?.atMs ?? fromMs);
  const next = make(resumed);
  const rest = recordingSink(resumed);
  await next.start(rest, JSON.parse(JSON.stringify(source.cursor())));
  await runTo(resumed, toMs);
  await next.stop();
  return [...sink.seen, ...rest.seen];
}
