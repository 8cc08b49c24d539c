import { type Decimal, fromNumber } from '../../../shared/kernel/decimal.ts';
import type { Rng } from '../../../shared/kernel/rng.ts';
import { signalPrice } from './signal-charts.ts';
import { TRADED, type TradedSymbol } from './traded.ts';

/** An order that a person asks for. */
export interface DrawnOrder {
  readonly symbol: TradedSymbol;
  readonly side: 'buy' | 'sell';
  readonly quantity: Decimal;
  readonly instruction:
    | { readonly type: 'market' }
    | { readonly type: 'limit'; readonly limit: Decimal }
    | { readonly type: 'stop'; readonly stop: Decimal }
    | { readonly type: 'stop-limit'; readonly stop: Decimal; readonly limit: Decimal }
    | { readonly type: 'trailing-stop'; readonly trail: { readonly share: number } };
  readonly timeInForce: 'GTC' | 'DAY' | 'IOC' | 'FOK';
  readonly tradedIn: 'continuous' | 'closing-auction';
  readonly bracket: DrawnBracket;
}

export interface DrawnBracket {
  readonly stop?: Decimal;
  readonly target?: Decimal;
  readonly trail?: { readonly share: number };
  readonly maxHoldingMinutes?: number;
}

export const oneOf = <T>(draw: Rng, values: readonly T[]): T => values[Math.floor(draw.next() * values.length)] as T;

/** Any order that can be asked for, near the prices that will stand: most can be filled, some never. */
export function drawOrder(draw: Rng): DrawnOrder {
  const { symbol, market } = oneOf(draw, TRADED);
  const side = market === 'NSE' && draw.next() < 0.5 ? 'sell' : 'buy';
  const isAuction = market === 'NSE' && draw.next() < 0.3;
  const instruction = isAuction ? auctioned(draw, symbol) : instructionOf(draw, symbol, side);
  // A stop waits for its price: at once or not at all makes no sense of it.
  const isAtOnce = instruction.type === 'market' || instruction.type === 'limit';
  return {
    symbol,
    side,
    quantity: quantityOf(draw, symbol),
    instruction,
    timeInForce: isAuction ? 'DAY' : oneOf(draw, isAtOnce ? ['GTC', 'GTC', 'DAY', 'IOC', 'FOK'] : ['GTC', 'DAY']),
    tradedIn: isAuction ? 'closing-auction' : 'continuous',
    bracket: drawBracket(draw, symbol, side),
  };
}

/** Legs that fill together or not at all. */
export function drawGroup(draw: Rng): readonly DrawnOrder[] {
  const legs: readonly TradedSymbol[] = draw.next() < 0.5 ? ['SOL', 'DOT'] : ['DOT', 'ETH', 'SOL'];
  return legs.map((symbol) => ({
    symbol,
    side: 'buy',
    quantity: quantityOf(draw, symbol),
    instruction: { type: 'market' },
    timeInForce: 'GTC',
    tradedIn: 'continuous',
    bracket: drawBracket(draw, symbol, 'buy'),
  }));
}

/** Units worth some thousand dollars: more than stands at a price of a book, now and then more than all of it. */
function quantityOf(draw: Rng, symbol: TradedSymbol): Decimal {
  return fromNumber(symbol === 'RELIANCE' ? 20 + Math.floor(draw.next() * 300) : Math.floor(1_000 * (5 + 75 * draw.next())) / 1_000);
}

function instructionOf(draw: Rng, symbol: TradedSymbol, side: 'buy' | 'sell'): DrawnOrder['instruction'] {
  const away = side === 'buy' ? 1 : -1;
  switch (oneOf(draw, ['market', 'market', 'limit', 'stop', 'stop-limit', 'trailing-stop'])) {
    case 'limit':
      return { type: 'limit', limit: level(draw, symbol, -0.012 * away, 0.02 * away) };
    case 'stop':
      return { type: 'stop', stop: level(draw, symbol, 0.002 * away, 0.025 * away) };
    case 'stop-limit':
      return { type: 'stop-limit', stop: level(draw, symbol, 0.002 * away, 0.015 * away), limit: level(draw, symbol, 0.0, 0.03 * away) };
    case 'trailing-stop':
      return { type: 'trailing-stop', trail: { share: 0.003 + 0.01 * draw.next() } };
    default:
      return { type: 'market' };
  }
}

const auctioned = (draw: Rng, symbol: TradedSymbol): DrawnOrder['instruction'] =>
  draw.next() < 0.5 ? { type: 'market' } : { type: 'limit', limit: level(draw, symbol, -0.01, 0.02) };

/** Stop, target, trail and time, each there or not. */
export function drawBracket(draw: Rng, symbol: TradedSymbol, side: 'buy' | 'sell'): DrawnBracket {
  const worse = side === 'buy' ? -1 : 1;
  return {
    ...(draw.next() < 0.6 ? { stop: level(draw, symbol, 0.012 * worse, 0.03 * worse) } : {}),
    ...(draw.next() < 0.5 ? { target: level(draw, symbol, -0.012 * worse, -0.035 * worse) } : {}),
    ...(draw.next() < 0.3 ? { trail: { share: 0.004 + 0.01 * draw.next() } } : {}),
    ...(draw.next() < 0.2 ? { maxHoldingMinutes: 1 } : {}),
  };
}

/** A price on the grid between two shares away from where the market is about. */
function level(draw: Rng, symbol: TradedSymbol, from: number, to: number): Decimal {
  const price = signalPrice(symbol) * (1.004 + from + (to - from) * draw.next());
  return fromNumber(Math.round(price * 10) / 10);
}
