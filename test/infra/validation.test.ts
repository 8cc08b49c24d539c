import { CfnResource } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { synthesise } from './synthesis.ts';

const reportSchema = z.object({
  pluginReports: z.array(
    z.object({
      pluginName: z.string(),
      conclusion: z.string(),
      violations: z.array(z.unknown()),
      suppressedViolations: z.array(z.object({ ruleName: z.string(), reason: z.string() })).default([]),
    }),
  ),
});

// A synthesis with every rule takes its time where others work too.
describe('the validation of the stacks', () => {
  it('finds nothing that is not acknowledged', () => {
    const { pluginReports } = reportSchema.parse(JSON.parse(synthesise().report));
    expect(pluginReports.map(({ pluginName }) => pluginName)).toEqual(expect.arrayContaining(['AwsSolutions', 'Serverless']));
    expect(pluginReports.flatMap(({ violations }) => violations)).toEqual([]);
  });

  it('acknowledges these rules, each with a reason', () => {
    const { pluginReports } = reportSchema.parse(JSON.parse(synthesise().report));
    const acknowledged = pluginReports.flatMap(({ suppressedViolations }) => suppressedViolations);
    expect([...new Set(acknowledged.map(({ ruleName }) => ruleName))].sort()).toEqual([
      'AwsSolutions-CB4',
      'AwsSolutions-DDB3',
      'AwsSolutions-ECS2',
      'AwsSolutions-ECS4',
      'AwsSolutions-IAM5[Resource::*]',
      'AwsSolutions-IAM5[Resource::NightdeskData:ExportsOutputFnGetAttReports65402A0AArn549BAC56/reports/*]',
      'AwsSolutions-S1',
      'AwsSolutions-SQS3',
      'AwsSolutions-VPC7',
      'Serverless-LambdaAsyncFailureDestination',
      'Serverless-LambdaDLQ',
      'Serverless-LambdaTracing',
      'Serverless-SQSRedrivePolicy',
    ]);
    for (const { reason } of acknowledged) expect(reason.length).toBeGreaterThan(40);
  });

  it('fails for a planted topic that takes messages without TLS', () => {
    expect(() => synthesise(({ trading }) => void new Topic(trading, 'Planted'))).toThrow(/AwsSolutions-SNS3/);
  });

  it('fails for a planted queue that has nowhere to put what nobody can take', () => {
    const plant = () => synthesise(({ trading }) => void new Queue(trading, 'Planted', { enforceSSL: true }));
    expect(plant).toThrow(/Serverless-SQSRedrivePolicy/);
  });

  it('fails for a planted property that CloudFormation does not know', () => {
    const plant = () => synthesise(({ data }) => void new CfnResource(data, 'Planted', { type: 'AWS::SQS::Queue', properties: { Retention: 60 } }));
    expect(plant).toThrow(/Retention/);
  });
});
