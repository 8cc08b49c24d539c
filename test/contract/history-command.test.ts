import { spawn, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { startOfProcess } from '../../infra/local/process-facts.ts';
import { createProgress } from '../../shared/feeds/history/command/progress.ts';
import { DAY_MS } from '../../shared/kernel/time.ts';
import { type Answer, archiveServer, checksumOf, digests, history, klineCsv, minutesFrom, testFolder, zipOf } from '../support/history-fixtures.ts';
import { PATIENT } from '../support/until.ts';

const COMMAND = join(import.meta.dirname, '../../functions/cli/history.ts');
const T0 = Date.UTC(2025, 0, 1);

/** A folder with bars of an hour, one of them missing, and its history. */
async function imported(minutes = minutesFrom(T0, 60)): Promise<string> {
  const [data, dir] = [testFolder(), testFolder()];
  writeFileSync(join(data, 'BTCUSDT-1m-x.csv'), klineCsv(minutes));
  expect((await history(['import', data, '--dir', dir])).code).toBe(0);
  return dir;
}

describe('npm run history', () => {
  it('tells how it is used', async () => {
    const { code, out } = await history(['--help']);
    expect([code, out[0]?.includes('npm run history -- fetch binance')]).toEqual([0, true]);
  });

  it.each([
    [[], /^history takes fetch, import, check or list; received none; see npm run history -- --help$/],
    [['sell'], /received "sell"/],
    [['fetch', '--from', '2025-01-01'], /^fetch takes binance or nse; received none/],
    [['fetch', 'binance'], /^fetch needs --from DATE/],
    [['fetch', 'binance', 'now', '--from', '2025-01-01'], /received "now"/],
    [['fetch', 'binance', '--from', '2025-02-30'], /^--from takes a date such as 2025-01-31, received "2025-02-30"/],
    [['fetch', 'binance', '--from', '2025-01-10', '--to', '2025-01-01'], /^--to must not be before --from/],
    [['fetch', 'binance', '--from', '2030-01-01'], /--from not in the future; received 2030-01-01 to now/],
    [['fetch', 'nse', '--from', '2030-01-01'], /--from not in the future/],
    [['fetch', 'binance', '--from', '2025-01-01', '--timeframes', '1m,2m'], /^--timeframes takes 1m, 3m, .+; received "2m"/],
    [['fetch', 'binance', '--from', '2025-01-01', '--symbols', 'BTC,../x'], /^--symbols takes names such as BTC or BTCUSDT, received "..\/x"/],
    [['fetch', 'binance', '--from', '2025-01-01', '--segments', 'cash'], /^fetch binance does not take --segments/],
    [['fetch', 'nse', '--from', '2025-01-01', '--segments', 'bonds'], /^--segments takes cash, derivatives/],
    [['list', 'a', 'b'], /^list takes one SERIES/],
    [['list', '--to', '2025-01-01'], /^list does not take --to/],
    [['import', '--json'], /^import does not take --json/],
    [['check', '--all'], /Unknown option '--all'/],
  ])('refuses %j in one line', async (argv, message) => {
    const { code, out, err } = await history(argv);
    expect([code, out, err.length]).toEqual([2, [], 1]);
    expect(err[0]).toMatch(message);
  });

  it('lists what there is', async () => {
    const dir = await imported();
    expect((await history(['list', '--dir', dir])).out).toEqual([
      expect.stringMatching(/^series +from +to +rows +files +size +sources$/),
      expect.stringMatching(/^binance\/spot\/BTCUSDT\/1m +2025-01-01 00:00 +2025-01-01 00:59 +60 +1 +\d\.\d kB +recorded$/),
      '',
      expect.stringMatching(/^1 series, 60 rows, \d\.\d kB$/),
    ]);
    const [json] = (await history(['list', '--json', '--dir', dir])).out;
    expect(JSON.parse(json ?? '')).toMatchObject([
      { series: 'binance/spot/BTCUSDT/1m', symbol: 'BTCUSDT', timeframe: '1m', firstMs: T0, rows: 60, files: 1, sources: ['recorded'] },
    ]);
  });

  it('checks, with exit code 0 when clean and 1 on a violation', async () => {
    const clean = await history(['check', '--dir', await imported()]);
    expect([clean.code, clean.out.at(-1)]).toEqual([0, 'Clean: 1 series']);
    const dir = await imported(minutesFrom(T0, 60).filter((_, index) => index !== 30));
    const dirty = await history(['check', '--dir', dir]);
    expect(dirty.code).toBe(1);
    expect(dirty.out.slice(-4)).toEqual([
      'binance/spot/BTCUSDT/1m',
      '  gap: missing at 2025-01-01T00:30:00.000Z',
      '',
      '1 of 1 series have violations',
    ]);
    const json = await history(['check', '--json', '--dir', dir]);
    expect(json.code).toBe(1);
    expect(JSON.parse(json.out[0] ?? '')).toMatchObject({ isClean: false, series: [{ rows: 59, findings: [{ kind: 'gap', count: 1 }] }] });
  });

  it.each(['check', 'list'])('has nothing to %s in an empty folder', async (command) => {
    const { code, err } = await history([command, '--dir', testFolder()]);
    expect([code, err]).toEqual([1, [expect.stringMatching(/^There is no series/)]]);
  });

  it('imports what NIGHTDESK_DATA names when no path is given', async () => {
    const data = testFolder();
    writeFileSync(join(data, 'usdinr.csv'), 'date,eur_usd,eur_inr,usd_inr_cross\n2009-01-02,1.3866,67.125,48.409779\n');
    const { code, out } = await history(['import', '--dir', testFolder()], { env: { NIGHTDESK_DATA: data } });
    expect([code, out[0]]).toEqual([0, 'Imported 1 files, 1 rows; 0 files were there already']);
  });

  it('is a program: one at a time writes to a folder', () => {
    const dir = testFolder();
    const run = (...argv: readonly string[]) => spawnSync(process.execPath, [COMMAND, ...argv], { encoding: 'utf8' });
    const data = testFolder();
    writeFileSync(join(data, 'BTCUSDT-1m-x.csv'), klineCsv(minutesFrom(T0, 5)));
    const first = run('import', data, '--dir', dir);
    expect([first.status, first.stdout.split('\n')[0]]).toEqual([0, 'Imported 1 files, 5 rows; 0 files were there already']);
    expect(existsSync(join(dir, 'nightdesk.lock'))).toBe(false);
    writeFileSync(join(dir, 'nightdesk.lock'), `${process.pid} ${startOfProcess(process.pid)}\n`);
    const locked = run('import', data, '--dir', dir);
    expect([locked.status, locked.stderr]).toEqual([
      1,
      expect.stringContaining(`(process ${process.pid}): stop it, or choose another folder with --dir`),
    ]);
  });
});

describe('a fetch that is killed', () => {
  it('goes on where it was, and fetches nothing twice that was written', async () => {
    const days = ['27', '28', '29', '30', '31'].map((day) => `2025-01-${day}`);
    const name = (day: string): string => `/data/spot/daily/klines/BTCUSDT/1m/BTCUSDT-1m-${day}.zip`;
    const answers: Record<string, Answer | readonly Answer[]> = {};
    for (const [index, day] of days.entries()) {
      const zip = zipOf(`BTCUSDT-1m-${day}.csv`, klineCsv(minutesFrom(T0 + (26 + index) * DAY_MS, 1440)));
      answers[name(day)] = { status: 200, body: zip };
      answers[`${name(day)}.CHECKSUM`] = { status: 200, body: checksumOf(zip, day) };
    }
    const whole = answers[name('2025-01-31')] as Answer;
    const dir = testFolder();
    const argv = [COMMAND, 'fetch', 'binance', '--symbols', 'BTC', '--from', '2025-01-27', '--to', '2025-01-31', '--dir', dir];

    // The last day hangs: while it is waited for, the process dies.
    const hanging = await archiveServer({ ...answers, [name('2025-01-31')]: { ...whole, isHanging: true } });
    const child = spawn(process.execPath, argv, { env: { ...process.env, NIGHTDESK_BINANCE_BULK_URL: hanging.url }, stdio: 'ignore' });
    // A draft is no receipt yet.
    const receipts = (): number => Object.keys(digests(dir)).filter((file) => file.startsWith('receipts/') && !file.endsWith('.draft')).length;
    await vi.waitFor(() => expect(receipts()).toBe(4), PATIENT);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));

    const server = await archiveServer(answers);
    expect((await history(['list', '--dir', dir])).out.at(-1)).toMatch(/^1 series, 5,760 rows/);
    const resumed = spawn(process.execPath, argv, { env: { ...process.env, NIGHTDESK_BINANCE_BULK_URL: server.url }, stdio: 'ignore' });
    expect(await new Promise((resolve) => resumed.once('exit', resolve))).toBe(0);
    expect(server.asked).toEqual([name('2025-01-31'), `${name('2025-01-31')}.CHECKSUM`]);
    expect((await history(['check', '--dir', dir])).out.at(-1)).toBe('Clean: 1 series');
  });
});

describe('progress', () => {
  it('is one line drawn over on a terminal, and gone at the end', () => {
    const drawn: string[] = [];
    const { step } = createProgress({ draw: (text) => drawn.push(text), err: () => expect.unreachable() });
    step(0, 4, 'a');
    step(2, 4, 'b');
    step(4, 4, '');
    expect(drawn).toEqual(['\r\u001b[2K[------------------------] 0/4 a', '\r\u001b[2K[############------------] 2/4 b', '\r\u001b[2K']);
  });

  it('is a line for each tenth elsewhere', () => {
    const lines: string[] = [];
    const { step } = createProgress({ draw: null, err: (line) => lines.push(line) });
    for (let done = 0; done <= 100; done++) step(done, 100, done === 100 ? '' : `file ${done}`);
    step(0, 0, '');
    expect(lines).toEqual([...Array.from({ length: 10 }, (_, tenth) => `${tenth * 10} of 100: file ${tenth * 10}`), '100 of 100']);
  });
});
