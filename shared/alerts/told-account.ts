import type { Alert } from '../contracts/alert.ts';
import type { Account } from '../ledger/account.ts';

/** What of an account its alerts are labelled with. */
export type ToldAccount = Pick<Account, 'sessionId' | 'scope' | 'evidence' | 'day'>;

/** An alert before it is labelled with the session that it is about. */
export type AlertSketch = Omit<Alert, 'scope' | 'evidence' | 'sessionId'> & Partial<Pick<Alert, 'evidence'>>;

/** The alert of a session: evidence is the session's unless the sketch knows better. */
export function labelled({ sessionId, scope, evidence }: ToldAccount, sketch: AlertSketch): Alert {
  return { evidence, ...sketch, sessionId, scope };
}
