import { PERPETUAL_LEVERAGE } from '../../config/risk.ts';
import { MarginError } from '../../execution/margin/margin-error.ts';
import type { MarginPosition } from '../../execution/margin/margin-of.ts';
import { marginOf } from '../../execution/margin/margin-of.ts';
import type { MarginRequirement } from '../../execution/margin/requirement.ts';
import { type Decimal, fromNumber, max, multiply, subtract, sum, toNumber, ZERO } from '../../kernel/decimal.ts';
import type { EpochMs } from '../../kernel/time.ts';
import type { Contract, Currency, Instrument, OptionContract } from '../../market/instrument.ts';
import { type ContractsView, optionQuoteOf } from './contracts-view.ts';

/** One leg as its margin is worked out; `price` is a unit's, in its quote currency. */
export interface LegOnMargin {
  readonly instrument: Instrument;
  readonly direction: 'long' | 'short';
  readonly quantity: Decimal;
  readonly price: number;
}

/** What legs ask together under one venue's rules, in its currency. */
export interface VenueMargin {
  readonly currency: Currency;
  readonly requirement: MarginRequirement;
  /** What stays blocked while they are held: the requirement less what was paid away for good. */
  readonly blocked: Decimal;
}

/**
 * What legs on one underlying ask of the account, venue by venue: `shared/execution/margin` does the work. Coin and shares among
 * the legs cover short calls; alone they ask nothing here, for they are paid in full.
 * @throws MarginError
 */
export function contractMargins(legs: readonly LegOnMargin[], view: ContractsView): readonly VenueMargin[] {
  const contracts = legs.filter(({ instrument }) => instrument.contract !== null);
  const covers = legs.filter(({ instrument, direction }) => instrument.contract === null && direction === 'long');
  const byVenue = Map.groupBy(contracts, ({ instrument }) => instrument.venue);
  return [...byVenue.values()].flatMap((own) => positionsOf(own, covers, view).map((position) => venueMargin(position, own, covers, view.nowMs)));
}

function venueMargin(position: MarginPosition, own: readonly LegOnMargin[], covers: readonly LegOnMargin[], atMs: EpochMs): VenueMargin {
  const requirement = marginOf(position, atMs);
  const currency = own[0]?.instrument.quote ?? 'USD';
  const isCovered = position.regime === 'deribit' || position.regime === 'nse-derivatives';
  const paid = sum([
    ...own.filter(isBoughtOption).map(({ quantity, price }) => multiply(quantity, fromNumber(price))),
    ...(isCovered ? covers.map(({ quantity, price }) => (position.regime === 'deribit' ? quantity : multiply(quantity, fromNumber(price)))) : []),
  ]);
  return { currency, requirement, blocked: max(ZERO, subtract(requirement.initial, paid)) };
}

const isBoughtOption = ({ instrument, direction }: LegOnMargin): boolean => instrument.contract?.kind === 'option' && direction === 'long';

function positionsOf(own: readonly LegOnMargin[], covers: readonly LegOnMargin[], view: ContractsView): readonly MarginPosition[] {
  const [first] = own;
  if (first === undefined) return [];
  const underlyingPrice = spotOf(first, view);
  switch (first.instrument.venue) {
    case 'binance-futures':
      return own.map((leg) => perpetualPosition(leg));
    case 'deribit':
      return [
        {
          regime: 'deribit',
          underlyingPrice,
          legs: [...own.map(optionLeg), ...covers.map((leg) => ({ kind: 'spot' as const, quantity: units(leg) }))],
        },
      ];
    default:
      return [
        {
          regime: 'nse-derivatives',
          isIndex: settlesInCash(first.instrument.contract),
          underlyingPrice,
          dailyVolatility: null,
          legs: [
            ...own.map((leg) => nseLeg(leg, view)),
            ...covers.map((leg) => ({ kind: 'equity' as const, quantity: units(leg), price: leg.price })),
          ],
        },
      ];
  }
}

const settlesInCash = (contract: Contract | null): boolean => contract !== null && contract.kind !== 'perpetual' && contract.settlement === 'cash';

function perpetualPosition({ instrument, direction, quantity, price }: LegOnMargin): MarginPosition {
  // Dated contracts are in the brackets of the perpetual on their underlying.
  const symbol = `${instrument.contract?.underlying}${instrument.quote}`;
  return { regime: 'binance-usdm', symbol, direction, quantity: toNumber(quantity), price, leverage: PERPETUAL_LEVERAGE };
}

function optionLeg(leg: LegOnMargin) {
  const { contract } = leg.instrument;
  if (contract?.kind !== 'option') throw new TypeError(`${leg.instrument.symbol} is no option`);
  const { right, strike, expiryMs } = contract;
  return { kind: 'option', direction: leg.direction, right, quantity: units(leg), strike, price: leg.price, expiryMs } as const;
}

function nseLeg(leg: LegOnMargin, view: ContractsView) {
  const { contract } = leg.instrument;
  if (contract?.kind === 'option') return { ...optionLeg(leg), ...impliedBy(leg, contract, view) };
  const expiryMs = contract?.kind === 'future' ? contract.expiryMs : 0;
  return { kind: 'future', direction: leg.direction, quantity: units(leg), price: leg.price, expiryMs } as const;
}

/** What the scan revalues an option on; where nobody quotes it any more, on the underlying and an ordinary volatility. */
function impliedBy({ instrument }: LegOnMargin, contract: OptionContract, view: ContractsView): { readonly forward: number; readonly iv: number } {
  const quoted = optionQuoteOf(instrument.symbol, view);
  if (quoted !== null) return { forward: quoted.underlyingPrice, iv: quoted.iv ?? ORDINARY_IV };
  return { forward: view.chains(contract.underlying)[0]?.spot ?? contract.strike, iv: ORDINARY_IV };
}

/** Assumption for an option without a price: the level of Indian indices in an unquiet market. */
const ORDINARY_IV = 0.2;

function spotOf({ instrument }: LegOnMargin, view: ContractsView): number {
  const underlying = instrument.contract?.underlying ?? '';
  const chain = view.contract(instrument.symbol)?.chain ?? view.chains(underlying)[0];
  const strike = instrument.contract?.kind === 'option' ? instrument.contract.strike : 0;
  return chain?.spot ?? view.quote(underlying)?.last ?? strike;
}

const units = ({ quantity }: LegOnMargin): number => toNumber(quantity);

/**
 * The cash that each leg blocks while it is held, base currency, in the order of the legs: what all ask together, shared out by
 * what each would ask alone. Null where a rate is missing, or the venue's rules know no such position.
 */
export function blockedByLeg(legs: readonly LegOnMargin[], view: ContractsView): readonly Decimal[] | null {
  try {
    return sharedOut(legs, view);
  } catch (error) {
    if (error instanceof MarginError) return null;
    throw error;
  }
}

function sharedOut(legs: readonly LegOnMargin[], view: ContractsView): readonly Decimal[] | null {
  const together = inBase(contractMargins(legs, view), view);
  const alone = legs.map((leg) => inBase(contractMargins([leg], view), view));
  if (together === null || alone.some((each) => each === null)) return null;
  const weights = alone.map((each) => each ?? ZERO);
  const whole = sum(weights);
  if (whole === 0n || together === 0n) return legs.map(() => ZERO);
  let left = together;
  const last = weights.findLastIndex((weight) => weight > 0n);
  return weights.map((weight, index) => {
    const share = index === last ? left : (((together * weight) / whole) as Decimal);
    left = subtract(left, share);
    return share;
  });
}

function inBase(margins: readonly VenueMargin[], view: ContractsView): Decimal | null {
  let total = ZERO;
  for (const { currency, blocked } of margins) {
    const rate = view.rate(currency);
    if (rate === null) return null;
    total = (total + multiply(blocked, rate.value)) as Decimal;
  }
  return total;
}

/** What must stay in the account for these legs, base currency; what cannot be told, as without a rate, counts nothing. */
export function maintenanceOf(legs: readonly LegOnMargin[], view: ContractsView): Decimal {
  try {
    return maintenance(legs, view);
  } catch (error) {
    if (error instanceof MarginError) return ZERO;
    throw error;
  }
}

function maintenance(legs: readonly LegOnMargin[], view: ContractsView): Decimal {
  return sum(contractMargins(legs, view).map(({ currency, requirement }) => multiply(requirement.maintenance, view.rate(currency)?.value ?? ZERO)));
}
