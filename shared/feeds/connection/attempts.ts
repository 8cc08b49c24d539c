import { messageOf } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';

/** Things that a source asks its venue for now and then, each for itself. */
export interface Attempts {
  /** Does one thing; a failure is logged, kept in words under its name, and gone when the thing is done the next time. @returns whether it was done */
  readonly attempt: (what: string, ask: () => Promise<void>) => Promise<boolean>;
  /** What could not be done, in words; null when nothing is wrong. */
  readonly trouble: () => string | null;
}

export function createAttempts(source: string, log: Log): Attempts {
  const troubles = new Map<string, string>();
  return {
    async attempt(what, ask) {
      try {
        await ask();
        troubles.delete(what);
        return true;
      } catch (error) {
        const why = `${what}: ${messageOf(error)}`;
        log(troubles.has(what) ? 'info' : 'warn', `${source}.not_learned`, { what, why });
        troubles.set(what, why);
        return false;
      }
    },
    trouble: () => (troubles.size === 0 ? null : [...troubles.values()].join('; ')),
  };
}
