import { Stack } from 'aws-cdk-lib';
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

import { OutboxError, outboxFunction } from '../../infra/aws/constructs/outbox-function.ts';
import { BUS_NAME_VARIABLE } from '../../shared/config/outbox.ts';
import { BUS_SOURCE } from '../../shared/contracts/bus-event.ts';
import { alertKeys, type Key, ledgerKeys } from '../../shared/store/keys.ts';

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

describe('the capacity of the tables', () => {
  it('is the declared one, and together within the always-free tier', () => {
    const declared = Object.values(TABLES);
    for (const { name, capacity } of declared) {
      const [mode, units] = [at(tableOf(name), 'BillingMode'), at(tableOf(name), 'ProvisionedThroughput')];
      if (capacity === null) expect([mode, units]).toEqual(['PAY_PER_REQUEST', undefined]);
      else expect([mode, units]).toEqual([undefined, { WriteCapacityUnits: capacity.writeUnits, ReadCapacityUnits: capacity.readUnits }]);
    }
    const sum = (kind: 'writeUnits' | 'readUnits'): number => declared.reduce((total, { capacity }) => total + (capacity?.[kind] ?? 0), 0);
    for (const kind of ['writeUnits', 'readUnits'] as const) expect(sum(kind)).toBeGreaterThan(0);
    for (const kind of ['writeUnits', 'readUnits'] as const) expect(sum(kind)).toBeLessThanOrEqual(25);
  });
});

describe('the outbox', () => {
  const [mapping, ...mappings] = ofType('AWS::Lambda::EventSourceMapping');
  if (!mapping) throw new Error('nothing is triggered by the ledger');
  const teller = ofType('AWS::Lambda::Function').find(({ id }) => referred(at(mapping, 'FunctionName')).includes(id));
  const [filter, ...others] = z.array(z.object({ Pattern: z.string() })).parse(at(mapping, 'FilterCriteria', 'Filters'));
  const pattern = z
    .strictObject({
      eventName: z.tuple([z.literal('INSERT')]),
      dynamodb: z.strictObject({ Keys: z.strictObject({ sk: z.strictObject({ S: z.tuple([z.strictObject({ prefix: z.string().min(1) })]) }) }) }),
    })
    .parse(JSON.parse(filter?.Pattern ?? ''));
  const tells = ({ sk }: Key): boolean => sk.startsWith(pattern.dynamodb.Keys.sk.S[0].prefix);

  it('carries the stream of the ledger to the bus of domain events, and what it cannot deliver to a queue', () => {
    expect([mappings, others]).toEqual([[], []]);
    expect(referred(at(mapping, 'EventSourceArn'))).toEqual([tableOf('ledger').id]);
    expect(at(tableOf('ledger'), 'StreamSpecification')).toEqual({ StreamViewType: 'NEW_IMAGE' });
    expect(referred(teller && at(teller, 'Environment', 'Variables', BUS_NAME_VARIABLE))).toEqual(
      ofType('AWS::Events::EventBus').map(({ id }) => id),
    );
    expect(referred(at(mapping, 'DestinationConfig', 'OnFailure'))).toEqual([expect.stringContaining('Undelivered')]);
  });

  it('is called again from the event on that it could not tell, and gives up one event, not its batch', () => {
    expect(at(mapping, 'FunctionResponseTypes')).toEqual(['ReportBatchItemFailures']);
    expect(at(mapping, 'BisectBatchOnFunctionError')).toBe(true);
    expect(at(mapping, 'MaximumRetryAttempts')).toBeGreaterThan(0);
  });

  it('has no pipe, whose reads of the stream would be paid for', () => {
    expect(ofType('AWS::Pipes::Pipe')).toEqual([]);
  });

  it('cannot be made of a table without a stream', () => {
    const stack = new Stack();
    const ledger = new Table(stack, 'Silent', { partitionKey: { name: 'pk', type: AttributeType.STRING } });
    expect(() => outboxFunction(stack, { ledger, bus: new EventBus(stack, 'Bus') })).toThrow(OutboxError);
  });

  it('loses no row that was committed before the function was there', () => {
    expect(at(mapping, 'StartingPosition')).toBe('TRIM_HORIZON');
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
});

describe('the bus', () => {
  it('is archived whole, and is the only one', () => {
    const [archive] = ofType('AWS::Events::Archive');
    expect(ofType('AWS::Events::EventBus')).toHaveLength(1);
    expect(archive && at(archive, 'EventPattern')).toEqual({ source: [BUS_SOURCE] });
    expect(archive && at(archive, 'RetentionDays')).toBeGreaterThan(0);
  });
});
