import { NightdeskError } from '../kernel/errors.ts';

class PerformanceError extends NightdeskError<'not_finite'> {}

/** A statistic: its value, or null with the reason why it is undefined. There is no third state, and no made-up number. */
export type Figure = { readonly value: number; readonly reason: null } | { readonly value: null; readonly reason: string };

/** @throws PerformanceError `not_finite`: an undefined figure is told with its reason, never as NaN or infinity */
export function known(value: number): Figure {
  if (!Number.isFinite(value)) throw new PerformanceError('not_finite', `A figure must be finite, received ${value}`, { value });
  return { value, reason: null };
}

export const undefinedBecause = (reason: string): Figure => ({ value: null, reason });

/** Named figures as they go on the wire: a number or null each, and beside them `reasons` for those that are null. */
export type Figures<Name extends string> = { readonly [Each in Name]: number | null } & { readonly reasons: Readonly<Record<string, string>> };

/** Figures by name, with the reasons of the undefined ones gathered in `reasons`. */
export function figures<Name extends string>(named: Readonly<Record<Name, Figure>>): Figures<Name> {
  const entries = Object.entries(named) as [Name, Figure][];
  const values = Object.fromEntries(entries.map(([name, figure]) => [name, figure.value])) as { [Each in Name]: number | null };
  const reasons = Object.fromEntries(entries.flatMap(([name, { reason }]) => (reason === null ? [] : [[name, reason]])));
  return { ...values, reasons };
}
