import { App, Aspects, CfnCondition, CfnResource, Fn, Stack } from 'aws-cdk-lib';
import { DEFAULT_DEPLOYMENT } from '../../shared/config/deployment.ts';
import { nightdesk } from './nightdesk.ts';

/**
 * What an emulator on one machine does not know, or would need a container engine for. All else is deployed as it stands. The
 * feed runs beside it as a process.
 */
const NOT_EMULATED: ReadonlySet<string> = new Set([
  'AWS::Events::Archive',
  'AWS::Budgets::Budget',
  'AWS::CloudWatch::Alarm',
  'AWS::ECS::ClusterCapacityProviderAssociations',
  'AWS::ECS::Service',
  'Custom::FeedImage',
]);

const app = new App();
const stacks = nightdesk(app, DEFAULT_DEPLOYMENT);
for (const stack of [stacks.data, stacks.trading]) {
  // Under a condition that is never met a resource stays in the template, and whatever refers to it stays valid.
  const never = new CfnCondition(stack, 'OnAws', { expression: Fn.conditionEquals('emulator', 'aws') });
  Aspects.of(stack).add({
    visit: (node) => {
      if (CfnResource.isCfnResource(node) && Stack.of(node) === stack && NOT_EMULATED.has(node.cfnResourceType)) node.cfnOptions.condition = never;
    },
  });
}
