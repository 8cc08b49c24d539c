import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { MarketStore } from '../engine/ports.ts';
import { createDynamoItems } from './dynamo-items.ts';
import { createMarket, type MarketOptions } from './market.ts';
import type { TableNames } from './tables.ts';

/** The market in DynamoDB, or in a server that speaks its protocol. */
export const createDynamoMarket = (client: DynamoDBDocumentClient, names: TableNames, options: MarketOptions): MarketStore =>
  createMarket(createDynamoItems(client, names), options);
