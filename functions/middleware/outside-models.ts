import { outsideModelsOf } from '../../shared/config/outside-models.ts';
import type { OutsideModels } from '../../shared/engine/ports.ts';
import { NightdeskError } from '../../shared/kernel/errors.ts';
import type { OutsideFile } from '../../shared/ml/model-set.ts';
import { modelAnswer } from '../model/answer.ts';
import { signedHeaders } from './aws-signature.ts';

class ModelCallError extends NightdeskError<'failed'> {}

/** Longest that an answer is waited for, ms: the scan gives up before. */
const TIMEOUT_MS = 5_000;

/** The models of another function, as its setting names them: asked by an invocation of it. */
export function modelsOfFunction(
  setting: string,
  env: Readonly<Record<string, string | undefined>>,
): { readonly files: readonly OutsideFile[]; readonly outside: OutsideModels } {
  const { functionName, models } = outsideModelsOf(setting);
  const region = env.AWS_REGION ?? '';
  const host = `lambda.${region}.amazonaws.com`;
  return {
    files: models.map((outside) => ({ source: `function ${functionName}`, outside })),
    outside: {
      versions: Object.fromEntries(models.map(({ strategy, version }) => [strategy, version])),
      odds: async (strategy, rows) => {
        const path = `/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`;
        const body = JSON.stringify({ strategy, rows });
        // Lambda renews its credentials in the environment of a process that goes on.
        const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '', AWS_SESSION_TOKEN: sessionToken } = env;
        const request = { method: 'POST', host, path, body, region, service: 'lambda', nowMs: Date.now() } as const;
        const headers = signedHeaders(request, { accessKeyId, secretAccessKey, sessionToken });
        const response = await fetch(`https://${host}${path}`, { method: 'POST', headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
        const text = await response.text();
        if (!response.ok || response.headers.has('x-amz-function-error')) {
          throw new ModelCallError('failed', `${functionName} answered ${response.status}: ${text.slice(0, 200)}`);
        }
        return modelAnswer.parse(JSON.parse(text)).odds;
      },
    },
  };
}
