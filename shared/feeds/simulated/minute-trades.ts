import { type Rng, rng } from '../../kernel/rng.ts';
import { type EpochMs, MINUTE_MS } from '../../kernel/time.ts';
import type { Seed } from './daily-walk.ts';
import type { InstrumentParameters, SimulationParameters } from './parameters.ts';

/** One minute's bar in whole price steps and lots. */
export interface MinuteBar {
  readonly minuteMs: EpochMs;
  readonly step: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly lots: number;
  readonly typicalLots: number;
  /** What the minute is to its session: an opening begins with the print of the pre-open auction, an auction has one print only. */
  readonly part: 'opening' | 'trading' | 'auction';
}

/** One trade and the top of the book it left, in whole price steps and lots. */
export interface MinuteTrade {
  readonly atMs: EpochMs;
  readonly price: number;
  readonly lots: number;
  readonly bid: number;
  readonly ask: number;
  readonly bidLots: number;
  readonly askLots: number;
}

/** Enough for an open, a high, a low and a close that differ, and for a price that is never older than 24 s while the market is open. */
export const LEAST_TRADES = 5;
const MOST_TRADES = 60;
/** How often a rising minute makes its low before its high, and a falling one its high first. */
const NATURAL_ORDER = 0.75;

/**
 * The trades of a minute: the first at the open, the last at the close, high and low touched, none outside, their lots
 * adding up to the bar's: the bar is exactly their aggregate. At most sixty, evenly spread. None where the bar has no lots.
 */
export function minuteTrades(
  seed: Seed,
  symbol: string,
  bar: MinuteBar,
  own: InstrumentParameters,
  parameters: SimulationParameters,
): readonly MinuteTrade[] {
  if (bar.lots === 0) return [];
  const random = rng(seed, 'minute', symbol, bar.minuteMs);
  if (bar.part === 'auction') return [auctionPrint(bar, own, parameters, random)];
  const turns = turningPoints(bar, random);
  const wanted = Math.round((parameters.ticks.typicalPerMinute * bar.lots) / bar.typicalLots);
  const count = Math.min(MOST_TRADES, bar.lots, Math.max(LEAST_TRADES, wanted));
  const times = tradeTimes(bar, count, random);
  const prices = pricesThrough(turns, count, bar, parameters.ticks.roughness, random);
  const lots = splitLots(bar.lots, count, random);
  return times.map((atMs, i) => {
    const price = prices[i] as number;
    return { atMs, price, lots: lots[i] as number, ...bookAround(price, price - (prices[i - 1] ?? price), bar, own, parameters, random) };
  });
}

/** The prices that a minute must pass in order: open, the two extremes unless the ends are there already, close. */
function turningPoints({ open, high, low, close }: MinuteBar, random: Rng): readonly number[] {
  const lowFirst = random.next() < NATURAL_ORDER === close >= open;
  const extremes = lowFirst ? [low, high] : [high, low];
  return [open, ...extremes.filter((price) => price !== open && price !== close), close];
}

/** All orders of a closing auction trade at one price, at one instant that nobody knows before. */
function auctionPrint(bar: MinuteBar, own: InstrumentParameters, parameters: SimulationParameters, random: Rng): MinuteTrade {
  const atMs = bar.minuteMs + Math.floor(random.next() * MINUTE_MS);
  return { atMs, price: bar.close, lots: bar.lots, ...bookAround(bar.close, 0, bar, own, parameters, random) };
}

/** One instant in each of `count` equal parts of the minute; the print of the pre-open auction comes with the open. */
function tradeTimes({ minuteMs, part }: MinuteBar, count: number, random: Rng): readonly EpochMs[] {
  const partMs = MINUTE_MS / count;
  const times = Array.from({ length: count }, (_, place) => minuteMs + Math.floor((place + random.next()) * partMs));
  if (part === 'opening') times[0] = minuteMs;
  return times;
}

function pricesThrough(turns: readonly number[], count: number, bar: MinuteBar, roughness: number, random: Rng): readonly number[] {
  const places = turnPlaces(turns.length, count, random);
  const noise = roughness * (bar.high - bar.low);
  const prices: number[] = [];
  for (let turn = 1; turn < turns.length; turn++) {
    const from = turns[turn - 1] as number;
    const to = turns[turn] as number;
    const start = places[turn - 1] as number;
    const length = (places[turn] as number) - start;
    prices.push(from);
    for (let i = 1; i < length; i++) {
      const way = i / length;
      const price = from + (to - from) * way + noise * Math.sqrt(way * (1 - way)) * (2 * random.next() - 1);
      prices.push(Math.min(bar.high, Math.max(bar.low, Math.round(price))));
    }
  }
  prices.push(bar.close);
  return prices;
}

/** Which trades are the turning points: the first, the last, and distinct ones between in order. */
function turnPlaces(turns: number, count: number, random: Rng): readonly number[] {
  const places = [0];
  for (let turn = 1; turn < turns - 1; turn++) {
    const first = (places.at(-1) as number) + 1;
    const last = count - turns + turn;
    places.push(first + Math.floor(random.next() * (last - first + 1)));
  }
  return [...places, count - 1];
}

/** Whole lots by exponential weights, at least one a trade, adding up exactly. */
function splitLots(total: number, count: number, random: Rng): readonly number[] {
  const weights: number[] = [];
  let weight = 0;
  for (let i = 0; i < count; i++) {
    const drawn = -Math.log(1 - random.next());
    weights.push(drawn);
    weight += drawn;
  }
  const free = total - count;
  let left = free;
  const lots = weights.map((drawn) => {
    const extra = weight === 0 ? 0 : Math.min(left, Math.floor((free * drawn) / weight));
    left -= extra;
    return 1 + extra;
  });
  lots[count - 1] = (lots[count - 1] as number) + left;
  return lots;
}

/** The book a trade leaves: a buyer has paid the ask, a seller has hit the bid; the other side stands a spread away. */
function bookAround(
  price: number,
  move: number,
  bar: MinuteBar,
  own: InstrumentParameters,
  { book }: SimulationParameters,
  random: Rng,
): Pick<MinuteTrade, 'bid' | 'ask' | 'bidLots' | 'askLots'> {
  const widen = book.widenTimes.least + (book.widenTimes.most - book.widenTimes.least) * random.next();
  const spread = Math.max(1, Math.round(price * own.spreadBps * 1e-4 * widen));
  const coin = random.next() < 0.5;
  const buyerPaid = move === 0 ? coin : move > 0;
  const size = (): number => Math.max(1, Math.round(bar.typicalLots * book.depthMinutes * Math.exp(book.depthSpread * random.normal())));
  return {
    bid: buyerPaid ? Math.max(1, price - spread) : price,
    ask: buyerPaid ? price : price + spread,
    bidLots: size(),
    askLots: size(),
  };
}
