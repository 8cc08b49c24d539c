import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type BusEvent, startEventBridge } from '../../../infra/local/event-bridge.ts';

async function openBus() {
  const bus = await startEventBridge();
  const client = new EventBridgeClient({ endpoint: bus.endpoint, region: 'local', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
  onTestFinished(async () => {
    client.destroy();
    await bus.stop();
  });
  const put = (...details: readonly string[]) =>
    client.send(
      new PutEventsCommand({ Entries: details.map((Detail) => ({ Source: 'nightdesk', DetailType: 'filled', Detail, EventBusName: 'nightdesk' })) }),
    );
  return { bus, put };
}

describe('the bus of one machine', () => {
  it('hands events to every listener in order, and answers when they have them', async () => {
    const { bus, put } = await openBus();
    const [first, second]: [BusEvent[], BusEvent[]] = [[], []];
    bus.onEvent((event) => void first.push(event));
    bus.onEvent(async (event) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      second.push(event);
    });
    expect(await put('{"n": 1}', '{"n": 2}')).toMatchObject({ FailedEntryCount: 0 });
    expect(first.map(({ detail }) => detail)).toEqual([{ n: 1 }, { n: 2 }]);
    expect(second).toEqual(first);
  });

  it('says which events a listener did not take: whoever put them puts them again', async () => {
    const { bus, put } = await openBus();
    const taken: unknown[] = [];
    bus.onEvent(({ detail }) => {
      if (JSON.stringify(detail) === '{"n":2}') throw new Error('the store is away');
      taken.push(detail);
    });
    const { FailedEntryCount, Entries } = await put('{"n": 1}', '{"n": 2}', '{"n": 3}');
    expect(FailedEntryCount).toBe(1);
    expect(Entries?.map(({ EventId, ErrorMessage }) => [EventId !== undefined, ErrorMessage])).toEqual([
      [true, undefined],
      [false, 'the store is away'],
      [true, undefined],
    ]);
    expect(taken).toEqual([{ n: 1 }, { n: 3 }]);
  });
});
