import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { NightdeskError } from '../../shared/kernel/errors.ts';
import { type EpochMs, MINUTE_MS } from '../../shared/kernel/time.ts';

class ParameterError extends NightdeskError<'not_read'> {}

/** A new secret holds within this time; a minute without alerts asks SSM for nothing. */
const KEEP_MS = 5 * MINUTE_MS;

/**
 * Reads a parameter of SSM, decrypted, and remembers it for five minutes: that there is none as well.
 * @returns null where there is no such parameter
 * @throws ParameterError `not_read`
 */
export function ssmParameter(name: string, now: () => EpochMs): () => Promise<string | null> {
  const client = new SSMClient({ maxAttempts: 3 });
  let kept: { readonly value: string | null; readonly atMs: EpochMs } | null = null;
  return async () => {
    if (kept !== null && now() - kept.atMs < KEEP_MS) return kept.value;
    const value = await read(client, name);
    kept = { value, atMs: now() };
    return value;
  };
}

async function read(client: SSMClient, name: string): Promise<string | null> {
  try {
    const { Parameter } = await client.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
    if (Parameter?.Value !== undefined) return Parameter.Value;
  } catch (error) {
    if (error instanceof ParameterNotFound) return null;
    // By its name only: what an answer says that was not understood may hold the secret.
    throw notRead(name, error instanceof Error ? error.name : 'no answer');
  }
  throw notRead(name, 'it came without a value');
}

const notRead = (name: string, why: string): ParameterError => new ParameterError('not_read', `The parameter ${name} was not read: ${why}`, { name });
