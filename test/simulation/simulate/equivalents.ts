import { nameOf, type Variant } from './variants.ts';

/** A variant that does what the program does, and why. */
export interface Equivalent {
  readonly variant: Variant;
  readonly because: string;
  /** Places whose conditions say the same: without these as well, the program is broken. Empty where nothing else is needed. */
  readonly guards: readonly string[];
}

/** Conditions that another one of the same transaction stands in for. A run without one is the same to the bit, which is checked. */
export const EQUIVALENTS: readonly Equivalent[] = [];

export const equivalentOf = (variant: Variant): Equivalent | null => {
  const name = nameOf(variant);
  return EQUIVALENTS.find((each) => nameOf(each.variant) === name) ?? null;
};
