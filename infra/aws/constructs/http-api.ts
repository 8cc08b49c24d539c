import { Duration } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { CorsHttpMethod, type CorsPreflightOptions, HttpApi, HttpMethod, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Construct } from 'constructs';
import type { ApiAccess } from '../../../shared/config/api-access.ts';
import { CORS } from '../../../shared/contracts/cors.ts';
import { ROUTES } from '../../../shared/contracts/routes.ts';
import { apiAuthorizer } from './api-authorizer.ts';
import { type HouseFunction, houseFunction } from './house-function.ts';
import { logGroup } from './log-group.ts';

// One trader and a dashboard: enough for both, and a bound on what a leaked token can spend.
const THROTTLE = { rateLimit: 20, burstLimit: 40 };

const ACCESS_LOG = {
  at: '$context.requestTimeEpoch',
  requestId: '$context.requestId',
  route: '$context.routeKey',
  status: '$context.status',
  latencyMs: '$context.responseLatency',
  bytes: '$context.responseLength',
  sourceIp: '$context.identity.sourceIp',
  error: '$context.error.messageString',
  authorizerError: '$context.authorizer.error',
  integrationError: '$context.integrationErrorMessage',
};

/**
 * The v8 API: the routes that `shared/contracts/routes.ts` declares, and no other, in front of one function.
 * Every route asks for a token, because that is the default of the API: a new route cannot be left open.
 */
export function httpApi(
  scope: Construct,
  { environment, access }: { readonly environment: Readonly<Record<string, string>>; readonly access: ApiAccess },
): HouseFunction & { readonly url: string; readonly apiId: string } {
  const made = houseFunction(scope, {
    name: 'api',
    description: 'Answers the v8 API',
    memoryMiB: 512,
    timeoutSeconds: 20,
    environment,
  });
  const { authorizer, caller } = apiAuthorizer(scope, access);
  const api = new HttpApi(scope, 'Api', {
    description: 'Nightdesk v8 API',
    createDefaultStage: false,
    defaultAuthorizer: authorizer,
    corsPreflight: cors(access),
  });
  const integration = new HttpLambdaIntegration('ApiIntegration', made.lambda, { timeout: Duration.seconds(25), scopePermissionToRoute: false });
  for (const { method, path } of ROUTES) api.addRoutes({ path, methods: [HttpMethod[method]], integration });

  const stage = new HttpStage(scope, 'ApiStage', {
    httpApi: api,
    stageName: '$default',
    autoDeploy: true,
    throttle: THROTTLE,
    accessLogSettings: {
      destination: new LogGroupLogDestination(logGroup(scope, 'ApiAccessLogs')),
      format: AccessLogFormat.custom(JSON.stringify({ ...ACCESS_LOG, caller })),
    },
  });
  return { ...made, url: stage.url, apiId: api.apiId };
}

/** Pages of the origins that were named may call, and send the token themselves; with none named no page may. */
function cors({ allowedOrigins }: ApiAccess): CorsPreflightOptions | undefined {
  if (allowedOrigins.length === 0) return undefined;
  return {
    allowOrigins: [...allowedOrigins],
    allowMethods: CORS.methods.map((method) => CorsHttpMethod[method]),
    allowHeaders: [...CORS.headers],
    allowCredentials: false,
    maxAge: Duration.seconds(CORS.maxAgeSeconds),
  };
}
