import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

const MAX_SOCKETS = 16;
const CONNECT_TIMEOUT_MS = 1_000;
const REQUEST_TIMEOUT_MS = 3_000;

/**
 * A client with sockets that stay open and limits on every wait.
 * It sends each request once: the store repeats by itself, because it must know whether a repeated write may have been
 * written before.
 *
 * @param endpoint a server that asks for no credentials, or an address of AWS; null for AWS, or whatever
 *                 `AWS_ENDPOINT_URL_DYNAMODB` names. AWS is asked with the environment's region and credentials
 */
export function createDynamoClient(endpoint: string | null, requestTimeoutMs = REQUEST_TIMEOUT_MS): DynamoDBDocumentClient {
  const client = new DynamoDBClient({
    ...clientOf(endpoint),
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
      // As options: an import of node:http would load the whole of fetch at every cold start, and AWS speaks HTTPS only.
      httpAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
      httpsAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
    },
  });
  return DynamoDBDocumentClient.from(client);
}

const AWS_HOST = /(^|\.)amazonaws\.com(\.cn)?$/;

function clientOf(endpoint: string | null): DynamoDBClientConfig {
  if (endpoint === null) return {};
  return AWS_HOST.test(new URL(endpoint).hostname) ? { endpoint } : local(endpoint);
}

const local = (endpoint: string): DynamoDBClientConfig => ({
  endpoint,
  region: 'local',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});
