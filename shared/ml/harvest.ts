import { instrumentBySymbol } from '../config/instruments.ts';
import { NSE_CALENDAR } from '../config/nse-calendar.ts';
import { sideCost } from '../execution/side-cost.ts';
import { type Chart, createChart } from '../indicators/chart.ts';
import { type EpochMs, HOUR_MS, MINUTE_MS } from '../kernel/time.ts';
import type { Instrument } from '../market/instrument.ts';
import type { Bar } from '../market/price.ts';
import { TIMEFRAME_MS } from '../market/timeframe.ts';
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
  /** Whether its venue lets it be opened: crypto spot is long only. */
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
  /** Takes the next one-minute bar of any symbol, each symbol's in order of time. */
  readonly add: (bar: Bar) => void;
  /** What has ended so far, in the order in which it was proposed; what is still open has no label. */
  readonly rows: () => readonly HarvestedRow[];
  readonly open: () => number;
}

/** Over a hole longer than this nobody knows what a trade met: it has no label. */
const LONGEST_HOLE_MS = HOUR_MS;

interface Field {
  readonly instrument: Instrument;
  readonly chart: Chart;
  watching: readonly Watching[];
  lastMs: EpochMs;
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
 */
export function createHarvest(strategy: Strategy): Harvest {
  const rows: HarvestedRow[] = [];
  const fields = new Map<string, Field>();

  const fieldOf = ({ symbol, openMs }: Bar): Field => {
    const known = fields.get(symbol);
    if (known !== undefined) return known;
    const instrument = instrumentBySymbol(symbol);
    const field: Field = { instrument, chart: createChart(instrument), watching: [], lastMs: openMs };
    fields.set(symbol, field);
    return field;
  };

  return {
    add: (bar) => {
      const field = fieldOf(bar);
      if (bar.openMs - field.lastMs > LONGEST_HOLE_MS) field.watching = [];
      field.lastMs = bar.openMs;
      field.watching = field.watching.filter((watching) => {
        const ended = watching.trade.next(bar);
        if (ended !== null) rows.push(rowOf(field.instrument, watching, ended));
        return ended === null;
      });
      field.chart.add(bar);
      const found = ask(strategy, field.instrument, field.chart, bar.openMs + MINUTE_MS);
      if (found !== null) field.watching = [...field.watching, found];
    },
    rows: () => rows.toSorted((a, b) => a.atMs - b.atMs || (a.symbol < b.symbol ? -1 : 1)),
    open: () => [...fields.values()].reduce((count, { watching }) => count + watching.length, 0),
  };
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
  if (said.kind !== 'opportunity' || asked === null) return null;
  const { prospect, features }: { readonly prospect: Prospect; readonly features: Float64Array } = asked;
  return { atMs: nowMs, opportunity: said, prospect, features, trade: watchTrade(said) };
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
    isTradable: direction === 'long' || instrument.shortSale !== 'never',
    confidence,
    leastConfidence,
    mlShare: prospect.mlShare,
    breakEven: prospect.breakEven,
    leastOdds: prospect.leastOdds,
  };
}

function netOf(instrument: Instrument, { strategy, direction }: Prospect, ended: Ended, minuteVolatility: number): number {
  const { by, entryPrice, exitPrice, endMs } = ended;
  const common = { instrument, product: productOf(strategy, instrument), minuteVolatility, atMs: endMs };
  const sign = signOf(direction);
  const [inward, outward] = direction === 'long' ? (['buy', 'sell'] as const) : (['sell', 'buy'] as const);
  const entryCost = entryPrice * sideCost({ ...common, side: inward, liquidity: 'taker', price: entryPrice });
  const exitCost = exitPrice * sideCost({ ...common, side: outward, liquidity: by === 'target' ? 'maker' : 'taker', price: exitPrice });
  return (sign * (exitPrice - entryPrice) - entryCost - exitCost) / entryPrice;
}
