import { NightdeskError } from '../kernel/errors.ts';

/** A variable of the environment is missing or has another form. */
export class EnvironmentError extends NightdeskError<'bad_environment'> {}
