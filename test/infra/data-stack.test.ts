import { Stack } from 'aws-cdk-lib';
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { OutboxError, outboxPipe } from '../../infra/aws/constructs/outbox-pipe.ts';
import { alertKeys, type Key, ledgerKeys } from '../../shared/store/keys.ts';
import { journalAttributes } from '../../shared/store/ledger-rows.ts';
import { TABLES } from '../../shared/store/tables.ts';
import { at, type Resource, referred, synthesise } from './synthesis.ts';

const { resources } = synthesise();
const ofType = (type: string): readonly Resource[] => resources.filter(({ Type }) => Type === type);
const tables = ofType('AWS::DynamoDB::Table');
const tableOf = (name: string): Resource => {
  const found = tables.find(({ id }) => id.toLowerCase().startsWith(name));
  if (!found) throw new Error(`no table ${name}`);
  return found;
};

const keySchema = z.array(z.object({ AttributeName: z.string(), KeyType: z.string() }));
const indexSchema = z.array(z.object({ IndexName: z.string(), KeySchema: keySchema }));

describe('the tables', () => {
  it('are those that the store declares', () => {
    expect(tables.map(({ id }) => id.replace(/[0-9A-F]{8}$/, '').toLowerCase()).sort()).toEqual(Object.keys(TABLES).sort());
    expect(tables.every(({ stack }) => stack === 'NightdeskData')).toBe(true);
  });

  it.each(Object.values(TABLES))('have the keys that the store reads $name by', ({ name, partitionKey, sortKey }) => {
    expect(at(tableOf(name), 'KeySchema')).toEqual([
      { AttributeName: partitionKey, KeyType: 'HASH' },
      { AttributeName: sortKey, KeyType: 'RANGE' },
    ]);
  });

  it('define exactly the attributes that their keys and indexes use', () => {
    for (const table of tables) {
      const indexes = ['GlobalSecondaryIndexes', 'LocalSecondaryIndexes'].flatMap((kind) => indexSchema.parse(at(table, kind) ?? []));
      const used = [keySchema.parse(at(table, 'KeySchema')), ...indexes.map(({ KeySchema }) => KeySchema)]
        .flat()
        .map(({ AttributeName }) => AttributeName);
      const defined = z.array(z.object({ AttributeName: z.string(), AttributeType: z.literal('S') })).parse(at(table, 'AttributeDefinitions'));
      expect(defined.map(({ AttributeName }) => AttributeName).sort()).toEqual([...new Set(used)].sort());
    }
  });

  it('keep the ledger whatever happens to the stack', () => {
    const ledger = tableOf('ledger');
    expect(ledger).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    expect(at(ledger, 'DeletionProtectionEnabled')).toBe(true);
    expect(at(ledger, 'PointInTimeRecoverySpecification', 'PointInTimeRecoveryEnabled')).toBe(true);
    expect(at(ledger, 'TimeToLiveSpecification')).toBeUndefined();
  });

  it('are encrypted at rest by the key of DynamoDB, which costs nothing: no table asks for less or for another', () => {
    // DynamoDB encrypts every table; what a template could do is name another key. It cannot switch encryption off.
    for (const table of tables) expect(at(table, 'SSESpecification')).toBeUndefined();
    const kept = tables.filter((table) => table.DeletionPolicy === 'Retain');
    for (const table of kept) expect(at(table, 'DeletionProtectionEnabled')).toBe(true);
    expect(kept.map(({ id }) => id)).toEqual([tableOf('ledger').id]);
  });

  it('let market data expire by the attribute that the store writes, and stream none of it', () => {
    const market = tableOf('market');
    expect(market.DeletionPolicy).toBe('Delete');
    expect(at(market, 'TimeToLiveSpecification')).toEqual({ AttributeName: TABLES.market.ttlAttribute, Enabled: true });
    expect(at(market, 'StreamSpecification')).toBeUndefined();
  });
});

describe('the outbox', () => {
  const pipe = ofType('AWS::Pipes::Pipe')[0];
  if (!pipe) throw new Error('no pipe');
  const [filter, ...others] = z.array(z.object({ Pattern: z.string() })).parse(at(pipe, 'SourceParameters', 'FilterCriteria', 'Filters'));
  const pattern = z
    .strictObject({
      eventName: z.tuple([z.literal('INSERT')]),
      dynamodb: z.strictObject({ Keys: z.strictObject({ sk: z.strictObject({ S: z.tuple([z.strictObject({ prefix: z.string().min(1) })]) }) }) }),
    })
    .parse(JSON.parse(filter?.Pattern ?? ''));
  const tells = ({ sk }: Key): boolean => sk.startsWith(pattern.dynamodb.Keys.sk.S[0].prefix);

  it('carries the stream of the ledger to the bus of domain events, and what it cannot deliver to a queue', () => {
    expect(others).toEqual([]);
    expect(referred(at(pipe, 'Source'))).toEqual([tableOf('ledger').id]);
    expect(at(tableOf('ledger'), 'StreamSpecification')).toEqual({ StreamViewType: 'NEW_IMAGE' });
    expect(referred(at(pipe, 'Target'))).toEqual(ofType('AWS::Events::EventBus').map(({ id }) => id));
    expect(referred(at(pipe, 'SourceParameters', 'DynamoDBStreamParameters', 'DeadLetterConfig'))).toEqual([expect.stringContaining('Undelivered')]);
  });

  it('cannot be made of a table without a stream', () => {
    const stack = new Stack();
    const ledger = new Table(stack, 'Silent', { partitionKey: { name: 'pk', type: AttributeType.STRING } });
    expect(() => outboxPipe(stack, { ledger, bus: new EventBus(stack, 'Bus') })).toThrow(OutboxError);
  });

  it('loses no row that was committed before the pipe was there', () => {
    expect(at(pipe, 'SourceParameters', 'DynamoDBStreamParameters', 'StartingPosition')).toBe('TRIM_HORIZON');
  });

  it('tells rows of the journal and no other row of the ledger', () => {
    expect(tells(ledgerKeys.journal('s', 12))).toBe(true);
    const others = [
      ledgerKeys.active,
      ledgerKeys.session(1, 's'),
      ledgerKeys.relay(1, 's'),
      ledgerKeys.head('s'),
      ledgerKeys.position('s', 'p'),
      ledgerKeys.order('s', 'o'),
      ledgerKeys.accepted('s', 1, 'o'),
      ledgerKeys.receipt('s', 'c'),
      ledgerKeys.scan('s', 1, 1, 'd'),
      ledgerKeys.trade('s', 1),
      alertKeys.alert(1, 'a'),
      alertKeys.known('a'),
      alertKeys.open(1, 'a'),
      alertKeys.watch('s'),
      alertKeys.paces,
    ];
    expect(others.filter(tells)).toEqual([]);
  });

  it('reads only what a journal row has, as the type that DynamoDB gives it', () => {
    const row = journalAttributes({ seq: 1, commandId: 'c', hash: 'h', event: { type: 'session-stopped', atMs: 0 } });
    const kinds = Object.fromEntries(
      Object.entries({ pk: '', sk: '', ...row }).map(([name, value]) => [name, typeof value === 'number' ? 'N' : 'S']),
    );
    const paths = [...JSON.stringify(at(pipe, 'TargetParameters')).matchAll(/\$\.dynamodb\.NewImage\.(\w+)\.(\w+)/g)];
    expect(paths.map(([, name, kind]) => [name, kind]).sort()).toEqual([
      ['body', 'S'],
      ['pk', 'S'],
      ['seq', 'N'],
      ['type', 'S'],
    ]);
    for (const [, name = '', kind] of paths) expect(kinds[name]).toBe(kind);
  });
});

describe('the bus', () => {
  it('is archived whole, and is the only one', () => {
    const [archive] = ofType('AWS::Events::Archive');
    expect(ofType('AWS::Events::EventBus')).toHaveLength(1);
    const pipe = ofType('AWS::Pipes::Pipe')[0];
    expect(archive && at(archive, 'EventPattern')).toEqual({
      source: [pipe && at(pipe, 'TargetParameters', 'EventBridgeEventBusParameters', 'Source')],
    });
    expect(archive && at(archive, 'RetentionDays')).toBeGreaterThan(0);
  });
});
