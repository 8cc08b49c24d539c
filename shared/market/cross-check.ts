import type { EpochMs } from '../kernel/time.ts';
import type { QuoteCheck } from './price.ts';

/** When two venues are taken to contradict each other; the values are data (`config/cross-check.ts`). */
export interface CheckRules {
  /** Prices of other venues older than this are ignored, ms. */
  readonly referenceMaxAgeMs: number;
  /** Our own price is not compared when it is older than this, ms. */
  readonly ownMaxAgeMs: number;
  readonly warnBps: number;
  readonly divergedBps: number;
  /** A difference counts when it lasts this long without a break, ms. */
  readonly holdMs: number;
  /** Share of `warnBps` and `divergedBps` at which a warning and a divergence end. */
  readonly clearShare: number;
}

interface PriceAt {
  /** Base currency. */
  readonly price: number;
  readonly atMs: EpochMs;
}

interface Reference extends PriceAt {
  readonly source: string;
}

/**
 * What is known of a symbol's price here and elsewhere up to `atMs`. A value: what it says of a later instant follows from
 * the observations alone, however often it is asked in between.
 */
export interface CrossCheck {
  readonly atMs: EpochMs;
  readonly own: PriceAt | null;
  readonly references: readonly Reference[];
  /** Since when the difference has been as large as a divergence's, without a break. */
  readonly beyondSinceMs: EpochMs | null;
  /** Diverged, and nobody has agreed since: outlasts the silence of the sources. */
  readonly isDiverged: boolean;
  readonly isWarning: boolean;
  readonly verdict: QuoteCheck;
}

/** A check that has seen nothing yet; `before` is what was known when the program was last running. */
export function newCheck(atMs: EpochMs, before: QuoteCheck | null = null): CrossCheck {
  return {
    atMs,
    own: null,
    references: [],
    beyondSinceMs: null,
    isDiverged: before?.state === 'diverged',
    isWarning: before?.isWarning ?? false,
    verdict: { state: 'stale', spreadBps: null, against: [], sinceMs: atMs, isWarning: false },
  };
}

/** The check after our venue has told a price, in the base currency. */
export function withOwn(check: CrossCheck, price: number, atMs: EpochMs, rules: CheckRules): CrossCheck {
  const nowMs = Math.max(check.atMs, atMs);
  return judged({ ...advanced(check, nowMs, rules), own: { price, atMs } }, nowMs, rules);
}

/** The check after another venue has told a price, in the base currency. One that is older than what it told before is left out. */
export function withReference(check: CrossCheck, reference: Reference, rules: CheckRules): CrossCheck {
  const known = check.references.find(({ source }) => source === reference.source);
  if (known !== undefined && known.atMs > reference.atMs) return check;
  const nowMs = Math.max(check.atMs, reference.atMs);
  const others = check.references.filter(({ source }) => source !== reference.source);
  return judged({ ...advanced(check, nowMs, rules), references: [...others, reference] }, nowMs, rules);
}

/** What the check says at an instant, not before its newest observation. */
export const checkAt = (check: CrossCheck, nowMs: EpochMs, rules: CheckRules): QuoteCheck => advanced(check, nowMs, rules).verdict;

/** Time alone changes the verdict: prices grow old, and a difference lasts long enough. Each such instant is judged in turn. */
function advanced(check: CrossCheck, nowMs: EpochMs, rules: CheckRules): CrossCheck {
  let reached = check;
  for (let nextMs = nextChangeMs(reached, rules); nextMs <= nowMs; nextMs = nextChangeMs(reached, rules)) reached = judged(reached, nextMs, rules);
  return reached;
}

function nextChangeMs({ atMs, own, references, beyondSinceMs }: CrossCheck, rules: CheckRules): EpochMs {
  let nextMs = Number.POSITIVE_INFINITY;
  const consider = (ms: EpochMs): void => {
    if (ms > atMs && ms < nextMs) nextMs = ms;
  };
  if (own !== null) consider(own.atMs + rules.ownMaxAgeMs + 1);
  for (const reference of references) consider(reference.atMs + rules.referenceMaxAgeMs + 1);
  if (beyondSinceMs !== null) consider(beyondSinceMs + rules.holdMs);
  return nextMs;
}

function judged(check: CrossCheck, nowMs: EpochMs, rules: CheckRules): CrossCheck {
  const { own } = check;
  const isOwnFresh = own !== null && nowMs - own.atMs <= rules.ownMaxAgeMs;
  const fresh = check.references.filter(({ atMs }) => nowMs - atMs <= rules.referenceMaxAgeMs);
  if (!isOwnFresh || fresh.length === 0) return unjudged(check, nowMs, isOwnFresh ? 'single-source' : 'stale');
  const against = median(fresh.map(({ price }) => price));
  // Rounded before it is compared: what is shown explains the state.
  const spreadBps = Math.round((own.price / against - 1) * 1e6) / 100;
  const sizeBps = Math.abs(spreadBps);
  const beyondSinceMs = sizeBps >= rules.divergedBps ? (check.beyondSinceMs ?? nowMs) : null;
  const hasLasted = beyondSinceMs !== null && nowMs - beyondSinceMs >= rules.holdMs;
  const isDiverged = check.isDiverged ? sizeBps > rules.divergedBps * rules.clearShare : hasLasted;
  const isWarning = sizeBps >= rules.warnBps || (check.isWarning && sizeBps > rules.warnBps * rules.clearShare);
  const sources = fresh.map(({ source }) => source).sort();
  const verdict = verdictOf(check, nowMs, { state: isDiverged ? 'diverged' : 'agreed', spreadBps, against: sources, isWarning });
  return { ...check, atMs: nowMs, beyondSinceMs, isDiverged, isWarning, verdict };
}

/** Nothing to compare: a difference that was lasting has a break, one that had lasted is remembered. */
function unjudged(check: CrossCheck, nowMs: EpochMs, state: 'single-source' | 'stale'): CrossCheck {
  return { ...check, atMs: nowMs, beyondSinceMs: null, verdict: verdictOf(check, nowMs, { state, spreadBps: null, against: [], isWarning: false }) };
}

const verdictOf = ({ verdict }: CrossCheck, nowMs: EpochMs, next: Omit<QuoteCheck, 'sinceMs'>): QuoteCheck => ({
  ...next,
  sinceMs: next.state === verdict.state ? verdict.sinceMs : nowMs,
});

function median(prices: readonly number[]): number {
  const sorted = [...prices].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}
