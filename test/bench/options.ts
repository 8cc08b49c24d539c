import { DAY_MS } from '../../shared/kernel/time.ts';
import { deribitGreeks } from '../../shared/market/options/deribit-greeks.ts';
import { thirtyDayIvOf } from '../../shared/market/options/implied-level.ts';
import { impliedVolatility } from '../../shared/market/options/implied-volatility.ts';
import { smilesOf } from '../../shared/market/options/smile.ts';
import { pricedChain } from '../support/option-chains.ts';
import { againstTarget, msLine, percentiles } from './figures.ts';

const AT_MS = Date.parse('2026-10-06T09:00Z');
const YEAR_MS = 365 * DAY_MS;
const RUNS = 400;
const WARM_UP = 50;

/** A whole BTC chain as Deribit lists it: nine expiries of fifty strikes, calls and puts, with a smile. */
const CHAIN = pricedChain({
  underlying: 'BTC',
  atMs: AT_MS,
  spot: 83_286,
  expiries: ['2026-10-07', '2026-10-08', '2026-10-09', '2026-10-16', '2026-10-23', '2026-10-30', '2026-11-27', '2026-12-25', '2027-03-26'],
  step: 2_000,
  strikesEachSide: 25,
  iv: (moneyness) => 0.42 - 0.1 * moneyness + 0.5 * moneyness ** 2,
  carry: 0.05,
});

/** A Deribit BTC chain repriced with all greeks, and its marks turned into volatilities again. */
export async function benchOptions(): Promise<readonly string[]> {
  const inputs = CHAIN.options.map(({ instrument: { contract }, underlyingPrice: forward, mark, iv }) => ({
    right: contract.right,
    strike: contract.strike,
    forward,
    years: (contract.expiryMs - AT_MS) / YEAR_MS,
    price: (mark ?? 0) * forward,
    discount: 1,
    volatility: iv ?? 0,
  }));
  const bound = timed(() =>
    inputs.reduce((sum, { forward, strike, volatility, years }) => sum + Math.log(forward / strike) * Math.exp(-volatility * Math.sqrt(years)), 0),
  );
  const greeks = timed(() => inputs.reduce((sum, input) => sum + deribitGreeks(input).vega, 0));
  const implied = timed(() => inputs.reduce((sum, input) => sum + (impliedVolatility(input).volatility ?? 0), 0));
  const both = timed(() =>
    inputs.reduce((sum, input) => sum + deribitGreeks({ ...input, volatility: impliedVolatility(input).volatility ?? 0.5 }).delta, 0),
  );
  const untold = { ...CHAIN, options: CHAIN.options.map((quote) => ({ ...quote, iv: null })) };
  const surface = timed(() => thirtyDayIvOf(smilesOf(untold, 0)).value ?? 0);
  const [total, processor] = [percentiles(both.wall), percentiles(both.processor)];
  return [
    `chain                        ${inputs.length} options on BTC, ${RUNS} runs`,
    `least: a log and an exp each ${msLine(percentiles(bound.wall))}`,
    `price and greeks             ${msLine(percentiles(greeks.wall))}`,
    `implied volatility           ${msLine(percentiles(implied.wall))}`,
    `IV from marks, then greeks   ${msLine(total)}`,
    `  of it processor time        ${msLine(processor)}`,
    `smiles and 30-day IV         ${msLine(percentiles(surface.wall))}`,
    againstTarget('p99 of a chain with greeks and IV (ms)', total.p99, '<', 20),
  ];
}

interface Timed {
  /** Time of each run, ms. */
  readonly wall: readonly number[];
  /** What the process used meanwhile, ms: on a busy machine the wall time is mostly others'. */
  readonly processor: readonly number[];
}

/** The results are summed, so that nothing can be left out. */
function timed(run: () => number): Timed {
  let sum = 0;
  for (let warm = 0; warm < WARM_UP; warm++) sum += run();
  const [wall, processor]: [number[], number[]] = [[], []];
  for (let count = 0; count < RUNS; count++) {
    const [began, used] = [performance.now(), process.cpuUsage()];
    sum += run();
    const { user, system } = process.cpuUsage(used);
    wall.push(performance.now() - began);
    processor.push((user + system) / 1_000);
  }
  if (!Number.isFinite(sum)) throw new Error('A price of the bench is not finite');
  return { wall, processor };
}
