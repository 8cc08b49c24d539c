import {
  BatchGetCommand,
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { StoreError } from '../engine/ports.ts';
import { digest } from '../kernel/digest.ts';
import { unreachable } from '../kernel/errors.ts';
import { failureOfRead, failureOfWrite } from './dynamo-failure.ts';
import { type Action, type Attributes, assertOneTransaction, type Condition, type Item, type Items, type QueryOptions } from './items.ts';
import type { Key, KeyRange } from './keys.ts';
import type { TableNames } from './tables.ts';

const BATCH_KEYS = 100;
const ATTEMPTS = 5;
/** An answer that may mean "written" is asked for again only so often: each asking can take a whole request timeout. */
const UNCERTAIN_ATTEMPTS = 2;
const FIRST_WAIT_MS = 10;

/** The tables of DynamoDB, or of a server that speaks its protocol. Deep values are text, so items stay flat. */
export function createDynamoItems(client: DynamoDBDocumentClient, names: TableNames): Items {
  return {
    get: async (table, key) => {
      const { Item } = await read(() => client.send(new GetCommand({ TableName: names[table], Key: plainKey(key), ConsistentRead: true })));
      return Item === undefined ? null : itemOf(Item);
    },
    getMany: async (table, keys) => {
      const found: Item[] = [];
      for (let from = 0; from < keys.length; from += BATCH_KEYS) {
        found.push(...(await getBatch(client, names[table], keys.slice(from, from + BATCH_KEYS))));
      }
      return found;
    },
    query: (table, range, options = {}) => queryAll(client, names[table], range, options),
    write: async (actions) => {
      assertOneTransaction(actions);
      return writeAll(client, names, actions);
    },
  };
}

async function getBatch(client: DynamoDBDocumentClient, table: string, keys: readonly Key[]): Promise<readonly Item[]> {
  const found: Item[] = [];
  let wanted: Record<string, unknown>[] = keys.map(plainKey);
  for (let attempt = 1; wanted.length > 0; attempt++) {
    if (attempt > ATTEMPTS)
      throw new StoreError('unavailable', `${table} did not give ${wanted.length} of ${keys.length} rows in ${ATTEMPTS} attempts`);
    if (attempt > 1) await wait(attempt - 1);
    const request = { RequestItems: { [table]: { Keys: wanted, ConsistentRead: true } } };
    const { Responses, UnprocessedKeys } = await read(() => client.send(new BatchGetCommand(request)));
    found.push(...(Responses?.[table] ?? []).map(itemOf));
    wanted = UnprocessedKeys?.[table]?.Keys ?? [];
  }
  return found;
}

async function queryAll(client: DynamoDBDocumentClient, table: string, range: KeyRange, options: QueryOptions): Promise<readonly Item[]> {
  const { newestFirst = false, limit = Number.POSITIVE_INFINITY, after = null } = options;
  const found: Item[] = [];
  let start: Record<string, unknown> | undefined = after === null ? undefined : { pk: range.pk, sk: after };
  do {
    const left = limit - found.length;
    const request = new QueryCommand({
      TableName: table,
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
      ExpressionAttributeValues: { ':pk': range.pk, ':from': range.from, ':to': range.to },
      ScanIndexForward: !newestFirst,
      ConsistentRead: true,
      ...(Number.isFinite(left) ? { Limit: left } : {}),
      ...(start === undefined ? {} : { ExclusiveStartKey: start }),
    });
    const { Items = [], LastEvaluatedKey } = await read(() => client.send(request));
    found.push(...Items.map(itemOf));
    start = LastEvaluatedKey;
  } while (start !== undefined && found.length < limit);
  return found;
}

async function read<T>(send: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send();
    } catch (error) {
      const { retry, storeError } = failureOfRead(error);
      if (!retry || attempt === ATTEMPTS) throw storeError;
      await wait(attempt);
    }
  }
}

/**
 * Sends a write until it has an answer. A repetition is safe: a transaction carries a token made from its own content,
 * and a single step is conditioned or sets what it had set before.
 */
async function writeAll(client: DynamoDBDocumentClient, names: TableNames, actions: readonly Action[]): Promise<readonly number[]> {
  const send = sender(client, names, actions);
  let uncertain = 0;
  for (let attempt = 1; ; attempt++) {
    try {
      await send();
      return [];
    } catch (error) {
      const failure = failureOfWrite(error);
      if (failure.kind === 'conditions') return failure.failed;
      if (failure.kind === 'uncertain') uncertain += 1;
      const retry = failure.kind === 'uncertain' ? uncertain < UNCERTAIN_ATTEMPTS : failure.retry;
      if (!retry || attempt === ATTEMPTS) throw uncertain > 0 ? asUnknown(failure.storeError) : failure.storeError;
      await wait(attempt);
    }
  }
}

/** Once an attempt may have been written, no later failure can say that nothing was. */
function asUnknown(error: StoreError): StoreError {
  if (error.code === 'unknown') return error;
  return new StoreError('unknown', `The outcome of a write is not known, and asking again failed: ${error.message}`, error.context, { cause: error });
}

function sender(client: DynamoDBDocumentClient, names: TableNames, actions: readonly Action[]): () => Promise<unknown> {
  const [first] = actions;
  if (actions.length === 1 && first !== undefined && first.kind !== 'check') return singleSender(client, names, first);
  const input: TransactWriteCommandInput = {
    TransactItems: actions.map((action) => transactItem(names, action)),
    ClientRequestToken: token(actions),
  };
  return () => client.send(new TransactWriteCommand(input));
}

function singleSender(client: DynamoDBDocumentClient, names: TableNames, action: Exclude<Action, { kind: 'check' }>): () => Promise<unknown> {
  switch (action.kind) {
    case 'put':
      return () => client.send(new PutCommand(putInput(names, action)));
    case 'update':
      return () => client.send(new UpdateCommand(updateInput(names, action)));
    case 'delete':
      return () => client.send(new DeleteCommand(keyedInput(names, action)));
    default:
      return unreachable(action);
  }
}

function transactItem(names: TableNames, action: Action): NonNullable<TransactWriteCommandInput['TransactItems']>[number] {
  switch (action.kind) {
    case 'put':
      return { Put: putInput(names, action) };
    case 'update':
      return { Update: updateInput(names, action) };
    case 'delete':
      return { Delete: keyedInput(names, action) };
    case 'check':
      return { ConditionCheck: { ...keyedInput(names, action), ...expression(action.when) } };
    default:
      return unreachable(action);
  }
}

/** Equal content, equal token: 36 characters as DynamoDB allows. The token of a repetition must never come with other content. */
const token = (actions: readonly Action[]): string => digest(actions.map(hashable)).slice(0, 36);

/** Bytes are hashed as text; an array of numbers would be many times as long. */
function hashable(action: Action): unknown {
  if (action.kind !== 'put' && action.kind !== 'update') return action;
  const attributes = Object.entries(action.attributes).map(([name, value]) => [
    name,
    value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
  ]);
  return { ...action, attributes };
}

const plainKey = (key: Key): Record<string, string> => ({ pk: key.pk, sk: key.sk });

const putInput = (names: TableNames, action: Extract<Action, { kind: 'put' }>) => ({
  TableName: names[action.table],
  Item: { ...action.attributes, ...plainKey(action.key) },
  ...(action.when === undefined ? {} : expression(action.when)),
});

const keyedInput = (names: TableNames, action: Extract<Action, { kind: 'delete' | 'check' }>) => ({
  TableName: names[action.table],
  Key: plainKey(action.key),
  ...(action.when === undefined ? {} : expression(action.when)),
});

function updateInput(names: TableNames, action: Extract<Action, { kind: 'update' }>) {
  const entries = Object.entries(action.attributes);
  // The embedded server accepts a SET of a key attribute in a transaction, and breaks the item by it.
  if (entries.some(([name]) => name === 'pk' || name === 'sk')) throw new TypeError('An update must not name a key attribute');
  const condition = expression(action.when);
  return {
    TableName: names[action.table],
    Key: plainKey(action.key),
    UpdateExpression: `SET ${entries.map((_, index) => `#s${index} = :s${index}`).join(', ')}`,
    ConditionExpression: condition.ConditionExpression,
    ExpressionAttributeNames: { ...condition.ExpressionAttributeNames, ...Object.fromEntries(entries.map(([name], index) => [`#s${index}`, name])) },
    ExpressionAttributeValues: {
      ...condition.ExpressionAttributeValues,
      ...Object.fromEntries(entries.map(([, value], index) => [`:s${index}`, value])),
    },
  };
}

interface Expression {
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, unknown>;
}

function expression(condition: Condition): Expression {
  if (condition.kind === 'absent') return { ConditionExpression: 'attribute_not_exists(#pk)', ExpressionAttributeNames: { '#pk': 'pk' } };
  const entries = Object.entries(condition.attributes);
  return {
    ConditionExpression: entries.map((_, index) => `#c${index} = :c${index}`).join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(entries.map(([name], index) => [`#c${index}`, name])),
    ExpressionAttributeValues: Object.fromEntries(entries.map(([, value], index) => [`:c${index}`, value])),
  };
}

function itemOf(raw: Record<string, unknown>): Item {
  const { pk, sk, ...attributes } = raw;
  if (typeof pk !== 'string' || typeof sk !== 'string') throw new StoreError('corrupt', 'A row came without its keys', { pk, sk });
  // Attributes are what `write` put there; whoever uses one checks its type by a schema.
  return { pk, sk, attributes: attributes as Attributes };
}

/** Waits shortly: 10, 20, 40, 80 ms. */
const wait = (attempt: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, FIRST_WAIT_MS * 2 ** (attempt - 1)));
