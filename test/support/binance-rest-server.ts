import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exchangeSymbol } from './binance-frames.ts';

const INTERVAL_MS: Readonly<Record<string, number>> = { '1m': 60_000, '15m': 900_000, '1d': 86_400_000 };

/**
 * Answers `/api/v3/klines` with bars that wave around a level, for every symbol and any span, and `/api/v3/exchangeInfo`.
 * @param traded open, high, low and close of a minute that was traded on the stream beside this
 */
export async function startBinanceRest(
  level: (symbol: string) => number,
  traded: (symbol: string, minuteMs: number) => readonly number[] | undefined = () => undefined,
): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const server = createServer((request, response) => {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (pathname === '/api/v3/exchangeInfo') {
      const asked = JSON.parse(query.get('symbols') ?? '[]') as string[];
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ symbols: asked.map((symbol) => exchangeSymbol(symbol)) }));
      return;
    }
    const stepMs = INTERVAL_MS[query.get('interval') ?? ''] ?? 60_000;
    const fromMs = Math.ceil(Number(query.get('startTime')) / stepMs) * stepMs;
    const toMs = Number(query.get('endTime'));
    const most = Number(query.get('limit') ?? 500);
    const rows: unknown[] = [];
    for (let openMs = fromMs; openMs <= toMs && rows.length < most; openMs += stepMs)
      rows.push(
        row(openMs, stepMs, level(query.get('symbol') ?? ''), stepMs === INTERVAL_MS['1m'] ? traded(query.get('symbol') ?? '', openMs) : undefined),
      );
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(rows));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function row(openMs: number, stepMs: number, level: number, traded: readonly number[] | undefined): unknown {
  const at = (ms: number): number => level * (1 + 0.01 * Math.sin(ms / 7_200_000));
  const [from, to] = [at(openMs), at(openMs + stepMs)];
  const waved = [from, Math.max(from, to) * 1.0005, Math.min(from, to) * 0.9995, to];
  const text = (value: number): string => value.toFixed(5);
  return [openMs, ...(traded ?? waved).map(text), '12.5', openMs + stepMs - 1, '0', 10, '0', '0', '0'];
}
