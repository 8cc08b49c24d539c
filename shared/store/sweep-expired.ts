import { BatchWriteCommand, type DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { StoreError } from '../engine/ports.ts';
import { messageOf } from '../kernel/errors.ts';
import type { EpochMs } from '../kernel/time.ts';
import { TABLES, type TableNames, TTL_ATTRIBUTE } from './tables.ts';

const DELETES_A_REQUEST = 25;

/**
 * Deletes the rows whose time is over, as AWS does by itself: for a server on this machine, which never does, so that its
 * file does not grow for ever. Reads leave such rows out in any case.
 * @returns how many rows were deleted
 * @throws StoreError `unavailable` when the server gives no answer; what was deleted until then is gone
 */
export async function sweepExpired(client: DynamoDBDocumentClient, names: TableNames, nowMs: EpochMs): Promise<number> {
  const table = names.market;
  try {
    let deleted = 0;
    let start: Record<string, unknown> | undefined;
    do {
      const page = await client.send(
        new ScanCommand({ ...expiredBefore(table, nowMs), ...(start === undefined ? {} : { ExclusiveStartKey: start }) }),
      );
      const keys = page.Items ?? [];
      for (let from = 0; from < keys.length; from += DELETES_A_REQUEST) {
        deleted += await deleteRows(client, table, keys.slice(from, from + DELETES_A_REQUEST));
      }
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
    return deleted;
  } catch (error) {
    throw new StoreError('unavailable', `Cannot sweep table ${table}: ${messageOf(error)}`, { table }, { cause: error });
  }
}

const expiredBefore = (table: string, nowMs: EpochMs) => ({
  TableName: table,
  FilterExpression: '#expires <= :now',
  ProjectionExpression: `${TABLES.market.partitionKey}, ${TABLES.market.sortKey}`,
  ExpressionAttributeNames: { '#expires': TTL_ATTRIBUTE },
  ExpressionAttributeValues: { ':now': Math.floor(nowMs / 1_000) },
});

async function deleteRows(client: DynamoDBDocumentClient, table: string, keys: readonly Record<string, unknown>[]): Promise<number> {
  const requests = keys.map((Key) => ({ DeleteRequest: { Key } }));
  const { UnprocessedItems } = await client.send(new BatchWriteCommand({ RequestItems: { [table]: requests } }));
  // What a busy table leaves is swept the next time.
  return keys.length - (UnprocessedItems?.[table]?.length ?? 0);
}
