import { EnvironmentError } from './environment-error.ts';

/** Names the bucket of the day's reports to the function that writes them. */
export const REPORTS_BUCKET_VARIABLE = 'NIGHTDESK_REPORTS_BUCKET';

export interface ReportSettings {
  readonly bucket: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };
  readonly endpoint: string | null;
}

/**
 * Where reports are kept on AWS, from the variables that Lambda sets, and that `aws configure export-credentials --format env` prints.
 * @throws EnvironmentError `bad_environment`
 */
export function reportSettings(env: Readonly<Record<string, string | undefined>>): ReportSettings {
  const needed = (name: string): string => {
    const value = env[name];
    if (!value) throw new EnvironmentError('bad_environment', `Reports on AWS need ${name}, which is not set`);
    return value;
  };
  const sessionToken = env.AWS_SESSION_TOKEN;
  return {
    bucket: needed(REPORTS_BUCKET_VARIABLE),
    region: needed('AWS_REGION'),
    credentials: {
      accessKeyId: needed('AWS_ACCESS_KEY_ID'),
      secretAccessKey: needed('AWS_SECRET_ACCESS_KEY'),
      ...(sessionToken ? { sessionToken } : {}),
    },
    // As the SDKs have it: the service's own address before that of all.
    endpoint: env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || null,
  };
}
