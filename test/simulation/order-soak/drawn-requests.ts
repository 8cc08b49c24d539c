import { instrumentBySymbol, instrumentsOf } from '../../../shared/config/instruments.ts';
import { NSE_CALENDAR } from '../../../shared/config/nse-calendar.ts';
import type { OrderAnswer } from '../../../shared/contracts/v8/orders.ts';
import type { PositionAnswer } from '../../../shared/contracts/v8/portfolio.ts';
import { decimal, fromNumber, text, toStep } from '../../../shared/kernel/decimal.ts';
import type { Rng } from '../../../shared/kernel/rng.ts';
import type { EpochMs } from '../../../shared/kernel/time.ts';
import { marketPhase } from '../../../shared/market/calendar.ts';
import type { SoakRequest } from './requests.ts';

/** What a client was told last. */
export interface Known {
  readonly nowMs: EpochMs;
  /** Last prices by symbol. */
  readonly prices: ReadonlyMap<string, number>;
  readonly positions: readonly PositionAnswer[];
  /** Entries that work. */
  readonly working: readonly OrderAnswer[];
}

type Side = 'buy' | 'sell';
type Fields = Readonly<Record<string, unknown>>;

const RUPEES_A_DOLLAR = 85;
/** Above so many the client rather cancels and closes, so that the account stays able to trade. */
const MANY_WORKING = 45;
const MANY_POSITIONS = 30;

const oneOf = <T>(draw: Rng, values: readonly T[]): T => values[Math.floor(draw.next() * values.length)] as T;
const between = (draw: Rng, from: number, to: number): number => from + (to - from) * draw.next();

/** The request that begins the session: large enough that limits of size rarely speak, and not stopped by a bad day. */
export const startRequest = (seed: string): SoakRequest => ({
  kind: 'start',
  about: 'start',
  method: 'POST',
  path: 'start-paper-trading',
  body: { startingCapital: 2_000_000, strategies: ['scalping', 'swing'], riskLimits: { maxDailyLoss: 1, maxPortfolioRisk: 1 } },
  key: `soak-${seed}-start`,
  commandId: `start:key:soak-${seed}-start`,
  places: 0,
});

/** Any request of a client that knows what stands, under an id of its own. */
export function drawRequest(draw: Rng, known: Known, id: string): SoakRequest {
  const wish = draw.next();
  const [order, position] = [oneOf(draw, known.working), oneOf(draw, known.positions)];
  const cancels = known.working.length > MANY_WORKING ? 0.5 : 0.1;
  if (wish < cancels && order !== undefined) return cancelRequest(order);
  const closes = known.positions.length > MANY_POSITIONS ? 0.5 : 0.12;
  if (wish > 1 - closes && position !== undefined) return closeRequest(draw, position, id);
  if (wish > 1 - closes - 0.08 && position !== undefined) return amendRequest(draw, known, position, id);
  return draw.next() < 0.08 ? groupRequest(draw, known, id) : orderRequest(draw, known, id);
}

const cancelRequest = ({ id }: OrderAnswer): SoakRequest => ({
  kind: 'cancel',
  about: 'cancel',
  method: 'DELETE',
  path: `orders/${encodeURIComponent(id)}`,
  body: null,
  key: null,
  commandId: `cancel:${id}`,
  places: 0,
});

function closeRequest(draw: Rng, { id, symbol, quantity }: PositionAnswer, key: string): SoakRequest {
  const part = units(symbol, Number(quantity) * between(draw, 0.2, 0.8));
  const body = draw.next() < 0.35 && part !== '0' ? { quantity: part } : {};
  const path = `positions/${encodeURIComponent(id)}/close`;
  return { kind: 'close', about: 'close', method: 'POST', path, body, key, commandId: `close:key:${key}`, places: 0 };
}

function amendRequest(draw: Rng, known: Known, { id, symbol, direction }: PositionAnswer, key: string): SoakRequest {
  const body = { ...levels(draw, known, symbol, direction === 'long' ? 'buy' : 'sell'), ...(draw.next() < 0.2 ? { trail: null } : {}) };
  const path = `positions/${encodeURIComponent(id)}/bracket`;
  const given = Object.keys(body).length === 0 ? { target: null } : body;
  return { kind: 'amend', about: 'amend', method: 'POST', path, body: given, key, commandId: `amend:key:${key}`, places: 0 };
}

/** An order is known by its client order id, or now and then by its Idempotency-Key alone. */
function placing(draw: Rng, id: string, about: string, fields: Fields, places: number): SoakRequest {
  const isKeyed = draw.next() < 0.15;
  const body = isKeyed ? fields : { ...fields, clientOrderId: id };
  return { kind: 'place', about, method: 'POST', path: 'orders', body, key: isKeyed ? id : null, commandId: `order:${id}`, places };
}

/** Symbols that can be traded now; now and then any, to be refused or to wait for the market. */
function symbolsNow(draw: Rng, { nowMs, prices }: Known): readonly string[] {
  const crypto = instrumentsOf('CRYPTO').map(({ symbol }) => symbol);
  const shares = instrumentsOf('NSE').map(({ symbol }) => symbol);
  const isOpen = marketPhase(NSE_CALENDAR, 'NSE', nowMs).canEnter;
  const all = isOpen ? (draw.next() < 0.5 ? crypto : shares) : draw.next() < 0.04 ? shares : crypto;
  const priced = all.filter((symbol) => prices.has(symbol));
  return priced.length > 0 ? priced : [...prices.keys()];
}

function orderRequest(draw: Rng, known: Known, id: string): SoakRequest {
  const symbol = oneOf(draw, symbolsNow(draw, known));
  const isShare = instrumentBySymbol(symbol, known.nowMs).market === 'NSE';
  const side = sideOf(draw, known, symbol, isShare);
  const instruction = instructionOf(draw, known, symbol, side);
  const isAuction = isShare && draw.next() < 0.06 && (instruction.type === 'market' || instruction.type === 'limit');
  const time = timeOf(draw, isAuction, String(instruction.type), isShare && side === 'sell');
  const fields = {
    symbol,
    side,
    quantity: quantityOf(draw, known, symbol),
    ...instruction,
    ...time,
    ...(draw.next() < 0.7 ? { bracket: bracketOf(draw, known, symbol, side) } : {}),
    ...(isAuction ? { tradedIn: 'closing-auction' } : {}),
  };
  return placing(draw, id, isAuction ? 'auction' : [instruction.type, time.timeInForce].filter((word) => word !== undefined).join(' '), fields, 1);
}

/** The side of what is held by hand: an order against it is refused. */
function sideOf(draw: Rng, { positions }: Known, symbol: string, isShare: boolean): Side {
  if (!isShare) return draw.next() < 0.02 ? 'sell' : 'buy';
  const held = positions.find((position) => position.symbol === symbol && position.strategy === 'manual');
  const along = held === undefined ? (draw.next() < 0.5 ? 'buy' : 'sell') : held.direction === 'long' ? 'buy' : 'sell';
  if (draw.next() < 0.95) return along;
  return along === 'buy' ? 'sell' : 'buy';
}

function timeOf(draw: Rng, isAuction: boolean, type: string, isIntraday: boolean): { readonly timeInForce?: string } {
  if (isAuction) return { timeInForce: 'DAY' };
  const isAtOnce = type === 'market' || type === 'limit';
  const asked = oneOf(draw, isAtOnce ? [null, null, null, 'GTC', 'DAY', 'IOC', 'FOK'] : [null, null, 'DAY']);
  if (asked === null || (asked === 'GTC' && isIntraday)) return {};
  return { timeInForce: asked };
}

function instructionOf(draw: Rng, known: Known, symbol: string, side: Side): Fields & { readonly type: string } {
  const away = side === 'buy' ? 1 : -1;
  switch (oneOf(draw, ['market', 'market', 'limit', 'limit', 'limit', 'stop', 'stop-limit', 'trailing-stop'])) {
    case 'limit': {
      const distance = draw.next() < 0.3 ? between(draw, 0, 0.002) : -between(draw, 0.0002, 0.006);
      return { type: 'limit', limitPrice: price(known, symbol, distance * away) };
    }
    case 'stop':
      return { type: 'stop', stopPrice: price(known, symbol, between(draw, 0.0005, 0.006) * away) };
    case 'stop-limit': {
      const stop = between(draw, 0.0005, 0.005);
      const limit = stop + between(draw, -0.0005, 0.002);
      return { type: 'stop-limit', stopPrice: price(known, symbol, stop * away), limitPrice: price(known, symbol, limit * away) };
    }
    case 'trailing-stop':
      return { type: 'trailing-stop', trail: trailOf(draw, known, symbol) };
    default:
      return { type: 'market' };
  }
}

function trailOf(draw: Rng, { prices }: Known, symbol: string): Fields {
  switch (oneOf(draw, ['share', 'distance', 'atr'])) {
    case 'distance':
      return { distance: text(fromNumber(Number(((prices.get(symbol) ?? 1) * between(draw, 0.001, 0.006)).toPrecision(4)))) };
    case 'atr':
      return { atr: { multiple: between(draw, 1, 4), timeframe: '5m' } };
    default:
      return { share: between(draw, 0.001, 0.008) };
  }
}

function bracketOf(draw: Rng, known: Known, symbol: string, side: Side): Fields {
  return {
    ...levels(draw, known, symbol, side),
    ...(draw.next() < 0.15 ? { maxHoldingMinutes: 1 + Math.floor(between(draw, 0, 20)) } : {}),
  };
}

function levels(draw: Rng, known: Known, symbol: string, side: Side): Fields {
  const worse = side === 'buy' ? -1 : 1;
  return {
    ...(draw.next() < 0.75 ? { stop: price(known, symbol, between(draw, 0.008, 0.02) * worse) } : {}),
    ...(draw.next() < 0.6 ? { target: price(known, symbol, between(draw, 0.008, 0.02) * -worse) } : {}),
    ...(draw.next() < 0.2 ? { trail: trailOf(draw, known, symbol) } : {}),
  };
}

function groupRequest(draw: Rng, known: Known, id: string): SoakRequest {
  const symbols = [...new Set(Array.from({ length: 3 }, () => oneOf(draw, symbolsNow(draw, known))))];
  if (symbols.length < 2) return orderRequest(draw, known, id);
  const legs = symbols.map((symbol) => {
    const side = sideOf(draw, known, symbol, instrumentBySymbol(symbol, known.nowMs).market === 'NSE');
    const bracket = draw.next() < 0.5 ? { bracket: bracketOf(draw, known, symbol, side) } : {};
    return { symbol, side, quantity: quantityOf(draw, known, symbol), ...bracket };
  });
  return placing(draw, id, 'legs', { legs }, legs.length);
}

/** Worth some hundred to some ten thousand dollars; now and then more than a market has at once. */
function quantityOf(draw: Rng, { prices, nowMs }: Known, symbol: string): string {
  const dollars = draw.next() < 0.1 ? between(draw, 50_000, 300_000) : between(draw, 300, 15_000);
  const rate = instrumentBySymbol(symbol, nowMs).market === 'NSE' ? RUPEES_A_DOLLAR : 1;
  return units(symbol, (dollars * rate) / (prices.get(symbol) ?? 1));
}

function units(symbol: string, quantity: number): string {
  const { lotStep } = instrumentBySymbol(symbol);
  return text(toStep(decimal(quantity.toFixed(8)), lotStep, 'down'));
}

/** A price on the grid, a share away from the last one. */
function price({ prices, nowMs }: Known, symbol: string, share: number): string {
  const wanted = decimal(((prices.get(symbol) ?? 1) * (1 + share)).toFixed(8));
  return text(toStep(wanted, instrumentBySymbol(symbol, nowMs).tickSize(wanted), 'half-even'));
}
