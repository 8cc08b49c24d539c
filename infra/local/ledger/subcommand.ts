import type { ParseArgsOptionsConfig } from 'node:util';
import type { LedgerStore } from '../../../shared/engine/ports.ts';
import { NightdeskError } from '../../../shared/kernel/errors.ts';

export class LedgerCommandError extends NightdeskError<'bad_option' | 'nothing_there' | 'not_reachable'> {}

export const EXIT = { sound: 0, unsound: 1, badOption: 2 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Where a command writes, and the environment that it reads. */
export interface Terminal {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The options of a command line by name, as they were given. */
export type GivenOptions = Readonly<Record<string, string | boolean | undefined>>;

/** What a sub-command works with. */
export interface LedgerTask {
  readonly ledger: LedgerStore;
  readonly options: GivenOptions;
  /** What was named behind the sub-command; null for nothing. */
  readonly named: string | null;
  readonly terminal: Terminal;
}

/** One of the things that `npm run ledger` does: a file in this folder, and a name in the list of `ledger-cli.ts`. */
export interface Subcommand {
  readonly name: string;
  /** Its paragraph of the help page: what it does, then its options. */
  readonly help: string;
  /** Its options besides --session, --state and --help, which all have. */
  readonly options: ParseArgsOptionsConfig;
  /** What may be named behind it, as the help page calls it; absent: nothing. */
  readonly takes?: string;
  /** Refuses contradictory options before anything is opened. @throws LedgerCommandError `bad_option` */
  readonly check?: (options: GivenOptions, named: string | null) => void;
  readonly run: (task: LedgerTask) => Promise<ExitCode>;
}

export const badOption = (message: string): LedgerCommandError => new LedgerCommandError('bad_option', `${message}; see npm run ledger -- --help`);

/** For sub-commands that take --all. @throws LedgerCommandError `bad_option` */
export function checkOneOrAll({ all, session }: GivenOptions): void {
  if (all === true && session !== undefined) throw badOption('--all and --session exclude each other');
}

/**
 * The sessions that were asked for: all, the named one, or the newest.
 * @throws LedgerCommandError `nothing_there` before the first session, `bad_option` for one that is not there
 */
export async function sessionsAsked({ ledger, options: { all, session } }: LedgerTask): Promise<readonly [string, ...string[]]> {
  const [newest, ...older] = (await ledger.sessions()).map(({ sessionId }) => sessionId);
  if (newest === undefined) throw new LedgerCommandError('nothing_there', 'No session has been started yet: there is nothing to work on');
  if (all === true) return [newest, ...older];
  if (session === undefined) return [newest];
  const named = [newest, ...older].find((each) => each === session);
  if (named === undefined) {
    throw new LedgerCommandError('bad_option', `There is no session ${JSON.stringify(session)}; there are ${[newest, ...older].join(', ')}`);
  }
  return [named];
}
