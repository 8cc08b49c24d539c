import type { APIGatewayRequestAuthorizerEventV2, Context } from 'aws-lambda';
import { ssmTokenBook } from '../../shared/access/ssm-token-book.ts';
import { TOKEN_PARAMETER_VARIABLE } from '../../shared/access/token-parameter.ts';
import { NightdeskError } from '../../shared/kernel/errors.ts';
import { jsonLog } from '../../shared/kernel/log.ts';
import { type Authorizer, type AuthorizerResult, createAuthorizer } from './authorizer.ts';

class AuthorizerSetupError extends NightdeskError<'bad_environment'> {}

// Wrong tokens are asked for by whoever likes to: they must not become as many calls to SSM.
const KEEP_BOOK_MS = 30_000;

let made: Authorizer | undefined;

/** The Lambda that API Gateway asks about every `Authorization` header that it does not know yet. */
export async function handler(event: APIGatewayRequestAuthorizerEventV2, context: Context): Promise<AuthorizerResult> {
  made ??= createAuthorizer({
    books: ssmTokenBook(parameterName(process.env)),
    now: Date.now,
    log: jsonLog((line) => process.stdout.write(`${line}\n`), Date.now),
    keepBookMs: KEEP_BOOK_MS,
  });
  return made(event, context);
}

function parameterName(env: Readonly<Record<string, string | undefined>>): string {
  const name = env[TOKEN_PARAMETER_VARIABLE];
  if (name?.startsWith('/')) return name;
  throw new AuthorizerSetupError(
    'bad_environment',
    `${TOKEN_PARAMETER_VARIABLE} names a parameter such as /nightdesk/api-tokens, received ${name ?? 'nothing'}`,
  );
}
