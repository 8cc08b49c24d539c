import { instrumentBySymbol } from '../../config/instruments.ts';
import type { Position } from '../../contracts/position.ts';
import type { StructureAnswer } from '../../contracts/v8/portfolio.ts';
import { sum, text } from '../../kernel/decimal.ts';
import type { ContractsView } from '../contracts/contracts-view.ts';
import { basisLeft, deltaOf, type HeldStructure, profitPerUnit } from '../contracts/structure-exits.ts';
import { signedUnits, unrealised } from './position.ts';
import type { ValuedAccount } from './valued-account.ts';

/** Legs that are held as one trade, with their net result and exposure. */
export function structureAnswer(held: HeldStructure, valued: Pick<ValuedAccount, 'view' | 'markOf' | 'rateOf'>): StructureAnswer {
  const { tag, legs } = held;
  const isMarked = legs.every((leg) => valued.markOf(leg.symbol, leg) !== null);
  return {
    id: tag.id,
    name: tag.name,
    strategy: legs[0]?.strategy ?? 'manual',
    underlying: tag.underlying,
    units: text(tag.units),
    positions: legs.map(({ id }) => id),
    unrealisedPnL: isMarked ? text(sum(legs.map((leg) => unrealised(leg, valued)))) : null,
    profitPerUnit: isMarked ? profitPerUnit(held, valued.view) : null,
    currency: tag.currency,
    maxLoss: tag.maxLoss,
    maxProfit: tag.maxProfit,
    netDelta: netDelta(legs, valued.view),
    basisLeftBps: basisLeft(held, valued.view),
    exits: tag.exits,
  };
}

function netDelta(legs: readonly Position[], view: ContractsView): number | null {
  let net = 0;
  for (const leg of legs) {
    const isOption = instrumentBySymbol(leg.symbol, view.nowMs).contract?.kind === 'option';
    const delta = isOption ? deltaOf(leg.symbol, view) : 1;
    if (delta === null) return null;
    net += signedUnits(leg) * delta;
  }
  return net;
}
