import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startEmbedded } from '../../../infra/local/embedded-dynamodb.ts';
import { createDynamoClient } from '../../../shared/store/dynamo-client.ts';
import { createDynamoItems } from '../../../shared/store/dynamo-items.ts';
import { ensureTables } from '../../../shared/store/ensure-tables.ts';
import { sweepExpired } from '../../../shared/store/sweep-expired.ts';
import { codeOf } from '../../contract/ledger-store.contract.ts';

const NAMES = { ledger: 'sweep-ledger', market: 'sweep-market' };
const NOW_MS = Date.UTC(2026, 0, 1);

it('a sweep deletes the rows whose time is over and no others, however many there are', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'nightdesk-sweep-'));
  const embedded = await startEmbedded({ dataDir, log: () => undefined });
  const client = createDynamoClient(embedded.endpoint);
  await ensureTables(client, NAMES);
  await ensureTables(client, NAMES);
  const items = createDynamoItems(client, NAMES);
  // 60 rows of 30 kB are more than one page of a scan.
  const put = (pk: string, expires: number | null) =>
    items.write([
      { kind: 'put', table: 'market', key: { pk, sk: 'x' }, attributes: { body: 'x'.repeat(30_000), ...(expires === null ? {} : { expires }) } },
    ]);
  for (let index = 0; index < 60; index++) await put(`old-${index}`, NOW_MS / 1_000 - index);
  await put('young', NOW_MS / 1_000 + 1);
  await put('for ever', null);

  expect(await sweepExpired(client, NAMES, NOW_MS)).toBe(60);
  expect(await sweepExpired(client, NAMES, NOW_MS)).toBe(0);
  const left = await items.getMany(
    'market',
    ['old-0', 'old-59', 'young', 'for ever'].map((pk) => ({ pk, sk: 'x' })),
  );
  expect(left.map((item) => item.pk).toSorted()).toEqual(['for ever', 'young']);

  await embedded.stop();
  expect(await codeOf(sweepExpired(client, NAMES, NOW_MS))).toBe('unavailable');
  expect(await codeOf(items.get('market', { pk: 'young', sk: 'x' }))).toBe('unavailable');
  client.destroy();
  rmSync(dataDir, { recursive: true });
});
