import type { PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import type { DynamoDBRecord } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { relayJournal } from '../../../functions/outbox/relay.ts';
import { journalEventOf } from '../../../shared/contracts/bus-event.ts';
import { journalAttributes } from '../../../shared/store/ledger-rows.ts';

/** A row of the journal as the table's stream tells it. */
function told(seq: number): DynamoDBRecord {
  const row = journalAttributes({ seq, commandId: 'c', hash: 'h', event: { type: 'session-stopped', atMs: 1_000 + seq } });
  const image = Object.entries({ pk: 'S#s', sk: `J#${seq}`, ...row }).map(([name, value]) => [
    name,
    typeof value === 'number' ? { N: String(value) } : { S: String(value) },
  ]);
  return { eventName: 'INSERT', dynamodb: { SequenceNumber: `at-${seq}`, NewImage: Object.fromEntries(image) } };
}

const foreign: DynamoDBRecord = { eventName: 'INSERT', dynamodb: { SequenceNumber: 'at-foreign', NewImage: { pk: { S: 'S#s' } } } };

/** What a relay answered, put on the bus and logged; `refuse` tells which events the bus does not take. */
async function relayed(records: readonly DynamoDBRecord[], refuse: (seq: string) => boolean = () => false) {
  const calls: (readonly PutEventsRequestEntry[])[] = [];
  const lines: string[] = [];
  const logged: unknown[] = [];
  const answer = await relayJournal(
    { Records: [...records] },
    async (entries) => {
      calls.push(entries);
      return entries.map(({ Detail = '' }) => !refuse((JSON.parse(Detail) as { seq: string }).seq));
    },
    (level, event, facts) => void (level === 'info' ? logged.push([event, facts?.seq]) : lines.push(event)),
  );
  const seqs = calls.map((entries) => entries.map(({ Detail = '' }) => Number((JSON.parse(Detail) as { seq: string }).seq)));
  return { failed: answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier), calls, seqs, lines, logged };
}

const rows = (count: number): readonly DynamoDBRecord[] => Array.from({ length: count }, (_, index) => told(index + 1));

describe('the outbox function', () => {
  it('tells each row as the event that consumers read', async () => {
    const { calls, failed } = await relayed([told(7)]);
    const [entry] = calls[0] ?? [];
    expect(failed).toEqual([]);
    expect(entry).toMatchObject({ Source: 'nightdesk', DetailType: 'session-stopped' });
    const detail: unknown = JSON.parse(entry?.Detail ?? '');
    expect(detail).toMatchObject({ partition: 'S#s', seq: '7' });
    expect(journalEventOf(detail)).toEqual({ type: 'session-stopped', atMs: 1_007 });
  });

  it('tells many in their order, ten a call', async () => {
    const { seqs, failed } = await relayed(rows(23));
    expect(failed).toEqual([]);
    expect(seqs.map((each) => each.length)).toEqual([10, 10, 3]);
    expect(seqs.flat()).toEqual(Array.from({ length: 23 }, (_, index) => index + 1));
  });

  it('names the first event that the bus refused and tells nothing of the calls after it', async () => {
    const { seqs, failed, lines, logged } = await relayed(rows(23), (seq) => seq === '14' || seq === '16');
    expect(failed).toEqual(['at-14']);
    expect(logged).toEqual(Array.from({ length: 13 }, (_, index) => ['event-told', index + 1]));
    expect(seqs).toHaveLength(2);
    expect(lines).toEqual(['outbox-event-refused']);
  });

  it('tells what stands before a row that it cannot read, and names that row', async () => {
    const { seqs, failed, lines } = await relayed([told(1), told(2), foreign, told(3)]);
    expect(seqs).toEqual([[1, 2]]);
    expect(failed).toEqual(['at-foreign']);
    expect(lines).toEqual(['outbox-row-not-read']);
  });

  it.each<readonly [string, readonly DynamoDBRecord[], (seq: string) => boolean]>([
    ['cannot be read', [foreign, told(1)], () => false],
    ['is refused by the bus', [told(1), told(2)], (seq) => seq === '1'],
  ])('throws where the first of its rows %s, so that the platform cuts the batch in two', async (_, records, refuse) => {
    await expect(relayed(records, refuse)).rejects.toMatchObject({ code: 'not_told' });
  });

  it('names the first event of the call that failed, and keeps those told before', async () => {
    let calls = 0;
    const answer = await relayJournal(
      { Records: [...rows(15)] },
      async (entries) => {
        if (calls++ === 1) throw new Error('the bus is away');
        return entries.map(() => true);
      },
      () => undefined,
    );
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'at-11' }] });
  });
});
