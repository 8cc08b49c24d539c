import { describe, expect, it } from 'vitest';
import { instrumentBySymbol } from '../../../../shared/config/instruments.ts';
import { decideScan, type ScanView } from '../../../../shared/engine/decide-scan.ts';
import { createChart } from '../../../../shared/indicators/chart.ts';
import { text } from '../../../../shared/kernel/decimal.ts';
import type { Account } from '../../../../shared/ledger/account.ts';
import { NO_MODELS } from '../../../../shared/ml/no-models.ts';
import type { Direction } from '../../../../shared/strategies/strategy.ts';
import { chainSource } from '../../../support/contract-chains.ts';
import { contractOrder, openedIn } from '../../../support/contract-runs.ts';
import { bareQuote, opportunityOf, startedAccount, viewOfSketch, withPosition } from '../../../support/engine-fixtures.ts';
import { START_MS } from '../../../support/ledger-fixtures.ts';

const NOW = START_MS + 60_000;
const PERP = 'BTC-PERP';

/** The coin at 80,000, its perpetual ten basis points above. */
const market = (isQuoted = true): ScanView => ({
  ...viewOfSketch({
    nowMs: NOW,
    quotes: [bareQuote('BTC', 80_000, NOW)],
    chains: isQuoted ? chainSource([{ atMs: NOW, books: { [PERP]: [80_079, 80_081] } }]) : null,
  }),
  chart: () => createChart(instrumentBySymbol('BTC')),
  model: NO_MODELS,
});

const signalled = (direction: Direction, { account = startedAccount(), view = market() }: { account?: Account; view?: ScanView } = {}) => {
  const sign = direction === 'long' ? 1 : -1;
  const signal = opportunityOf({ direction, entry: 80_000, stop: 80_000 * (1 - sign * 0.01), target: 80_000 * (1 + sign * 0.03) });
  const strategy = { name: 'scalping', timeframes: ['1m'], readsDerivatives: false, evaluate: () => signal } as const;
  const questions = [{ strategy, instrument: instrumentBySymbol('BTC'), base: null }];
  return decideScan(account, view, { id: 'scan:CRYPTO:m', ordinal: 1, minuteMs: NOW, markets: ['CRYPTO'], questions, configVersion: 'test' });
};

describe('a short of coin', () => {
  it('goes to the perpetual, with its levels at the perpetual\u2019s price and its margin beside', () => {
    const { draft, record } = signalled('short');
    expect(record.decisions).toMatchObject([{ outcome: 'taken', symbol: PERP, direction: 'short' }]);
    const [order] = draft.account().orders.values();
    if (order?.purpose !== 'entry') throw new Error('nothing was placed');
    expect(order).toMatchObject({ symbol: PERP, product: 'perpetual', side: 'sell' });
    // 80,800 and 77,600, a thousandth higher, on the grid of a tenth
    expect([order.bracket.stop, order.bracket.target].map((level) => (level === null ? null : text(level)))).toEqual(['80880.8', '77677.6']);
    expect(order.margin).toBeGreaterThan(0n);
    expect(order.reserved).toBeGreaterThan(order.margin ?? 0n);
  });

  it('is refused where no perpetual is quoted, as before', () => {
    expect(signalled('short', { view: market(false) }).record.decisions).toMatchObject([{ outcome: 'refused', reason: 'long_only', symbol: 'BTC' }]);
  });

  it('first sells what is held of the coin', () => {
    expect(signalled('short', { account: withPosition() }).record.decisions).toMatchObject([{ outcome: 'exit-requested', symbol: 'BTC' }]);
  });

  it('is closed by a signal the other way before any coin is bought', () => {
    const view = market();
    const order = contractOrder(view, PERP, 'sell', '0.01', { strategy: 'scalping' });
    const account = openedIn(startedAccount(), view, order);
    const { draft, record } = signalled('long', { account });
    expect(record.decisions).toMatchObject([{ outcome: 'exit-requested', reason: 'signal' }]);
    const [exit] = draft.account().orders.values();
    expect(exit).toMatchObject({ purpose: 'exit', symbol: PERP, atMarket: { reason: 'signal' } });
  });

  it('is not doubled while one is held', () => {
    const view = market();
    const account = openedIn(startedAccount(), view, contractOrder(view, PERP, 'sell', '0.01', { strategy: 'scalping' }));
    expect(signalled('short', { account }).record.decisions).toMatchObject([{ outcome: 'refused', reason: 'already_in_position' }]);
  });
});
