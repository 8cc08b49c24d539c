import { Duration, Stack } from 'aws-cdk-lib';
import type { IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer, HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { TOKEN_PARAMETER, TOKEN_PARAMETER_VARIABLE } from '../../../shared/access/token-parameter.ts';
import type { ApiAccess } from '../../../shared/config/api-access.ts';
import { houseFunction } from './house-function.ts';

const HEADER = '$request.header.Authorization';

export interface ApiAuthorizer {
  readonly authorizer: IHttpRouteAuthorizer;
  /** What the access log calls a caller: the id of a token or the subject of a JWT, never the token. */
  readonly caller: string;
}

/** Who may call: whoever has one of the house's tokens, or one that the configured issuer signed. */
export function apiAuthorizer(scope: Construct, { jwt }: ApiAccess): ApiAuthorizer {
  if (jwt === null) return { authorizer: tokenAuthorizer(scope), caller: '$context.authorizer.tokenId' };
  const authorizer = new HttpJwtAuthorizer('JwtAuthorizer', jwt.issuer, { jwtAudience: [...jwt.audience], identitySource: [HEADER] });
  return { authorizer, caller: '$context.authorizer.claims.sub' };
}

function tokenAuthorizer(scope: Construct): IHttpRouteAuthorizer {
  const { lambda, role } = houseFunction(scope, {
    name: 'authorizer',
    description: 'Tells API Gateway whose token is accepted',
    memoryMiB: 256,
    timeoutSeconds: 5,
    environment: { [TOKEN_PARAMETER_VARIABLE]: TOKEN_PARAMETER },
  });
  role.addToPolicy(
    new PolicyStatement({
      // To decrypt needs no word here: the key that AWS keeps for SSM lets everybody of the account who may read the parameter.
      actions: ['ssm:GetParameter'],
      resources: [Stack.of(scope).formatArn({ service: 'ssm', resource: 'parameter', resourceName: TOKEN_PARAMETER.slice(1) })],
    }),
  );
  return new HttpLambdaAuthorizer('TokenAuthorizer', lambda, {
    responseTypes: [HttpLambdaResponseType.SIMPLE],
    identitySource: [HEADER],
    resultsCacheTtl: Duration.minutes(5),
  });
}
