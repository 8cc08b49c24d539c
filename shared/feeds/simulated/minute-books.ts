import { type Rng, rng } from '../../kernel/rng.ts';
import type { Seed } from './daily-walk.ts';
import type { MinuteBar, MinuteTrade } from './minute-trades.ts';
import type { InstrumentParameters, SimulationParameters } from './parameters.ts';

/** One price of a book in whole price steps, with what stands there in lots. */
export interface StepLevel {
  readonly price: number;
  readonly lots: number;
}

/** The book that a trade left, best price first: its first level a side is the trade's own top. */
export interface MinuteBook {
  readonly bids: readonly StepLevel[];
  readonly asks: readonly StepLevel[];
}

const BPS = 1e-4;

/**
 * What stands behind the top of the book after each trade of a minute: levels with exponential gaps between their prices and
 * log-normal sizes. Drawn from a stream of its own, so that the trades and tops are the same without it.
 */
export function minuteBooks(
  seed: Seed,
  symbol: string,
  bar: MinuteBar,
  trades: readonly MinuteTrade[],
  own: InstrumentParameters,
  { book }: SimulationParameters,
): readonly MinuteBook[] {
  if (trades.length === 0) return [];
  const random = rng(seed, 'depth', symbol, bar.minuteMs);
  const { aSide, gapSpreads, sizeTimes, sizeSpread } = { aSide: book.levels.aSide, ...book.levels.markets[own.market] };
  const shape = { levels: aSide, sizeSpread, medianLots: bar.typicalLots * book.depthMinutes * sizeTimes };
  return trades.map(({ price, bid, ask, bidLots, askLots }) => {
    const gap = price * own.spreadBps * BPS * gapSpreads;
    return {
      bids: sideFrom({ price: bid, lots: bidLots }, -1, { ...shape, gap }, random),
      asks: sideFrom({ price: ask, lots: askLots }, 1, { ...shape, gap }, random),
    };
  });
}

interface SideShape {
  readonly levels: number;
  /** Mean distance between two levels, in price steps; never less than one step is drawn. */
  readonly gap: number;
  readonly medianLots: number;
  /** Standard deviation of the logarithm of a level's size. */
  readonly sizeSpread: number;
}

/** Levels from the best one away; fewer where prices would come to nothing. */
function sideFrom(best: StepLevel, away: 1 | -1, { levels, gap, medianLots, sizeSpread }: SideShape, random: Rng): readonly StepLevel[] {
  const side = [best];
  let { price } = best;
  while (side.length < levels) {
    price += away * Math.max(1, Math.round(-gap * Math.log(1 - random.next())));
    const lots = Math.max(1, Math.round(medianLots * Math.exp(sizeSpread * random.normal())));
    if (price < 1) break;
    side.push({ price, lots });
  }
  return side;
}
