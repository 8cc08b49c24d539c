import type { Adjustment } from '../../market/corporate-actions.ts';
import { istDate } from '../../market/ist.ts';
import type { Candle } from '../../market/price.ts';
import type { DailyClose } from '../../risk/var/risk-model.ts';

/**
 * Closes of days on the scale of the newest. The venue does not say whether its daily candles are adjusted for splits and bonuses:
 * where the close falls over an ex-date by about the action's own factor they are not, and are adjusted here; where it does not
 * they are.
 *
 * @param adjustments  newest first, as `adjustmentsOf` gives them
 */
export function closesOnOneScale(days: readonly Candle[], adjustments: readonly Adjustment[]): readonly DailyClose[] {
  const steps = adjustments.map(({ beforeMs, price }, index) => ({ beforeMs, factor: price / (adjustments[index - 1]?.price ?? 1) }));
  const raw = steps.filter(({ beforeMs, factor }) => isRaw(days, beforeMs, factor));
  return days.map(({ openMs, close }) => ({
    date: istDate(openMs),
    close: raw.reduce((price, { beforeMs, factor }) => (openMs < beforeMs ? price * factor : price), close),
  }));
}

/** Whether the step over an instant is nearer to the factor than to none. */
function isRaw(days: readonly Candle[], atMs: number, factor: number): boolean {
  const [before, after] = [days.findLast(({ openMs }) => openMs < atMs), days.find(({ openMs }) => openMs >= atMs)];
  if (before === undefined || after === undefined) return false;
  const step = Math.log(after.close / before.close);
  return Math.abs(step - Math.log(factor)) < Math.abs(step);
}
