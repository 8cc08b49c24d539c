import type { EpochMs } from '../../kernel/time.ts';

/** A labelled opportunity as a trader would meet it. */
export interface MetOpportunity {
  readonly symbol: string;
  readonly atMs: EpochMs;
  readonly endMs: EpochMs;
  /** Net of all costs, as a share of what was put in. */
  readonly netReturn: number;
  readonly isTradable: boolean;
}

export interface OpportunityPnl {
  readonly trades: number;
  readonly won: number;
  /** Sum and mean of the net returns: the same amount in each trade. */
  readonly sumNet: number;
  readonly meanNet: number | null;
}

/**
 * The result of taking labelled opportunities, the same amount each, one at a time of each symbol. It is the strategy's record over its labels:
 * without sizing, limits, halts and a shared purse, which a backtest has.
 * @param rows in order of time
 */
export function pnlOf<Row extends MetOpportunity>(rows: readonly Row[], isTaken: (row: Row, place: number) => boolean): OpportunityPnl {
  const busyUntilMs = new Map<string, EpochMs>();
  const taken = rows.filter((row, place) => {
    if (!row.isTradable || row.atMs < (busyUntilMs.get(row.symbol) ?? 0) || !isTaken(row, place)) return false;
    busyUntilMs.set(row.symbol, row.endMs);
    return true;
  });
  const sumNet = taken.reduce((sum, { netReturn }) => sum + netReturn, 0);
  return {
    trades: taken.length,
    won: taken.filter(({ netReturn }) => netReturn > 0).length,
    sumNet,
    meanNet: taken.length === 0 ? null : sumNet / taken.length,
  };
}
