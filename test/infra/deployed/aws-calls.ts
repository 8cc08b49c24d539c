import * as z from 'zod';
import { ACCOUNT } from './resolved-template.ts';
import type { AwsCall } from './role-policies.ts';

/** A request to AWS as it came over the wire. */
export interface AwsRequest {
  /** Of the signature's scope, such as `dynamodb`. */
  readonly service: string;
  /** Such as `TransactWriteItems`; of S3 such as `PUT object`. */
  readonly operation: string;
  readonly input: unknown;
}

type Reader = (input: unknown, region: string) => readonly AwsCall[];

const plain = (action: string, resource: string): AwsCall => ({ action, resource, context: {} });

const keyed = z.object({ TableName: z.string(), Key: z.object({ pk: z.object({ S: z.string() }) }) });
const put = z.object({ TableName: z.string(), Item: z.object({ pk: z.object({ S: z.string() }) }) });
const query = z.object({ TableName: z.string(), ExpressionAttributeValues: z.object({ ':pk': z.object({ S: z.string() }) }) });
const batch = z.object({ RequestItems: z.record(z.string(), z.object({ Keys: z.array(keyed.shape.Key) })) });
const transaction = z.object({
  TransactItems: z.array(
    z.union([
      z.strictObject({ Put: put }),
      z.strictObject({ Update: keyed }),
      z.strictObject({ Delete: keyed }),
      z.strictObject({ ConditionCheck: keyed }),
    ]),
  ),
});

/** A call on rows of a table: IAM may ask for the partitions of them. */
const onRows = (action: string, table: string, partitions: readonly string[], region: string): AwsCall => ({
  action: `dynamodb:${action}`,
  resource: `arn:aws:dynamodb:${region}:${ACCOUNT}:table/${table}`,
  context: { 'dynamodb:LeadingKeys': partitions },
});

const onKey =
  (action: string): Reader =>
  (input, region) => {
    const { TableName, Key } = keyed.parse(input);
    return [onRows(action, TableName, [Key.pk.S], region)];
  };

const putRow: Reader = (input, region) => {
  const { TableName, Item } = put.parse(input);
  return [onRows('PutItem', TableName, [Item.pk.S], region)];
};

const ofPart = { Put: putRow, Update: onKey('UpdateItem'), Delete: onKey('DeleteItem'), ConditionCheck: onKey('ConditionCheckItem') };

const onQueue =
  (action: string): Reader =>
  (input, region) => {
    const { QueueUrl } = z.object({ QueueUrl: z.string() }).parse(input);
    return [plain(`sqs:${action}`, `arn:aws:sqs:${region}:${ACCOUNT}:${QueueUrl.split('/').at(-1)}`)];
  };

/** What IAM asks of a request, by service and operation. A transaction is as many calls as it has parts. */
const READERS: Readonly<Record<string, Reader>> = {
  'dynamodb GetItem': onKey('GetItem'),
  'dynamodb PutItem': putRow,
  'dynamodb UpdateItem': onKey('UpdateItem'),
  'dynamodb DeleteItem': onKey('DeleteItem'),
  'dynamodb Query': (input, region) => {
    const { TableName, ExpressionAttributeValues } = query.parse(input);
    return [onRows('Query', TableName, [ExpressionAttributeValues[':pk'].S], region)];
  },
  'dynamodb BatchGetItem': (input, region) =>
    Object.entries(batch.parse(input).RequestItems).map(([table, { Keys }]) =>
      onRows(
        'BatchGetItem',
        table,
        Keys.map(({ pk }) => pk.S),
        region,
      ),
    ),
  'dynamodb TransactWriteItems': (input, region) =>
    transaction
      .parse(input)
      .TransactItems.flatMap((part) => Object.entries(part).flatMap(([kind, action]) => ofPart[kind as keyof typeof ofPart](action, region))),
  'sqs SendMessage': onQueue('SendMessage'),
  'sqs ReceiveMessage': onQueue('ReceiveMessage'),
  // The batch has no right of its own.
  'sqs DeleteMessageBatch': onQueue('DeleteMessage'),
  's3 PUT object': (input) => {
    const { Bucket, Key } = z.object({ Bucket: z.string(), Key: z.string() }).parse(input);
    return [plain('s3:PutObject', `arn:aws:s3:::${Bucket}/${Key}`)];
  },
  'ssm GetParameter': (input, region) => {
    const { Name } = z.object({ Name: z.string() }).parse(input);
    return [plain('ssm:GetParameter', `arn:aws:ssm:${region}:${ACCOUNT}:parameter${Name.startsWith('/') ? Name : `/${Name}`}`)];
  },
  'events PutEvents': (input, region) =>
    z
      .object({ Entries: z.array(z.object({ EventBusName: z.string().default('default') })) })
      .parse(input)
      .Entries.map(({ EventBusName }) => plain('events:PutEvents', `arn:aws:events:${region}:${ACCOUNT}:event-bus/${EventBusName}`)),
  'codebuild StartBuild': (input, region) => {
    const { projectName } = z.object({ projectName: z.string() }).parse(input);
    return [plain('codebuild:StartBuild', `arn:aws:codebuild:${region}:${ACCOUNT}:project/${projectName}`)];
  },
  'codebuild BatchGetBuilds': (input, region) =>
    z
      .object({ ids: z.array(z.string()) })
      .parse(input)
      .ids.map((id) => plain('codebuild:BatchGetBuilds', `arn:aws:codebuild:${region}:${ACCOUNT}:project/${id.split(':')[0]}`)),
};

/**
 * The calls that a request is, as IAM judges them.
 * @throws Error for a request that is not known here: nobody could say that it is allowed
 */
export function callsOf({ service, operation, input }: AwsRequest, region: string): readonly AwsCall[] {
  const read = READERS[`${service} ${operation}`];
  if (read === undefined) throw new Error(`What IAM asks of ${service} ${operation} is not known here`);
  return read(input, region);
}
