import { Duration } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { HttpApi, HttpMethod, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Construct } from 'constructs';
import { ROUTES } from '../../../shared/contracts/routes.ts';
import { type HouseFunction, houseFunction } from './house-function.ts';
import { logGroup } from './log-group.ts';

// One trader and a dashboard: enough for both, and a bound on what a leaked credential can spend.
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
  integrationError: '$context.integrationErrorMessage',
};

/**
 * The v8 API: the routes that `shared/contracts/routes.ts` declares, and no other, in front of one function.
 * Every route asks for a request signed by IAM, because that is the default of the API: a new route cannot be left open.
 */
export function httpApi(
  scope: Construct,
  { environment }: { readonly environment: Readonly<Record<string, string>> },
): HouseFunction & { readonly url: string } {
  const made = houseFunction(scope, {
    name: 'api',
    description: 'Answers the v8 API',
    memoryMiB: 512,
    timeoutSeconds: 20,
    environment,
  });
  const api = new HttpApi(scope, 'Api', {
    description: 'Nightdesk v8 API',
    createDefaultStage: false,
    defaultAuthorizer: new HttpIamAuthorizer(),
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
      format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
    },
  });
  return { ...made, url: stage.url };
}
