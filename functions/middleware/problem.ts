import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { PROBLEM_CONTENT_TYPE, type Problem } from '../../shared/contracts/problem.ts';
import { wire } from '../../shared/kernel/canonical-json.ts';
import { type ErrorContext, NightdeskError } from '../../shared/kernel/errors.ts';

/** A refusal that knows its HTTP status: what every error of a request becomes before it is answered. */
export class HttpProblem extends NightdeskError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    context: ErrorContext = {},
    options: ErrorOptions & { readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(code, message, context, options);
    this.status = status;
    this.headers = options.headers ?? {};
  }
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Malformed request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  413: 'Body too large',
  422: 'Request not valid',
  500: 'Internal error',
  501: 'Not built yet',
  503: 'Unavailable',
};

/** Headers of every answer: account figures are nobody's to cache, and JSON is JSON. */
export const ANSWER_HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;

/** The problem document of a refusal: its context beside the standard members, which it cannot replace. */
export function problemResponse(problem: HttpProblem): APIGatewayProxyStructuredResultV2 {
  const standard: Problem = {
    type: `urn:nightdesk:problem:${problem.code}`,
    title: TITLES[problem.status] ?? 'Error',
    status: problem.status,
    detail: problem.message,
    code: problem.code,
  };
  // First for the reader's eye, last so that no member of the context replaces one.
  const document = { ...standard, ...(wire(problem.context) as Record<string, unknown>), ...standard };
  return {
    statusCode: problem.status,
    headers: { ...ANSWER_HEADERS, ...problem.headers, 'content-type': PROBLEM_CONTENT_TYPE },
    body: JSON.stringify(document),
  };
}
