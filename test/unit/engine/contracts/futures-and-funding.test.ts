import { describe, expect, it } from 'vitest';
import { fundingId } from '../../../../shared/engine/contracts/funding.ts';
import { decideFunding, settleContracts } from '../../../../shared/engine/contracts/settle-contracts.ts';
import { marksOf, ratesOf } from '../../../../shared/engine/valuation.ts';
import { add, decimal, multiply, subtract, text, toNumber } from '../../../../shared/kernel/decimal.ts';
import { HOUR_MS } from '../../../../shared/kernel/time.ts';
import { availableCash, blockedCash, equity, positionValue } from '../../../../shared/ledger/account.ts';
import type { Funding } from '../../../../shared/market/derivative.ts';
import { chainSource } from '../../../support/contract-chains.ts';
import { closedIn, contractOrder, openedIn } from '../../../support/contract-runs.ts';
import { bareQuote, startedAccount, viewOfSketch } from '../../../support/engine-fixtures.ts';
import { START_MS } from '../../../support/ledger-fixtures.ts';

const PERP = 'BTC-PERP';
const POSITION = `P:E:${PERP}`;

const marketAt = (nowMs: number, bid: number, ask: number, fundings: readonly Funding[] = []) =>
  viewOfSketch({
    nowMs,
    rates: { USDT: '0.999' },
    quotes: [bareQuote('BTC', (bid + ask) / 2, nowMs)],
    chains: chainSource([{ atMs: nowMs, spot: (bid + ask) / 2, books: { [PERP]: [bid, ask] }, fundings }]),
  });

const opened = (side: 'buy' | 'sell' = 'sell', quantity = '0.1') => {
  const view = marketAt(START_MS + 5_000, 80_000, 80_001);
  return openedIn(startedAccount(), view, contractOrder(view, PERP, side, quantity));
};

describe('a perpetual', () => {
  it('costs nothing but its charges at entry, and blocks its margin', () => {
    const account = opened();
    const [position] = account.positions.values();
    // 0.05 % of 0.1 x 80,000 USDT, at 0.999
    expect(text(subtract(decimal('100000'), account.cash))).toBe('3.996');
    expect(position).toMatchObject({ product: 'perpetual', direction: 'short', symbol: PERP });
    // half of the notional, leverage two
    expect(text(blockedCash(account))).toBe('3996');
    expect(text(availableCash(account))).toBe(text(subtract(account.cash, decimal('3996'))));
  });

  it('is worth its unrealised result, and what it brings is the difference less charges, to the last digit', () => {
    const account = opened();
    const later = marketAt(START_MS + 60_000, 79_000, 79_001);
    const [position] = account.positions.values();
    if (position === undefined) throw new Error('nothing was opened');
    // short 0.1 from 80,000, marked at 79,000.5
    expect(text(positionValue(position, marksOf(later), ratesOf(later)))).toBe(text(multiply(decimal('99.95'), decimal('0.999'))));
    const draft = closedIn(account, later, POSITION);
    const [trade] = draft.trades;
    expect(trade?.realised.net).toBe(subtract(draft.account().cash, decimal('100000')));
    expect(text(trade?.realised.price ?? decimal('0'))).toBe(text(multiply(decimal('99.9'), decimal('0.999'))));
    expect(trade?.realised.currency).toBe(0n);
    expect(draft.account().positions.size).toBe(0);
    expect(blockedCash(draft.account())).toBe(0n);
  });

  it('keeps equity at cash plus what is unrealised, whichever way the price goes', () => {
    for (const side of ['buy', 'sell'] as const) {
      const account = opened(side);
      const up = marketAt(START_MS + 60_000, 81_000, 81_001);
      const gain = side === 'buy' ? 100.05 : -100.05;
      const cost = side === 'buy' ? 0.1 : 0;
      expect(toNumber(equity(account, marksOf(up), ratesOf(up)))).toBeCloseTo(toNumber(account.cash) + (gain - cost) * 0.999, 6);
    }
  });
});

describe('funding of a perpetual', () => {
  const FUNDED_MS = START_MS + 4 * HOUR_MS;
  const funding: Funding = { atMs: FUNDED_MS, rate: 0.0001, mark: 82_000 };

  it('is paid by longs and received by shorts: quantity x mark x rate, booked apart from price and charges', () => {
    for (const [side, amount] of [
      ['buy', '-0.82'],
      ['sell', '0.82'],
    ] as const) {
      const account = opened(side);
      const draft = decideFunding(account, marketAt(FUNDED_MS + 60_000, 82_000, 82_001, [funding]), POSITION, funding);
      const event = draft?.rows[0]?.event;
      expect(event).toMatchObject({ type: 'funding-paid', fundingMs: FUNDED_MS, fundingRate: 0.0001 });
      expect(event?.type === 'funding-paid' ? text(event.amount) : null).toBe(amount);
      const after = draft?.account();
      const base = multiply(decimal(amount), decimal('0.999'));
      expect(after === undefined ? null : subtract(after.cash, account.cash)).toBe(base);
      expect(after?.totals.funding).toBe(base);
      expect(after?.positions.get(POSITION)).toMatchObject({ funding: base, fundedMs: FUNDED_MS });
    }
  });

  it('is booked once for each payment, whoever comes again, and not for those before the entry', () => {
    const before: Funding = { atMs: START_MS - HOUR_MS, rate: 0.001, mark: 80_000 };
    const view = marketAt(FUNDED_MS + 60_000, 82_000, 82_001, [before, funding]);
    let account = opened();
    const commands: string[] = [];
    const sweep = (): void => {
      const steps = settleContracts(account, view, 'test');
      for (let next = steps.next(); next.done !== true; ) {
        const decided = next.value.decide(account);
        if (decided !== null) {
          account = decided.draft.account();
          commands.push(decided.draft.commandId);
        }
        next = steps.next(decided === null ? { kind: 'nothing', account, decided: null } : { kind: 'committed', account, decided });
      }
    };
    sweep();
    sweep();
    expect(commands).toEqual([fundingId(POSITION, FUNDED_MS)]);
  });

  it('is a line of its own in the result of the trade: net = price + currency + funding - charges', () => {
    const view = marketAt(FUNDED_MS + 60_000, 82_000, 82_001, [funding]);
    const funded = decideFunding(opened(), view, POSITION, funding)?.account();
    if (funded === undefined) throw new Error('no funding was booked');
    const { trades } = closedIn(funded, marketAt(FUNDED_MS + 120_000, 82_000, 82_001), POSITION);
    const realised = trades[0]?.realised;
    if (realised?.funding === undefined) throw new Error('the trade tells of no funding');
    expect(text(realised.funding)).toBe('0.81918');
    expect(realised.net).toBe(subtract(add(add(realised.price, realised.currency), realised.funding), realised.charges));
  });

  it('waits for a rate: without one nothing is booked, and the next sweep does it', () => {
    const view = marketAt(FUNDED_MS + 60_000, 82_000, 82_001, [funding]);
    expect(decideFunding(opened(), { ...view, rate: () => null }, POSITION, funding)).toBeNull();
  });
});
