import { type EpochMs, iso } from '../../../kernel/time.ts';
import type { Candle } from '../../../market/price.ts';
import { candleFault } from '../../bars/candle-fault.ts';
import { type HistoryStore, type PartitionFile, type Span, storedBars } from '../history-store.ts';
import type { Series } from '../series.ts';
import { timetableOf } from './expected-bars.ts';
import type { Finding } from './finding.ts';
import { gapFinder } from './gaps.ts';
import { type OutlierRule, outliersIn, type Point } from './outliers.ts';

/** Wide enough that two million recorded bars, news and flash crashes among them, have none. */
const OUTLIER: OutlierRule = { sigmas: 25, leastMove: 0.08 };
/** A contract is worth little and moves much. */
const CONTRACT_OUTLIER: OutlierRule = { sigmas: 25, leastMove: 0.5 };
/** A wick beyond the body of more than this share of the price is a bad print until somebody shows otherwise. */
const LONGEST_WICK = 0.25;

export interface Checked {
  readonly rows: number;
  readonly firstMs: EpochMs | null;
  readonly lastMs: EpochMs | null;
  readonly findings: readonly Finding[];
  /** What could not be checked, for the report. */
  readonly limits: string | null;
}

/** Checks the bars of a series against its timetable in the spans that its inputs claim to know. @throws HistoryError `bad_file` */
export async function checkBars(store: HistoryStore, series: Series, files: readonly PartitionFile[], spans: readonly Span[]): Promise<Checked> {
  const timetable = timetableOf(series);
  const gaps = gapFinder(series, requiredIn(spans, timetable.required));
  const rule = series.kind === 'contract' ? CONTRACT_OUTLIER : OUTLIER;
  const findings: Finding[] = [];
  const put = (kind: Finding['kind'], atMs: EpochMs, says: string): void => {
    findings.push({ kind, symbol: null, atMs, count: 1, says: `${says} at ${iso(atMs)}` });
  };
  const extent = { rows: 0, firstMs: null as EpochMs | null, lastMs: null as EpochMs | null };

  /** Whether the bar comes after all before it. */
  function isInOrder({ openMs }: Candle): boolean {
    extent.rows++;
    const { lastMs } = extent;
    if (lastMs !== null && openMs <= lastMs) {
      put(openMs === lastMs ? 'duplicate' : 'order', openMs, openMs === lastMs ? 'a second bar' : `a bar after that of ${iso(lastMs)}`);
      return false;
    }
    extent.firstMs ??= openMs;
    extent.lastMs = openMs;
    gaps.add(openMs);
    return true;
  }

  /** Whether the bar's prices can be true. */
  function isSound(bar: Candle): boolean {
    const place = timetable.faultAt(bar.openMs);
    if (place !== null) put(place, bar.openMs, place === 'off-grid' ? `no ${series.timeframe} begins` : 'nothing is traded');
    const fault = faultOf(bar);
    if (fault === null) return true;
    const { open, high, low, close, volume } = bar;
    put('ohlc', bar.openMs, `${fault}: open ${open} high ${high} low ${low} close ${close} volume ${volume}`);
    return false;
  }

  for (const { key } of files) {
    const points: Point[] = [];
    for await (const bar of storedBars(store, key)) if (isInOrder(bar) && isSound(bar)) points.push({ atMs: bar.openMs, price: bar.close });
    for (const { atMs, price, before, after, sigmas } of outliersIn(points, rule)) {
      put('outlier', atMs, `a close of ${price} between ${before} and ${after} (${sigmas.toFixed(0)} robust deviations)`);
    }
  }
  const all = [...findings, ...gaps.end()].sort((a, b) => (a.atMs ?? 0) - (b.atMs ?? 0));
  return { ...extent, findings: all, limits: extent.firstMs === null ? null : timetable.limitsFrom(extent.firstMs) };
}

function* requiredIn(spans: readonly Span[], required: (span: Span) => Iterable<EpochMs>): Generator<EpochMs> {
  for (const span of spans) yield* required(span);
}

function faultOf(bar: Candle): string | null {
  const { open, high, low, close } = bar;
  // The grid is the timetable's matter: any whole millisecond passes here.
  const fault = candleFault(bar, 1);
  if (fault !== null) return fault;
  const [top, bottom] = [Math.max(open, close) * (1 + LONGEST_WICK), Math.min(open, close) / (1 + LONGEST_WICK)];
  return high > top || low < bottom ? 'long_wick' : null;
}
