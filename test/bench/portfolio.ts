import { createApiHandler } from '../../functions/api/app.ts';
import { startHttpHost } from '../../infra/local/http-host.ts';
import { API_BASE_PATH } from '../../shared/contracts/routes.ts';
import { ONE } from '../../shared/kernel/decimal.ts';
import { openEngine, openPositions, refreshPrices } from './engine.ts';
import { againstTarget, msLine, type Percentiles, percentiles } from './figures.ts';

const POSITIONS = 50;
const REQUESTS = 500;
const WARM_UP = 30;

/** GET portfolio with 50 open positions over HTTP, one request after the other. */
export async function benchPortfolio(): Promise<readonly string[]> {
  const engine = await openEngine('embedded');
  const http = await startHttpHost({ port: 0, handler: createApiHandler(engine.context) });
  try {
    refreshPrices(engine);
    await openPositions(engine, POSITIONS, 0);
    const nowMs = Date.now();
    const rates = [{ currency: 'USDT' as const, value: ONE, source: 'assumed', asOfMs: nowMs }];
    await engine.context.market.publish(
      engine.lease,
      { scope: 'bench', atMs: nowMs, quotes: engine.desk.quotes(nowMs), rates, feeds: [], cursor: null },
      null,
    );
    const url = `${http.url}${API_BASE_PATH}`;
    const body = (await (await fetch(`${url}/portfolio`)).json()) as { readonly positions: readonly unknown[] };
    if (body.positions.length !== POSITIONS) throw new Error(`The portfolio shows ${body.positions.length} of ${POSITIONS} positions`);
    const portfolio = await asked(`${url}/portfolio`);
    const health = await asked(`${url}/health`);
    return [
      `GET portfolio, 50 positions ${msLine(portfolio)}`,
      `GET health                  ${msLine(health)}`,
      `ratio                       p50 ${(portfolio.p50 / health.p50).toFixed(1)}, p99 ${(portfolio.p99 / health.p99).toFixed(1)}`,
      againstTarget('p99 (ms)', portfolio.p99, '<', 200),
    ];
  } finally {
    await http.stop();
    await engine.close();
  }
}

async function asked(url: string): Promise<Percentiles> {
  const taken: number[] = [];
  for (let index = 0; index < REQUESTS + WARM_UP; index++) {
    const began = performance.now();
    const response = await fetch(url);
    await response.text();
    if (index >= WARM_UP) taken.push(performance.now() - began);
    if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
  }
  return percentiles(taken);
}
