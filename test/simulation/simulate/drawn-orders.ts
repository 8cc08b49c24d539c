import type { BracketInput, InstructionRequest, LegRequest, TrailInput } from '../../../shared/contracts/v8/order-request.ts';
import { type Decimal, fromNumber } from '../../../shared/kernel/decimal.ts';
import type { Rng } from '../../../shared/kernel/rng.ts';
import { PERPETUALS } from './path-chains.ts';
import { signalPrice } from './signal-charts.ts';
import { TRADED, type TradedSymbol } from './traded.ts';

type Side = LegRequest['side'];

export const oneOf = <T>(draw: Rng, values: readonly T[]): T => values[Math.floor(draw.next() * values.length)] as T;

/** Any order that can be asked for, near the prices that will stand: most can be filled, some never, some are refused. */
export function drawOrder(draw: Rng): LegRequest {
  const { symbol, market } = oneOf(draw, TRADED);
  const isAuction = market === 'NSE' && draw.next() < 0.3;
  const side = (market === 'NSE' ? draw.next() < 0.5 : draw.next() < 0.03) ? 'sell' : 'buy';
  const instruction = isAuction ? auctioned(draw, symbol) : instructionOf(draw, symbol, side);
  const isAtOnce = instruction.type === 'market' || instruction.type === 'limit';
  return {
    symbol,
    side,
    quantity: quantityOf(draw, symbol),
    product: null,
    instruction,
    timeInForce: isAuction ? null : oneOf(draw, isAtOnce ? [null, 'GTC', 'DAY', 'IOC', 'FOK'] : [null, 'GTC', 'DAY']),
    tradedIn: isAuction ? 'closing-auction' : 'continuous',
    bracket: drawBracket(draw, symbol, side),
  };
}

/** Legs that fill together or not at all. */
export function drawGroup(draw: Rng): readonly LegRequest[] {
  const legs: readonly TradedSymbol[] = draw.next() < 0.5 ? ['SOL', 'DOT'] : ['DOT', 'ETH', 'SOL'];
  return legs.map((symbol) => ({
    symbol,
    side: 'buy',
    quantity: quantityOf(draw, symbol),
    product: null,
    instruction: { type: 'market' },
    timeInForce: null,
    tradedIn: 'continuous',
    bracket: drawBracket(draw, symbol, 'buy'),
  }));
}

/** An order in a perpetual, either way; it is held with margin, and funded. */
export function drawPerpetual(draw: Rng): LegRequest {
  const symbol = oneOf(draw, PERPETUALS);
  const side = oneOf(draw, ['buy', 'sell'] as const);
  return { ...marketLeg(draw, symbol, side), symbol: `${symbol}-PERP`, quantity: fromNumber(Math.floor(500 * (1 + 8 * draw.next())) / 100) };
}

/** Coin that is carried against its perpetual: two legs, neither without the other. */
export function drawCarry(draw: Rng): readonly LegRequest[] {
  const symbol = oneOf(draw, PERPETUALS);
  const quantity = fromNumber(Math.floor(100 * (4 + 20 * draw.next())) / 100);
  const leg = { ...marketLeg(draw, symbol, 'buy'), quantity, bracket: {} };
  return [leg, { ...leg, symbol: `${symbol}-PERP`, side: 'sell' }];
}

function marketLeg(draw: Rng, symbol: TradedSymbol, side: Side): Omit<LegRequest, 'quantity'> {
  const bracket = drawBracket(draw, symbol, side);
  return { symbol, side, product: null, instruction: { type: 'market' }, timeInForce: null, tradedIn: 'continuous', bracket };
}

/** Units worth some thousand dollars: more than stands at a price of a book, now and then more than all of it. */
function quantityOf(draw: Rng, symbol: TradedSymbol): Decimal {
  return fromNumber(symbol === 'RELIANCE' ? 20 + Math.floor(draw.next() * 300) : Math.floor(100 * (5 + 75 * draw.next())) / 100);
}

function instructionOf(draw: Rng, symbol: TradedSymbol, side: Side): InstructionRequest {
  const away = side === 'buy' ? 1 : -1;
  switch (oneOf(draw, ['market', 'market', 'limit', 'stop', 'stop-limit', 'trailing-stop'])) {
    case 'limit':
      return { type: 'limit', limit: level(draw, symbol, -0.012 * away, 0.02 * away) };
    case 'stop':
      return { type: 'stop', stop: level(draw, symbol, 0.002 * away, 0.025 * away) };
    case 'stop-limit':
      return { type: 'stop-limit', stop: level(draw, symbol, 0.002 * away, 0.015 * away), limit: level(draw, symbol, 0.015 * away, 0.03 * away) };
    case 'trailing-stop':
      return { type: 'trailing-stop', trail: drawTrail(draw) };
    default:
      return { type: 'market' };
  }
}

const auctioned = (draw: Rng, symbol: TradedSymbol): InstructionRequest =>
  draw.next() < 0.5 ? { type: 'market' } : { type: 'limit', limit: level(draw, symbol, -0.01, 0.02) };

/** Stop, target, trail and time, each there or not. */
function drawBracket(draw: Rng, symbol: TradedSymbol, side: Side): BracketInput {
  return { ...drawLevels(draw, symbol, side), ...(draw.next() < 0.2 ? { maxHoldingMinutes: 1 } : {}) };
}

export function drawLevels(draw: Rng, symbol: TradedSymbol, side: Side): Omit<BracketInput, 'maxHoldingMinutes'> {
  const worse = side === 'buy' ? -1 : 1;
  return {
    ...(draw.next() < 0.8 ? { stop: level(draw, symbol, 0.012 * worse, 0.03 * worse) } : {}),
    ...(draw.next() < 0.5 ? { target: level(draw, symbol, -0.012 * worse, -0.035 * worse) } : {}),
    ...(draw.next() < 0.3 ? { trail: drawTrail(draw) } : {}),
  };
}

function drawTrail(draw: Rng): TrailInput {
  switch (oneOf(draw, ['share', 'distance', 'atr'])) {
    case 'distance':
      return { distance: fromNumber(Math.round(5 + 20 * draw.next()) / 10) };
    case 'atr':
      return { atr: { multiple: 1 + draw.next(), timeframe: '1m' } };
    default:
      return { share: 0.003 + 0.01 * draw.next() };
  }
}

/** A price on the grid between two shares away from where the market is about. */
function level(draw: Rng, symbol: TradedSymbol, from: number, to: number): Decimal {
  const price = signalPrice(symbol) * (1.004 + from + (to - from) * draw.next());
  return fromNumber(Math.round(price * 10) / 10);
}
