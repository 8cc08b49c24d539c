import { instrumentBySymbol } from '../../config/instruments.ts';
import { marginTermsOn } from '../../config/margin.ts';
import { NSE_CALENDAR } from '../../config/nse-calendar.ts';
import { STOCK_DELIVERY } from '../../config/stock-delivery.ts';
import type { JournalEventOf } from '../../contracts/journal.ts';
import type { Position } from '../../contracts/position.ts';
import { add, type Decimal, fromNumber, min, multiply, subtract, sum, toNumber, ZERO } from '../../kernel/decimal.ts';
import { type EpochMs, MINUTE_MS } from '../../kernel/time.ts';
import { type Account, blockedCash, reserved } from '../../ledger/account.ts';
import { istDate } from '../../market/ist.ts';
import { tradingDaysSince } from '../../market/trading-days.ts';
import { contractMargins } from './contract-margin.ts';
import { worthAtExpiry } from './contract-worth.ts';
import type { ContractsView } from './contracts-view.ts';
import { deliveryOf, deliveryPrice, type Ending, isDelivered, receivesShares, sharesHeld } from './stock-delivery.ts';

/** A position whose contract is about to end in shares, with what they stand at. */
interface Due {
  readonly position: Position;
  readonly contract: Ending;
  readonly spot: number;
  readonly rate: Decimal;
}

/** The furthest day before an expiry on which margins rise. */
const FIRST_STEP = Math.max(0, ...STOCK_DELIVERY.longOptionSteps.map(({ daysBefore }) => daysBefore));

/** Trading days that are left before a contract's own. */
const daysLeft = ({ expiryMs }: Ending, nowMs: EpochMs): number => tradingDaysSince(NSE_CALENDAR, nowMs, expiryMs, FIRST_STEP + 1);

/** Positions of the last days whose underlying has a price and a rate, that would be delivered if it stayed there. */
function dueDeliveries(account: Account, view: ContractsView): readonly Due[] {
  return [...account.positions.values()].flatMap((position): readonly Due[] => {
    if (position.product !== 'option' && position.product !== 'future') return [];
    const { contract } = instrumentBySymbol(position.symbol, view.nowMs);
    if (!isDelivered(contract) || contract.expiryMs <= view.nowMs || daysLeft(contract, view.nowMs) > FIRST_STEP) return [];
    const spot = view.quote(contract.underlying)?.last ?? view.contract(position.symbol)?.chain.spot ?? null;
    const rate = view.rate(position.currency)?.value ?? null;
    if (spot === null || rate === null || worthAtExpiry(contract, spot) <= 0n) return [];
    return [{ position, contract, spot, rate }];
  });
}

/**
 * The positions that must not go to delivery: within the last hour those whose shares the account can neither take nor give, at the
 * price of now; all of them where the policy is to square off. What nets off against each other is left.
 */
export function squaredOffBeforeDelivery(account: Account, view: ContractsView): readonly Position[] {
  const fromMs = STOCK_DELIVERY.decideMinutesBeforeExpiry * MINUTE_MS;
  const last = dueDeliveries(account, view).filter(({ contract }) => contract.expiryMs - view.nowMs <= fromMs);
  if (STOCK_DELIVERY.policy === 'square-off') return last.map(({ position }) => position);
  let cashLeft = freeCash(account);
  const sharesLeft = new Map<string, Decimal>();
  return last.flatMap(({ position, contract, spot, rate }) => {
    const { delivered, closedOut } = deliveryOf(account, position, contract, { price: spot, rate });
    if (closedOut > 0n) return [position];
    // Each could be delivered alone: together they must be too.
    if (receivesShares(position, contract)) {
      cashLeft = add(subtract(cashLeft, multiply(multiply(delivered, deliveryPrice(contract, spot)), rate)), position.margin ?? ZERO);
      return cashLeft < 0n ? [position] : [];
    }
    const held = sharesLeft.get(contract.underlying) ?? sum(sharesHeld(account, position, contract).map(({ quantity }) => quantity));
    sharesLeft.set(contract.underlying, subtract(held, delivered));
    return held < delivered ? [position] : [];
  });
}

const freeCash = (account: Account): Decimal => subtract(subtract(account.cash, reserved(account)), blockedCash(account));

/** A margin that rises before a delivery, or the position that the account cannot carry at it. */
export type DeliveryMargin = { readonly raised: JournalEventOf<'margin-raised'> } | { readonly unpaid: Position };

/**
 * The margins that rise today because shares will be delivered: once a day for each position. One that the free cash does not
 * carry is squared off instead, as a broker does.
 */
export function dueDeliveryMargins(account: Account, view: ContractsView): readonly DeliveryMargin[] {
  let free = freeCash(account);
  return dueDeliveries(account, view).flatMap((due): readonly DeliveryMargin[] => {
    const { position, contract } = due;
    const daysBefore = daysLeft(contract, view.nowMs);
    if (position.deliveryStep === daysBefore) return [];
    const before = position.margin ?? ZERO;
    const after = marginAt(due, daysBefore, view);
    if (after === null || after <= before) return [];
    if (subtract(after, before) > free) return [{ unpaid: position }];
    free = subtract(free, subtract(after, before));
    return [{ raised: { type: 'margin-raised', atMs: view.nowMs, positionId: position.id, daysBefore, before, after } }];
  });
}

/** What a position blocks so many days before its delivery, base currency; null where no step says anything. */
function marginAt({ position, contract, spot, rate }: Due, daysBefore: number, view: ContractsView): Decimal | null {
  const value = multiply(multiply(position.quantity, deliveryPrice(contract, spot)), rate);
  const of = (amount: Decimal, share: number): Decimal => multiply(amount, fromNumber(share));
  if (contract.kind === 'option' && position.direction === 'long') {
    const step = STOCK_DELIVERY.longOptionSteps.find((each) => each.daysBefore === daysBefore);
    if (step === undefined) return null;
    return of(step.of === 'value' ? value : of(value, riskShare(view.nowMs)), step.share);
  }
  if (daysBefore > 0) return null;
  const { valueShare, marginFactor } = STOCK_DELIVERY.expiryDay;
  return min(of(value, valueShare), of(ordinaryMargin(position, view, rate), marginFactor));
}

/** What the exchange takes a stock to move, and its exposure margin: shares of its value. */
function riskShare(nowMs: EpochMs): number {
  const { leastPriceScan, exposureRate } = marginTermsOn('nseDerivatives', istDate(nowMs)).stock;
  return leastPriceScan + exposureRate;
}

function ordinaryMargin({ symbol, direction, quantity, entryPrice }: Position, view: ContractsView, rate: Decimal): Decimal {
  const instrument = instrumentBySymbol(symbol, view.nowMs);
  const price = view.quote(symbol)?.last ?? toNumber(entryPrice);
  const margins = contractMargins([{ instrument, direction, quantity, price }], view);
  return multiply(sum(margins.map(({ requirement }) => requirement.initial)), rate);
}
