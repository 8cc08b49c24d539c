import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { LedgerStore } from '../engine/ports.ts';
import { createDynamoItems } from './dynamo-items.ts';
import { laterAlerts } from './later-alerts.ts';
import { createLedger } from './ledger.ts';
import { bringForward } from './ledger-format.ts';
import type { TableNames } from './tables.ts';

/**
 * Opens a ledger that may be of another version.
 * @throws StoreError `format` when this version cannot read it
 */
export async function openDynamoLedger(client: DynamoDBDocumentClient, names: TableNames): Promise<LedgerStore> {
  await bringForward(createDynamoItems(client, names));
  return createDynamoLedger(client, names);
}

/** The ledger in DynamoDB, or in a server that speaks its protocol. */
export function createDynamoLedger(client: DynamoDBDocumentClient, names: TableNames): LedgerStore {
  const items = createDynamoItems(client, names);
  return createLedger(items, laterAlerts(items));
}
