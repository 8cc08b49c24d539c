import * as z from 'zod';
import type { MarketSource } from '../../engine/market-source.ts';
import type { Clock } from '../../kernel/clock.ts';
import { DAY_MS, type EpochMs, MINUTE_MS, minuteOf, SECOND_MS } from '../../kernel/time.ts';
import type { Market } from '../../market/instrument.ts';
import type { Bar } from '../../market/price.ts';
import { type BarBuilderState, createBarBuilder } from '../bars/bar-builder.ts';
import { createMinuteShelf } from '../bars/minute-shelf.ts';
import { createBinanceParser } from '../binance/binance-frame.ts';
import { BINANCE_SYMBOLS } from '../binance/binance-symbols.ts';
import { createFrameIntake, intakeCounts } from '../intake/frame-intake.ts';
import { createGate, type GateState } from '../intake/validation.ts';
import { assumedUsdtRate } from '../rates/rates.ts';
import type { ReplayBounds } from './kline-replay-source.ts';
import { createPlayer, exchangeMsOf, type Instant, type Price, placeSchema, readCursor } from './price-player.ts';
import { recordedBooks } from './recorded-books.ts';
import { klinesNear, type RecordedData } from './recorded-data.ts';
import { type RecordedFrame, readRecordedFrames } from './recorded-frames.ts';
import type { KlineSeries } from './recorded-klines.ts';
import { recordedBars, recordedMinutes, recordedQuarters } from './recorded-minutes.ts';

export type RecordedFramesData = Extract<RecordedData, { readonly kind: 'frames' }>;

export interface FrameReplayOptions {
  readonly clock: Clock;
  /** As `describeData` gives them. */
  readonly data: RecordedFramesData;
  /** Called when the last frame is played. */
  readonly onEnd?: (() => Promise<void> | void) | undefined;
}

const SOURCE = 'replay-frames';
const EVIDENCE = 'replay';
const MARKETS: readonly Market[] = ['CRYPTO'];
/** The recorder stood still, as a live connection would be given up. */
const SILENCE_MS = 10 * SECOND_MS;
const NAMES = { symbols: BINANCE_SYMBOLS, source: SOURCE, evidence: EVIDENCE } as const;

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
const cursorSchema = placeSchema.extend({
  /** Frames of the recording that are used up. */
  position: z.int().nonnegative(),
  lastFrameMs: z.int().nullable(),
  gate: z.custom<GateState>(isObject),
  builder: z.custom<BarBuilderState>(isObject),
});
type FrameCursor = z.infer<typeof cursorSchema>;

/** Where virtual time begins and ends for recorded frames: at the recorder's stamps of the first and the last one. */
export const frameReplayBounds = ({ firstMs, lastMs }: RecordedFramesData): ReplayBounds => ({ startMs: firstMs, endMs: lastMs });

/**
 * Recorded frames of the venue at the stamps of their recorder: parsed, judged and built into bars as live ones are. Books are
 * made of the recorded changes (`recordedBooks`): where it goes on, from the frames before, so that no book stands in the cursor.
 * History before them comes from the klines of the same folder tree, where there are any.
 */
export function frameReplaySource({ clock, data, onEnd }: FrameReplayOptions): MarketSource {
  const { paths, symbols } = data;
  const parse = createBinanceParser(NAMES);
  let shelf = createMinuteShelf();
  let gate = createGate();
  let builder = createBarBuilder({ symbols, evidence: EVIDENCE });
  let readBook = recordedBooks(NAMES);
  let intake = createFrameIntake({ parse, gate, builder, source: SOURCE, readBook });
  let position = 0;
  let lastFrameMs: EpochMs | null = null;
  let underWay = new Map<string, Bar>();
  let klines: Promise<readonly KlineSeries[]> | null = null;
  const player = createPlayer({
    clock,
    label: '0-source-frames',
    about: `recorded frames of ${symbols.join(', ')}`,
    onEnd: async () => {
      if (lastFrameMs !== null) builder.feedDown(lastFrameMs);
      await onEnd?.();
    },
  });

  async function history(): Promise<readonly KlineSeries[]> {
    klines ??= klinesNear(paths, BINANCE_SYMBOLS);
    return (await klines).filter(({ symbol }) => symbols.includes(symbol));
  }

  function stand(cursor: FrameCursor | null): void {
    shelf = createMinuteShelf();
    gate = createGate(cursor?.gate);
    builder = createBarBuilder({ symbols, evidence: EVIDENCE }, cursor?.builder);
    readBook = recordedBooks(NAMES);
    intake = createFrameIntake({ parse, gate, builder, source: SOURCE, readBook });
    position = cursor?.position ?? 0;
    lastFrameMs = cursor?.lastFrameMs ?? null;
  }

  /** What was traded last before the recording: the first frames are judged by it, and minutes without a trade stay at it. */
  async function learnLastPrices(nowMs: EpochMs): Promise<void> {
    const last = new Map<string, Bar>();
    const range = { fromMs: minuteOf(nowMs) - DAY_MS, toMs: minuteOf(nowMs) };
    for await (const run of recordedMinutes(await history(), range)) {
      for (const { bars } of run) {
        shelf.put(bars);
        for (const bar of bars) last.set(bar.symbol, bar);
      }
    }
    for (const [symbol, bar] of last) {
      gate.anchor(SOURCE, symbol, bar.close, bar.openMs + MINUTE_MS);
      builder.seed(symbol, bar);
    }
  }

  /** The recorder began in the middle of a minute: the klines beside it have that minute whole, for when it has ended. */
  async function learnMinuteUnderWay(nowMs: EpochMs): Promise<void> {
    underWay = new Map();
    const range = { fromMs: minuteOf(nowMs), toMs: minuteOf(nowMs) + MINUTE_MS };
    for await (const bar of recordedBars(await history(), range)) {
      if (bar.origin === 'received') underWay.set(bar.symbol, { ...bar, origin: 'backfilled' });
    }
  }

  const whole = (bar: Bar): Bar => {
    const known = bar.origin === 'missing' ? underWay.get(bar.symbol) : undefined;
    return known?.openMs === bar.openMs ? known : bar;
  };

  async function* instantsFrom(fromMs: EpochMs): AsyncGenerator<Instant> {
    let together: RecordedFrame[] = [];
    let isBefore = true;
    const usedUp = position;
    for await (const frame of readRecordedFrames(paths)) {
      isBefore &&= frame.position <= usedUp || frame.receivedMs < fromMs;
      if (isBefore) {
        position = frame.position;
        readBook(frame.text, frame.receivedMs);
        continue;
      }
      const atMs = together[0]?.receivedMs;
      if (atMs !== undefined && atMs !== frame.receivedMs) {
        yield instantOf(together, atMs);
        together = [];
      }
      together.push(frame);
    }
    const atMs = together[0]?.receivedMs;
    if (atMs !== undefined) yield instantOf(together, atMs);
  }

  const instantOf = (frames: readonly RecordedFrame[], atMs: EpochMs): Instant => ({ atMs, prices: () => frames.flatMap(take) });

  function take(frame: RecordedFrame): readonly Price[] {
    const { receivedMs } = frame;
    noticeSilence(receivedMs);
    const prices = intake(frame.text, receivedMs);
    // The recorder's clock may be behind the exchange's: what is in the frame was there by the later of the two.
    builder.feedUp(Math.max(receivedMs, ...prices.map(exchangeMsOf)));
    lastFrameMs = receivedMs;
    position = frame.position;
    return prices;
  }

  function noticeSilence(nowMs: EpochMs): void {
    if (lastFrameMs !== null && nowMs - lastFrameMs > SILENCE_MS) builder.feedDown(lastFrameMs);
  }

  return {
    name: SOURCE,
    markets: MARKETS,
    evidence: EVIDENCE,
    async start(sink, saved) {
      const cursor = readCursor(cursorSchema, saved);
      stand(cursor);
      const nowMs = clock.now();
      if (cursor === null) await learnLastPrices(nowMs);
      await learnMinuteUnderWay(nowMs);
      await player.start(sink, instantsFrom(cursor === null ? nowMs : 0), cursor ?? { atMs: nowMs - 1 });
    },
    stop: player.stop,
    closeMinute(minuteMs) {
      if (minuteMs + MINUTE_MS > clock.now()) return [];
      noticeSilence(clock.now());
      shelf.put(builder.closeUpTo(minuteMs + MINUTE_MS).map(whole));
      return symbols.flatMap((symbol) => shelf.bar(symbol, minuteMs) ?? []);
    },
    cursor() {
      const place = player.place();
      return place === null ? null : ({ ...place, position, lastFrameMs, gate: gate.state(), builder: builder.state() } satisfies FrameCursor);
    },
    states() {
      const { status, detail, sinceMs } = player.state();
      const { accepted, refused } = intakeCounts(gate, builder);
      return [{ source: SOURCE, markets: [...MARKETS], evidence: EVIDENCE, status, detail, sinceMs, accepted, refused, reconnects: 0 }];
    },
    rates: () => [assumedUsdtRate(clock.now())],
    async *minutes(fromMs, toMs) {
      yield* recordedBars(await history(), { fromMs, toMs: Math.min(toMs, minuteOf(clock.now())) });
    },
    async quarters(fromMs, toMs) {
      return recordedQuarters(await history(), { fromMs, toMs: Math.min(toMs, minuteOf(clock.now())) });
    },
  };
}
