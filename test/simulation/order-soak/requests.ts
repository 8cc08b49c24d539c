/** Requests that change something, as a client of the API sends them: it knows each by an id and may send it again. */

export type RequestKind = 'start' | 'place' | 'cancel' | 'close' | 'amend';

export interface SoakRequest {
  readonly kind: RequestKind;
  /** What it is counted as: the kind of an order, else the kind of request. */
  readonly about: string;
  readonly method: 'POST' | 'DELETE';
  /** Below the API's base path. */
  readonly path: string;
  readonly body: unknown;
  /** The Idempotency-Key; null where the body or the path says what it is. */
  readonly key: string | null;
  /** The command that the ledger books it as, when it books anything. */
  readonly commandId: string;
  /** How many orders it places. */
  readonly places: number;
}

/** What became of a request: nobody knows yet, it was done, or it was refused and changed nothing. */
export type Fate = 'unanswered' | 'acknowledged' | 'refused';

/** A request with what came of it. */
export interface Asked {
  readonly request: SoakRequest;
  fate: Fate;
  /** How often it was sent. */
  times: number;
  /** Whether a program died while it was under way. */
  wasCutOff: boolean;
  /** The part of the answer that the same request gets whenever it comes again; null before it was acknowledged. */
  lasting: string | null;
  /** What it was told when it came again, if that was not the same: allowed only where nothing was done that could be recorded. */
  contradiction: string | null;
}
