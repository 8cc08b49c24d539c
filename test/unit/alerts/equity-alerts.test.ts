import { describe, expect, it } from 'vitest';
import { equityAlerts } from '../../../shared/alerts/equity-alerts.ts';
import { ALERT_RULES } from '../../../shared/config/alerts.ts';
import type { Alert } from '../../../shared/contracts/alert.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import { startedAccount } from '../../support/engine-fixtures.ts';

const account = startedAccount('100000');
const peakOf = (peak: string): Account => ({ ...account, curve: { ...account.curve, peak: decimal(peak) } });
const alertsAt = (equity: string, of: Account = account): readonly Alert[] =>
  equityAlerts({ account: of, equity: decimal(equity), atMs: 1 }, ALERT_RULES);
const kindsAt = (equity: string, of: Account = account): readonly string[] => alertsAt(equity, of).map(({ kind }) => kind);

describe('what the worth of an account tells', () => {
  it.each([
    ['104999.99', []],
    ['105000', ['profit']],
    ['120000', ['profit']],
    ['97000.01', []],
    ['97000', ['loss']],
    ['95000.01', ['loss']],
    ['95000', ['loss', 'drawdown', 'risk-halt']],
    ['0', ['loss', 'drawdown', 'risk-halt']],
  ])('at %s from 100000 is %j', (equity, kinds) => {
    expect(kindsAt(equity)).toEqual(kinds);
  });

  it('is the result of the day, not of the session', () => {
    const later = { ...account, day: { ...account.day, date: '2025-01-09', startEquity: decimal('50000') } };
    const [profit] = alertsAt('53000', later);
    expect(profit).toMatchObject({
      id: 'profit:session:2025-01-09:0.05',
      severity: 'info',
      title: "Day's profit is past 5.00 %",
      text: "+6.00 % of the day's opening equity: $50000.00 has become $53000.00",
    });
  });

  it('names a threshold once a day, however often it is passed', () => {
    const ids = new Set(['97000', '96000', '96999.5'].map((equity) => alertsAt(equity)[0]?.id));
    expect([...ids]).toEqual(['loss:session:2025-01-06:0.03']);
  });

  it.each([
    ['114000.01', null, null],
    ['114000', 0.05, 'warning'],
    ['109000', 0.05, 'warning'],
    ['108000', 0.1, 'critical'],
    ['96000', 0.2, 'critical'],
  ])('at %s from a peak of 120000 is the drawdown step %s', (equity, step, severity) => {
    const found = alertsAt(equity, peakOf('120000')).find(({ kind }) => kind === 'drawdown');
    expect(found?.facts.threshold ?? null).toBe(step);
    expect(found?.severity ?? null).toBe(severity);
  });

  it('begins anew with a higher peak', () => {
    const idOf = (peak: string): string | undefined => alertsAt('100000', peakOf(peak)).find(({ kind }) => kind === 'drawdown')?.id;
    expect(idOf('110000')).toBe('drawdown:session:110000:0.05');
    expect(idOf('111000')).not.toBe(idOf('110000'));
  });

  it('halts where the risk gate refuses: at the limit of the session', () => {
    const tight = { ...account, limits: { ...account.limits, maxDailyLoss: 0.02 } };
    expect(kindsAt('98000.01', tight)).toEqual([]);
    expect(alertsAt('98000', tight)).toEqual([expect.objectContaining({ id: 'risk-halt:session:2025-01-06', severity: 'critical' })]);
  });
});
