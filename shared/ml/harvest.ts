import { CORPORATE_ACTIONS } from '../config/corporate-actions.ts';
import { instrumentBySymbol } from '../config/instruments.ts';
import { NSE_CALENDAR } from '../config/nse-calendar.ts';
import { sideCost } from '../execution/side-cost.ts';
import { type Chart, createChart } from '../indicators/chart.ts';
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '../kernel/time.ts';
import { marketPhase, tradingDayAt } from '../market/calendar.ts';
import { actionsOf } from '../market/corporate-actions.ts';
import type { Instrument } from '../market/instrument.ts';
import { istDate, istDayOf } from '../market/ist.ts';
import { type Bar, startOfBar } from '../market/price.ts';
import { TIMEFRAME_MS } from '../market/timeframe.ts';
import { openMsBetween } from '../market/trading-days.ts';
import { signOf } from '../strategies/direction.ts';
import type { Prospect } from '../strategies/odds.ts';
import { productOf } from '../strategies/product.ts';
import type { Direction, Opportunity, Strategy } from '../strategies/strategy.ts';
import { featuresOf } from './features/feature-set.ts';
import type { LabelledRow } from './fit/fit-model.ts';
import { type Ended, type Watched, watchTrade } from './labels/triple-barrier.ts';

/** An opportunity of a strategy with what became of it. */
export interface HarvestedRow extends LabelledRow {
  readonly symbol: string;
  readonly direction: Direction;
  readonly endedBy: Ended['by'];
  /** Result net of all costs, as a share of what was put in. */
  readonly netReturn: number;
  /** Whether its venue lets it be opened: crypto spot is long only, and shares are sold short within the day only. */
  readonly isTradable: boolean;
  /** Without a model. */
  readonly confidence: number;
  readonly leastConfidence: number;
  /** Part of the confidence that odds would have. */
  readonly mlShare: number;
  /** The odds at which it brings nothing, and those below which the strategy opens nothing. */
  readonly breakEven: number;
  readonly leastOdds: number;
}

export interface Harvest {
  /** Takes the next bar of any symbol, each symbol's in order of time. */
  readonly add: (bar: Bar) => void;
  /** What has ended so far, in the order in which it was proposed; what is still open has no label. */
  readonly rows: () => readonly HarvestedRow[];
  readonly open: () => number;
}

/** An instrument's chart at an instant: what is known of the time before its bars. */
export type ChartAt = (instrument: Instrument, atMs: EpochMs) => Chart;

/** Over a hole in the trading longer than this nobody knows what a trade met: it has no label. A closed market is no hole. */
const LONGEST_HOLE_MS = HOUR_MS;
/** Shares rest over nights, weekends and holidays; behind a longer hole their chart begins anew, as another replay would. */
const LONGEST_REST_MS = 6 * DAY_MS;

interface Field {
  readonly instrument: Instrument;
  readonly chart: Chart;
  readonly watching: readonly Watching[];
  /** End of the last bar that was received. */
  readonly knownToMs: EpochMs;
}

interface Watching {
  readonly atMs: EpochMs;
  readonly opportunity: Opportunity;
  readonly prospect: Prospect;
  readonly features: Float64Array;
  readonly trade: Watched;
}

/**
 * Runs a strategy over bars and keeps each of its opportunities, also those below its least confidence, as a row: the features at the
 * decision, and how the trade ended. The features are those that a model would be asked with, taken where it would be asked.
 *
 * What cannot be opened at its moment is no opportunity: outside continuous trading, and for the day only from the square-off on.
 * @param chartAt  the chart of an instrument when its bars begin, and again behind a long hole; an empty one unless said
 */
export function createHarvest(strategy: Strategy, chartAt: ChartAt = (instrument) => createChart(instrument)): Harvest {
  const rows: HarvestedRow[] = [];
  const fields = new Map<string, Field>();

  const fieldFrom = (atMs: EpochMs, symbol: string): Field => {
    const instrument = instrumentBySymbol(symbol, atMs);
    return { instrument, chart: chartAt(instrument, atMs), watching: [], knownToMs: atMs };
  };

  /** The field as the bar finds it. */
  const fieldOf = (bar: Bar): Field => {
    const startMs = startOfBar(bar);
    const known = fields.get(bar.symbol);
    if (known === undefined || isBroken(known, startMs)) return fieldFrom(startMs, bar.symbol);
    return isHole(known, startMs) ? { ...known, watching: [] } : known;
  };

  return {
    add: (bar) => {
      const { instrument, chart, watching, knownToMs } = fieldOf(bar);
      const open = watching.filter((each) => {
        const ended = each.trade.next(bar);
        if (ended !== null) rows.push(rowOf(instrument, each, ended));
        return ended === null;
      });
      chart.add(bar);
      const endMs = bar.openMs + MINUTE_MS;
      const found = ask(strategy, instrument, chart, endMs);
      fields.set(bar.symbol, {
        instrument,
        chart,
        watching: found === null ? open : [...open, found],
        knownToMs: bar.origin === 'missing' ? knownToMs : endMs,
      });
    },
    rows: () => rows.toSorted((a, b) => a.atMs - b.atMs || (a.symbol < b.symbol ? -1 : 1)),
    open: () => [...fields.values()].reduce((count, { watching }) => count + watching.length, 0),
  };
}

function isHole({ instrument, knownToMs }: Field, startMs: EpochMs): boolean {
  if (startMs - knownToMs <= LONGEST_HOLE_MS) return false;
  return openMsBetween(NSE_CALENDAR, instrument.market, knownToMs, startMs) > LONGEST_HOLE_MS;
}

/** Whether a share's prices from the instant on do not go on from those before: much later, or in other shares after a split and the like. */
function isBroken({ instrument: { market, symbol }, knownToMs }: Field, startMs: EpochMs): boolean {
  if (market !== 'NSE' || istDayOf(knownToMs) === istDayOf(startMs)) return false;
  return startMs - knownToMs > LONGEST_REST_MS || actionsOf(CORPORATE_ACTIONS, symbol, istDate(knownToMs), istDate(startMs)).length > 0;
}

function ask(strategy: Strategy, instrument: Instrument, chart: Chart, nowMs: EpochMs): Watching | null {
  let asked: { readonly prospect: Prospect; readonly features: Float64Array } | null = null;
  const said = strategy.evaluate({
    instrument,
    nowMs,
    chart,
    derivatives: null,
    calendar: NSE_CALENDAR,
    askModel: (prospect) => {
      asked = { prospect, features: featuresOf(prospect) };
      return { kind: 'absent', why: 'its model is being trained' };
    },
  });
  if (said.kind !== 'opportunity' || asked === null || !marketPhase(NSE_CALENDAR, instrument.market, nowMs).canEnter) return null;
  const squareOffMs = squareOffOf(strategy, instrument, nowMs);
  if (nowMs >= squareOffMs) return null;
  const { prospect, features }: { readonly prospect: Prospect; readonly features: Float64Array } = asked;
  return { atMs: nowMs, opportunity: said, prospect, features, trade: watchTrade(leftBy(said, squareOffMs)) };
}

const leftBy = (opportunity: Opportunity, squareOffMs: EpochMs): Opportunity =>
  squareOffMs === Number.POSITIVE_INFINITY ? opportunity : { ...opportunity, exitByMs: Math.min(opportunity.exitByMs ?? squareOffMs, squareOffMs) };

/** When what is opened now is squared off; never for what may be held over a night. */
function squareOffOf({ name }: Strategy, instrument: Instrument, nowMs: EpochMs): EpochMs {
  const never = Number.POSITIVE_INFINITY;
  return productOf(name, instrument) === 'intraday' ? (tradingDayAt(NSE_CALENDAR, nowMs).squareOffMs ?? never) : never;
}

function rowOf(instrument: Instrument, { atMs, opportunity, prospect, features }: Watching, ended: Ended): HarvestedRow {
  const { direction, volatility, confidence, leastConfidence } = opportunity;
  const netReturn = netOf(instrument, prospect, ended, volatility / Math.sqrt(TIMEFRAME_MS[prospect.base.view.timeframe] / MINUTE_MS));
  return {
    atMs,
    endMs: ended.endMs,
    features,
    label: ended.by === 'target' && netReturn > 0 ? 1 : 0,
    symbol: instrument.symbol,
    direction,
    endedBy: ended.by,
    netReturn,
    isTradable: direction === 'long' || isShortSold(instrument, prospect),
    confidence,
    leastConfidence,
    mlShare: prospect.mlShare,
    breakEven: prospect.breakEven,
    leastOdds: prospect.leastOdds,
  };
}

const isShortSold = (instrument: Instrument, { strategy }: Prospect): boolean =>
  instrument.shortSale === 'margin' || (instrument.shortSale === 'intraday' && productOf(strategy, instrument) === 'intraday');

function netOf(instrument: Instrument, { strategy, direction }: Prospect, ended: Ended, minuteVolatility: number): number {
  const { by, entryPrice, exitPrice, endMs } = ended;
  const common = { instrument, product: productOf(strategy, instrument), minuteVolatility, atMs: endMs };
  const sign = signOf(direction);
  const [inward, outward] = direction === 'long' ? (['buy', 'sell'] as const) : (['sell', 'buy'] as const);
  const entryCost = entryPrice * sideCost({ ...common, side: inward, liquidity: 'taker', price: entryPrice });
  const exitCost = exitPrice * sideCost({ ...common, side: outward, liquidity: by === 'target' ? 'maker' : 'taker', price: exitPrice });
  return (sign * (exitPrice - entryPrice) - entryCost - exitCost) / entryPrice;
}
