import { DAY_MS } from '../../shared/kernel/time.ts';
import { black76, type OptionRight } from '../../shared/market/black76.ts';

/** A small Deribit: strikes around a spot for two expiries, on BTC and ETH, all at one volatility. */
export interface DeribitMarket {
  readonly spot: Readonly<Record<string, number>>;
  readonly iv: number;
  /** The share of the index that the futures stand above it. */
  readonly basis: number;
  readonly commission?: number;
}

const STEPS: Readonly<Record<string, number>> = { BTC: 4_000, ETH: 200 };
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'] as const;

export interface SpokenOption {
  readonly name: string;
  readonly coin: string;
  readonly strike: number;
  readonly right: OptionRight;
  readonly expiryMs: number;
}

/** The options that are listed at an instant: two expiries, nine strikes, calls and puts. */
export function spokenOptions(coin: string, nowMs: number, spot: number): readonly SpokenOption[] {
  const step = STEPS[coin] ?? 1;
  const middle = Math.round(spot / step);
  const today = nowMs - (nowMs % DAY_MS) + DAY_MS / 3;
  return [today + 10 * DAY_MS, today + 38 * DAY_MS].flatMap((expiryMs) =>
    Array.from({ length: 9 }, (_, at) => (middle - 4 + at) * step).flatMap((strike) =>
      (['call', 'put'] as const).map((right) => ({ name: nameOf(coin, expiryMs, strike, right), coin, strike, right, expiryMs })),
    ),
  );
}

function nameOf(coin: string, expiryMs: number, strike: number, right: OptionRight): string {
  const day = new Date(expiryMs);
  const date = `${day.getUTCDate()}${MONTHS[day.getUTCMonth()]}${String(day.getUTCFullYear()).slice(2)}`;
  return `${coin}-${date}-${strike}-${right === 'call' ? 'C' : 'P'}`;
}

export const markOf = ({ strike, right, expiryMs }: SpokenOption, nowMs: number, market: DeribitMarket, coin: string): number => {
  const forward = (market.spot[coin] ?? 0) * (1 + market.basis);
  const years = (expiryMs - nowMs) / (365 * DAY_MS);
  return black76({ right, forward, strike, variance: market.iv ** 2 * years, discount: 1 }) / forward;
};

const notice = (channel: string, data: unknown): string => JSON.stringify({ jsonrpc: '2.0', method: 'subscription', params: { channel, data } });

/** What the venue pushes once a second: index, volatility index and marks of each coin, and the tickers that were asked for. */
export function deribitNotices(market: DeribitMarket, nowMs: number, channels: ReadonlySet<string>): readonly string[] {
  return Object.entries(market.spot).flatMap(([coin, spot]) => {
    const index = `${coin.toLowerCase()}_usd`;
    const options = spokenOptions(coin, nowMs, spot);
    const marks = options.map((option) => ({
      instrument_name: option.name,
      mark_price: markOf(option, nowMs, market, coin),
      iv: market.iv,
      timestamp: nowMs,
    }));
    const told = [
      [`deribit_price_index.${index}`, { index_name: index, price: spot, timestamp: nowMs }],
      [`deribit_volatility_index.${index}`, { index_name: index, volatility: market.iv * 100, timestamp: nowMs }],
      [`markprice.options.${index}`, marks],
      ...options.map((option) => [`ticker.${option.name}.agg2`, tickerOf(option, nowMs, market, coin)] as const),
    ] as const;
    return told.filter(([channel]) => channels.has(channel)).map(([channel, data]) => notice(channel, data));
  });
}

function tickerOf(option: SpokenOption, nowMs: number, market: DeribitMarket, coin: string): unknown {
  const mark = markOf(option, nowMs, market, coin);
  return {
    instrument_name: option.name,
    timestamp: nowMs,
    state: 'open',
    underlying_price: (market.spot[coin] ?? 0) * (1 + market.basis),
    index_price: market.spot[coin],
    mark_price: mark,
    mark_iv: market.iv * 100,
    last_price: null,
    best_bid_price: mark < 0.0005 ? 0 : Math.floor(mark / 0.0005) * 0.0005,
    best_bid_amount: mark < 0.0005 ? 0 : 12,
    best_ask_price: Math.ceil(mark / 0.0005 + 0.5) * 0.0005,
    best_ask_amount: 7.5,
  };
}

type Request = { readonly id: number; readonly method: string; readonly params: Readonly<Record<string, unknown>> };

/** The venue's answer to one request. */
export function deribitAnswer(text: string, market: DeribitMarket, nowMs: number): string {
  const { id, method, params } = JSON.parse(text) as Request;
  return JSON.stringify({ jsonrpc: '2.0', id, ...resultOf(method, params, market, nowMs) });
}

function resultOf(method: string, params: Request['params'], market: DeribitMarket, nowMs: number): Readonly<Record<string, unknown>> {
  const coin = String(params.currency);
  switch (method) {
    case 'public/set_heartbeat':
      return { result: 'ok' };
    case 'public/test':
      return { result: { version: '1.2.26' } };
    case 'public/subscribe':
      return { result: params.channels };
    case 'public/get_instruments':
      return { result: spokenOptions(coin, nowMs, market.spot[coin] ?? 0).map((option) => listingOf(option, market)) };
    case 'public/get_delivery_prices':
      return { result: { data: [{ date: '2026-10-05', delivery_price: 79_912.5 }], records_total: 1 } };
    case 'public/get_volatility_index_data':
      return { result: { data: volatilityDays(nowMs), continuation: null } };
    default:
      return { error: { code: -32_601, message: 'Method not found' } };
  }
}

const volatilityDays = (nowMs: number): readonly (readonly number[])[] =>
  Array.from({ length: 200 }, (_, day) => {
    const close = 40 + (day % 20);
    return [nowMs - (nowMs % DAY_MS) - (200 - day) * DAY_MS, close, close + 2, close - 2, close];
  });

const listingOf = ({ name, coin, strike, right, expiryMs }: SpokenOption, { commission = 0.0003 }: DeribitMarket): unknown => ({
  kind: 'option',
  instrument_name: name,
  option_type: right,
  strike,
  expiration_timestamp: expiryMs,
  creation_timestamp: 0,
  base_currency: coin,
  quote_currency: coin,
  counter_currency: 'USD',
  settlement_currency: coin,
  instrument_type: 'reversed',
  is_active: true,
  tick_size: 0.0001,
  tick_size_steps: [{ above_price: 0.005, tick_size: 0.0005 }],
  min_trade_amount: coin === 'BTC' ? 0.1 : 1,
  contract_size: 1,
  maker_commission: commission,
  taker_commission: commission,
});
