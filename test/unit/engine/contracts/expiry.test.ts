import { describe, expect, it } from 'vitest';
import { expiryMsOf } from '../../../../shared/config/contracts.ts';
import { instrumentBySymbol } from '../../../../shared/config/instruments.ts';
import { worthAtExpiry } from '../../../../shared/engine/contracts/contract-worth.ts';
import { decideExpiry } from '../../../../shared/engine/contracts/settle-contracts.ts';
import { explainCommand } from '../../../../shared/engine/explain-fill.ts';
import { decimal, multiply, subtract, sum, text, toNumber } from '../../../../shared/kernel/decimal.ts';
import { MINUTE_MS } from '../../../../shared/kernel/time.ts';
import { blockedCash } from '../../../../shared/ledger/account.ts';
import type { Contract } from '../../../../shared/market/instrument.ts';
import { chainSource } from '../../../support/contract-chains.ts';
import { contractOrder, openedIn } from '../../../support/contract-runs.ts';
import { bareQuote, startedAccount, viewOfSketch } from '../../../support/engine-fixtures.ts';
import { START_MS } from '../../../support/ledger-fixtures.ts';

const CALL = 'BTC-2025-01-31-90000-C';
const NIFTY_CALL = 'NIFTY-2025-01-30-23000-C';
const RATES = { USDT: '1', INR: '0.0125', BTC: '80000' } as const;

const deribitAt = (nowMs: number, settlement: number | null = null) =>
  viewOfSketch({
    nowMs,
    rates: settlement === null ? RATES : { ...RATES, BTC: String(settlement) },
    quotes: [bareQuote('BTC', settlement ?? 80_000, nowMs)],
    chains: chainSource([
      {
        atMs: nowMs,
        venue: 'deribit',
        spot: settlement ?? 80_000,
        books: settlement === null ? { [CALL]: [0.02, 0.0205] } : {},
        deliveries: settlement === null ? [] : [{ expiryMs: expiryMsOf('deribit', '2025-01-31'), price: settlement, source: 'test' }],
      },
    ]),
  });

const niftyAt = (nowMs: number, settlement: number | null = null) =>
  viewOfSketch({
    nowMs,
    rates: RATES,
    chains: chainSource([
      {
        underlying: 'NIFTY',
        atMs: nowMs,
        venue: 'nse',
        currency: 'INR',
        spot: settlement ?? 23_000,
        books: settlement === null ? { [NIFTY_CALL]: [199, 200, 0.12] } : {},
        deliveries: settlement === null ? [] : [{ expiryMs: expiryMsOf('nse', '2025-01-30'), price: settlement, source: 'test' }],
      },
    ]),
  });

const contractNamed = (symbol: string): Contract => {
  const { contract } = instrumentBySymbol(symbol, START_MS);
  if (contract === null) throw new Error(`${symbol} is no contract`);
  return contract;
};

describe('what a contract is worth at its end', () => {
  it.each([
    ['BTC-2025-01-31', 91_000, '91000'],
    [NIFTY_CALL, 23_450.5, '450.5'],
    [NIFTY_CALL, 22_900, '0'],
    ['NIFTY-2025-01-30-23000-P', 22_900, '100'],
    // Inverse, in coin: (100000 - 90000) / 100000
    [CALL, 100_000, '0.1'],
    ['BTC-2025-01-31-90000-P', 80_000, '0.125'],
    [CALL, 90_000, '0'],
  ])('of %s with the underlying at %d is %s', (symbol, settlement, worth) => {
    expect(text(worthAtExpiry(contractNamed(symbol), settlement))).toBe(worth);
  });
});

describe('an inverse option at its expiry', () => {
  const EXPIRY_MS = expiryMsOf('deribit', '2025-01-31');
  const opened = (side: 'buy' | 'sell') => {
    const view = deribitAt(START_MS + 5_000);
    return openedIn(startedAccount(), view, contractOrder(view, CALL, side, '0.5'));
  };
  const id = `P:E:${CALL}`;

  it('pays its holder in coin, converted at the recorded price, less the delivery fee of the venue', () => {
    const account = opened('buy');
    const draft = decideExpiry(account, deribitAt(EXPIRY_MS + MINUTE_MS, 100_000), id, 'test');
    const [trade] = draft?.trades ?? [];
    expect(trade).toMatchObject({ closedWhy: 'expiry', currency: 'BTC', exitPrice: decimal('0.1') });
    // .015 % of half a coin; the cap of 12.5 % of the payoff is far above
    expect(text(sum(trade?.exitCharges.map(({ amount }) => amount) ?? []))).toBe('0.000075');
    const paid = multiply(decimal('0.049925'), decimal('100000'));
    expect(subtract(draft?.account().cash ?? decimal('0'), account.cash)).toBe(paid);
    expect(draft?.account().positions.size).toBe(0);
    expect(draft?.account().orders.size).toBe(0);
  });

  it('takes from its writer what it pays its holder, and gives the margin back', () => {
    const account = opened('sell');
    const blocked = toNumber(blockedCash(account));
    // Half a coin: the premium of .01 and at least 10 % of the coin
    expect(blocked).toBeGreaterThanOrEqual(0.5 * (0.02 + 0.1) * 80_000 - 1);
    expect(toNumber(account.cash)).toBeGreaterThan(100_000);
    const draft = decideExpiry(account, deribitAt(EXPIRY_MS + MINUTE_MS, 100_000), id, 'test');
    expect(toNumber(subtract(draft?.account().cash ?? decimal('0'), account.cash))).toBeCloseTo(-0.050075 * 100_000, 6);
    expect(blockedCash(draft?.account() ?? account)).toBe(0n);
  });

  it('ends worthless without a charge', () => {
    const account = opened('buy');
    const draft = decideExpiry(account, deribitAt(EXPIRY_MS + MINUTE_MS, 85_000), id, 'test');
    expect(draft?.account().cash).toBe(account.cash);
    expect(draft?.trades[0]).toMatchObject({ exitCharges: [], exitPrice: 0n });
  });

  it('waits for its settlement, and after five minutes without a word takes the last price and says so', () => {
    const silent = (nowMs: number) => viewOfSketch({ nowMs, rates: RATES, quotes: [bareQuote('BTC', 95_000, nowMs)], chains: null });
    const account = opened('buy');
    expect(decideExpiry(account, silent(EXPIRY_MS - 1), id, 'test')).toBeNull();
    expect(decideExpiry(account, silent(EXPIRY_MS + MINUTE_MS), id, 'test')).toBeNull();
    const event = decideExpiry(account, silent(EXPIRY_MS + 6 * MINUTE_MS), id, 'test')?.rows[0]?.event;
    expect(event?.type === 'filled' ? event.fill.provenance.quote : null).toMatchObject({
      last: 95_000,
      source: 'test: last price, no settlement was told',
    });
  });

  it('is made again from what its fill keeps', () => {
    const account = opened('buy');
    const draft = decideExpiry(account, deribitAt(EXPIRY_MS + MINUTE_MS, 100_000), id, 'test');
    const rows = draft?.rows ?? [];
    expect(rows).toHaveLength(1);
    expect(explainCommand(account, rows, 'test').map(({ differences }) => differences)).toEqual([[]]);
  });
});

describe('an index option of NSE at its expiry', () => {
  const EXPIRY_MS = expiryMsOf('nse', '2025-01-30');
  const id = `P:E:${NIFTY_CALL}`;
  const opened = (side: 'buy' | 'sell') => {
    const view = niftyAt(Date.parse('2025-01-06T05:00:00Z'));
    return openedIn(startedAccount(), view, contractOrder(view, NIFTY_CALL, side, '65'));
  };

  it('is exercised for its holder: intrinsic value in cash, securities transaction tax on it, brokerage and its tax', () => {
    const { trades } = decideExpiry(opened('buy'), niftyAt(EXPIRY_MS + MINUTE_MS, 23_400), id, 'test') ?? { trades: [] };
    const lines = Object.fromEntries(trades[0]?.exitCharges.map(({ line, amount }) => [line, text(amount)]) ?? []);
    // 65 x 400 = 26,000: .125 % tax in January 2025; 20 a settlement, 18 % on it
    expect(lines).toEqual({ brokerage: '20', stt: '32.5', gst: '3.6' });
    expect(trades[0]).toMatchObject({ exitPrice: decimal('400'), closedWhy: 'expiry' });
  });

  it('asks no transaction tax of its writer', () => {
    const { trades } = decideExpiry(opened('sell'), niftyAt(EXPIRY_MS + MINUTE_MS, 23_400), id, 'test') ?? { trades: [] };
    expect(trades[0]?.exitCharges.map(({ line }) => line)).toEqual(['brokerage', 'gst']);
  });
});
