import { describe, expect, it } from 'vitest';
import { instrumentsOf } from '../../../shared/config/instruments.ts';
import type { NseFeed } from '../../../shared/config/nse-scope.ts';
import type { MarketSource } from '../../../shared/engine/market-source.ts';
import { compositeSource } from '../../../shared/feeds/composite-source.ts';
import { liveSource } from '../../../shared/feeds/live-source.ts';
import { simulatedSource } from '../../../shared/feeds/simulated-source.ts';
import type { Clock } from '../../../shared/kernel/clock.ts';
import { MINUTE_MS } from '../../../shared/kernel/time.ts';
import type { Market } from '../../../shared/market/instrument.ts';
import type { Bar } from '../../../shared/market/price.ts';
import { rulesOf } from '../../support/engine-fixtures.ts';
import { fullSpeed, playInParts, recordingSink, runTo, SINK_REST } from '../../support/recording-sink.ts';

const OPEN_MS = Date.UTC(2026, 9, 12, 6);

const named = (clock: Clock, market: Market, name: string): MarketSource => ({ ...simulatedSource({ clock, seed: 7, markets: [market] }), name });
const both = (clock: Clock): MarketSource => compositeSource([named(clock, 'CRYPTO', 'crypto'), named(clock, 'NSE', 'shares')]);
const symbols = (['CRYPTO', 'NSE'] as const).flatMap((market) => instrumentsOf(market).map(({ symbol }) => symbol));

async function play(make: (clock: Clock) => MarketSource, toMs: number, onTick: () => Promise<void> | void = () => {}) {
  const clock = fullSpeed(OPEN_MS);
  const source = make(clock);
  const sink = recordingSink(clock, onTick);
  await source.start(sink, null);
  await runTo(clock, toMs);
  return { clock, source, sink };
}

describe('a source made of several', () => {
  it('delivers what each of them delivers', async () => {
    const together = await play(both, OPEN_MS + MINUTE_MS);
    const crypto = await play((clock) => named(clock, 'CRYPTO', 'crypto'), OPEN_MS + MINUTE_MS);
    const shares = await play((clock) => named(clock, 'NSE', 'shares'), OPEN_MS + MINUTE_MS);
    const own = instrumentsOf('CRYPTO').map(({ symbol }) => symbol);
    expect(together.sink.seen.filter(({ price }) => own.includes(price.symbol))).toEqual(crypto.sink.seen);
    expect(together.sink.seen.filter(({ price }) => !own.includes(price.symbol))).toEqual(shares.sink.seen);
  });

  it('joins bars, rates, candles, states and past minutes', async () => {
    const { source } = await play(both, OPEN_MS + MINUTE_MS);
    expect(source).toMatchObject({ name: 'crypto+shares', markets: ['CRYPTO', 'NSE'], evidence: 'simulated' });
    expect(source.closeMinute(OPEN_MS).map(({ symbol }) => symbol)).toEqual(symbols);
    expect(source.rates().map(({ currency }) => currency)).toEqual(['USDT', 'INR']);
    expect(source.states().map(({ markets, status }) => [...markets, status])).toEqual([
      ['CRYPTO', 'up'],
      ['NSE', 'up'],
    ]);
    expect([...(await source.quarters(OPEN_MS - 30 * MINUTE_MS, OPEN_MS)).keys()]).toEqual(symbols);
    const bars: Bar[] = [];
    for await (const bar of source.minutes(OPEN_MS - 2 * MINUTE_MS, OPEN_MS)) bars.push(bar);
    expect(bars.map(({ symbol, openMs }) => [symbol, openMs])).toEqual(
      [OPEN_MS - 2 * MINUTE_MS, OPEN_MS - MINUTE_MS].flatMap((openMs) => symbols.map((symbol) => [symbol, openMs])),
    );
  });

  it('tells the listings of those that have a venue to ask, and has none when none of them has', async () => {
    const clock = fullSpeed(OPEN_MS);
    const [crypto, shares] = [named(clock, 'CRYPTO', 'crypto'), named(clock, 'NSE', 'shares')];
    expect(compositeSource([crypto, shares]).listings).toBeUndefined();
    const rules = [rulesOf('BTC')];
    expect(await compositeSource([{ ...crypto, listings: async () => rules }, shares]).listings?.()).toEqual(rules);
  });

  it('goes on with exactly the rest of each', async () => {
    const { sink } = await play(both, OPEN_MS + 2 * MINUTE_MS);
    expect(await playInParts(both, OPEN_MS, [OPEN_MS + 12_345, OPEN_MS + 70_000], OPEN_MS + 2 * MINUTE_MS)).toEqual(sink.seen);
  });

  it('hands the engine one tick at a time, whichever source it is from', async () => {
    let busy = 0;
    let most = 0;
    const prompts: (() => void)[] = [];
    const stub = (name: string, market: Market): MarketSource => ({
      ...named(fullSpeed(OPEN_MS), market, name),
      async start(sink) {
        const symbol = name;
        for (const price of [1, 2, 3]) {
          const stamps = { exchangeMs: OPEN_MS, receivedMs: OPEN_MS, source: name, evidence: 'simulated' } as const;
          prompts.push(() => void sink.tick({ symbol, price, quantity: 1, motion: 'print', ...stamps }));
        }
      },
    });
    const seen: string[] = [];
    const source = compositeSource([stub('a', 'CRYPTO'), stub('b', 'NSE')]);
    await source.start(
      {
        async tick({ symbol, price }) {
          busy++;
          most = Math.max(most, busy);
          await new Promise((resolve) => setImmediate(resolve));
          seen.push(`${symbol}${price}`);
          busy--;
        },
        top: () => {},
        ...SINK_REST,
      },
      null,
    );
    for (const prompt of prompts) prompt();
    await expect.poll(() => seen.length).toBe(6);
    expect(seen).toEqual(['a1', 'a2', 'a3', 'b1', 'b2', 'b3']);
    expect(most).toBe(1);
  });

  it('is refused when two sources give the same market or have the same name', () => {
    const clock = fullSpeed(OPEN_MS);
    expect(() => compositeSource([named(clock, 'NSE', 'a'), named(clock, 'NSE', 'b')])).toThrow(/A market has one source/);
    expect(() => compositeSource([named(clock, 'NSE', 'a'), named(clock, 'CRYPTO', 'a')])).toThrow(/a source one name/);
  });
});

describe('the live source', () => {
  const live = (markets: readonly Market[], nse: NseFeed = 'simulated', env: Readonly<Record<string, string>> = {}): MarketSource =>
    liveSource({ clock: fullSpeed(OPEN_MS), log: () => {}, env, seed: 7, markets, nse });
  const states = (source: MarketSource) => source.states().map(({ source: name, markets, evidence }) => [name, ...markets, evidence]);

  it('is Binance for crypto, beside an NSE that says it is simulated, the rate of the rupee and two venues that confirm', () => {
    const source = live(['CRYPTO', 'NSE']);
    expect(source).toMatchObject({ evidence: 'live', markets: ['CRYPTO', 'NSE'], cursor: expect.any(Function) });
    expect(states(source)).toEqual([
      ['binance', 'CRYPTO', 'live'],
      ['simulated', 'NSE', 'simulated'],
      ['fx', 'delayed'],
      ['kraken', 'live'],
      ['coinbase', 'live'],
    ]);
  });

  it.each([
    ['upstox', 'live'],
    ['yahoo', 'delayed'],
  ] as const)('takes prices of NSE from %s where that was chosen, with the evidence %s', (nse, evidence) => {
    expect(states(live(['CRYPTO', 'NSE'], nse))[1]).toEqual([nse, 'NSE', evidence]);
  });

  it('leaves out what belongs to a market that is not wanted', () => {
    expect([live(['CRYPTO']).name, live(['NSE']).name]).toEqual(['binance+kraken+coinbase', 'simulated+fx']);
  });

  it('refuses an endpoint that is no URL', () => {
    expect(() => live(['NSE'], 'yahoo', { NIGHTDESK_YAHOO_URLS: 'query1' })).toThrow(/NIGHTDESK_YAHOO_URLS takes/);
  });
});
