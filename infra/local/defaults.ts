/** Starting capital of a session that the command line begins, USD. */
export const DEFAULT_CAPITAL_USD = 100_000;
/** Days of history that are there when a feed starts on this machine. */
export const HISTORY_DAYS = 40;
