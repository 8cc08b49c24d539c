import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { LedgerStore } from '../engine/ports.ts';
import { createDynamoItems } from './dynamo-items.ts';
import { createLedger } from './ledger.ts';
import type { TableNames } from './tables.ts';

/** The ledger in DynamoDB, or in a server that speaks its protocol. */
export const createDynamoLedger = (client: DynamoDBDocumentClient, names: TableNames): LedgerStore => createLedger(createDynamoItems(client, names));
