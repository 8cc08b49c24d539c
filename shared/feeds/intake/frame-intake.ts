import type { EpochMs } from '../../kernel/time.ts';
import type { OrderBook } from '../../market/order-book.ts';
import type { BookTop, Tick } from '../../market/price.ts';
import type { BarBuilder } from '../bars/bar-builder.ts';
import type { ClosedBar, ParseBinanceFrame, ParsedFrame, RefusedFrame } from '../binance/binance-frame.ts';
import type { Price } from '../replay/price-player.ts';
import type { Gate } from './validation.ts';

export interface FrameIntakeOptions {
  readonly parse: ParseBinanceFrame;
  readonly gate: Gate;
  readonly builder: BarBuilder;
  readonly source: string;
  /** Reads books out of the frames that the parser does not use. */
  readonly readBook?: (text: string, receivedMs: EpochMs) => OrderBook | RefusedFrame | null;
  /** Hears of a frame in which the venue speaks about the connection. */
  readonly onControl?: (frame: Extract<ParsedFrame, { readonly kind: 'control' }>) => void;
}

/** What of a frame may be delivered, in its order. */
export type FrameIntake = (text: string, receivedMs: EpochMs) => readonly Price[];

/** The way of a frame: parsed, judged by the gate, its trades and closed bars given to the builder; what is refused is counted. */
export function createFrameIntake({ parse, gate, builder, source, readBook, onControl }: FrameIntakeOptions): FrameIntake {
  function ticks(all: readonly Tick[], prices: Price[]): readonly Price[] {
    for (const tick of all) {
      const admission = gate.admit(tick);
      if (!admission.ok) continue;
      builder.addTick(tick);
      // A late trade is part of its minute, and not what the market is at.
      if (!admission.isLate) prices.push({ kind: 'tick', tick });
    }
    return prices;
  }

  function tops(all: readonly BookTop[], prices: Price[]): readonly Price[] {
    for (const top of all) if (gate.admit(top).ok) prices.push({ kind: 'top', top });
    return prices;
  }

  function bars(all: readonly ClosedBar[]): void {
    for (const bar of all) if (gate.admitBar(bar).ok) builder.addClosedBar(bar);
  }

  const depth = (book: OrderBook): readonly Price[] => (gate.admitBook(book).ok ? [{ kind: 'depth', book }] : NOTHING);

  function unused(text: string, receivedMs: EpochMs): readonly Price[] {
    const told = readBook?.(text, receivedMs) ?? null;
    if (told === null) return NOTHING;
    if (!('kind' in told)) return depth(told);
    gate.countRefusedFrame(source, told.reason);
    return NOTHING;
  }

  return (text, receivedMs) => {
    const frame = parse(text, receivedMs);
    switch (frame.kind) {
      case 'ticks':
        return ticks(frame.ticks, []);
      case 'books':
        return tops(frame.books, []);
      case 'bar':
        bars([frame.bar]);
        return NOTHING;
      case 'mixed': {
        const prices: Price[] = [];
        for (const { reason } of frame.refused) gate.countRefusedFrame(source, reason);
        bars(frame.bars);
        ticks(frame.ticks, prices);
        return tops(frame.books, prices);
      }
      case 'control':
        onControl?.(frame);
        return NOTHING;
      case 'depth':
        return depth(frame.depth);
      case 'ignored':
        return frame.reason === 'not_used' ? unused(text, receivedMs) : NOTHING;
      case 'refused':
        gate.countRefusedFrame(source, frame.reason);
        return NOTHING;
    }
  };
}

const NOTHING: readonly Price[] = [];

/** The counts of a gate and a builder as a feed's state shows them. */
export function intakeCounts(gate: Gate, builder: BarBuilder): { readonly accepted: number; readonly refused: Readonly<Record<string, number>> } {
  const refused: Record<string, number> = {};
  let accepted = 0;
  for (const counts of Object.values(gate.counters())) {
    for (const [what, count] of Object.entries(counts)) {
      if (what === 'admitted') accepted += count;
      // Admitted too: a late print did trade.
      else if (what !== 'out_of_order') refused[what] = (refused[what] ?? 0) + count;
    }
  }
  if (builder.lateCount() > 0) refused.late_for_its_bar = builder.lateCount();
  return { accepted, refused };
}
