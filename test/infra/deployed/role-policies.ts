import * as z from 'zod';
import { at, referred } from '../synthesis.ts';
import type { ResolvedTemplate } from './resolved-template.ts';

/** A call of an AWS service as IAM judges it. */
export interface AwsCall {
  /** Such as `dynamodb:PutItem`. */
  readonly action: string;
  /** Its ARN, or `*` for a call that is on none. */
  readonly resource: string;
  /** What conditions may ask about, by key. */
  readonly context: Readonly<Record<string, readonly string[]>>;
}

/** One statement of a role's policies, with everything filled in. */
export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: readonly Condition[];
}

interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

const oneOrMore = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
// Strict: what is not understood here (NotAction, NotResource) must not be passed over.
const statementSchema = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: oneOrMore,
  Resource: oneOrMore,
  Condition: z.record(z.string(), z.record(z.string(), oneOrMore)).default({}),
});
const documentSchema = z.object({ Statement: z.array(statementSchema) });
const inlineSchema = z.array(z.object({ PolicyDocument: z.unknown() }));

/**
 * What a role's own policies and those that are attached to it say.
 * @param role its logical id
 * @throws Error where a policy has something in it that is not understood here
 */
export function statementsOf({ resources, resolve }: ResolvedTemplate, role: string): readonly Statement[] {
  const documents = resources.flatMap((resource) => {
    if (resource.Type === 'AWS::IAM::Role' && resource.id === role) {
      if (at(resource, 'ManagedPolicyArns') !== undefined) throw new Error(`What the managed policies of ${role} allow is not known here`);
      return inlineSchema.parse(at(resource, 'Policies') ?? []).map(({ PolicyDocument }) => PolicyDocument);
    }
    return resource.Type === 'AWS::IAM::Policy' && referred(at(resource, 'Roles')).includes(role) ? [at(resource, 'PolicyDocument')] : [];
  });
  return documents.flatMap((document) => documentSchema.parse(resolve(document)).Statement.map(statementOf));
}

const statementOf = ({ Effect, Action, Resource, Condition }: z.infer<typeof statementSchema>): Statement => ({
  effect: Effect,
  actions: Action,
  resources: Resource,
  conditions: Object.entries(Condition).flatMap(([operator, keys]) => Object.entries(keys).map(([key, values]) => ({ operator, key, values }))),
});

/**
 * Whether policies let a call through: some statement allows it, none denies it.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function mayCall(statements: readonly Statement[], call: AwsCall): boolean {
  const meeting = statements.filter((statement) => meets(statement, call));
  return meeting.some(({ effect }) => effect === 'Allow') && meeting.every(({ effect }) => effect !== 'Deny');
}

const meets = ({ actions, resources, conditions }: Statement, call: AwsCall): boolean =>
  actions.some((action) => matches(action.toLowerCase(), call.action.toLowerCase())) &&
  resources.some((resource) => matches(resource, call.resource)) &&
  conditions.every((condition) => holds(condition, call.context[condition.key]));

/** `*` stands for any characters, `?` for one. */
function matches(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

/** The operators that the stack uses. `given` is undefined where the call has no such key. */
function holds({ operator, key, values }: Condition, given: readonly string[] | undefined): boolean {
  switch (operator) {
    case 'StringEquals':
      return given?.length === 1 && values.includes(given[0] ?? '');
    case 'StringLike':
      return given?.length === 1 && values.some((value) => matches(value, given[0] ?? ''));
    // True for a call without the key as well: that is how IAM has it.
    case 'ForAllValues:StringEquals':
      return (given ?? []).every((each) => values.includes(each));
    default:
      throw new Error(`What the condition ${operator} of ${key} means is not known here`);
  }
}
