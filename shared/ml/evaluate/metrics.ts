/** Odds that were said, and what happened (1: the target was reached). */
export interface Forecasts {
  readonly odds: readonly number[];
  readonly labels: readonly number[];
}

/** A bin of a reliability curve: how often what was said to happen about so often did. */
export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly meanOdds: number;
  readonly hitRate: number;
}

const LEAST_ODDS = 1e-12;

/** -ln of what was said of what happened. */
export const logLossOf = (odds: number, label: number): number => -Math.log(Math.max(LEAST_ODDS, label === 1 ? odds : 1 - odds));

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean log-loss; null of nothing. */
export const logLoss = ({ odds, labels }: Forecasts): number | null =>
  odds.length === 0 ? null : mean(odds.map((each, row) => logLossOf(each, labels[row] as number)));

/** Mean squared error of the odds; null of nothing. */
export const brier = ({ odds, labels }: Forecasts): number | null =>
  odds.length === 0 ? null : mean(odds.map((each, row) => (each - (labels[row] as number)) ** 2));

/**
 * Chance that a row which ended well was given higher odds than one which did not, ties counting half (Mann-Whitney). Null unless both kinds are there.
 */
export function auc({ odds, labels }: Forecasts): number | null {
  const order = odds.map((_, row) => row).sort((a, b) => (odds[a] as number) - (odds[b] as number));
  const ones = labels.reduce((sum, label) => sum + label, 0);
  const zeros = labels.length - ones;
  if (ones === 0 || zeros === 0) return null;
  let rankSum = 0;
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && odds[order[to] as number] === odds[order[from] as number]) to += 1;
    const rank = (from + 1 + to) / 2;
    for (let index = from; index < to; index++) rankSum += rank * (labels[order[index] as number] as number);
    from = to;
  }
  return (rankSum - (ones * (ones + 1)) / 2) / (ones * zeros);
}

/** Bins of the same width over [0, 1]; empty ones are left out. */
export function reliability({ odds, labels }: Forecasts, bins = 10): readonly ReliabilityBin[] {
  return Array.from({ length: bins }, (_, bin) => {
    const inside = odds.flatMap((each, row) => (Math.min(bins - 1, Math.floor(each * bins)) === bin ? [row] : []));
    return {
      from: bin / bins,
      to: (bin + 1) / bins,
      count: inside.length,
      meanOdds: mean(inside.map((row) => odds[row] as number)),
      hitRate: mean(inside.map((row) => labels[row] as number)),
    };
  }).filter(({ count }) => count > 0);
}
