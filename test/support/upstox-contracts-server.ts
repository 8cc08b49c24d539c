import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

/** A row of the list of instruments, as Upstox publishes it. */
export interface InstrumentRow {
  readonly segment: string;
  readonly instrument_type: string;
  readonly instrument_key: string;
  readonly underlying_symbol?: string;
  readonly underlying_key?: string;
  readonly expiry?: number;
  readonly lot_size?: number;
  readonly strike_price?: number;
  readonly name?: string;
}

/** What the venue says of a key. */
export interface Told {
  readonly last?: number;
  readonly bid?: readonly [price: number, quantity: number];
  readonly ask?: readonly [price: number, quantity: number];
}

/** A local server that speaks what Upstox says of contracts: the list of instruments, full quotes, daily candles. */
export interface UpstoxContractsServer {
  readonly url: string;
  /** Keys of each request for quotes. */
  readonly asked: readonly (readonly string[])[];
  /** Paths of the candle history that were asked for. */
  readonly days: readonly string[];
  /** The Authorization header of each request for the list. */
  readonly listedFor: readonly (string | undefined)[];
  /** Answers by key; a key that is absent is not answered. */
  readonly quotes: Map<string, Told>;
  /** Answers every request with this status; null to answer them again. */
  refuse(status: number | null): void;
  close(): Promise<void>;
}

export interface UpstoxContractsAnswers {
  readonly token: string;
  /** The list, or its text. */
  readonly instruments: readonly InstrumentRow[] | string;
  /** Rows `[start, open, high, low, close, volume, open interest]` by path. */
  readonly candles?: (path: string) => readonly unknown[];
}

const level = (told: readonly [number, number] | undefined): object => ({ price: told?.[0] ?? 0, quantity: told?.[1] ?? 0, orders: 1 });
const EMPTY = Array.from({ length: 4 }, () => ({ price: 0, quantity: 0, orders: 0 }));

const quoteRow = (key: string, { last, bid, ask }: Told): object => ({
  ohlc: { open: 1, high: 1, low: 1, close: 1 },
  depth: { buy: [level(bid), ...EMPTY], sell: [level(ask), ...EMPTY] },
  timestamp: '2026-10-13T11:00:30.099+05:30',
  instrument_token: key,
  symbol: 'NA',
  last_price: last ?? 0,
  volume: 1,
  oi: 0,
});

export async function startUpstoxContractsServer({ token, instruments, candles = () => [] }: UpstoxContractsAnswers): Promise<UpstoxContractsServer> {
  const asked: (readonly string[])[] = [];
  const days: string[] = [];
  const listedFor: (string | undefined)[] = [];
  const quotes = new Map<string, Told>();
  let refusal: number | null = null;
  const packed = gzipSync(typeof instruments === 'string' ? instruments : JSON.stringify(instruments));

  const answer = (response: ServerResponse, data: unknown): void => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ status: 'success', data }));
  };

  function quotesOf(keys: readonly string[]): object {
    asked.push(keys);
    return Object.fromEntries(
      keys.flatMap((key, place) => {
        const told = quotes.get(key);
        return told === undefined ? [] : [[`NSE:${place}`, quoteRow(key, told)]];
      }),
    );
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const path = decodeURIComponent(url.pathname);
    const isList = path.endsWith('.json.gz');
    if (isList) listedFor.push(request.headers.authorization);
    const status = refusal ?? (isList || request.headers.authorization === `Bearer ${token}` ? 200 : 401);
    if (status !== 200) {
      response.writeHead(status).end('{"status":"error"}');
    } else if (isList) {
      response.end(packed);
    } else if (path === '/v2/market-quote/quotes') {
      answer(response, quotesOf((url.searchParams.get('instrument_key') ?? '').split(',')));
    } else {
      days.push(path);
      answer(response, { candles: candles(path) });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    days,
    listedFor,
    quotes,
    refuse: (status) => {
      refusal = status;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
