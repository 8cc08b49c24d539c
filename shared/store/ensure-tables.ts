import {
  CreateTableCommand,
  DescribeTableCommand,
  type DescribeTableCommandOutput,
  DescribeTimeToLiveCommand,
  ResourceInUseException,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { StoreError } from '../engine/ports.ts';
import { messageOf } from '../kernel/errors.ts';
import { TABLES, type TableDeclaration, type TableNames } from './tables.ts';

const POLLS = 100;
const POLL_MS = 100;

/**
 * Creates the tables that are not there, as they are declared, and waits until they can be used. For a server on this
 * machine: on AWS the stack creates them.
 * @throws StoreError `unavailable` when the server gives no answer, or has a table of another form under the name
 */
export async function ensureTables(client: DynamoDBDocumentClient, names: TableNames): Promise<void> {
  for (const declaration of Object.values(TABLES)) {
    try {
      await ensureTable(client, declaration, names[declaration.name]);
    } catch (error) {
      if (error instanceof StoreError) throw error;
      throw new StoreError(
        'unavailable',
        `Cannot create table ${names[declaration.name]}: ${messageOf(error)}`,
        { table: names[declaration.name] },
        { cause: error },
      );
    }
  }
}

async function ensureTable(client: DynamoDBDocumentClient, declaration: TableDeclaration, name: string): Promise<void> {
  await create(client, declaration, name);
  await untilActive(client, declaration, name);
  const { ttlAttribute } = declaration;
  if (ttlAttribute === null) return;
  const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName: name }));
  if (TimeToLiveDescription?.TimeToLiveStatus === 'ENABLED' || TimeToLiveDescription?.TimeToLiveStatus === 'ENABLING') return;
  await client.send(new UpdateTimeToLiveCommand({ TableName: name, TimeToLiveSpecification: { Enabled: true, AttributeName: ttlAttribute } }));
}

async function create(client: DynamoDBDocumentClient, { partitionKey, sortKey }: TableDeclaration, name: string): Promise<void> {
  try {
    await client.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: partitionKey, AttributeType: 'S' },
          { AttributeName: sortKey, AttributeType: 'S' },
        ],
        KeySchema: [
          { AttributeName: partitionKey, KeyType: 'HASH' },
          { AttributeName: sortKey, KeyType: 'RANGE' },
        ],
      }),
    );
  } catch (error) {
    // Two starts at once, or a later one: what counts is that the table is there.
    if (!(error instanceof ResourceInUseException)) throw error;
  }
}

async function untilActive(client: DynamoDBDocumentClient, declaration: TableDeclaration, name: string): Promise<void> {
  for (let poll = 0; poll < POLLS; poll++) {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
    assertForm(Table, declaration, name);
    if (Table?.TableStatus === 'ACTIVE') return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new StoreError('unavailable', `Table ${name} did not become active in ${(POLLS * POLL_MS) / 1_000} s`, { table: name });
}

function assertForm(table: DescribeTableCommandOutput['Table'], { partitionKey, sortKey }: TableDeclaration, name: string): void {
  const found = (table?.KeySchema ?? []).map((key) => `${key.AttributeName} ${key.KeyType}`).join(', ');
  const expected = `${partitionKey} HASH, ${sortKey} RANGE`;
  if (found !== expected)
    throw new StoreError('unavailable', `Table ${name} has the key ${found || 'none'}, expected ${expected}`, { table: name, found });
}
