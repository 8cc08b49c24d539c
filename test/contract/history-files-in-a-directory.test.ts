import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { directoryFiles, fileRanges } from '../../shared/feeds/history/directory-files.ts';
import { testFolder } from '../support/history-fixtures.ts';
import { historyFilesContract } from './history-files.contract.ts';

historyFilesContract('in a directory', () => directoryFiles(testFolder()));

describe('a directory of history files', () => {
  it('need not exist before something is written', async () => {
    const files = directoryFiles(join(testFolder(), 'not', 'yet'));
    expect(await files.list('')).toEqual([]);
    expect(await files.open('a.json')).toBeNull();
    await files.write('a.json', new Uint8Array(3));
    expect(await files.list('')).toEqual([{ key: 'a.json', bytes: 3 }]);
  });

  it('does not show the draft that a killed writer left, nor hidden folders', async () => {
    const folder = testFolder();
    mkdirSync(join(folder, '.cache'));
    writeFileSync(join(folder, '.cache', 'x.json'), 'x');
    writeFileSync(join(folder, '.123.a.json.draft'), 'half');
    expect(await directoryFiles(folder).list('')).toEqual([]);
  });

  it('leaves no draft behind when a file cannot be written', async () => {
    const folder = testFolder();
    mkdirSync(join(folder, 'a.json'));
    await expect(directoryFiles(folder).write('a.json', new Uint8Array(3))).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(['a.json']);
  });

  it('says which file is not there', async () => {
    await expect(fileRanges('/no/such/file')).rejects.toMatchObject({ code: 'not_found', message: 'No such file: /no/such/file' });
  });
});
