import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { lineBlocks, linesBackIn, linesIn } from '../../../../shared/feeds/replay/line-blocks.ts';
import { testFolder } from '../../../support/history-fixtures.ts';

/** Lines of all lengths, one of them longer than a block. */
const LINES = Array.from({ length: 5_000 }, (_, i) => `${i} ${'x'.repeat(i === 2_000 ? 300_000 : (i * 37) % 400)}€`);

function written(name: string, bytes: string | Uint8Array): string {
  const path = join(testFolder(), name);
  writeFileSync(path, bytes);
  return path;
}

async function blocksOf(
  path: string,
): Promise<{ readonly lines: readonly string[]; readonly backwards: readonly string[]; readonly blocks: number }> {
  const blocks = lineBlocks(path);
  const lines: string[] = [];
  const backwards: string[] = [];
  let count = 0;
  for (let block = await blocks.more(); block !== null; block = await blocks.more()) {
    count++;
    const own = linesIn(block);
    lines.push(...(own.at(-1) === '' ? own.slice(0, -1) : own));
    backwards.unshift(...linesBackIn(block));
  }
  await blocks.close();
  return { lines, backwards: backwards.toReversed(), blocks: count };
}

describe('a file in blocks of lines', () => {
  it.each([
    ['plain', 'a.csv', (text: string) => text],
    ['gzipped', 'a.csv.gz', (text: string) => gzipSync(text)],
  ])('has all its lines whole, %s, with and without an end of the last one', async (_, name, form) => {
    for (const end of ['\n', '']) {
      const { lines, blocks } = await blocksOf(written(name, form(LINES.join('\n') + end)));
      expect(lines).toEqual(LINES);
      expect(blocks).toBeGreaterThan(3);
    }
  });

  it('has its lines from the last one back, empty ones too', async () => {
    const path = written('back.csv', '\na\n\nbc\n\n');
    const blocks = lineBlocks(path);
    expect([...linesBackIn((await blocks.more()) ?? new Uint8Array())]).toEqual(['', 'bc', '', 'a', '']);
    expect(await blocks.more()).toBeNull();
  });

  it('that was cut off while it was zipped ends where it ends', async () => {
    const zipped = gzipSync(LINES.map((line, i) => `${(i * 7_919) % 104_729} ${line}`).join('\n'));
    const { lines } = await blocksOf(written('cut.csv.gz', zipped.subarray(0, zipped.length / 2)));
    expect(lines.length).toBeGreaterThan(500);
    expect(lines[400]).toBe(`${(400 * 7_919) % 104_729} ${LINES[400]}`);
  });

  it.each([
    ['is not there', join('no', 'such.csv'), null, /Cannot read no.such\.csv: ENOENT/],
    ['is no gzip', 'fake.csv.gz', 'hello', /Cannot read .*fake\.csv\.gz: incorrect header check/],
    ['has a line that no text has', 'binary.csv', 'x'.repeat(9 * 1_024 * 1_024), /Cannot read .*binary\.csv: a line of more than 4194304 characters/],
  ])('that %s is named', async (_, name, content, message) => {
    const path = content === null ? name : written(name, content);
    await expect(lineBlocks(path).more()).rejects.toMatchObject({
      name: 'RecordedDataError',
      code: 'unreadable',
      message: expect.stringMatching(message),
    });
  });
});
