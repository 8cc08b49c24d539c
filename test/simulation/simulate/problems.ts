/** What must hold, by the name under which a run that breaks it is told. */
export const INVARIANTS = {
  ledger: 'no fill lost, doubled or torn, and the books balance',
  sessions: 'one session at a time, each with its place in the list and in the outbox',
  lease: 'one feed at a time writes prices and fills',
  acknowledged: 'what was acknowledged is there',
  answers: 'the same request gets the same answer, and one that was refused has changed nothing',
  outbox: 'every event leaves the outbox, in order and unchanged',
  errors: 'nothing fails but for what was injected',
  settles: 'when nothing goes wrong any more, everything settles',
} as const;

export type Invariant = keyof typeof INVARIANTS;

/** What did not hold. */
export interface Problem {
  readonly invariant: Invariant;
  readonly what: string;
  /** The step of the schedule after which it was seen. */
  readonly step: number;
}

export type Complain = (invariant: Invariant, what: string) => void;
