import { ENTRY_RESERVE } from '../../config/execution.ts';
import { instrumentBySymbol } from '../../config/instruments.ts';
import type { Position } from '../../contracts/position.ts';
import { add, type Decimal, fromNumber, min, multiply, ONE, subtract, sum, ZERO } from '../../kernel/decimal.ts';
import { type Account, blockedCash, reserved } from '../../ledger/account.ts';
import type { Contract } from '../../market/instrument.ts';
import { worthAtExpiry } from './contract-worth.ts';

/** A contract that ends on a day. */
export type Ending = Exclude<Contract, { readonly kind: 'perpetual' }>;

/** What the shares of a contract were settled at, and base currency for the contract's. */
export interface SettlementPrice {
  readonly price: number;
  readonly rate: Decimal;
}

/** What becomes of the units of a position at its contract's end; together they are all that is held. */
export interface DeliveryParts {
  /** Taken up by what other contracts of the same end owe the other way: no shares change hands. */
  readonly netted: readonly { readonly other: Position; readonly units: Decimal }[];
  /** Shares are bought or sold. */
  readonly delivered: Decimal;
  /** The account has neither the shares nor the cash: closed out in cash. */
  readonly closedOut: Decimal;
}

/** Whether a contract ends in shares that change hands. */
export const isDelivered = (contract: Contract | null): contract is Ending =>
  contract !== null && contract.kind !== 'perpetual' && contract.settlement === 'physical';

/** Whether its holder gets shares at the end: a bought future or call, a sold put. All others give them. */
export const receivesShares = ({ direction }: Pick<Position, 'direction'>, contract: Ending): boolean =>
  (contract.kind === 'option' && contract.right === 'put') !== (direction === 'long');

/** What a share is delivered at, quote currency: the strike, of a future the settlement price. */
export const deliveryPrice = (contract: Ending, settlement: number): Decimal => fromNumber(contract.kind === 'option' ? contract.strike : settlement);

/**
 * How a position in a contract on shares ends that is worth something. What nets off against the account's other contracts of the
 * same shares and day nets off; of the rest shares that are owed come out of those held, and shares that are due are paid for with
 * free cash and with what the position itself has blocked.
 */
export function deliveryOf(account: Account, position: Position, contract: Ending, { price, rate }: SettlementPrice): DeliveryParts {
  let left = position.quantity;
  const netted: { readonly other: Position; readonly units: Decimal }[] = [];
  for (const other of opposites(account, position, contract, price)) {
    const units = min(left, other.quantity);
    if (units > 0n) netted.push({ other, units });
    left = subtract(left, units);
  }
  const mostDelivered = receivesShares(position, contract)
    ? mostReceived(account, position, left, multiply(deliveryPrice(contract, price), rate))
    : sum(sharesHeld(account, position, contract).map(({ quantity }) => quantity));
  const delivered = min(left, mostDelivered);
  return { netted, delivered, closedOut: subtract(left, delivered) };
}

function opposites(account: Account, position: Position, contract: Ending, settlement: number): readonly Position[] {
  return [...account.positions.values()].filter((other) => {
    const own = instrumentBySymbol(other.symbol, contract.expiryMs).contract;
    if (!isDelivered(own) || own.underlying !== contract.underlying || own.expiryMs !== contract.expiryMs) return false;
    return receivesShares(other, own) !== receivesShares(position, contract) && worthAtExpiry(own, settlement) > 0n;
  });
}

/** All that is due, or nothing: nobody takes half a lot. */
function mostReceived(account: Account, { margin = ZERO }: Position, due: Decimal, shareUsd: Decimal): Decimal {
  const free = add(subtract(subtract(account.cash, reserved(account)), blockedCash(account)), margin);
  return multiply(multiply(due, shareUsd), add(ONE, ENTRY_RESERVE)) <= free ? due : ZERO;
}

/** The positions in shares that a delivery is made from: those of the same structure first, then as they were opened. */
export function sharesHeld(account: Account, { structure }: Position, { underlying }: Ending): readonly Position[] {
  const held = [...account.positions.values()].filter(
    ({ symbol, product, direction }) => symbol === underlying && product === 'delivery' && direction === 'long',
  );
  const isOwn = (each: Position): boolean => structure !== undefined && each.structure?.id === structure.id;
  return [...held.filter(isOwn), ...held.filter((each) => !isOwn(each))];
}
