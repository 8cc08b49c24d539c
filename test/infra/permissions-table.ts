import * as z from 'zod';
import { at, type Resource, referred } from './synthesis.ts';

const oneOrMore = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const statementSchema = z.object({ Effect: z.enum(['Allow', 'Deny']), Action: oneOrMore, Resource: z.unknown(), Condition: z.unknown().optional() });
const documentSchema = z.object({ Statement: z.array(statementSchema) });
const trustSchema = z.object({ Statement: z.array(z.object({ Principal: z.object({ Service: z.string() }) })) });

/** Actions that a statement of a role's policy allows. */
export interface Grant {
  /** The logical id of the role. */
  readonly role: string;
  readonly actions: readonly string[];
  /** The statement's resources, as the template has them. */
  readonly on: unknown;
  /** Under which condition; undefined for none. */
  readonly when: unknown;
}

/** Every grant to a role of these templates, by its own policies and by those that are attached to it. */
export function grantsOf(resources: readonly Resource[]): readonly Grant[] {
  return resources.flatMap((resource) => {
    if (resource.Type === 'AWS::IAM::Role') {
      const inline = z.array(z.object({ PolicyDocument: z.unknown() })).parse(at(resource, 'Policies') ?? []);
      return inline.flatMap(({ PolicyDocument }) => allowed(resource.id, PolicyDocument));
    }
    if (resource.Type !== 'AWS::IAM::Policy') return [];
    return referred(at(resource, 'Roles')).flatMap((role) => allowed(role, at(resource, 'PolicyDocument')));
  });
}

const allowed = (role: string, document: unknown): readonly Grant[] =>
  documentSchema
    .parse(document)
    .Statement.filter(({ Effect }) => Effect === 'Allow')
    .map(({ Action, Resource: on, Condition: when }) => ({ role, actions: Action, on, when }));

/** A logical id without the hash at its end. */
export const plain = (id: string): string => id.replace(/[0-9A-F]{8}$/, '');

/** What a grant is on: the stack's own resource by its name, another by its ARN. */
export const namedResource = (on: unknown): string => referred(on).map(plain).join(', ') || textOf(on);

/** The text of a value that the deployment will put together. */
function textOf(value: unknown): string {
  // What is uploaded is named by its content, which changes with every version.
  if (typeof value === 'string') return value.replace(/\b[0-9a-f]{64}\b/, '<hash>');
  if (Array.isArray(value)) return value.map(textOf).join(', ');
  const parts = z.object({ 'Fn::Join': z.tuple([z.string(), z.array(z.unknown())]) }).safeParse(value);
  if (parts.success) return parts.data['Fn::Join'][1].map(textOf).join(parts.data['Fn::Join'][0]);
  const template = z.object({ 'Fn::Sub': z.string() }).safeParse(value);
  if (template.success) return template.data['Fn::Sub'].replace(/\$\{AWS::(\w+)\}/g, (_, name: string) => `<${name.toLowerCase()}>`);
  const pseudo = z.object({ Ref: z.string() }).safeParse(value);
  return pseudo.success ? `<${pseudo.data.Ref.replace('AWS::', '').toLowerCase()}>` : JSON.stringify(value);
}

/** The page of who may do what, as `docs/permissions.md` has it. */
export function permissionsPage(resources: readonly Resource[]): string {
  return `# Who may do what on AWS

Made by \`npm run docs:permissions\` from the templates that \`npm run synth\` makes; a test compares. Nobody may do more: there is no managed policy, no action by a wildcard, and no permission toward a broker, because there is no such service among them.
Names are those of the templates, without the hash at their end.

## What each role may do

${table(['role', 'taken by', 'may', 'on'], roleRows(resources))}

\`ecr:GetAuthorizationToken\` takes no resource. Whoever may read the parameter may decrypt it: its key is the one that AWS keeps for SSM in the account.

## Who may start a function

${table(['function', 'by', 'from'], starterRows(resources))}

Schedules start theirs by the roles above.

## What is refused to everybody

${table(['resource', 'refused'], refusalRows(resources))}
`;
}

function roleRows(resources: readonly Resource[]): readonly (readonly string[])[] {
  const grants = grantsOf(resources);
  const roles = resources.filter(({ Type }) => Type === 'AWS::IAM::Role').sort((a, b) => a.id.localeCompare(b.id));
  return roles.flatMap((role) => {
    const byResource = Map.groupBy(
      grants.filter((grant) => grant.role === role.id),
      ({ on, when }) => `${namedResource(on)}${when === undefined ? '' : ` where \`${JSON.stringify(when)}\``}`,
    );
    return [...byResource]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([on, granted]) => [plain(role.id), takers(role), codes(granted.flatMap(({ actions }) => actions)), on]);
  });
}

const takers = (role: Resource): string =>
  trustSchema
    .parse(at(role, 'AssumeRolePolicyDocument'))
    .Statement.map(({ Principal }) => Principal.Service.replace('.amazonaws.com', ''))
    .join(', ');

const codes = (names: readonly string[]): string =>
  [...new Set(names)]
    .sort()
    .map((name) => `\`${name}\``)
    .join(' ');

function starterRows(resources: readonly Resource[]): readonly (readonly string[])[] {
  return resources
    .filter(({ Type }) => Type === 'AWS::Lambda::Permission')
    .map((each) => [
      namedResource(at(each, 'FunctionName')),
      String(at(each, 'Principal')).replace('.amazonaws.com', ''),
      namedResource(at(each, 'SourceArn')),
    ])
    .sort((a, b) => a.join().localeCompare(b.join()));
}

function refusalRows(resources: readonly Resource[]): readonly (readonly string[])[] {
  const closed = { 'AWS::SQS::QueuePolicy': 'Queues', 'AWS::S3::BucketPolicy': 'Bucket', 'AWS::SNS::TopicPolicy': 'Topics' };
  return Object.entries(closed)
    .flatMap(([type, of]) => resources.filter(({ Type }) => Type === type).map((each) => ({ each, of })))
    .map(({ each, of }) => [namedResource(at(each, of)), JSON.stringify(at(each, 'PolicyDocument'))] as const)
    .filter(([, document]) => document.includes('"aws:SecureTransport":"false"') && document.includes('"Effect":"Deny"'))
    .map(([queue]) => [queue, 'whatever comes without TLS'])
    .sort((a, b) => a.join().localeCompare(b.join()));
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
