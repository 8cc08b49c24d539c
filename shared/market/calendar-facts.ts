/** Which timetable an instrument follows. `closing-auction` = stocks with derivatives: every default NSE symbol. */
export const INSTRUMENT_GROUPS = ['closing-auction', 'regular', 'derivatives'] as const;
export type InstrumentGroup = (typeof INSTRUMENT_GROUPS)[number];

/** The phases of a trading day, in the order in which a day has them. */
export const SESSION_PHASES = [
  'pre-open-entry',
  'pre-open-limit-entry',
  'pre-open-matching',
  'pre-open-buffer',
  'continuous',
  'reference-price',
  'closing-auction-entry',
  'closing-auction-limit-entry',
  'closing-auction-matching',
  'post-close',
] as const;
export type SessionPhase = (typeof SESSION_PHASES)[number];

/** One phase by the wall clock of India, `HH:MM`, `to` exclusive. From `randomCloseFrom` on the exchange may end it at any moment. */
export interface PhaseClock {
  readonly phase: SessionPhase;
  readonly from: string;
  readonly to: string;
  readonly randomCloseFrom?: string | undefined;
}

/** The timetable of some groups from a date on, until a later era of the same group begins. */
export interface CalendarEra {
  readonly groups: readonly InstrumentGroup[];
  readonly from: string;
  readonly squareOffBeforeCloseMinutes: number;
  readonly phases: readonly PhaseClock[];
  readonly source: string;
}

export interface Holiday {
  readonly date: string;
  readonly name: string;
  readonly source: string;
}

/** A session outside the weekly rhythm, or with other hours: the era's own (`normal`), listed ones, or not known to us. */
export interface SpecialSession {
  readonly date: string;
  readonly name: string;
  readonly hours: 'normal' | 'unknown' | readonly PhaseClock[];
  readonly source: string;
}

/** What is known of the exchange's days, as data. Dates are `YYYY-MM-DD` in India; the coverage includes both ends. */
export interface CalendarFacts {
  readonly coverage: { readonly from: string; readonly to: string };
  readonly eras: readonly CalendarEra[];
  readonly holidays: readonly Holiday[];
  readonly specialSessions: readonly SpecialSession[];
}
