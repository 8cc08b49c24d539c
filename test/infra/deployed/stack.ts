import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleFeed, bundleFunction } from '../../../infra/aws/bundle.ts';
import { recordedMarket } from '../../../infra/cost/recorded-market.ts';
import { startEmbedded } from '../../../infra/local/embedded-dynamodb.ts';
import { freePort } from '../../../infra/local/free-port.ts';
import { readDeployment } from '../../../shared/config/deployment.ts';
import type { EpochMs } from '../../../shared/kernel/time.ts';
import { createDynamoClient } from '../../../shared/store/dynamo-client.ts';
import { createDynamoItems } from '../../../shared/store/dynamo-items.ts';
import { ensureTables } from '../../../shared/store/ensure-tables.ts';
import type { Items } from '../../../shared/store/items.ts';
import { TABLES } from '../../../shared/store/tables.ts';
import { at, type Resource, referred, synthesise } from '../synthesis.ts';
import { type GuardedAws, startGuardedAws } from './guarded-aws.ts';
import { type Lambda, startLambda } from './lambda.ts';
import { environmentOf, type ResolvedTemplate, resolvedTemplate, taskEnvironment } from './resolved-template.ts';

/** The stack in an account that is made of this machine: bundles, templates, and AWS behind the roles of the templates. */
export interface DeployedStack {
  readonly template: ResolvedTemplate;
  readonly aws: GuardedAws;
  readonly items: Items;
  /** Folders of `functions/` that the template makes functions of. */
  readonly functionNames: readonly string[];
  /** The logical id of the role of a function. */
  readonly roleOf: (name: string) => string;
  /** The logical id of the role of the feed's task. */
  readonly feedRole: string;
  /** The feed's task: its program, and its environment with the credentials of its role as ECS gives them. */
  readonly feed: () => { readonly bundle: string; readonly environment: Readonly<Record<string, string>> };
  /** A new process of a function, with the environment that the template gives it and what Lambda adds. */
  readonly lambda: (name: string) => Lambda;
  readonly stop: () => Promise<void>;
}

const ROWS_A_WRITE = 25;

const nameOf = ({ id }: Resource): string => id.replace(/Function[0-9A-F]{8}$/, '').toLowerCase();

export async function deployedStack(): Promise<DeployedStack> {
  const folder = mkdtempSync(join(tmpdir(), 'nightdesk-deployed-'));
  const synthesis = synthesise(undefined, { deployment: readDeployment({ alerts: { email: 'trader@example.com' } }) });
  const port = await freePort();
  const template = resolvedTemplate(synthesis, { region: 'ap-south-1', queues: `http://127.0.0.1:${port}` });
  const functions = new Map(template.resources.filter(({ Type }) => Type === 'AWS::Lambda::Function').map((each) => [nameOf(each), each]));
  const embedded = await startEmbedded({ dataDir: join(folder, 'state'), log: () => undefined });
  const client = createDynamoClient(embedded.endpoint);
  const names = { ledger: tableName(template, 'ledger'), market: tableName(template, 'market') };
  await ensureTables(client, names);
  const aws = await startGuardedAws(template, { dynamo: embedded.endpoint, port });
  const started: Lambda[] = [];

  const found = (name: string): Resource => {
    const lambda = functions.get(name);
    if (lambda === undefined) throw new Error(`The template has no function ${name}`);
    return lambda;
  };
  const roleOf = (name: string): string => referred(at(found(name), 'Role'))[0] ?? '';
  const task = template.resources.find(({ Type }) => Type === 'AWS::ECS::TaskDefinition');
  if (task === undefined) throw new Error('The template has no task');
  const feedRole = referred(at(task, 'TaskRoleArn'))[0] ?? '';
  const bundles = new Map<string, string>();
  const bundleOf = (name: string): string => {
    const known = bundles.get(name);
    if (known !== undefined) return known;
    bundleFunction(name, join(folder, name));
    const bundle = join(folder, name, 'index.mjs');
    bundles.set(name, bundle);
    return bundle;
  };

  return {
    template,
    aws,
    items: createDynamoItems(client, names),
    functionNames: [...functions.keys()],
    roleOf,
    lambda: (name) => {
      const resource = found(name);
      const lambda = startLambda({
        bundle: bundleOf(name),
        arn: template.text({ 'Fn::GetAtt': [resource.id, 'Arn'] }),
        timeoutMs: Number(at(resource, 'Timeout')) * 1_000,
        environment: {
          ...environmentOf(template, resource),
          AWS_REGION: template.region,
          AWS_LAMBDA_FUNCTION_NAME: template.text({ Ref: resource.id }),
          AWS_ACCESS_KEY_ID: roleOf(name),
          AWS_SECRET_ACCESS_KEY: 'secret',
          AWS_SESSION_TOKEN: 'token',
          AWS_ENDPOINT_URL: aws.endpoint,
          AWS_ENDPOINT_URL_S3: aws.endpoint,
        },
      });
      started.push(lambda);
      return lambda;
    },
    feedRole,
    feed: () => {
      const bundle = join(folder, 'feed.mjs');
      bundleFeed(bundle);
      const own = { AWS_CONTAINER_CREDENTIALS_FULL_URI: aws.credentialsOf(feedRole), AWS_ENDPOINT_URL: aws.endpoint };
      return { bundle, environment: { ...taskEnvironment(template, task), ...own } };
    },
    stop: async () => {
      for (const lambda of started) lambda.stop();
      await aws.stop();
      client.destroy();
      await embedded.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The name that the functions are given for a table. */
function tableName(template: ResolvedTemplate, name: 'ledger' | 'market'): string {
  const table = template.resources.find(({ Type, id }) => Type === 'AWS::DynamoDB::Table' && id.toLowerCase().startsWith(name));
  if (table === undefined) throw new Error(`The template has no table ${TABLES[name].name}`);
  return template.text({ Ref: table.id });
}

/** Puts a recorded market into the tables, minute by minute. */
export async function marketOf(
  items: Items,
  startMs: EpochMs,
  minutes: number,
): Promise<readonly { readonly minuteMs: EpochMs; readonly arrive: () => Promise<void> }[]> {
  const recorded = await recordedMarket(startMs, minutes, 'live');
  return recorded.map(({ minuteMs, rows }) => ({
    minuteMs,
    arrive: async () => {
      for (let from = 0; from < rows.length; from += ROWS_A_WRITE) await items.write(rows.slice(from, from + ROWS_A_WRITE));
    },
  }));
}
