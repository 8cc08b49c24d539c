import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Decimal, decimal, text, ZERO } from '../../../shared/kernel/decimal.ts';
import { type TradeResult, tradeFigures, tradeSums } from '../../../shared/performance/trade-figures.ts';

const result = (net: Decimal, rMultiple: number | null = null, heldMs = 60_000): TradeResult => ({
  realised: { price: net, currency: ZERO, charges: ZERO, slippage: ZERO, net, better: ZERO, worse: ZERO },
  rMultiple,
  openedMs: 1_000,
  closedMs: 1_000 + heldMs,
});
const results = (...nets: readonly string[]): readonly TradeResult[] => nets.map((net) => result(decimal(net)));

describe('trade figures', () => {
  it('follow their definitions', () => {
    const trades = [result(decimal('30'), 2, 1_000), result(decimal('-10'), -1, 3_000), result(decimal('10'), null), result(ZERO, 0)];
    expect(tradeFigures(trades)).toEqual({
      winRate: 0.5,
      profitFactor: 4,
      expectancy: 7.5,
      expectancyR: 1 / 3,
      averageWin: 20,
      averageLoss: 10,
      payoff: 2,
      averageHoldingMs: 31_000,
      reasons: {},
    });
  });

  it.each([
    ['without trades', [], { winRate: 'no trade has been closed', payoff: 'no trade has been closed', averageHoldingMs: 'no trade has been closed' }],
    [
      'without losses',
      ['5'],
      { profitFactor: 'no trade has lost', payoff: 'no trade has lost', averageLoss: 'no trade has lost', expectancyR: 'no trade had a stop' },
    ],
    ['without wins', ['-5'], { averageWin: 'no trade has won', payoff: 'no trade has won' }],
  ])('that are undefined %s are null, with the reason', (_when, nets, reasons) => {
    const made = tradeFigures(results(...nets));
    expect(made.reasons).toMatchObject(reasons);
    for (const name of Object.keys(made.reasons)) expect(made[name as 'winRate'], name).toBeNull();
  });

  it('give a profit factor of 0 when nothing won: that is a number', () => {
    expect(tradeFigures(results('-5', '-1'))).toMatchObject({ profitFactor: 0, winRate: 0, expectancy: -3 });
  });

  it('name the best and the worst trade by result, not by text', () => {
    const { bestTrade, worstTrade } = tradeSums(results('9', '-10', '-9', '10'));
    expect([bestTrade, worstTrade].map((each) => (each === null ? null : text(each)))).toEqual(['10', '-10']);
    expect(tradeSums([])).toMatchObject({ bestTrade: null, worstTrade: null, trades: 0 });
  });

  it('gross profit less gross loss is the net result, exactly, and every figure is finite or has a reason', () => {
    const cents = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }).map((units) => units as Decimal);
    fc.assert(
      fc.property(fc.array(cents, { maxLength: 40 }), (nets) => {
        const trades = nets.map((net) => result(net));
        const { grossProfit, grossLoss, net, wins, losses } = tradeSums(trades);
        expect(grossProfit - grossLoss).toBe(net);
        expect(wins + losses).toBeLessThanOrEqual(trades.length);
        const { reasons, ...figures } = tradeFigures(trades);
        for (const [name, value] of Object.entries(figures)) expect(value === null).toBe(reasons[name] !== undefined);
      }),
    );
  });
});
