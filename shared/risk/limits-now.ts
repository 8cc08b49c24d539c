import { type AllLimits, allLimits } from '../config/risk.ts';
import { add, type Decimal, toNumber } from '../kernel/decimal.ts';
import { type Account, exposure, type MarkOf, positionsOpenOrComing, type RateOf, riskAtStops } from '../ledger/account.ts';
import { dayLoss } from './day-loss.ts';
import { drawdownNow } from './trading-state.ts';

export interface LimitFacts {
  readonly equity: Decimal;
  readonly markOf: MarkOf;
  readonly rateOf: RateOf;
  /** Null where equity is gone. */
  readonly valueAtRiskShare: number | null;
  readonly reserved: Decimal;
  readonly acceptedInMinute: number;
}

/** A limit with what stands against it; `value` null for one that is judged entry by entry. */
export interface LimitNow {
  readonly name: keyof AllLimits;
  readonly value: number | null;
  readonly threshold: number;
  readonly says: string;
}

/** In a sentence what each limit bounds. */
const SAYS: Readonly<Record<keyof AllLimits, string>> = {
  maxPositionSize: 'Largest position, share of equity',
  maxTotalExposure: 'All positions and reserved entries, share of equity',
  maxDailyLoss: 'Loss of the day, share of its opening equity: halts entries',
  maxPortfolioRisk: 'Loss at all stops, share of equity',
  minPositionUsd: 'Least position, USD',
  maxPriceAgeMs: 'Oldest price that opens something, ms',
  maxDrawdown: 'Fall from the peak of equity, share of it: halts entries',
  maxConsecutiveLosses: 'Losing trades of a strategy in a row: pauses it',
  cooldownMinutes: 'How long it pauses, minutes',
  maxOpenPositions: 'Positions and entries on their way',
  maxOrdersPerMinute: 'Entries accepted within sixty seconds',
  maxMarketExposure: 'Positions and entries of one market, share of equity',
  maxSectorExposure: 'Positions and entries of one sector, share of equity',
  maxRiskPerTrade: 'Loss of one position at its stop, share of equity',
  maxPositionVolatility: 'Daily standard deviation of one position, share of equity',
  maxCorrelation: 'Correlation of daily returns with what is held the same way',
  maxVar: 'Value at risk of the book in a day at 95 %, share of equity',
  maxKelly: "Kelly's answer before it is halved, share of equity",
};

/** Every limit of the gate with how the account stands against it. */
export function limitsNow(account: Account, facts: LimitFacts): LimitNow[] {
  const limits = allLimits(account.limits);
  const value = valuesNow(account, facts);
  return (Object.keys(SAYS) as (keyof AllLimits)[]).map((name) => ({ name, value: value[name] ?? null, threshold: limits[name], says: SAYS[name] }));
}

function valuesNow(
  account: Account,
  { equity, markOf, rateOf, valueAtRiskShare, reserved, acceptedInMinute }: LimitFacts,
): Partial<Record<keyof AllLimits, number | null>> {
  const equityUsd = toNumber(equity);
  return {
    maxTotalExposure: equityUsd <= 0 ? null : toNumber(add(exposure(account, markOf, rateOf), reserved)) / equityUsd,
    maxDailyLoss: dayLoss(account.day.startEquity, equity),
    maxPortfolioRisk: equityUsd <= 0 ? null : riskAtStops(account, equity, rateOf),
    maxDrawdown: drawdownNow(account, equity),
    maxConsecutiveLosses: Math.max(0, ...Object.values(account.record.traders).map(({ lossesInARow }) => lossesInARow)),
    maxOpenPositions: positionsOpenOrComing(account),
    maxOrdersPerMinute: acceptedInMinute,
    maxVar: valueAtRiskShare,
  };
}
