import * as z from 'zod';
import { at, type Resource, type Synthesis } from '../synthesis.ts';

/** The account that the templates are taken to be deployed to. */
export const ACCOUNT = '123456789012';

/** What CloudFormation would make of the templates: names, addresses and ARNs in place of references. */
export interface ResolvedTemplate {
  readonly region: string;
  readonly resources: readonly Resource[];
  /**
   * A value of a template with everything filled in.
   * @throws Error for a function or an attribute that is not known here: a guess would prove nothing
   */
  readonly resolve: (value: unknown) => unknown;
  /** The one text that a value is. @throws Error when it is none */
  readonly text: (value: unknown) => string;
}

interface Identity {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

type Namer = (at: {
  readonly name: string;
  readonly arn: (service: string, rest: string) => string;
  readonly region: string;
  readonly queues: string;
}) => Identity;

/** What `Ref` and `Fn::GetAtt` give for each type of resource that ours refer to. */
const IDENTITIES: Readonly<Record<string, Namer>> = {
  'AWS::DynamoDB::Table': ({ name, arn }) => ({
    ref: name,
    attributes: { Arn: arn('dynamodb', `table/${name}`), StreamArn: arn('dynamodb', `table/${name}/stream/2026-11-20T00:00:00.000`) },
  }),
  'AWS::SQS::Queue': ({ name, arn, queues }) => ({
    ref: `${queues}/${ACCOUNT}/${name}`,
    attributes: { Arn: arn('sqs', name), QueueName: name },
  }),
  'AWS::SNS::Topic': ({ name, arn }) => ({ ref: arn('sns', name), attributes: { TopicArn: arn('sns', name), TopicName: name } }),
  'AWS::Events::EventBus': ({ name, arn }) => ({ ref: name, attributes: { Arn: arn('events', `event-bus/${name}`), Name: name } }),
  'AWS::Events::Rule': ({ name, arn }) => ({ ref: name, attributes: { Arn: arn('events', `rule/${name}`) } }),
  'AWS::Lambda::Function': ({ name, arn }) => ({ ref: name, attributes: { Arn: arn('lambda', `function:${name}`) } }),
  'AWS::Logs::LogGroup': ({ name, arn }) => ({ ref: name, attributes: { Arn: arn('logs', `log-group:${name}:*`) } }),
  'AWS::IAM::Role': ({ name }) => ({ ref: name, attributes: { Arn: `arn:aws:iam::${ACCOUNT}:role/${name}` } }),
  'AWS::CodeBuild::Project': ({ name, arn }) => ({ ref: name, attributes: { Arn: arn('codebuild', `project/${name}`) } }),
  'AWS::ECR::Repository': ({ name, arn, region }) => ({
    ref: name,
    attributes: { Arn: arn('ecr', `repository/${name}`), RepositoryUri: `${ACCOUNT}.dkr.ecr.${region}.amazonaws.com/${name}` },
  }),
  'AWS::S3::Bucket': ({ name }) => ({ ref: name.toLowerCase(), attributes: { Arn: `arn:aws:s3:::${name.toLowerCase()}` } }),
};

const single = z.record(z.string(), z.unknown()).refine((value) => Object.keys(value).length === 1);

/**
 * The templates of a synthesis as they would be in an account.
 * @param queues where queues answer: their clients go by a queue's address, not by the service's
 */
export function resolvedTemplate(
  { resources, exports }: Pick<Synthesis, 'resources' | 'exports'>,
  { region, queues }: { readonly region: string; readonly queues: string },
): ResolvedTemplate {
  const byId = new Map(resources.map((resource) => [resource.id, resource]));
  const pseudo: Readonly<Record<string, string>> = {
    'AWS::AccountId': ACCOUNT,
    'AWS::Region': region,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
  };

  const identityOf = (id: string): Identity => {
    const resource = byId.get(id);
    const namer = resource === undefined ? undefined : IDENTITIES[resource.Type];
    if (resource === undefined || namer === undefined) throw new Error(`What ${id} (${resource?.Type ?? 'nothing'}) is called is not known here`);
    const arn = (service: string, rest: string): string => `arn:aws:${service}:${region}:${ACCOUNT}:${rest}`;
    return namer({ name: `${resource.stack}-${id}`, arn, region, queues });
  };

  const attribute = (id: string, name: string): string => {
    const found = identityOf(id).attributes[name];
    if (found === undefined) throw new Error(`What Fn::GetAtt ${id}.${name} gives is not known here`);
    return found;
  };

  const FUNCTIONS: Readonly<Record<string, (argument: unknown) => unknown>> = {
    Ref: (id) => pseudo[String(id)] ?? identityOf(String(id)).ref,
    'Fn::GetAtt': (argument) => {
      const [id = '', ...path] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.');
      return attribute(id, path.join('.'));
    },
    'Fn::Join': (argument) => {
      const [between, parts] = z.tuple([z.string(), z.array(z.unknown())]).parse(argument);
      return parts.map(text).join(between);
    },
    'Fn::Sub': (argument) =>
      z
        .string()
        .parse(argument)
        .replace(/\$\{([^}]+)\}/g, (_, name: string) => pseudo[name] ?? text(name.includes('.') ? { 'Fn::GetAtt': name } : { Ref: name })),
    'Fn::ImportValue': (name) => {
      const exported = exports.get(String(name));
      if (exported === undefined) throw new Error(`Nothing is exported as ${String(name)}`);
      return resolve(exported);
    },
    'Fn::Select': (argument) => {
      const [index, list] = z.tuple([z.coerce.number(), z.unknown()]).parse(argument);
      return z.array(z.unknown()).parse(resolve(list))[index];
    },
    'Fn::Split': (argument) => {
      const [between, value] = z.tuple([z.string(), z.unknown()]).parse(argument);
      return text(value).split(between);
    },
  };

  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve);
    if (typeof value !== 'object' || value === null) return value;
    const call = single.safeParse(value);
    const [name, argument] = call.success ? (Object.entries(call.data)[0] ?? []) : [];
    const run = name === undefined ? undefined : FUNCTIONS[name];
    if (run !== undefined) return run(argument);
    if (name?.startsWith('Fn::') === true) throw new Error(`What ${name} gives is not known here`);
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolve(each)]));
  };

  const text = (value: unknown): string => {
    const resolved = resolve(value);
    if (typeof resolved !== 'string' && typeof resolved !== 'number') throw new Error(`Expected a text, found ${JSON.stringify(resolved)}`);
    return String(resolved);
  };

  return { region, resources, resolve, text };
}

const variables = z.record(z.string(), z.unknown());

/** The variables that a function is given, as it finds them. */
export function environmentOf({ text }: ResolvedTemplate, lambda: Resource): Readonly<Record<string, string>> {
  const given = variables.parse(at(lambda, 'Environment', 'Variables') ?? {});
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, text(value)]));
}

const containersSchema = z.tuple([z.object({ Environment: z.array(z.object({ Name: z.string(), Value: z.unknown() })) })]);

/** The variables that the one container of a task is given. */
export function taskEnvironment({ text }: ResolvedTemplate, task: Resource): Readonly<Record<string, string>> {
  const [container] = containersSchema.parse(at(task, 'ContainerDefinitions'));
  return Object.fromEntries(container.Environment.map(({ Name, Value }) => [Name, text(Value)]));
}
