import middy from '@middy/core';
import type { APIGatewayRequestAuthorizerEventV2, APIGatewaySimpleAuthorizerWithContextResult, Context } from 'aws-lambda';
import { EMPTY_BOOK, type TokenBook, verdictOf } from '../../shared/access/token-book.ts';
import type { TokenBookStore } from '../../shared/access/token-book-store.ts';
import { messageOf } from '../../shared/kernel/errors.ts';
import type { Log } from '../../shared/kernel/log.ts';
import type { EpochMs } from '../../shared/kernel/time.ts';

/** Whether a request may pass, and by which token: an id, so that the access log can name it. */
export type AuthorizerResult = APIGatewaySimpleAuthorizerWithContextResult<{ readonly tokenId: string }>;
export type Authorizer = (event: APIGatewayRequestAuthorizerEventV2, context?: Context) => Promise<AuthorizerResult>;

export interface AuthorizerParts {
  readonly books: Pick<TokenBookStore, 'read'>;
  readonly now: () => EpochMs;
  readonly log: Log;
  /** How long a book that was read is used again, ms. It bounds what wrong tokens cost, and how late a revocation is heard. */
  readonly keepBookMs: number;
}

/**
 * The authorizer of every route: a simple answer of payload version 2.0 to the one header. It looks at nothing else, because
 * API Gateway keeps the answer for every route under that header.
 * A book that cannot be read is an error and no answer: API Gateway then refuses, with 500.
 */
export function createAuthorizer({ books, now, log, keepBookMs }: AuthorizerParts): Authorizer {
  const bookOf = kept(books, { now, log, keepBookMs });
  const authorize = async (event: APIGatewayRequestAuthorizerEventV2): Promise<AuthorizerResult> => {
    const verdict = verdictOf(await bookOf(), bearerOf(event.identitySource?.[0] ?? ''), now());
    if (verdict.accepted) return { isAuthorized: true, context: { tokenId: verdict.id } };
    const { routeKey, requestContext } = event;
    log('warn', 'access-denied', { why: verdict.why, route: routeKey, sourceIp: requestContext.http.sourceIp, requestId: requestContext.requestId });
    return { isAuthorized: false, context: { tokenId: 'none' } };
  };
  const stack = middy(authorize).use({
    // Nothing is returned: what an error step returns is the answer, and there must be none.
    onError: ({ error }) => {
      log('error', 'authorizer-failed', { why: messageOf(error) });
    },
  });
  return async (event, context = {} as Context) => await stack(event, context);
}

/** The token of `Authorization: Bearer TOKEN`; what has another form is no token. */
const bearerOf = (header: string): string => /^bearer +(\S+)$/i.exec(header)?.[1] ?? '';

function kept({ read }: AuthorizerParts['books'], { now, log, keepBookMs }: Omit<AuthorizerParts, 'books'>): () => Promise<TokenBook> {
  let last: { readonly book: TokenBook; readonly atMs: EpochMs } | null = null;
  return async () => {
    if (last !== null && now() - last.atMs < keepBookMs) return last.book;
    const stored = await read();
    if (stored === null) log('warn', 'no-token-yet', { next: 'npm run token -- create' });
    const book = stored?.book ?? EMPTY_BOOK;
    last = { book, atMs: now() };
    return book;
  };
}
