import type { Alert } from '../contracts/alert.ts';
import type { EpochMs } from '../kernel/time.ts';
import { labelled, type ToldAccount } from './told-account.ts';

/** The day's loss has halted entries: one alert a trading day, whoever saw it first. */
export function haltAlert(account: ToldAccount, atMs: EpochMs, why: string): Alert {
  return labelled(account, {
    id: `risk-halt:${account.sessionId}:${account.day.date}`,
    kind: 'risk-halt',
    severity: 'critical',
    atMs,
    symbol: null,
    title: 'Entries are halted for the day',
    text: `${why.replace(/^maxDailyLoss: /, '')}. Exits go on.`,
    facts: { date: account.day.date },
  });
}
