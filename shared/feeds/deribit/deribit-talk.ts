import { DERIBIT } from '../../config/deribit.ts';
import { messageOf } from '../../kernel/errors.ts';
import { DAY_MS, type EpochMs, HOUR_MS } from '../../kernel/time.ts';
import type { Converse, VenueLine } from '../connection/venue-socket.ts';
import { dailyVolatility, deliveriesOf, listedOptions } from './deribit-answers.ts';
import type { CoinBoard } from './deribit-board.ts';
import { type DeribitFrame, parseDeribitFrame } from './deribit-frame.ts';

/** What a conversation writes into, and tells beside prices. */
export interface DeribitDesk {
  readonly source: string;
  readonly boards: ReadonlyMap<string, CoinBoard>;
  readonly now: () => EpochMs;
  readonly accepted: (count: number) => void;
  readonly counted: (what: string, count?: number) => void;
  /** Something that the venue would not tell or that could not be read; null: it was. */
  readonly noted: (what: string, why: string | null) => void;
}

/** The venue was asked too often. */
const TOO_MANY_REQUESTS = 10_028;
/** Expiries and strikes are listed around the clock. */
const LISTING_AGE_MS = HOUR_MS;
/** How often the moving index is looked at for options to follow. */
const WANTED_AGE_MS = 10 * 60_000;
const DELIVERIES_ASKED = 10;

type Asked = { readonly what: 'instruments' | 'deliveries' | 'volatility'; readonly coin: string } | { readonly what: 'other' };

/**
 * JSON-RPC on one connection: heartbeat, listings, histories and the channels of each coin; then, once the index is known, the
 * tickers of the options near the money, more of them as it moves. Asked for anew on every connection.
 * @see docs.deribit.com: JSON-RPC over WebSocket, notifications
 */
export const deribitTalk =
  (desk: DeribitDesk): Converse =>
  (line) => {
    const asked = new Map<number, Asked>();
    const followed = new Set<string>();
    let nextId = 1;
    let listedMs = Number.NEGATIVE_INFINITY;
    let lookedMs = Number.NEGATIVE_INFINITY;

    function ask(method: string, params: Readonly<Record<string, unknown>>, what: Asked = { what: 'other' }): void {
      asked.set(nextId, what);
      line.send(JSON.stringify({ jsonrpc: '2.0', id: nextId++, method, params }));
    }

    function askForListings(nowMs: EpochMs): void {
      listedMs = nowMs;
      const coins = [...desk.boards.keys()];
      const span = { start_timestamp: nowMs - DERIBIT.dvolDays * DAY_MS, end_timestamp: nowMs, resolution: '1D' };
      for (const coin of coins) ask('public/get_instruments', { currency: coin, kind: 'option', expired: false }, { what: 'instruments', coin });
      for (const coin of coins) {
        ask('public/get_delivery_prices', { index_name: DERIBIT.indices[coin], count: DELIVERIES_ASKED }, { what: 'deliveries', coin });
        ask('public/get_volatility_index_data', { currency: coin, ...span }, { what: 'volatility', coin });
      }
    }

    /** Follows what has come near the money or has been listed; what has moved away is kept: it may be held. */
    function follow(nowMs: EpochMs): void {
      const wanted = [...desk.boards.values()].flatMap((board) => board.wanted(nowMs)).filter((name) => !followed.has(name));
      if (wanted.length === 0) return;
      lookedMs = nowMs;
      for (const name of wanted) followed.add(name);
      const channels = wanted.map((name) => `ticker.${name}.agg2`);
      for (let from = 0; from < channels.length; from += DERIBIT.channelsPerRequest)
        ask('public/subscribe', { channels: channels.slice(from, from + DERIBIT.channelsPerRequest) });
    }

    function answered({ id, result }: Extract<DeribitFrame, { readonly kind: 'answer' }>): void {
      const question = asked.get(id);
      asked.delete(id);
      if (question === undefined || question.what === 'other') return;
      const board = desk.boards.get(question.coin);
      if (board === undefined) return;
      const name = `${question.what} of ${question.coin}`;
      try {
        if (question.what === 'instruments') takeListing(board, question.coin, result);
        else if (question.what === 'deliveries') board.keepDeliveries(deliveriesOf(result, desk.source));
        else board.keepHistory(dailyVolatility(result));
        desk.noted(name, null);
      } catch (error) {
        desk.counted('unknown_answer');
        desk.noted(name, `cannot be read: ${messageOf(error).slice(0, 160)}`);
      }
    }

    function takeListing(board: CoinBoard, coin: string, result: unknown): void {
      const { options, refused } = listedOptions(result, coin, desk.now());
      if (refused > 0) desk.counted('unknown_instrument', refused);
      board.list(options);
      lookedMs = Number.NEGATIVE_INFINITY;
    }

    function refused({ id, code, message }: Extract<DeribitFrame, { readonly kind: 'error' }>): void {
      const said = `error ${code}: ${message}`;
      if (code === TOO_MANY_REQUESTS) {
        line.fail({ reason: 'rate_limited', detail: said, retryAfterMs: DERIBIT.limitedPauseMs });
        return;
      }
      const question = id === null ? undefined : asked.get(id);
      desk.counted('refused_request');
      if (question === undefined || question.what === 'other') line.fail({ reason: 'rejected', detail: said });
      else desk.noted(`${question.what} of ${question.coin}`, said);
    }

    ask('public/set_heartbeat', { interval: DERIBIT.heartbeatSeconds });
    const channels = [...desk.boards.keys()].flatMap((coin) => {
      const index = DERIBIT.indices[coin];
      return [`markprice.options.${index}`, `deribit_price_index.${index}`, `deribit_volatility_index.${index}`];
    });
    ask('public/subscribe', { channels });
    askForListings(desk.now());

    function hear(frame: DeribitFrame, receivedMs: EpochMs): void {
      switch (frame.kind) {
        case 'test-request':
          ask('public/test', {});
          break;
        case 'answer':
          answered(frame);
          break;
        case 'error':
          refused(frame);
          break;
        case 'refused':
          desk.counted(frame.reason);
          break;
        case 'ignored':
          break;
        default:
          take(desk, line, frame, receivedMs);
      }
    }

    return (text, receivedMs) => {
      hear(parseDeribitFrame(text), receivedMs);
      if (receivedMs - listedMs >= LISTING_AGE_MS) askForListings(receivedMs);
      if (receivedMs - lookedMs >= WANTED_AGE_MS) follow(receivedMs);
    };
  };

type Told = Extract<DeribitFrame, { readonly kind: 'index' | 'volatility' | 'marks' | 'ticker' }>;

const COIN_OF = new Map(Object.entries(DERIBIT.indices).map(([coin, index]) => [index, coin]));

/** Writes down what a frame tells. */
function take(desk: DeribitDesk, line: VenueLine, frame: Told, receivedMs: EpochMs): void {
  const coin = frame.kind === 'ticker' ? frame.ticker.name.slice(0, frame.ticker.name.indexOf('-')) : COIN_OF.get(frame.index);
  const board = coin === undefined ? undefined : desk.boards.get(coin);
  if (board === undefined) {
    desk.counted('not_ours');
    return;
  }
  line.delivers();
  if (frame.kind === 'marks') {
    if (frame.refused > 0) desk.counted('unknown_mark', frame.refused);
    desk.accepted(board.takeMarks(frame.marks, receivedMs));
    return;
  }
  if (frame.kind === 'ticker') {
    const fault = board.takeTicker(frame.ticker, receivedMs);
    if (fault === null) desk.accepted(1);
    else desk.counted(fault);
    return;
  }
  if (frame.kind === 'index') board.takeIndex(frame.price, receivedMs);
  else board.takeVolatility(frame.iv, receivedMs);
  desk.accepted(1);
}
