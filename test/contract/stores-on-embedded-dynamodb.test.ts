import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '../../infra/local/embedded-dynamodb.ts';
import { openDynamo } from '../support/dynamo-harness.ts';
import { alertStoreContract } from './alert-store.contract.ts';
import { ledgerRebuildContract } from './ledger-rebuild.contract.ts';
import { ledgerStoreContract } from './ledger-store.contract.ts';
import { type MarketHarness, marketStoreContract } from './market-store.contract.ts';

async function open(): Promise<MarketHarness> {
  const dataDir = mkdtempSync(join(tmpdir(), 'nightdesk-contract-'));
  const embedded = await startEmbedded({ dataDir, log: () => undefined });
  const harness = await openDynamo(embedded.endpoint, 'contract');
  const close = async (): Promise<void> => {
    await harness.close();
    await embedded.stop();
    rmSync(dataDir, { recursive: true });
  };
  return { ...harness, close };
}

ledgerStoreContract('on the embedded DynamoDB', open);
ledgerRebuildContract('on the embedded DynamoDB', open);
marketStoreContract('on the embedded DynamoDB', open);
alertStoreContract('on the embedded DynamoDB', open);
