import { instrumentBySymbol } from '../../config/instruments.ts';
import { type Chart, createChart } from '../../indicators/chart.ts';
import type { EpochMs } from '../../kernel/time.ts';
import { isTraded, tickOfBar } from '../../market/bar-ticks.ts';
import { istDayOf } from '../../market/ist.ts';
import type { Bar } from '../../market/price.ts';
import type { Timeframe } from '../../market/timeframe.ts';
import { adjustedHistory, isOutdated, type StoredHistory } from '../adjusted-history.ts';
import { chartFrom } from '../chart-shelf.ts';
import type { Desk } from '../desk.ts';
import { createRawHistory } from './raw-history.ts';

/** A symbol of the data. */
export interface Lane {
  readonly symbol: string;
  chart: Chart;
  /** Whether anything has come to the chart. */
  isCharted: boolean;
  /** The bar whose tick the desk has not been told: nobody has looked since. */
  untold: Bar | null;
  /** Of that tick. */
  index: number;
}

/** The symbols of a backtest's data: their charts, and the prices that nobody has looked at yet. */
export interface Lanes {
  /** @param place of the bar in its minute: the same in most minutes */
  readonly of: (bar: Bar, place: number) => Lane;
  /** Null for a symbol that no bar of is known. */
  readonly chart: (symbol: string) => Chart | null;
  /** Counts how often a symbol came by a chart or lost it: what is known of none changes only with it. */
  readonly revision: () => number;
  /** The bars of a minute that is over come to their charts. */
  readonly close: (bars: readonly Bar[]) => void;
  /** Makes charts anew that an ex-date has come over since they were read last. */
  readonly readAt: (nowMs: EpochMs) => void;
  /** Prices that nobody waits for, by their place among a bar's ticks: told when somebody looks. */
  readonly stamp: (bars: readonly Bar[], index: number) => void;
  /** Tells the desk the last prices. */
  readonly tell: () => void;
}

export interface LanesSetup {
  /** What is known at the beginning, as it was traded. */
  readonly history: StoredHistory;
  readonly startMs: EpochMs;
  readonly scope: string;
  readonly timeframes: readonly Timeframe[] | undefined;
  /** Of the ticks. */
  readonly source: string;
  readonly desk: Pick<Desk, 'price' | 'bar'>;
}

export function createLanes({ history, startMs, scope, timeframes, source, desk }: LanesSetup): Lanes {
  const lanes = new Map<string, Lane>();
  const raw = createRawHistory(history);
  /** In the order of the bars. */
  let ordered: Lane[] = [];
  let revision = 0;
  let asOfMs = startMs;

  /** Charts of what was stored, as it is read at an instant. */
  const chartAll = (stored: StoredHistory, nowMs: EpochMs): void => {
    const adjusted = adjustedHistory(stored, nowMs, scope);
    for (const symbol of new Set([...adjusted.days.keys(), ...adjusted.bars.keys()])) {
      const chart = chartFrom(adjusted, symbol, nowMs);
      const lane: Lane = lanes.get(symbol) ?? { symbol, chart, isCharted: true, untold: null, index: 0 };
      lane.chart = chart;
      lane.isCharted = true;
      lanes.set(symbol, lane);
    }
    ordered = [...ordered, ...[...lanes.values()].filter((lane) => !ordered.includes(lane))];
    revision += 1;
  };
  chartAll(history, startMs);

  const laneOf = (bar: Bar, place: number): Lane => {
    const usual = ordered[place];
    return usual?.symbol === bar.symbol ? usual : unusualLane(bar, place);
  };

  const unusualLane = ({ symbol, openMs }: Bar, place: number): Lane => {
    const known = lanes.get(symbol);
    if (known !== undefined) return known;
    const made: Lane = { symbol, chart: createChart(instrumentBySymbol(symbol, openMs), timeframes), isCharted: false, untold: null, index: 0 };
    lanes.set(symbol, made);
    ordered = [...ordered.slice(0, place), made, ...ordered.slice(place)];
    return made;
  };

  const tellPrice = (lane: Lane, bar: Bar): void => {
    lane.untold = null;
    const { symbol, price, exchangeMs, receivedMs, evidence } = tickOfBar(bar, source, lane.index);
    desk.price({ symbol, price, exchangeMs, receivedMs, source, evidence });
  };

  return {
    of: laneOf,
    chart: (symbol) => {
      const lane = lanes.get(symbol);
      return lane?.isCharted === true ? lane.chart : null;
    },
    revision: () => revision,
    close: (bars) => {
      for (let place = 0; place < bars.length; place++) {
        const bar = bars[place] as Bar;
        desk.bar(bar);
        raw.note(bar);
        const lane = laneOf(bar, place);
        lane.chart.add(bar);
        if (lane.isCharted) continue;
        lane.isCharted = true;
        revision += 1;
      }
    },
    readAt: (nowMs) => {
      if (istDayOf(nowMs) === istDayOf(asOfMs)) return;
      const charts = ordered.flatMap(({ chart, isCharted }) => (isCharted ? chart : []));
      const isOver = isOutdated(charts, asOfMs, nowMs);
      asOfMs = nowMs;
      if (!isOver) return;
      const stored = raw.at(nowMs);
      // A share that has another name now has its chart there.
      for (const lane of ordered) if (stored.bars.has(lane.symbol)) lane.isCharted = false;
      chartAll(stored, nowMs);
    },
    stamp: (bars, index) => {
      for (let place = 0; place < bars.length; place++) {
        const bar = bars[place] as Bar;
        if (!isTraded(bar)) continue;
        const lane = laneOf(bar, place);
        lane.untold = bar;
        lane.index = index;
      }
    },
    tell: () => {
      for (const lane of ordered) if (lane.untold !== null) tellPrice(lane, lane.untold);
    },
  };
}
