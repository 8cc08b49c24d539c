import type { Instruction } from '../../contracts/order.ts';
import type { Product, Trail } from '../../contracts/terms.ts';
import { auctionBand, type PriceBand, priceBand } from '../../execution/price-band.ts';
import { type Decimal, fromNumber, multiply, text, toNumber, toStep } from '../../kernel/decimal.ts';
import type { Instrument } from '../../market/instrument.ts';
import { EngineError } from '../errors.ts';
import type { MarketView } from '../view.ts';
import type { OrderTerms } from './terms.ts';

/** What is wrong with a field of a request, in words. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

/** @throws EngineError `invalid_order` when there are errors; nothing has changed then */
export function assertValid(errors: readonly FieldError[], at = ''): void {
  if (errors.length === 0) return;
  const named = errors.map(({ field, message }) => ({ field: `${at}${field}`, message }));
  const told = named.map(({ field, message }) => `${field}: ${message}`).join('; ');
  throw new EngineError('invalid_order', `The venue would not take this order: ${told}`, { errors: named });
}

type Rule = (terms: OrderTerms, view: MarketView) => readonly FieldError[];

/** What the venue would refuse an order for, whatever the account: grids, least size, bands, kinds of order, levels that make no sense. */
export const venueErrors = (terms: OrderTerms, view: MarketView): readonly FieldError[] => RULES.flatMap((rule) => rule(terms, view));

const onlyIf = (isWrong: boolean, field: string, message: string): readonly FieldError[] => (isWrong ? [{ field, message }] : []);

const quantityIsOnLots: Rule = ({ instrument, quantity }) => offLot(instrument, quantity);

/** The error of a quantity off the venue's lots. */
export function offLot({ symbol, lotStep }: Instrument, quantity: Decimal): readonly FieldError[] {
  const isOff = toStep(quantity, lotStep, 'down') !== quantity;
  return onlyIf(isOff, 'quantity', `${text(quantity)} ${symbol} is no multiple of the lot step ${text(lotStep)}`);
}

const pricesAreOnTicks: Rule = ({ instrument, instruction, bracket }) => [
  ...ownPrices(instruction).flatMap(({ field, price }) => offTick(instrument, field, price)),
  ...offTick(instrument, 'bracket.stop', bracket.stop),
  ...offTick(instrument, 'bracket.target', bracket.target),
];

/** The error of a price off the venue's grid; none without a price. */
export function offTick(instrument: Instrument, field: string, price: Decimal | null): readonly FieldError[] {
  if (price === null) return [];
  const tick = instrument.tickSize(price);
  return onlyIf(toStep(price, tick, 'floor') !== price, field, `${text(price)} is no multiple of the tick ${text(tick)}`);
}

function ownPrices(instruction: Instruction): readonly { readonly field: 'limitPrice' | 'stopPrice'; readonly price: Decimal }[] {
  return [
    ...('stop' in instruction ? [{ field: 'stopPrice', price: instruction.stop } as const] : []),
    ...('limit' in instruction ? [{ field: 'limitPrice', price: instruction.limit } as const] : []),
  ];
}

const isLargeEnough: Rule = ({ instrument, quantity, price }) => tooSmall(instrument, quantity, price);

/** The error of a quantity that is worth less than the venue takes. `of` says which quantity it is. */
export function tooSmall({ minNotional, quote, symbol }: Instrument, quantity: Decimal, price: number, of = ''): readonly FieldError[] {
  const notional = multiply(quantity, fromNumber(price));
  const message = `${of}${text(quantity)} ${symbol} at ${price} is ${text(notional)} ${quote}, the venue's least is ${text(minNotional)}`;
  return onlyIf(notional < minNotional, 'quantity', message);
}

const pricesAreInBand: Rule = ({ instrument: { market, symbol, contract }, instruction, tradedIn, quote }, view) => {
  // The bands of contracts follow their underlying's day, which is not told here.
  const band =
    market === 'CRYPTO' || contract !== null
      ? null
      : tradedIn === 'closing-auction'
        ? auctionBand(quote.last)
        : priceBand(market, view.previousClose(symbol), quote.last);
  return ownPrices(instruction).flatMap(({ field, price }) => offBand(band, field, toNumber(price)));
};

function offBand(band: PriceBand | null, field: string, price: number): readonly FieldError[] {
  if (band === null) return [];
  const message = `${price} is outside the price band ${band.low.toFixed(2)} to ${band.high.toFixed(2)}`;
  return onlyIf(price < band.low || price > band.high, field, message);
}

/** A stop that is met already is no stop. */
const stopIsAhead: Rule = ({ instruction, side, quote }) => {
  if (!('stop' in instruction)) return [];
  const stop = toNumber(instruction.stop);
  const isAhead = side === 'buy' ? stop > quote.last : stop < quote.last;
  const message = `${stop} is met already, the last price is ${quote.last}: a stop to ${side} lies ${side === 'buy' ? 'above' : 'below'} it`;
  return onlyIf(!isAhead, 'stopPrice', message);
};

const bracketIsAround: Rule = ({ direction, bracket, price }) => [
  ...levelErrors(direction, { stop: bracket.stop, target: bracket.target }, price, 'bracket.'),
  ...trailErrors(bracket.trail, price, 'bracket.trail'),
];

/** The errors of stop and target on the wrong side of a price. */
export function levelErrors(
  direction: 'long' | 'short',
  { stop, target }: { readonly stop: Decimal | null; readonly target: Decimal | null },
  price: number,
  at: string,
): readonly FieldError[] {
  const [lossSide, gainSide] = direction === 'long' ? ['below', 'above'] : ['above', 'below'];
  const isBelow = (level: Decimal | null): boolean => level !== null && toNumber(level) < price;
  const isAbove = (level: Decimal | null): boolean => level !== null && toNumber(level) > price;
  const stopIsRight = stop === null || (direction === 'long' ? isBelow(stop) : isAbove(stop));
  const targetIsRight = target === null || (direction === 'long' ? isAbove(target) : isBelow(target));
  return [
    ...onlyIf(!stopIsRight, `${at}stop`, `${stop === null ? '' : text(stop)} must lie ${lossSide} the price ${price} of a ${direction} position`),
    ...onlyIf(
      !targetIsRight,
      `${at}target`,
      `${target === null ? '' : text(target)} must lie ${gainSide} the price ${price} of a ${direction} position`,
    ),
  ];
}

/** The error of a trail that is as wide as the price. */
export const trailErrors = (trail: Trail | null, price: number, field: string): readonly FieldError[] =>
  onlyIf(trail?.kind === 'distance' && trail.distance >= price, field, `its distance is not less than the price ${price}`);

const trailIsNarrow: Rule = ({ instruction, price }) => (instruction.type === 'trailing-stop' ? trailErrors(instruction.trail, price, 'trail') : []);

const PRODUCTS: Readonly<Record<Instrument['market'], readonly Product[]>> = { CRYPTO: ['spot'], NSE: ['delivery', 'intraday'] };

const productsOf = ({ market, contract }: Instrument): readonly Product[] => (contract === null ? PRODUCTS[market] : [contract.kind]);

const productFits: Rule = ({ instrument, product }) => {
  const products = productsOf(instrument);
  return onlyIf(!products.includes(product), 'product', `${instrument.symbol} is traded as ${products.join(' or ')}, received ${product}`);
};

const timeFits: Rule = ({ instruction: { type }, timeInForce, product, tradedIn, expiresMs }) => [
  ...onlyIf(
    (timeInForce === 'IOC' || timeInForce === 'FOK') && type !== 'market' && type !== 'limit',
    'timeInForce',
    `${timeInForce} is for market and limit orders, received a ${type} order`,
  ),
  ...onlyIf(product === 'intraday' && timeInForce === 'GTC', 'timeInForce', 'an intraday order ends with the day: DAY, IOC or FOK'),
  ...onlyIf(
    tradedIn === 'closing-auction' && timeInForce !== 'DAY',
    'timeInForce',
    `an order of the closing auction is DAY, received ${timeInForce}`,
  ),
  ...onlyIf(timeInForce === 'DAY' && expiresMs === null, 'timeInForce', 'the calendar knows no session that the order could be for'),
];

const auctionFits: Rule = ({ instrument: { market, symbol, contract }, instruction: { type }, tradedIn, product }) => {
  if (tradedIn === 'continuous') return [];
  return [
    ...onlyIf(market !== 'NSE' || contract !== null, 'tradedIn', `${symbol} has no closing auction`),
    ...onlyIf(type !== 'market' && type !== 'limit', 'tradedIn', `the closing auction takes market and limit orders, received a ${type} order`),
    ...onlyIf(product === 'intraday', 'product', 'an intraday position cannot be opened in the closing auction: it could not be closed any more'),
  ];
};

const RULES: readonly Rule[] = [
  quantityIsOnLots,
  pricesAreOnTicks,
  isLargeEnough,
  pricesAreInBand,
  stopIsAhead,
  bracketIsAround,
  trailIsNarrow,
  productFits,
  timeFits,
  auctionFits,
];
