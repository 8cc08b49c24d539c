import { alwaysFree, awsPrice, type PricedItem, type PricedRegion } from '../../shared/config/aws-prices.ts';
import type { Operation } from './operations.ts';

/** A line of the bill in US dollars a month. */
export interface BillLine extends Operation {
  /** At the list price, as if nothing were free. */
  readonly listUsd: number;
  /** What the always-free tier takes off. */
  readonly freeUsd: number;
  /** Whether its price or its free amount is assumed. */
  readonly isAssumed: boolean;
}

export interface Bill {
  readonly region: PricedRegion;
  readonly lines: readonly BillLine[];
  readonly listUsd: number;
  readonly freeUsd: number;
  readonly usd: number;
}

/** Prices a month's operations. What is free of an item is shared by its lines in proportion. */
export function billOf(operations: readonly Operation[], region: PricedRegion, date: string): Bill {
  const totals = new Map<PricedItem, number>();
  for (const { item, units } of operations) totals.set(item, (totals.get(item) ?? 0) + units);
  const lines = operations.map((operation): BillLine => {
    const price = awsPrice(operation.item, region, date);
    const free = alwaysFree(operation.item, date);
    const total = totals.get(operation.item) ?? 0;
    const freeShare = total === 0 ? 0 : Math.min(1, free.units / total);
    const listUsd = operation.units * price.usdPerUnit;
    return { ...operation, listUsd, freeUsd: listUsd * freeShare, isAssumed: price.isAssumed || (freeShare > 0 && free.isAssumed) };
  });
  const sum = (of: (line: BillLine) => number): number => lines.reduce((total, line) => total + of(line), 0);
  const [listUsd, freeUsd] = [sum((line) => line.listUsd), sum((line) => line.freeUsd)];
  return { region, lines, listUsd, freeUsd, usd: listUsd - freeUsd };
}
