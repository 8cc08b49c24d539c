import { allLimits, KELLY, STRATEGY_MAX_POSITION } from '../../config/risk.ts';
import { fromNumber, toNumber } from '../../kernel/decimal.ts';
import { recordOf } from '../../ledger/trading-record.ts';
import type { Cap, Sized } from '../cap.ts';
import { equityOf } from '../equity-now.ts';
import { factorOf } from '../exposures.ts';
import { over, percent } from '../refusal.ts';
import { NO_RISK_MODEL } from '../var/risk-model.ts';
import { kellySize } from './kelly.ts';
import { stakeOfOdds } from './stake-of-odds.ts';

/** Caps that come from the trade itself: its risk at the stop, how much its price moves, and its trader's own record. */
export function ownCaps(entry: Sized): readonly Cap[] {
  const { account, instrument, trader, price, stop, riskFactor = 1 } = entry;
  const { maxRiskPerTrade, maxPositionVolatility, maxKelly, minPositionUsd } = allLimits(account.limits);
  const equityUsd = Math.max(0, toNumber(equityOf(entry)));
  const cap = (name: string, share: number, why: (size: number) => string): Cap => ({
    name,
    notional: fromNumber(Math.min(share, MOST) * equityUsd),
    refusal: (size) => over(name, size, minPositionUsd, `${why(size)}: a position of $${size.toFixed(2)}, the least is $${minPositionUsd}`),
  });
  const found: Cap[] = [];
  // A person's own orders are of the size that the person chose: no record and no rule of sizing speaks for them.
  if (trader !== 'manual' && stop !== null && stop !== price) {
    const stopShare = (riskFactor * Math.abs(price - stop)) / price;
    found.push(cap('maxRiskPerTrade', maxRiskPerTrade / stopShare, () => `A loss at the stop may be ${percent(maxRiskPerTrade)} of equity`));
  }
  const deviation = (entry.risk ?? NO_RISK_MODEL).deviation(factorOf(instrument.symbol));
  if (deviation !== null && deviation > 0) {
    const why = `${instrument.symbol} moves by ${percent(deviation)} a day, a position may move equity by ${percent(maxPositionVolatility)}`;
    found.push(cap('maxPositionVolatility', maxPositionVolatility / deviation, () => why));
  }
  if (trader !== 'manual' && entry.odds !== undefined) {
    const { members, breakEven } = entry.odds;
    // Networks that do not agree are as good as the one that doubts most.
    const lowest = Math.min(...members);
    const share = STRATEGY_MAX_POSITION[trader] * Math.max(0, stakeOfOdds(lowest, breakEven));
    const why = `The most doubtful of ${members.length} networks gives it odds of ${lowest.toFixed(3)}, it breaks even at ${breakEven.toFixed(3)}`;
    found.push(cap('modelOdds', share, () => why));
  }
  const kelly = trader === 'manual' ? null : kellySize(recordOf(account.record, trader), KELLY, maxKelly);
  if (kelly !== null) found.push(cap('kelly', kelly, () => `Half of Kelly's answer to the record of ${trader} is ${percent(kelly)} of equity`));
  return found;
}

/** A share of equity that bounds nothing. */
const MOST = 1000;
