import { EnvironmentError } from './environment-error.ts';

/** Names the bus of domain events to the function that tells the journal on it. */
export const BUS_NAME_VARIABLE = 'NIGHTDESK_BUS_NAME';

/** @throws EnvironmentError `bad_environment` */
export function busNameOf(env: Readonly<Record<string, string | undefined>>): string {
  const name = env[BUS_NAME_VARIABLE];
  if (!name) throw new EnvironmentError('bad_environment', `${BUS_NAME_VARIABLE} has to name the event bus, received ${JSON.stringify(name)}`);
  return name;
}
