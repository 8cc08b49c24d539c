import { describe, expect, it } from 'vitest';
import { optionsConfig } from '../../../shared/config/strategies.ts';
import { DAY_MS, HOUR_MS } from '../../../shared/kernel/time.ts';
import type { OptionContract } from '../../../shared/market/instrument.ts';
import { createOptions } from '../../../shared/strategies/options.ts';
import type { Quiet, StrategyView, StructureLeg, StructureOpportunity } from '../../../shared/strategies/strategy.ts';
import { derivativesAt, optionView, waves } from '../../support/option-views.ts';

const options = createOptions();
const DAYS = 30;
/** The same bars, seen at their end; the chain is made anew for each test. */
const seen = {
  sideways: optionView(waves(DAYS, { phase: 0.25 }), () => 0.5),
  rising: optionView(waves(DAYS, { dailyDrift: 0.006, swing: 0.003 }), () => 0.5),
  falling: optionView(waves(DAYS, { dailyDrift: -0.006, swing: 0.003 }), () => 0.5),
};

const spotOf = ({ derivatives }: StrategyView): number => derivatives?.chains[0]?.spot ?? 0;
const withIv = (view: StrategyView, iv: number, change: Parameters<typeof derivativesAt>[3] = {}): StrategyView => ({
  ...view,
  derivatives: derivativesAt(spotOf(view), view.nowMs, () => iv, change),
});
const said = (view: StrategyView, strategy = options): StructureOpportunity => {
  const answer = strategy.evaluate(view);
  if (answer.kind !== 'structure') throw new Error(JSON.stringify(answer));
  return answer;
};
const quiet = (view: StrategyView, strategy = options): string => (strategy.evaluate(view) as Quiet).reason;
const termsOf = (leg: StructureLeg): OptionContract => leg.instrument.contract as OptionContract;
const shape = ({ legs }: StructureOpportunity): readonly string[] =>
  legs.map((leg) => `${leg.side} ${leg.instrument.contract === null ? 'spot' : termsOf(leg).right}`);
const moneyOf = ({ legs }: StructureOpportunity, spot: number): number =>
  legs.reduce((sum, { side, price, instrument }) => sum + (side === 'sell' ? 1 : -1) * price * (instrument.contract === null ? 0 : spot), 0);

describe('dear volatility', () => {
  it('without a trend is sold as an iron condor: both sides, each with its protection further out', () => {
    const condor = said(withIv(seen.sideways, 0.9));
    expect(condor.structure).toBe('iron-condor');
    expect(shape(condor)).toEqual(['sell put', 'buy put', 'sell call', 'buy call']);
    const [shortPut = 0, longPut = 0, shortCall = 0, longCall = 0] = condor.legs.map((leg) => termsOf(leg).strike);
    const spot = spotOf(seen.sideways);
    expect([longPut, shortPut, spot, shortCall, longCall]).toEqual([longPut, shortPut, spot, shortCall, longCall].toSorted((a, b) => a - b));
  });

  it('in a rising market is sold as puts, in a falling one as calls', () => {
    expect(said(withIv(seen.rising, 0.9))).toMatchObject({ structure: 'vertical-spread' });
    expect(shape(said(withIv(seen.rising, 0.9)))).toEqual(['sell put', 'buy put']);
    expect(shape(said(withIv(seen.falling, 0.9)))).toEqual(['sell call', 'buy call']);
  });

  it('is sold against cash where no second strike protects it', () => {
    const put = said(withIv(seen.rising, 0.9, { strikesEachSide: 0 }));
    expect([put.structure, shape(put)]).toEqual(['cash-secured-put', ['sell put']]);
    const { strike } = termsOf(put.legs[0] as StructureLeg);
    expect(put.maxLoss).toBeGreaterThan(strike - moneyOf(put, spotOf(seen.rising)));
  });

  it('is sold against the underlying where only calls are quoted', () => {
    const { derivatives, ...view } = withIv(seen.rising, 0.9);
    const chains = derivatives?.chains.map((chain) => ({
      ...chain,
      options: chain.options.filter(({ instrument }) => instrument.contract.right === 'call'),
    }));
    const covered = said({ ...view, derivatives: { chains: chains ?? [], ivHistory: [], spot: derivatives?.spot ?? null } });
    expect([covered.structure, shape(covered)]).toEqual(['covered-call', ['buy spot', 'sell call']]);
    expect(covered.maxProfit).toBeGreaterThan(0);
    expect(quiet({ ...view, derivatives: { chains: chains ?? [], ivHistory: [], spot: null } })).toBe('no_edge');
  });
});

describe('cheap volatility', () => {
  it('without a trend is bought on both sides', () => {
    const bought = said(withIv(seen.sideways, 0.15));
    expect(bought.structure).toBe('long-strangle');
    expect(shape(bought)).toEqual(['buy call', 'buy put']);
    expect([bought.maxProfit, bought.exits.shortDelta]).toEqual([null, null]);
    const straddle = said(withIv(seen.sideways, 0.15, { strikesEachSide: 0 }));
    expect([straddle.structure, shape(straddle)]).toEqual(['long-straddle', ['buy call', 'buy put']]);
  });

  it('with a trend is bought on its side, paid in part by a strike further out', () => {
    expect(shape(said(withIv(seen.rising, 0.12)))).toEqual(['buy call', 'sell call']);
    expect(shape(said(withIv(seen.falling, 0.12)))).toEqual(['buy put', 'sell put']);
  });
});

describe('a structure', () => {
  const condor = said(withIv(seen.sideways, 0.9));
  const spot = spotOf(seen.sideways);

  it('is priced at the bids and asks that its legs meet', () => {
    const quotes = new Map(withIv(seen.sideways, 0.9).derivatives?.chains[0]?.options.map((quote) => [quote.instrument.symbol, quote]));
    for (const { instrument, side, price } of condor.legs) expect(price).toBe(quotes.get(instrument.symbol)?.[side === 'buy' ? 'ask' : 'bid']);
  });

  it('says what it can lose and gain, fees of both ways included, and risks all of it', () => {
    const credit = moneyOf(condor, spot);
    const strikes = condor.legs.map((leg) => termsOf(leg).strike);
    const width = Math.max((strikes[0] ?? 0) - (strikes[1] ?? 0), (strikes[3] ?? 0) - (strikes[2] ?? 0));
    // .03 % of the underlying a leg, in and out, where 12.5 % of the premium is not less.
    const fees = credit - (condor.maxProfit ?? 0);
    expect(fees).toBeGreaterThan(0);
    expect(fees).toBeLessThanOrEqual(8 * 0.0003 * spot + 1e-6);
    expect(condor.maxLoss).toBeCloseTo(width - credit + fees, 4);
    expect(condor.riskPerUnit).toBe(condor.maxLoss);
    expect(condor.unit).toBe(0.1);
  });

  it('is left at half its premium lost, at 30 % of it won, a day before expiry, or when a short strike is near', () => {
    const credit = moneyOf(condor, spot);
    expect(condor.exits.takeProfit).toBeCloseTo(0.3 * credit, 6);
    expect(condor.exits.stopLoss).toBeCloseTo(0.5 * credit, 6);
    expect(condor.exits).toMatchObject({ closeBeforeExpiryMs: DAY_MS, shortDelta: 0.55, convergedBps: null });
    const { expiryMs } = termsOf(condor.legs[0] as StructureLeg);
    expect(condor.maxHoldingMs).toBe(expiryMs - DAY_MS - seen.sideways.nowMs);
    expect(condor.maxHoldingMs).toBeLessThan(30 * DAY_MS);
  });

  it('has parts whose weights sum to 1, without a made-up model', () => {
    expect(condor.parts.map(({ name }) => name)).toEqual(['volatility', 'technical', 'ml', 'decay', 'momentum']);
    expect(condor.parts.find(({ name }) => name === 'ml')).toMatchObject({ score: null, weight: 0 });
    expect(condor.parts.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
    expect(condor.confidence).toBeCloseTo(
      condor.parts.reduce((sum, { weight, score }) => sum + weight * (score ?? 0), 0),
      12,
    );
    expect(condor.why).toMatch(/^Volatility is rich \(implied 90 % against \d+ % realised\) with no trend: iron condor of 2\d days on BTC brings \d/);
  });

  it('weighs where implied volatility stands in its history, once there is enough of it', () => {
    const view = withIv(seen.sideways, 0.9);
    const history = (days: number, iv: number) =>
      Array.from({ length: days }, (_, day) => ({ dayMs: day * DAY_MS, iv: iv * (0.9 + 0.002 * (day % 100)) }));
    const standing = (days: number, iv: number) => ({
      ...view,
      derivatives: { ...(view.derivatives as NonNullable<StrategyView['derivatives']>), ivHistory: history(days, iv) },
    });
    const volatility = (of: StrategyView) => said(of).parts.find(({ name }) => name === 'volatility');
    expect(volatility(standing(59, 0.9))?.why).not.toMatch(/rank/);
    expect(volatility(standing(60, 0.9))?.why).toMatch(/IV rank 0\.\d+; IV percentile 0\.\d+; implied/);
    // Dear against what was realised, but at the bottom of its year: cheap by two of three, and not worth buying.
    expect(quiet(standing(252, 1.2))).toBe('no_edge');
  });
});

describe('the strategy stays quiet', () => {
  const { derivatives, ...bare } = withIv(seen.sideways, 0.9);
  const chain = derivatives?.chains[0];
  it.each([
    ['where no options are quoted', { ...bare, derivatives: null }, 'no_chain'],
    ['when the chain is old', withIv(seen.sideways, 0.9, { atMs: seen.sideways.nowMs - 31_000 }), 'stale_chain'],
    ['before the chain is of now', withIv(seen.sideways, 0.9, { atMs: seen.sideways.nowMs + 1_000 }), 'chain_not_yet'],
    ['when its quotes are old', withIv(seen.sideways, 0.9, { receivedMs: seen.sideways.nowMs - 31_000 }), 'no_edge'],
    ['when nothing expires in its days', withIv(seen.sideways, 0.9, { expiries: ['2026-09-02', '2026-12-25'] }), 'no_expiry'],
    ['when volatility is neither dear nor cheap', withIv(seen.sideways, 0.3), 'fair_volatility'],
    ['when the spread eats the premium', withIv(seen.sideways, 0.9, { halfSpreadShare: 0.2 }), 'no_edge'],
  ])('%s', (_, view, reason) => {
    expect(chain).toBeDefined();
    expect(quiet(view)).toBe(reason);
  });

  it('between the closes of its base candle', () => {
    expect(quiet({ ...withIv(seen.sideways, 0.9), nowMs: seen.sideways.nowMs + HOUR_MS })).toBe('stale_bars');
  });
});

describe('the settings of the options strategy', () => {
  it('are those of the table', () => {
    const config = optionsConfig.parse({});
    expect(config.weights).toEqual({ volatility: 0.4, technical: 0.25, ml: 0.2, decay: 0.1, momentum: 0.05 });
    expect(config).toMatchObject({ leastConfidence: 0.6, stopShare: 0.5, targetShare: 0.3, daysToExpiry: { most: 30 }, closeBeforeExpiryHours: 24 });
    expect(config.timeframes).toEqual(['15m', '1h', '1d']);
  });

  it('are refused where unknown', () => {
    expect(() => optionsConfig.parse({ stopsShare: 0.4 })).toThrow(/stopsShare/);
  });
});
