import * as z from 'zod';
import { NightdeskError } from '../../shared/kernel/errors.ts';
import { jsonOrNull } from './channels/post.ts';

class ParameterError extends NightdeskError<'not_read'> {}

const DEFAULT_PORT = '2773';
const TIMEOUT_MS = 3_000;

const answerSchema = z.object({ Parameter: z.object({ Value: z.string() }) });

/**
 * A parameter of SSM, decrypted, by AWS's extension for Lambda: it signs, reads and remembers for five minutes, and costs the
 * bundle no SDK. It answers while a function is invoked, not while it is started.
 * @returns null where there is no such parameter
 * @throws ParameterError `not_read`
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/ps-integration-lambda-extensions.html
 */
export async function ssmParameter(name: string, env: Readonly<Record<string, string | undefined>>): Promise<string | null> {
  const port = env.PARAMETERS_SECRETS_EXTENSION_HTTP_PORT ?? DEFAULT_PORT;
  const url = `http://localhost:${port}/systemsmanager/parameters/get?name=${encodeURIComponent(name)}&withDecryption=true`;
  const response = await fetch(url, {
    headers: { 'x-aws-parameters-secrets-token': env.AWS_SESSION_TOKEN ?? '' },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await response.text();
  if (!response.ok && text.includes('ParameterNotFound')) return null;
  const answer = response.ok ? answerSchema.safeParse(jsonOrNull(text)) : null;
  // An answer may hold the secret: it is not part of any message.
  if (answer?.success !== true) throw new ParameterError('not_read', `The parameter ${name} was not read: status ${response.status}`, { name });
  return answer.data.Parameter.Value;
}
