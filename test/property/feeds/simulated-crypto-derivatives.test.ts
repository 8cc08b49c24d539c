import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cryptoDerivativeParameters } from '../../../shared/feeds/simulated/derivatives/crypto-parameters.ts';
import { createSimulatedCryptoDerivatives } from '../../../shared/feeds/simulated-crypto-derivatives.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../shared/kernel/time.ts';
import { contractsOf, type DerivativeChain } from '../../../shared/market/derivative.ts';

const PARAMETERS = cryptoDerivativeParameters();
const FROM_MS = Date.parse('2026-10-05T00:00:00Z');
const known = createSimulatedCryptoDerivatives({ seed: 'coin' });
// Within a few days: a day of the simulated market is made once.
const anyInstant = fc.integer({ min: 0, max: 3 * 1440 - 1 }).map((minutes) => FROM_MS + minutes * MINUTE_MS + 17_000);

const eachInstant = (check: (linear: DerivativeChain, options: DerivativeChain | undefined, atMs: number) => void): void =>
  fc.assert(
    fc.property(fc.constantFrom('BTC', 'ETH', 'DOGE'), anyInstant, (underlying, atMs) => {
      const [linear, options] = known.chains(underlying, atMs);
      if (linear === undefined) throw new Error(`nothing is quoted on ${underlying}`);
      check(linear, options, atMs);
    }),
    { numRuns: 15 },
  );

describe('simulated derivatives on coin', () => {
  it('quote every contract on its grid, with a bid below its ask and its mark between them or on the last tick', () => {
    eachInstant((linear, options) => {
      for (const { bid, ask, mark, instrument } of [...contractsOf(linear), ...(options === undefined ? [] : contractsOf(options))]) {
        if (ask === null || mark === null) throw new Error(`nobody offers ${instrument.symbol}`);
        expect(bid === null || (bid > 0 && bid < ask)).toBe(true);
        expect(mark).toBeLessThanOrEqual(ask);
        expect(mark).toBeGreaterThanOrEqual(bid ?? 0);
      }
    });
  });

  it('have a perpetual near its coin, and futures above it by their carry, within the stated noise', () => {
    eachInstant(({ spot, perpetual, futures }, _, atMs) => {
      const most = PARAMETERS.noise.most * 1e-4;
      expect(Math.abs((perpetual?.mark ?? 0) / spot - 1)).toBeLessThanOrEqual(1.01 * most * PARAMETERS.perpetual.premiumBps);
      const carries = futures.map(({ mark, instrument }) => {
        const years = (instrument.contract.expiryMs - atMs) / (365 * DAY_MS);
        return { rate: Math.log((mark ?? 0) / spot) / years, slack: (1.01 * most * PARAMETERS.noise.basisBps) / years };
      });
      const { median, logDeviation } = PARAMETERS.carry;
      for (const { rate, slack } of carries) {
        const [first] = carries;
        expect(Math.abs(rate - (first?.rate ?? 0))).toBeLessThanOrEqual(slack + (first?.slack ?? 0));
        expect(rate).toBeGreaterThan(median * Math.exp(-4 * logDeviation) - slack);
        expect(rate).toBeLessThan(median * Math.exp(4 * logDeviation) + slack);
      }
    });
  });

  it('keep the parity of coin: call less put is one less strike over forward', () => {
    eachInstant((_, options) => {
      for (const call of options?.options ?? []) {
        const { contract } = call.instrument;
        if (contract.right === 'put') continue;
        const put = options?.options.find(({ instrument }) => instrument.symbol === call.instrument.symbol.replace(/C$/, 'P'));
        const parity = 1 - contract.strike / call.underlyingPrice;
        expect(Math.abs((call.mark ?? 0) - (put?.mark ?? 0) - parity)).toBeLessThan(1e-7);
      }
    });
  });

  it('charge at each payment the rate that was told before it', () => {
    const { fundingIntervalMs, nextFundingMs, fundingRate } = known.chains('ETH', FROM_MS + 5 * HOUR_MS)[0]?.perpetual ?? { fundingIntervalMs: 0 };
    expect(nextFundingMs).toBe(FROM_MS + 8 * HOUR_MS);
    const paid = known.settled('ETH', FROM_MS + 9 * HOUR_MS).fundings;
    expect(paid.at(-1)).toMatchObject({ atMs: nextFundingMs, rate: fundingRate });
    expect(new Set(paid.map(({ atMs }, i) => atMs - (paid[i - 1]?.atMs ?? atMs - fundingIntervalMs)))).toEqual(new Set([fundingIntervalMs]));
  });

  it('tell what a Friday was settled at from its last half hour, and volatility of the days before', () => {
    // 2026-10-09 was a Friday.
    const settledMs = Date.parse('2026-10-09T08:00:00Z');
    expect(known.settled('BTC', settledMs + MINUTE_MS).deliveries.map(({ expiryMs }) => expiryMs)).toEqual([settledMs]);
    const history = known.ivHistory?.('BTC', FROM_MS) ?? [];
    expect(history).toHaveLength(252);
    expect(history.every(({ iv, dayMs }) => iv > 0.05 && iv < 3 && dayMs < FROM_MS)).toBe(true);
    expect(known.ivHistory?.('DOGE', FROM_MS)).toEqual([]);
  });

  it('are told once a second: whoever asks within it gets the chain of its start, and of the next second another', () => {
    const atMs = FROM_MS + 12 * HOUR_MS;
    const [linear] = known.chains('BTC', atMs);
    expect(linear?.atMs).toBe(atMs);
    expect(known.chains('BTC', atMs + 999)[0]).toBe(linear);
    expect(known.chains('BTC', atMs + 1_000)[0]).toMatchObject({ atMs: atMs + 1_000 });
    expect(known.chains('BTC', atMs)).toEqual(createSimulatedCryptoDerivatives({ seed: 'coin' }).chains('BTC', atMs));
  });

  it('are the same for the same seed whatever was asked before, and others for another', () => {
    const atMs = FROM_MS + 12 * HOUR_MS;
    expect(createSimulatedCryptoDerivatives({ seed: 'coin' }).chains('SOL', atMs)).toEqual(known.chains('SOL', atMs));
    expect(createSimulatedCryptoDerivatives({ seed: 'other' }).chains('SOL', atMs)).not.toEqual(known.chains('SOL', atMs));
  });
});
