import { type App, type Stack, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import type { Deployment } from '../../shared/config/deployment.ts';
import type { OutsideModel } from '../../shared/ml/onnx/outside-model.ts';
import { modelsBrought } from './brought-models.ts';
import { MODELS } from './bundle.ts';
import { dataStack } from './data-stack.ts';
import { tradingStack } from './trading-stack.ts';

/** Set by `npm run destroy -- --delete-ledger`, and by nothing else: the data stack can then be deleted, the ledger with it. */
const RELEASE_LEDGER = 'nightdesk:release-ledger';

/**
 * The whole of Nightdesk on AWS, checked against the AwsSolutions and Serverless rules at synthesis. The account is
 * the one of the caller's credentials, so that nothing is looked up; the region and all else is the configuration's.
 */
export function nightdesk(
  app: App,
  deployment: Deployment,
  outside: readonly OutsideModel[] = modelsBrought(MODELS),
): { readonly data: Stack; readonly trading: Stack } {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
  Tags.of(app).add('project', 'nightdesk');
  const env = { region: deployment.region };
  const isLedgerReleased = app.node.tryGetContext(RELEASE_LEDGER) === 'true';
  const data = dataStack(app, { env, isLedgerReleased });
  const trading = tradingStack(app, { env, deployment, data, outside });
  return { data: data.stack, trading };
}
