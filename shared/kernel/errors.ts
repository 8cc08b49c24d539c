/** A value that an error carries so that the reader sees what was received and what is allowed. */
export type ErrorContext = Readonly<Record<string, unknown>>;

/**
 * Base of every error family of Nightdesk. One family a module: `class LedgerError extends NightdeskError<'unbalanced'> {}`.
 * The code is for programs, the message for people, the context for both.
 */
export class NightdeskError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly context: ErrorContext;

  constructor(code: Code, message: string, context: ErrorContext = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.context = context;
  }
}

/** The text of anything thrown, for a log line or a reason that a person reads. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Marks a branch that the type system proves unreachable; throws when data from outside broke the proof. */
export function unreachable(value: never): never {
  throw new NightdeskError('unreachable', `Unexpected value ${JSON.stringify(value)}`);
}
