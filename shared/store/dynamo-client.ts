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
 * @param endpoint a server on this machine, which asks for no credentials; null for AWS, or whatever
 *                 `AWS_ENDPOINT_URL_DYNAMODB` names, with the environment's region and credentials
 */
export function createDynamoClient(endpoint: string | null, requestTimeoutMs = REQUEST_TIMEOUT_MS): DynamoDBDocumentClient {
  const client = new DynamoDBClient({
    ...(endpoint === null ? {} : local(endpoint)),
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

const local = (endpoint: string): DynamoDBClientConfig => ({
  endpoint,
  region: 'local',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});
