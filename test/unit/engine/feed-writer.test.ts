import { describe, expect, it } from 'vitest';
import { createFeedWriter, type FeedWriter } from '../../../shared/engine/feed-writer.ts';
import { StoreError } from '../../../shared/engine/ports.ts';

interface Written {
  readonly writer: FeedWriter;
  readonly told: unknown[];
  readonly stop: () => void;
}

/** A writer of a feed that runs until it is stopped; pauses take no time. */
function writerOf(): Written {
  let isRunning = true;
  const told: unknown[] = [];
  const writer = createFeedWriter(
    { log: () => undefined, sleep: async () => undefined },
    () => isRunning,
    (error) => told.push(error),
  );
  return {
    writer,
    told,
    stop: () => {
      isRunning = false;
    },
  };
}

const refused = new StoreError('unavailable', 'throttled');

describe("the feed's writes", () => {
  it('are tried again until they are taken, one after the other', async () => {
    const { writer } = writerOf();
    const done: string[] = [];
    let refusals = 2;
    const first = writer.write('first', async () => {
      if (refusals-- > 0) throw refused;
      done.push('first');
    });
    const second = writer.mustWrite('second', async () => void done.push('second'));
    expect(writer.pending()).toBe(2);
    await Promise.all([first, second]);
    expect(done).toEqual(['first', 'second']);
    expect(writer.pending()).toBe(0);
  });

  it('that are refused while the feed stops are given up, and those who must know are told', async () => {
    const { writer, stop } = writerOf();
    stop();
    const refuse = async (): Promise<void> => {
      throw refused;
    };
    await expect(writer.write('snapshot', refuse)).resolves.toBeUndefined();
    await expect(writer.mustWrite('history', refuse)).rejects.toBe(refused);
    await writer.settled();
  });

  it('end with the lease: nothing is written after another feed has taken over, and it is told once', async () => {
    const { writer, told } = writerOf();
    const fenced = new StoreError('fenced', 'another feed');
    const written: string[] = [];
    await expect(
      writer.mustWrite('bars', async () => {
        throw fenced;
      }),
    ).rejects.toBe(fenced);
    await expect(writer.mustWrite('more bars', async () => void written.push('more'))).rejects.toMatchObject({ code: 'fenced' });
    await writer.write('snapshot', async () => void written.push('snapshot'));
    expect([told, written]).toEqual([[fenced], []]);
  });
});
