import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createDynamoClient } from '../../../shared/store/dynamo-client.ts';
import { createDynamoItems } from '../../../shared/store/dynamo-items.ts';
import { type Action, absent, equals, type Items } from '../../../shared/store/items.ts';
import { codeOf } from '../../contract/ledger-store.contract.ts';

/** The answers that no local DynamoDB gives: each is played by a server of the test's own, to the real client. */
interface Played {
  readonly items: Items;
  /** What was asked, one entry a request. */
  readonly asked: Readonly<Record<string, unknown>>[];
}

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

const NAMES = { ledger: 'the-ledger', market: 'the-market' };
const put = (sk: string): Action => ({ kind: 'put', table: 'ledger', key: { pk: 'S#1', sk }, attributes: { seq: 1 }, when: absent });
const TWO = [put('HEAD'), put('C#1')];

async function play(...answers: readonly ((response: ServerResponse) => void)[]): Promise<Played> {
  // Only a server that never answers is waited for in vain: any other has all the time that a busy machine takes.
  const timeoutMs = answers.includes(silence) ? 500 : 60_000;
  const asked: Record<string, unknown>[] = [];
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      asked.push(JSON.parse(Buffer.concat(chunks).toString('utf8')));
      answers[Math.min(asked.length, answers.length) - 1]?.(response);
    });
  };
  const server = createServer(listener);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const client = createDynamoClient(`http://127.0.0.1:${port}`, timeoutMs);
  closers.push(() => {
    client.destroy();
    server.closeAllConnections();
    server.close();
  });
  return { items: createDynamoItems(client, NAMES), asked };
}

const answer = (status: number, body: unknown) => (response: ServerResponse) => {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
};
const failure = (status: number, name: string, more: object = {}) =>
  answer(status, { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: name, ...more });
const cancelled = (...codes: readonly string[]) =>
  failure(400, 'TransactionCanceledException', { CancellationReasons: codes.map((Code) => ({ Code })) });
const ok = answer(200, {});
const hangUp = (response: ServerResponse): void => {
  response.destroy();
};
const silence = (): void => undefined;

describe('a write to DynamoDB', () => {
  it('tells which conditions failed', async () => {
    const { items, asked } = await play(cancelled('None', 'ConditionalCheckFailed'));
    expect(await items.write(TWO)).toEqual([1]);
    expect(asked).toHaveLength(1);
  });

  it('takes a failed condition beside a busy row for the answer', async () => {
    const { items } = await play(cancelled('TransactionConflict', 'ConditionalCheckFailed'));
    expect(await items.write(TWO)).toEqual([1]);
  });

  it.each([
    ['a conflict with another transaction', cancelled('TransactionConflict', 'None')],
    ['a throttled table', failure(400, 'ThrottlingException')],
    ['a table out of its throughput', failure(400, 'ProvisionedThroughputExceededException')],
  ])('is tried again after %s', async (_, busy) => {
    const { items, asked } = await play(busy, busy, ok);
    expect(await items.write(TWO)).toEqual([]);
    expect(asked).toHaveLength(3);
  });

  it('was not done when the table stays busy', async () => {
    const { items, asked } = await play(cancelled('TransactionConflict', 'None'));
    expect(await codeOf(items.write(TWO))).toBe('unavailable');
    expect(asked).toHaveLength(5);
  });

  it.each([
    ['the connection breaks', hangUp],
    ['no answer comes', silence],
    ['the server fails', failure(500, 'InternalServerError')],
    ['the answer cannot be read', (response: ServerResponse) => response.writeHead(200).end('{"Resp')],
  ])('may have been done when %s, each time it is asked', async (_, fault) => {
    const { items, asked } = await play(fault);
    expect(await codeOf(items.write(TWO))).toBe('unknown');
    expect(asked).toHaveLength(2);
  });

  it('is asked for again with the same token when the connection breaks, and is done once', async () => {
    const { items, asked } = await play(hangUp, ok);
    expect(await items.write(TWO)).toEqual([]);
    expect(asked[0]?.ClientRequestToken).toEqual(asked[1]?.ClientRequestToken);
  });

  it('may have been done when a broken connection is followed by a refusal', async () => {
    const { items } = await play(hangUp, failure(400, 'AccessDeniedException'));
    expect(await codeOf(items.write(TWO))).toBe('unknown');
  });

  it('may have been done when it is still in progress', async () => {
    const { items } = await play(hangUp, failure(400, 'TransactionInProgressException'));
    expect(await codeOf(items.write(TWO))).toBe('unknown');
  });

  it('was not done when nothing listens', async () => {
    const client = createDynamoClient('http://127.0.0.1:9');
    expect(await codeOf(createDynamoItems(client, NAMES).write(TWO))).toBe('unavailable');
    client.destroy();
  });

  it('was not done when the table is not there, and is not tried again', async () => {
    const { items, asked } = await play(failure(400, 'ResourceNotFoundException'));
    expect(await codeOf(items.write(TWO))).toBe('unavailable');
    expect(asked).toHaveLength(1);
  });

  it('was too large when the server says so', async () => {
    const { items } = await play(failure(400, 'ValidationException', { message: 'Item size has exceeded the maximum allowed size' }));
    expect(await codeOf(items.write([put('HEAD')]))).toBe('too_large');
  });

  it('has another token when it has other content', async () => {
    const { items, asked } = await play(ok);
    const bytes = (body: Uint8Array): Action => ({ kind: 'put', table: 'ledger', key: { pk: 'a', sk: 'b' }, attributes: { body } });
    for (const last of [put('C#1'), put('C#2'), bytes(new Uint8Array([1])), bytes(new Uint8Array([2]))]) await items.write([put('HEAD'), last]);
    expect(new Set(asked.map((request) => request.ClientRequestToken)).size).toBe(4);
  });

  it('never names a key in an update', async () => {
    const { items } = await play(ok);
    const update: Action = { kind: 'update', table: 'ledger', key: { pk: 'a', sk: 'b' }, attributes: { sk: 'c' }, when: equals({ seq: 1 }) };
    await expect(items.write([update])).rejects.toThrow('must not name a key');
  });

  it('touches a row once', async () => {
    const { items, asked } = await play(ok);
    expect(await codeOf(items.write([put('HEAD'), put('HEAD')]))).toBe('too_large');
    expect(asked).toHaveLength(0);
  });
});

describe('a read from DynamoDB', () => {
  const key = { pk: 'S#1', sk: 'HEAD' };
  const found = answer(200, { Item: { pk: { S: 'S#1' }, sk: { S: 'HEAD' }, seq: { N: '7' } } });

  it.each([
    ['the connection breaks', hangUp],
    ['no answer comes', silence],
    ['the server fails', failure(500, 'InternalServerError')],
    ['the table is throttled', failure(400, 'ThrottlingException')],
  ])('is tried again when %s', async (_, fault) => {
    const { items } = await play(fault, found);
    expect(await items.get('ledger', key)).toEqual({ ...key, attributes: { seq: 7 } });
  });

  it('is unavailable when the server keeps failing', async () => {
    const { items, asked } = await play(failure(500, 'InternalServerError'));
    expect(await codeOf(items.get('ledger', key))).toBe('unavailable');
    expect(asked).toHaveLength(5);
  });

  it('asks again for the rows that a batch left out', async () => {
    const row = (sk: string) => ({ pk: { S: 'S#1' }, sk: { S: sk } });
    const { items, asked } = await play(
      answer(200, { Responses: { 'the-ledger': [row('a')] }, UnprocessedKeys: { 'the-ledger': { Keys: [row('b')] } } }),
      answer(200, { Responses: { 'the-ledger': [row('b')] } }),
    );
    const rows = await items.getMany('ledger', [
      { pk: 'S#1', sk: 'a' },
      { pk: 'S#1', sk: 'b' },
    ]);
    expect(rows.map((item) => item.sk)).toEqual(['a', 'b']);
    expect(asked).toHaveLength(2);
  });
});
