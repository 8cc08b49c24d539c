import { describe, expect, it } from 'vitest';
import { type HistoryFiles, readWhole } from '../../shared/feeds/history/history-files.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (content: ArrayBuffer | Uint8Array | null | undefined): string | null => (content == null ? null : new TextDecoder().decode(content));

/** What every place that the history is kept in must do. */
export function historyFilesContract(name: string, open: () => HistoryFiles): void {
  describe(`history files ${name}`, () => {
    it('are read back whole and in part', async () => {
      const files = open();
      await files.write('a/b/2025.parquet', bytes('0123456789'));
      const file = await files.open('a/b/2025.parquet');
      expect(file?.byteLength).toBe(10);
      expect(text(await file?.slice(2, 5))).toBe('234');
      expect(text(await file?.slice(7))).toBe('789');
      expect(text(await file?.slice(8, 99))).toBe('89');
      expect(text(await readWhole(files, 'a/b/2025.parquet'))).toBe('0123456789');
    });

    it('are null where there is none', async () => {
      const files = open();
      await files.write('a/b.json', bytes('x'));
      expect(await files.open('a/c.json')).toBeNull();
      expect(await files.open('a')).toBeNull();
      expect(await files.open('a/b.json/c')).toBeNull();
      expect(await readWhole(files, 'z')).toBeNull();
    });

    it('are replaced as a whole', async () => {
      const files = open();
      await files.write('a/b.json', bytes('a long content'));
      await files.write('a/b.json', bytes('short'));
      expect(text(await readWhole(files, 'a/b.json'))).toBe('short');
      expect(await files.list('')).toEqual([{ key: 'a/b.json', bytes: 5 }]);
    });

    it('are listed by the beginning of their keys, in order, also by half a name', async () => {
      const files = open();
      for (const key of ['b/x/2.json', 'a/y.json', 'b/x/1.json', 'b/xy/1.json', 'c.json']) await files.write(key, bytes(key));
      const keys = async (prefix: string): Promise<readonly string[]> => (await files.list(prefix)).map(({ key }) => key);
      expect(await keys('')).toEqual(['a/y.json', 'b/x/1.json', 'b/x/2.json', 'b/xy/1.json', 'c.json']);
      expect(await keys('b/x')).toEqual(['b/x/1.json', 'b/x/2.json', 'b/xy/1.json']);
      expect(await keys('b/x/')).toEqual(['b/x/1.json', 'b/x/2.json']);
      expect(await keys('nothing/')).toEqual([]);
    });

    it.each(['', '/a', '../a', 'a/../b', 'a//b', '.hidden', 'a/.b', 'a b', 'a\\b'])('refuse the key %j', async (key) => {
      await expect(open().write(key, bytes('x'))).rejects.toMatchObject({ code: 'bad_key' });
      await expect(open().open(key)).rejects.toMatchObject({ code: 'bad_key' });
    });
  });
}
