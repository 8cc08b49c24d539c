import { existsSync } from 'node:fs';
import type { LedgerStore } from '../../../shared/engine/ports.ts';
import { createDynamoClient } from '../../../shared/store/dynamo-client.ts';
import { openDynamoLedger } from '../../../shared/store/dynamo-ledger.ts';
import { tableNames } from '../../../shared/store/tables.ts';
import { databaseFile, endpointOfRunning, startEmbedded } from '../embedded-dynamodb.ts';
import { FolderLockError } from '../folder-lock.ts';
import { LedgerCommandError, type Terminal } from './subcommand.ts';

/** Opens the ledger of a folder, or of the DynamoDB that the environment names, for as long as the task takes. */
export async function withLedger<T>(stateDir: string, terminal: Terminal, task: (ledger: LedgerStore) => Promise<T>): Promise<T> {
  const store = await openStore(stateDir, terminal);
  const client = createDynamoClient(store.endpoint);
  try {
    return await task(await openDynamoLedger(client, tableNames(terminal.env)));
  } finally {
    client.destroy();
    await store.close();
  }
}

interface OpenStore {
  readonly endpoint: string;
  readonly close: () => Promise<void>;
}

async function openStore(stateDir: string, { env, err }: Terminal): Promise<OpenStore> {
  const named = env.AWS_ENDPOINT_URL_DYNAMODB;
  if (named) return { endpoint: named, close: async () => undefined };
  if (!existsSync(databaseFile(stateDir))) {
    throw new LedgerCommandError(
      'nothing_there',
      `There is no ledger in ${stateDir}: name the folder that Nightdesk was started with by --state DIR`,
    );
  }
  try {
    const embedded = await startEmbedded({ dataDir: stateDir, log: (level, event) => (level === 'info' ? undefined : err(`${level}: ${event}`)) });
    return { endpoint: embedded.endpoint, close: embedded.stop };
  } catch (error) {
    if (!(error instanceof FolderLockError)) throw error;
    // Nightdesk runs on this folder: its own server is asked.
    const endpoint = await endpointOfRunning(stateDir);
    if (endpoint !== null) return { endpoint, close: async () => undefined };
    throw new LedgerCommandError('not_reachable', `${error.message}. Its database did not answer`, {}, { cause: error });
  }
}
