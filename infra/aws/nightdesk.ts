import { type App, type Stack, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { DEFAULT_AWS_REGION } from '../../shared/config/aws-region.ts';
import { dataStack } from './data-stack.ts';
import { tradingStack } from './trading-stack.ts';

/**
 * The whole of Nightdesk on AWS, checked against the AwsSolutions and Serverless rules at synthesis. The account is the one of the
 * caller's credentials, so that nothing is looked up. Another region: `--context region=eu-central-1`.
 */
export function nightdesk(app: App): { readonly data: Stack; readonly trading: Stack } {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
  Tags.of(app).add('project', 'nightdesk');
  const region: unknown = app.node.tryGetContext('region');
  const env = { region: typeof region === 'string' ? region : DEFAULT_AWS_REGION };
  const data = dataStack(app, env);
  const trading = tradingStack(app, env, data);
  return { data: data.stack, trading };
}
