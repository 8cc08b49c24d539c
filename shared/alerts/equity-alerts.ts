import type { AlertRules } from '../config/alerts.ts';
import type { Alert } from '../contracts/alert.ts';
import { type Decimal, subtract, text, toNumber } from '../kernel/decimal.ts';
import type { EpochMs } from '../kernel/time.ts';
import type { Account } from '../ledger/account.ts';
import { dayLoss } from '../risk/day-loss.ts';
import { percent } from '../risk/refusal.ts';
import { dollars, signedPercent } from './amounts.ts';
import { haltAlert } from './risk-halt.ts';
import { labelled } from './told-account.ts';

/** An account with its worth at an instant, base currency. */
export interface EquityMark {
  readonly account: Pick<Account, 'sessionId' | 'scope' | 'evidence' | 'day' | 'limits' | 'curve'>;
  readonly equity: Decimal;
  readonly atMs: EpochMs;
}

/**
 * What an account's worth tells: profit and loss of the trading day, each threshold once a day; falls from the highest equity
 * mark, each step once for each peak; and the halt of the daily loss.
 */
export function equityAlerts(mark: EquityMark, rules: Pick<AlertRules, 'dayResult' | 'drawdown'>): readonly Alert[] {
  return [...dayResult(mark, rules.dayResult), ...drawdown(mark, rules.drawdown), ...halt(mark)];
}

function dayResult({ account, equity, atMs }: EquityMark, { profit, loss }: AlertRules['dayResult']): readonly Alert[] {
  const share = -dayLoss(account.day.startEquity, equity);
  const kind = share >= profit ? 'profit' : share <= -loss ? 'loss' : null;
  if (kind === null) return [];
  const threshold = kind === 'profit' ? profit : loss;
  const { date, startEquity } = account.day;
  return [
    labelled(account, {
      id: `${kind}:${account.sessionId}:${date}:${threshold}`,
      kind,
      severity: kind === 'profit' ? 'info' : 'warning',
      atMs,
      symbol: null,
      title: `Day's ${kind} is past ${percent(threshold)}`,
      text: `${signedPercent(share)} of the day's opening equity: ${dollars(startEquity)} has become ${dollars(equity)}`,
      facts: { share, threshold, equity: text(equity), startEquity: text(startEquity) },
    }),
  ];
}

function drawdown({ account, equity, atMs }: EquityMark, steps: AlertRules['drawdown']): readonly Alert[] {
  const { peak } = account.curve;
  if (peak <= 0n) return [];
  const share = toNumber(subtract(peak, equity)) / toNumber(peak);
  // The deepest step that was reached: a fall through several at once is told as what it is.
  const step = steps.findLast((each) => share >= each.share);
  if (step === undefined) return [];
  return [
    labelled(account, {
      id: `drawdown:${account.sessionId}:${text(peak)}:${step.share}`,
      kind: 'drawdown',
      severity: step.severity,
      atMs,
      symbol: null,
      title: `Drawdown is past ${percent(step.share)}`,
      text: `Equity ${dollars(equity)} is ${percent(share)} below its highest mark ${dollars(peak)}`,
      facts: { share, threshold: step.share, equity: text(equity), peak: text(peak) },
    }),
  ];
}

function halt({ account, equity, atMs }: EquityMark): readonly Alert[] {
  const loss = dayLoss(account.day.startEquity, equity);
  const { maxDailyLoss } = account.limits;
  if (loss < maxDailyLoss) return [];
  return [haltAlert(account, atMs, `The day has lost ${percent(loss)} of its opening equity, the limit is ${percent(maxDailyLoss)}`)];
}
