import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runBacktestCommand } from '../../infra/local/backtest-cli.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { type Trade, tradeSchema } from '../../shared/contracts/fill.ts';
import { journalRowSchema } from '../../shared/contracts/journal.ts';
import { verifyRun } from '../../shared/engine/backtest/verify-run.ts';
import { decimal } from '../../shared/kernel/decimal.ts';
import { digest } from '../../shared/kernel/digest.ts';
import { DAY_MS, HOUR_MS } from '../../shared/kernel/time.ts';
import type { Account } from '../../shared/ledger/account.ts';
import { replay } from '../../shared/ledger/replay.ts';
import { writeGeneratedKlines } from '../support/generated-klines.ts';
import { testFolder } from '../support/history-fixtures.ts';

const ROOT = join(import.meta.dirname, '../..');
const FROM_MS = Date.parse('2023-05-01T00:00:00Z');
const UNTIL = '2023-05-01T03:00:00Z';

async function backtest(
  argv: readonly string[],
): Promise<{ readonly code: number; readonly out: readonly string[]; readonly err: readonly string[] }> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runBacktestCommand(argv, { out: (line) => out.push(line), err: (line) => err.push(line), draw: null, marketMode: 'switch' });
  return { code, out, err };
}

const linesOf = (folder: string, file: string): readonly unknown[] =>
  readFileSync(join(folder, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);

describe('npm run backtest', () => {
  it('tells how it is used', async () => {
    const { code, out } = await backtest(['--help']);
    expect([code, out[0]?.includes('npm run backtest -- --data PATH')]).toEqual([0, true]);
  });

  it('is started as package.json says, by the Node that is pinned', () => {
    const [node, ...words] = packageJson.scripts.backtest.split(' ');
    const { status, stdout, stderr } = spawnSync('node_modules/.bin/node', [...words, '--help'], { cwd: ROOT, encoding: 'utf8' });
    expect([node, status, stderr]).toEqual(['node', 0, '']);
    expect(stdout).toContain('npm run backtest -- --data PATH');
  });

  it.each([
    [[], /^backtest needs --data PATH; see npm run backtest -- --help$/],
    [['--data', 'x'], /^backtest needs --strategy/],
    [['--data', 'x', '--strategy', 'magic'], /^--strategy takes scalping, .+; received "magic"/],
    [['--data', 'x', '--strategy', 'swing', '--from', 'today'], /^--from takes an ISO instant/],
    [['--data', 'x', '--strategy', 'swing', '--from', '2024-01-02', '--to', '2024-01-01'], /^--to must be after --from/],
    [['--data', 'x', '--strategy', 'swing', '--capital', '-1'], /^.*--capital/],
    [['--data', 'x', '--strategy', 'swing', '--seed', 'one'], /^--seed takes a whole number/],
    [['--data', 'x', '--strategy', 'swing', '--speed', '2'], /Unknown option '--speed'/],
    [['--data', '--strategy', 'swing'], /^--data needs a value; see npm run backtest -- --help$/],
    [['--data', 'x', '--strategy', 'swing', '--seed', '-1'], /^--seed needs a value/],
  ])('refuses %j in one line', async (argv, message) => {
    const { code, out, err } = await backtest(argv);
    expect([code, out, err.length]).toEqual([2, [], 1]);
    expect(err[0]).toMatch(message);
  });

  it('does not write over a file that is named in place of a folder', async () => {
    const file = join(testFolder(), 'notes.txt');
    writeFileSync(file, 'mine');
    const { code, err } = await backtest(['--data', 'x', '--strategy', 'swing', '--out', file]);
    expect([code, err]).toEqual([2, [`--out takes a folder, and ${file} is a file`]]);
  });

  it('says that there is no such data', async () => {
    const { code, err } = await backtest(['--data', join(testFolder(), 'none'), '--strategy', 'swing']);
    expect([code, err.length]).toEqual([1, 1]);
    expect(err[0]).toMatch(/^No such file or folder/);
  });

  describe('over generated klines', () => {
    const [data, folder] = [mkdtempSync(join(tmpdir(), 'nightdesk-klines-')), mkdtempSync(join(tmpdir(), 'nightdesk-run-'))];
    const asked = ['--data', data, '--strategy', 'scalping,swing', '--from', '2023-05-01', '--to', UNTIL, '--capital', '50000', '--out', folder];
    let first: Awaited<ReturnType<typeof backtest>>;
    beforeAll(async () => {
      writeGeneratedKlines(data, { seed: '2', fromMs: FROM_MS - 1.5 * DAY_MS, toMs: FROM_MS + 4 * HOUR_MS });
      first = await backtest(asked);
    });
    afterAll(() => {
      for (const each of [data, folder]) rmSync(each, { recursive: true, force: true });
    });

    it('ends with a table, sound books and what it assumed', () => {
      const page = first.out.join('\n');
      expect([first.code, first.err]).toEqual([0, []]);
      expect(page).toContain('Backtest of scalping, swing over BTC ETH SOL DOGE ADA DOT, 2023-05-01 00:00 to 2023-05-01 03:00 UTC');
      expect(page).toMatch(/1,080 bars in [\d.]+ s/);
      expect(page).toMatch(/Ledger {7}sound: \d+ journal rows/);
      expect(page).toContain('Within one bar a stop is assumed to be hit before a target.');
      expect(page).toMatch(/Undefined {4}sharpe, sortino.*: needs at least 20 closed days, has 0/);
    });

    it('keeps the journal, the trades and the decisions, a line each, and the summary that --json prints', async () => {
      const rows = linesOf(folder, 'journal.jsonl').map((row) => journalRowSchema.parse(row));
      const trades = linesOf(folder, 'trades.jsonl').map((trade) => tradeSchema.parse(trade));
      const decisions = linesOf(folder, 'decisions.jsonl') as readonly { readonly outcome: string; readonly scanId: string }[];
      const placed = rows.filter(({ event }) => event.type === 'order-placed');
      const { code, out } = await backtest([...asked, '--json']);
      const summary = JSON.parse(out.join('\n'));
      expect(code).toBe(0);
      expect(JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8'))).toEqual(summary);
      expect(trades.length).toBeGreaterThan(3);
      expect(decisions.filter(({ outcome }) => outcome === 'taken')).toHaveLength(placed.length);
      expect(decisions.every(({ scanId }) => scanId.startsWith('scan:CRYPTO:2023-05-01T0'))).toBe(true);
      expect(summary).toMatchObject({ bars: 1_080, missingBars: 0, scans: 181, performance: { trades: trades.length, sharpe: null } });
      expect(summary.books).toMatchObject({ isSound: true, rows: rows.length, trades: trades.length, journalHash: rows.at(-1)?.hash });
    });

    it('says which of the strategies the data has nothing for, and names each strategy once', async () => {
      const short = ['--data', data, '--from', '2023-05-01', '--to', '2023-05-01T00:02:00Z', '--out', testFolder()];
      const { out } = await backtest([...short, '--strategy', 'btst,options,btst']);
      expect(out[0]).toContain('Backtest of btst, options over');
      expect(out.filter((line) => line.startsWith('Note'))).toEqual([
        'Note         btst trades shares of NSE, and the data has none.',
        'Note         No contracts lie beside the data: nothing for options to trade.',
      ]);
      const { out: told } = await backtest([...short, '--strategy', 'options', '--json']);
      expect(JSON.parse(told.join('\n'))).toMatchObject({ notes: ['No contracts lie beside the data: nothing for options to trade.'] });
      expect(first.out.some((line) => line.startsWith('Note'))).toBe(false);
    });

    it('says so where nothing was recorded of the days that it was asked for', async () => {
      const hole = testFolder();
      const rows = [FROM_MS, FROM_MS + 9 * DAY_MS].map((openMs) => `${openMs},100,101,99,100,1`);
      writeFileSync(join(hole, 'BTCUSDT-1m-2023.csv'), rows.join('\n'));
      const { code, out } = await backtest([
        '--data',
        hole,
        '--strategy',
        'swing',
        '--from',
        '2023-05-03',
        '--to',
        '2023-05-04',
        '--out',
        testFolder(),
      ]);
      expect([code, out.filter((line) => line.startsWith('Note'))]).toEqual([
        0,
        ['Note         No bar was played: none is recorded between 2023-05-03T00:00:00.000Z and 2023-05-04T00:00:00.000Z.'],
      ]);
    });

    it('is another run under another seed', async () => {
      const other = await backtest([...asked.slice(0, -2), '--out', testFolder(), '--seed', '2']);
      const hashOf = ({ out }: typeof other): string | undefined =>
        out
          .find((line) => line.startsWith('Ledger'))
          ?.split(' ')
          .at(-1);
      expect(hashOf(other)).not.toBe(hashOf(first));
    });

    describe('is verified from its files, which', () => {
      const rows = () => linesOf(folder, 'journal.jsonl').map((row) => journalRowSchema.parse(row));
      const trades = () => linesOf(folder, 'trades.jsonl').map((trade) => tradeSchema.parse(trade));
      const ended = (): Account => {
        const last = [...replay(rows())].at(-1);
        if (last === undefined) throw new Error('no account');
        return last.after;
      };
      const verified = (journal = rows(), closed: readonly Trade[] = trades(), account = ended()) =>
        verifyRun({ rows: each(journal), trades: each(closed), account });

      it('finds nothing in what was written', async () => {
        expect(await verified()).toMatchObject({ isSound: true, differences: [] });
      });

      it('finds a trade that was changed, one that is missing and one too many', async () => {
        const [one, ...others] = trades();
        if (one === undefined) throw new Error('no trade');
        const dearer = { ...one, exitPrice: decimal('1') };
        expect((await verified(rows(), [dearer, ...others])).differences.map(({ what }) => what)).toEqual(['trade 1']);
        expect((await verified(rows(), trades().slice(0, -1))).isSound).toBe(false);
        expect((await verified(rows(), [...trades(), one])).isSound).toBe(false);
      });

      it('finds a row that was changed, and an account that is not what the journal says', async () => {
        const changed = rows().map((row) => (row.seq === 3 ? { ...row, commandId: 'other' } : row));
        expect((await verified(changed)).differences[0]?.what).toBe('journal row 3: hash');
        const richer = { ...ended(), cash: decimal('1000000') };
        expect((await verified(rows(), trades(), richer)).differences.map(({ what }) => what)).toEqual(['account: cash']);
        expect(digest(ended())).not.toBe(digest(richer));
      });
    });
  });
});

async function* each<Value>(values: readonly Value[]): AsyncGenerator<Value> {
  yield* values;
}
