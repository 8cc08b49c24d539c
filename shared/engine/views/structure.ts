import type { StructureAnswer } from '../../contracts/v8/portfolio.ts';
import { sum, text } from '../../kernel/decimal.ts';
import { netGreeks } from '../contracts/greeks.ts';
import { basisLeft, type HeldStructure, profitPerUnit } from '../contracts/structure-exits.ts';
import { unrealised } from './position.ts';
import type { ValuedAccount } from './valued-account.ts';

/** Legs that are held as one trade, with their net result and exposure. */
export function structureAnswer(held: HeldStructure, valued: Pick<ValuedAccount, 'view' | 'markOf' | 'rateOf'>): StructureAnswer {
  const { tag, legs } = held;
  const greeks = netGreeks(legs, valued.view);
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
    netDelta: greeks?.delta ?? null,
    greeks,
    basisLeftBps: basisLeft(held, valued.view),
    exits: tag.exits,
  };
}
