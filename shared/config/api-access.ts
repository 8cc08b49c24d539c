import * as z from 'zod';
import { NightdeskError } from '../kernel/errors.ts';

export class ApiAccessError extends NightdeskError<'bad_access'> {}

const isOrigin = (text: string): boolean => {
  const url = URL.parse(text);
  return (
    url !== null &&
    url.origin === text &&
    !text.includes('*') &&
    (url.protocol === 'https:' || (url.protocol === 'http:' && url.hostname === 'localhost'))
  );
};

/** An origin as a browser sends it, whole: no wildcard, no path, TLS unless it is this machine. */
export const originSchema = z.string().refine(isOrigin, 'expected an origin such as https://desk.example or http://localhost:5173');

/** Who may call the API on AWS. By default whoever has the token, from no browser origin. */
export const apiAccessSchema = z.strictObject({
  /** Given both, tokens of this issuer for this audience are asked for instead of the house's own. */
  jwtIssuer: z.url({ protocol: /^https$/ }).optional(),
  jwtAudience: z.array(z.string().min(1)).min(1).optional(),
  allowedOrigins: z.array(originSchema).default([]),
});

export interface ApiAccess {
  /** Null: the house's own bearer tokens. */
  readonly jwt: { readonly issuer: string; readonly audience: readonly string[] } | null;
  readonly allowedOrigins: readonly string[];
}

/**
 * The settings of who may call.
 * @throws ApiAccessError `bad_access`, one line with every fault, before anything is deployed
 */
export function apiAccessOf(settings: unknown): ApiAccess {
  const parsed = apiAccessSchema.safeParse(settings);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new ApiAccessError('bad_access', `Who may call the API is not clear. ${faults.join('; ')}`, { faults });
  }
  const { jwtIssuer, jwtAudience, allowedOrigins } = parsed.data;
  if ((jwtIssuer === undefined) !== (jwtAudience === undefined)) {
    throw new ApiAccessError('bad_access', 'jwtIssuer and jwtAudience go together: one of them was given', { jwtIssuer, jwtAudience });
  }
  return { jwt: jwtIssuer === undefined || jwtAudience === undefined ? null : { issuer: jwtIssuer, audience: jwtAudience }, allowedOrigins };
}
