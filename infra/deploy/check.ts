/** One line of the doctor: what was looked at, how it stands, and what to do where it does not stand well. */
export interface Check {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly says: string;
  /** What to do; null where nothing needs doing. */
  readonly advice: string | null;
}

export const ok = (name: string, says: string): Check => ({ name, status: 'ok', says, advice: null });
export const warn = (name: string, says: string, advice: string): Check => ({ name, status: 'warn', says, advice });
export const fail = (name: string, says: string, advice: string): Check => ({ name, status: 'fail', says, advice });

export const isHealthy = (checks: readonly Check[]): boolean => checks.every(({ status }) => status !== 'fail');

const NAME_WIDTH = 18;
const STATUS_WIDTH = 6;

/** The checks for a person, with the advice below the line that needs it. */
export function checkLines(checks: readonly Check[]): readonly string[] {
  return checks.flatMap(({ name, status, says, advice }) => [
    `${status.padEnd(STATUS_WIDTH)}${name.padEnd(NAME_WIDTH)}${says}`,
    ...(advice === null ? [] : [`${' '.repeat(STATUS_WIDTH + NAME_WIDTH)}-> ${advice}`]),
  ]);
}
