import { createDynamoClient } from '../../shared/store/dynamo-client.ts';
import { createDynamoItems } from '../../shared/store/dynamo-items.ts';
import { createDynamoLedger } from '../../shared/store/dynamo-ledger.ts';
import { createDynamoMarket } from '../../shared/store/dynamo-market.ts';
import { ensureTables } from '../../shared/store/ensure-tables.ts';
import type { MarketHarness } from '../contract/market-store.contract.ts';

/** Stores on a DynamoDB endpoint (null: whatever the environment names), in tables of their own. */
export async function openDynamo(endpoint: string | null, prefix: string): Promise<MarketHarness> {
  const client = createDynamoClient(endpoint);
  const names = { ledger: `${prefix}-ledger`, market: `${prefix}-market` };
  await ensureTables(client, names);
  let nowMs = Date.now();
  return {
    ledger: createDynamoLedger(client, names),
    market: createDynamoMarket(client, names, { ttlDays: 30, now: () => nowMs }),
    items: createDynamoItems(client, names),
    advance: (ms) => {
      nowMs += ms;
    },
    close: async () => {
      client.destroy();
    },
  };
}
