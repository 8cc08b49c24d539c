import type { NseDerivativesTerms, NseScanTerms } from '../../config/margin.ts';
import type { EpochMs } from '../../kernel/time.ts';
import { istDate } from '../../market/ist.ts';
import { costOf, isOption, isShort, requirePosition, type SharesLeg } from './leg.ts';
import { MarginError } from './margin-error.ts';
import { isFullyHedged, maxLoss } from './max-loss.ts';
import { deltaUnits, forwardOf, type ScannedLeg, type Scenario, scanScenarios, worstLoss } from './nse-scan.ts';
import { type MarginRequirement, requirementOf } from './requirement.ts';

/** Futures and options on one NSE underlying, with shares that cover them where there are any. Rupees. */
export interface NseDerivativesPosition {
  readonly regime: 'nse-derivatives';
  readonly isIndex: boolean;
  readonly underlyingPrice: number;
  /** Deviation of the underlying's daily log returns as a share; null where it is not known. */
  readonly dailyVolatility: number | null;
  readonly legs: readonly (SharesLeg | ScannedLeg)[];
}

/**
 * Margin of futures and options at NSE, rupees:
 *
 *   premiums of longs + scan + calendar charge + exposure on futures and short options + extra on the day of expiry
 *
 * The scan is what the worst of 16 scenarios and the value of the shorts ask beyond the value of the longs. Months are scanned
 * together, against a charge on what offsets between them, where that asks less than scanning each apart; contracts that expire
 * today offset nothing under the later rules. Shares ask their full price and are not scanned.
 *
 * The exchange asks exposure margin of hedged shorts too. Here a position that is fully hedged at one expiry asks no more than
 * its maximum loss. The clearing house's own risk arrays are not public history: this follows its published parameters only.
 *
 * @throws MarginError `not_a_position`
 * @see NSE Clearing: "SPAN risk parameters"; SEBI/HO/MRD/TPD-1/P/CIR/2024/132
 */
export function nseDerivativesMargin(position: NseDerivativesPosition, terms: NseDerivativesTerms, atMs: EpochMs): MarginRequirement {
  requireNsePosition(position);
  const { legs, underlyingPrice } = position;
  const rules = position.isIndex ? terms.index : terms.stock;
  const scanned = legs.filter((leg): leg is ScannedLeg => leg.kind !== 'equity');
  const options = scanned.filter(isOption);
  const shares = costOf(legs.filter(({ kind }) => kind === 'equity'));
  const premiums = costOf(options.filter((leg) => !isShort(leg)));
  const { scan, calendar } = scanMargin(scanned, scanScenarios(underlyingPrice, position.dailyVolatility, rules, terms), rules, atMs);
  const exposure = rules.exposureRate * exposedNotional(scanned, underlyingPrice);
  const lastDay = options.filter((leg) => expiresOn(leg, atMs));
  const expiryDay = rules.expiryDayRate * exposedNotional(lastDay, underlyingPrice);
  return requirementOf(
    {
      parts: [
        { name: 'premium', amount: premiums },
        { name: 'shares', amount: shares },
        { name: 'scan', amount: scan },
        { name: 'calendar-spread', amount: calendar },
        { name: 'exposure', amount: exposure },
        { name: 'expiry-day', amount: expiryDay },
      ],
      maintenance: scan + calendar + exposure + expiryDay,
      proceeds: costOf(options.filter(isShort)),
      paid: premiums + shares,
      lossCap: isFullyHedged(legs) ? maxLoss(legs) : null,
    },
    terms.roundTo,
  );
}

function requireNsePosition({ legs, underlyingPrice, dailyVolatility }: NseDerivativesPosition): void {
  requirePosition(legs, underlyingPrice);
  const deviations = [dailyVolatility ?? 0, ...legs.map((leg) => (leg.kind === 'option' ? leg.iv : 0))];
  const forwards = legs.map((leg) => (leg.kind === 'option' ? leg.forward : leg.price));
  if (deviations.every((value) => Number.isFinite(value) && value >= 0) && forwards.every((value) => Number.isFinite(value) && value > 0)) return;
  throw new MarginError('not_a_position', 'An option has a positive forward and a volatility that is not negative', { legs, dailyVolatility });
}

interface ScanMargin {
  readonly scan: number;
  readonly calendar: number;
}

/** The scan of all legs, those apart that expire today where they offset nothing. */
function scanMargin(legs: readonly ScannedLeg[], scenarios: readonly Scenario[], rules: NseScanTerms, atMs: EpochMs): ScanMargin {
  const isApart = (leg: ScannedLeg): boolean => !rules.offsetsOnExpiryDay && expiresOn(leg, atMs);
  const lastDay = legs.filter(isApart);
  const { scan, calendar } = scanMonths(
    legs.filter((leg) => !isApart(leg)),
    scenarios,
    rules,
    atMs,
  );
  return { scan: scanAsk(lastDay, scenarios, atMs) + scan, calendar };
}

/** The scan of months together with its charge, or of each apart when that asks less. */
function scanMonths(legs: readonly ScannedLeg[], scenarios: readonly Scenario[], rules: NseScanTerms, atMs: EpochMs): ScanMargin {
  const months = [...Map.groupBy(legs, ({ expiryMs }) => expiryMs)].sort(([a], [b]) => a - b).map(([, month]) => month);
  if (months.length <= 1) return { scan: scanAsk(legs, scenarios, atMs), calendar: 0 };
  const together = { scan: scanAsk(legs, scenarios, atMs), calendar: rules.calendarRate * spreadValue(months, atMs) };
  const apart = { scan: months.reduce((sum, month) => sum + scanAsk(month, scenarios, atMs), 0), calendar: 0 };
  return together.scan + together.calendar < apart.scan ? together : apart;
}

/** What the legs ask beyond the premiums of the longs: the worst loss less the net value of the options, never negative. */
function scanAsk(legs: readonly ScannedLeg[], scenarios: readonly Scenario[], atMs: EpochMs): number {
  if (legs.length === 0) return 0;
  const owed = costOf(legs.filter(isShort));
  const owned = costOf(legs.filter((leg) => !isShort(leg)));
  return Math.max(0, worstLoss(legs, scenarios, atMs) + owed - owned);
}

/** Value at the far month's price of the units that offset each other between months, near months first. */
function spreadValue(months: readonly (readonly ScannedLeg[])[], atMs: EpochMs): number {
  let value = 0;
  const open: number[] = [];
  for (const month of months) {
    let units = deltaUnits(month, atMs);
    const price = Math.max(...month.map(forwardOf));
    for (const [i, near] of open.entries()) {
      if (near * units >= 0) continue;
      const matched = Math.min(Math.abs(near), Math.abs(units));
      open[i] = near - Math.sign(near) * matched;
      units -= Math.sign(units) * matched;
      value += matched * price;
    }
    open.push(units);
  }
  return value;
}

/** Notional of futures at their price and of short options at that of the underlying. */
function exposedNotional(legs: readonly ScannedLeg[], underlyingPrice: number): number {
  return legs.reduce((sum, leg) => {
    if (leg.kind === 'future') return sum + leg.quantity * leg.price;
    return isShort(leg) ? sum + leg.quantity * underlyingPrice : sum;
  }, 0);
}

const expiresOn = ({ expiryMs }: ScannedLeg, atMs: EpochMs): boolean => istDate(expiryMs) === istDate(atMs);
