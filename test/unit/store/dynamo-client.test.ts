import { afterEach, describe, expect, it, vi } from 'vitest';
import { createDynamoClient } from '../../../shared/store/dynamo-client.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const keyOf = async (endpoint: string): Promise<readonly [string, string]> => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'mine');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'mine too');
  vi.stubEnv('AWS_REGION', 'ap-south-1');
  const client = createDynamoClient(endpoint);
  const [{ accessKeyId }, region] = await Promise.all([client.config.credentials(), client.config.region()]);
  client.destroy();
  return [accessKeyId, region];
};

describe('a client of DynamoDB', () => {
  it('gives no credentials of a person to a server on this machine', async () => {
    expect(await keyOf('http://127.0.0.1:8000')).toEqual(['local', 'local']);
    expect(await keyOf('http://amazonaws.com.example.org')).toEqual(['local', 'local']);
  });

  it('asks AWS as the person who runs it, also where its address is named', async () => {
    expect(await keyOf('https://dynamodb.ap-south-1.amazonaws.com')).toEqual(['mine', 'ap-south-1']);
  });
});
