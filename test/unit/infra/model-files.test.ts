import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadModels } from '../../../infra/local/model-files.ts';
import { readOptions } from '../../../infra/local/options.ts';
import { readTrainOptions } from '../../../infra/local/train/options.ts';
import { runTrainCommand } from '../../../infra/local/train/train-command.ts';
import { artefactSaying } from '../../support/models.ts';

const folder = mkdtempSync(join(tmpdir(), 'models-'));
afterAll(() => rmSync(folder, { recursive: true }));

const good = join(folder, 'scalping.json');
writeFileSync(good, JSON.stringify(artefactSaying(0.7)));
writeFileSync(join(folder, 'broken.json'), '{');
writeFileSync(join(folder, 'notes.txt'), 'no model');
const empty = join(folder, 'empty');
mkdirSync(empty);
const state = join(folder, 'state');
mkdirSync(join(state, 'models'), { recursive: true });
writeFileSync(join(state, 'models', 'scalping.json'), JSON.stringify(artefactSaying(0.7)));

describe('model files', () => {
  it('are a file, or the JSON files of a folder; what is no JSON is refused and told', () => {
    expect(loadModels([good], state).model.of('scalping')).not.toBeNull();
    const { states, of } = loadModels([folder], state).model;
    expect(states).toMatchObject([
      { strategy: null, absentWhy: expect.stringContaining('no model of ours') },
      { strategy: 'scalping', absentWhy: null },
    ]);
    expect(of('scalping')).not.toBeNull();
    expect(loadModels([empty], state).model.states).toEqual([]);
  });

  it("are those of the state's own folder when none is named, where there is one", () => {
    expect(loadModels([], state).model.states).toHaveLength(1);
    expect(loadModels([], empty).model.states).toEqual([]);
  });

  it('that are named and not there end the start with one clear line', () => {
    expect(() => loadModels([join(folder, 'nowhere.json')], state)).toThrow(
      expect.objectContaining({ code: 'bad_option', message: expect.stringContaining('nowhere.json') }),
    );
  });

  it('are named on the line, else in the environment', () => {
    expect(readOptions(['--model', 'a.json', '--model', 'b'], { NIGHTDESK_MODEL: 'c.json' }).models).toEqual(['a.json', 'b']);
    expect(readOptions([], { NIGHTDESK_MODEL: 'c.json,d' }).models).toEqual(['c.json', 'd']);
    expect(readOptions([]).models).toEqual([]);
  });
});

describe('the training command', () => {
  it.each([
    [['--strategy', 'scalping'], '--data PATH'],
    [['--data', 'x'], '--strategy takes scalping'],
    [['--data', 'x', '--strategy', 'nobody'], 'received nobody'],
    [['--data', 'x', '--strategy', 'scalping', '--seed', 'one'], '--seed takes a whole number'],
    [['--data', 'x', '--strategy', 'scalping', '--from', 'May'], '--from takes a date'],
    [['--data', 'x', '--strategy', 'scalping', '--from', '2023-02-01', '--to', '2023-01-01'], '--to must not be before'],
    [['--nonsense'], 'nonsense'],
  ])('refuses %j', (argv, message) => {
    expect(() => readTrainOptions(argv)).toThrow(expect.objectContaining({ code: 'bad_option', message: expect.stringContaining(message) }));
  });

  it('ends with 2 for a bad option, 1 for data that is not there, and 0 for its help', async () => {
    const said: string[] = [];
    const run = (argv: readonly string[]) => runTrainCommand(argv, { out: (line) => said.push(line), err: (line) => said.push(line), draw: null });
    expect(await run(['--strategy', 'scalping'])).toBe(2);
    expect(await run(['--data', join(folder, 'nowhere'), '--strategy', 'scalping'])).toBe(1);
    expect(await run(['--help'])).toBe(0);
    expect(said).toEqual([
      expect.stringContaining('--data'),
      expect.stringContaining('No such file or folder'),
      expect.stringContaining('npm run train'),
    ]);
  });
});
