import { describe, it } from 'vitest';
import { openDynamo } from '../support/dynamo-harness.ts';
import { alertStoreContract } from './alert-store.contract.ts';
import { ledgerRebuildContract } from './ledger-rebuild.contract.ts';
import { ledgerStoreContract } from './ledger-store.contract.ts';
import { marketStoreContract } from './market-store.contract.ts';

const endpoint = process.env.AWS_ENDPOINT_URL_DYNAMODB;

if (endpoint === undefined || endpoint === '') {
  describe('stores on a DynamoDB endpoint of your own', () => {
    it('are not tested: AWS_ENDPOINT_URL_DYNAMODB is not set', ({ skip }) => {
      skip('set AWS_ENDPOINT_URL_DYNAMODB to run the store contracts there');
    });
  });
} else {
  const open = () => openDynamo(endpoint, `contract-${Date.now().toString(36)}`);
  ledgerStoreContract(`on ${endpoint}`, open);
  ledgerRebuildContract(`on ${endpoint}`, open);
  marketStoreContract(`on ${endpoint}`, open);
  alertStoreContract(`on ${endpoint}`, open);
}
