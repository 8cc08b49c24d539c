import type { MarketSnapshot } from '../contracts/market-snapshot.ts';
import type { EpochMs } from '../kernel/time.ts';

/** Counts how often stored bars became others, and tells what of the past the newest changes concern. */
export interface HistoryRevisions {
  /** Goes on after what the run before has published. What was changed meanwhile is not known: charts are built anew. */
  readonly resume: (stored: MarketSnapshot | null) => void;
  /** Bars that open at or after `fromMs` are others now; null when there is no saying which. */
  readonly raise: (fromMs: EpochMs | null) => void;
  readonly told: () => Pick<MarketSnapshot, 'historyRevision' | 'repairs'>;
}

/** Revisions told apart: at one a minute a process that looks every few minutes misses none of them. */
const MOST_TOLD = 8;

export function createHistoryRevisions(): HistoryRevisions {
  let revision = 0;
  let repairs: NonNullable<MarketSnapshot['repairs']> = [];
  return {
    resume: (stored) => {
      revision = stored === null ? 0 : (stored.historyRevision ?? 0) + 1;
      repairs = [];
    },
    raise: (fromMs) => {
      revision += 1;
      repairs = fromMs === null ? [] : [...repairs, { revision, fromMs }].slice(-MOST_TOLD);
    },
    told: () => ({ historyRevision: revision, ...(repairs.length === 0 ? {} : { repairs }) }),
  };
}

/**
 * From when on stored bars may have become others between two revisions. Infinity: none have. Null: there is no saying, a
 * revision between them is not told of any more or never was.
 */
export function changedFromMs(snapshot: MarketSnapshot | null, sinceRevision: number): EpochMs | null {
  const { historyRevision = 0, repairs = [] } = snapshot ?? {};
  if (historyRevision === sinceRevision) return Number.POSITIVE_INFINITY;
  const later = repairs.filter(({ revision }) => revision > sinceRevision);
  return later.length === historyRevision - sinceRevision ? Math.min(...later.map(({ fromMs }) => fromMs)) : null;
}
