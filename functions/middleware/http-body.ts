import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { MAX_BODY_BYTES } from '../../shared/contracts/routes.ts';
import { messageOf } from '../../shared/kernel/errors.ts';
import { HttpProblem } from './problem.ts';

/**
 * The JSON of a request's body; an absent or empty body is an object without fields. It is read as JSON whatever its
 * content type says: curl calls a body a form unless it is told otherwise, and Origin checks keep browsers' forms out.
 * @throws HttpProblem 413 above 16 kB, 400 for anything that is not JSON in UTF-8
 */
export function jsonBody(event: Pick<APIGatewayProxyEventV2, 'body' | 'isBase64Encoded'>): unknown {
  const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.byteLength > MAX_BODY_BYTES) throw bodyTooLarge(bytes.byteLength);
  if (bytes.byteLength === 0) return {};
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new HttpProblem(400, 'malformed_json', `The body is not JSON in UTF-8: ${messageOf(error)}`, {}, { cause: error });
  }
}

export const bodyTooLarge = (bytes: number): HttpProblem =>
  new HttpProblem(413, 'body_too_large', `At most ${MAX_BODY_BYTES} bytes are read, received ${bytes} or more`, { maxBytes: MAX_BODY_BYTES });
