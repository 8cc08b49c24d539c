import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type FxName = 'frankfurter' | 'frankfurter-days' | 'yahoo' | 'er-api';
/** What a service answers: JSON, text as it is, a status with headers, or nothing at all until the client gives up. */
export type FxReply = object | string | { readonly status: number; readonly headers?: Record<string, string> } | 'silence';

export interface FxServer {
  readonly url: string;
  /** What the services answer from now on; those that are not named answer 503. */
  readonly say: (replies: Partial<Record<FxName, FxReply>>) => void;
  /** Which services were asked since the last look. */
  readonly asked: () => readonly FxName[];
  readonly stop: () => Promise<void>;
}

const serviceAt = (path: string): FxName => {
  if (path.startsWith('/v1/latest?base=USD&symbols=INR')) return 'frankfurter';
  if (/^\/v1\/\d{4}-\d\d-\d\d\.\.\d{4}-\d\d-\d\d\?base=USD&symbols=INR$/.test(path)) return 'frankfurter-days';
  if (path.startsWith('/v8/finance/chart/INR=X')) return 'yahoo';
  if (path === '/v6/latest/USD') return 'er-api';
  throw new Error(`No service has ${path}`);
};

/** The three services of rupees a dollar on one address, told apart by their paths. */
export async function startFxServer(): Promise<FxServer> {
  let replies: Partial<Record<FxName, FxReply>> = {};
  let seen: FxName[] = [];
  const server = createServer(({ url = '/' }, response) => {
    const name = serviceAt(url);
    seen.push(name);
    answer(response, replies[name] ?? { status: 503 });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    say: (next) => {
      replies = next;
    },
    asked: () => {
      const since = seen;
      seen = [];
      return since;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(response: ServerResponse, reply: FxReply): void {
  if (reply === 'silence') return;
  if (typeof reply === 'object' && 'status' in reply && typeof reply.status === 'number') {
    response.writeHead(reply.status, (reply as { headers?: Record<string, string> }).headers ?? {}).end('no');
    return;
  }
  response.writeHead(200, { 'content-type': 'application/json' }).end(typeof reply === 'string' ? reply : JSON.stringify(reply));
}

/** Answers in the services' own forms. */
export const frankfurter = (inr: unknown, date: string): object => ({ amount: 1, base: 'USD', date, rates: { INR: inr } });
export const frankfurterDays = (rates: Readonly<Record<string, unknown>>): object => ({
  amount: 1,
  base: 'USD',
  start_date: Object.keys(rates).at(0),
  end_date: Object.keys(rates).at(-1),
  rates: Object.fromEntries(Object.entries(rates).map(([date, inr]) => [date, { INR: inr }])),
});
export const yahoo = (inr: unknown, seconds: unknown, more: object = {}): object => ({
  chart: {
    result: [
      {
        meta: { currency: 'INR', symbol: 'INR=X', exchangeName: 'CCY', regularMarketPrice: inr, regularMarketTime: seconds, gmtoffset: 0, ...more },
        timestamp: [seconds],
        indicators: { quote: [{ close: [inr] }] },
      },
    ],
    error: null,
  },
});
export const erApi = (inr: unknown, seconds: unknown): object => ({
  result: 'success',
  provider: 'https://www.exchangerate-api.com',
  time_last_update_unix: seconds,
  base_code: 'USD',
  rates: { USD: 1, AED: 3.6725, INR: inr },
});
