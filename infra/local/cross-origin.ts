import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { CORS } from '../../shared/contracts/cors.ts';

/** Headers that let a page of this origin read the answer; it is one of those that were allowed by name. */
export const readableBy = (origin: string): Readonly<Record<string, string>> => ({ 'access-control-allow-origin': origin, vary: 'origin' });

/** What API Gateway answers to the question that a browser asks first, which carries no token. */
export function preflightAnswer(origin: string): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: 204,
    headers: {
      ...readableBy(origin),
      'access-control-allow-methods': CORS.methods.join(','),
      'access-control-allow-headers': CORS.headers.join(','),
      'access-control-max-age': String(CORS.maxAgeSeconds),
    },
  };
}
