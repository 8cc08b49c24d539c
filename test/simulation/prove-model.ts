import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runTrainCommand } from '../../infra/local/train/train-command.ts';
import type { DecisionAnswer } from '../../shared/contracts/v8/decisions.ts';
import type { StatusAnswer } from '../../shared/contracts/v8/status.ts';
import { DAY_MS, iso } from '../../shared/kernel/time.ts';
import { writeGeneratedKlines } from '../support/generated-klines.ts';
import { removeState, startNightdesk } from '../support/nightdesk-process.ts';

const FROM_MS = Date.parse('2025-03-03T00:00Z');
const WAIT_MS = 500;

/**
 * The whole way of a model, as a user goes it: a market in which the volume of a burst says what follows, training on its first days, and
 * the last day replayed by Nightdesk with the model and without. Labels that were dealt out anew must bring a model that is refused.
 */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: { seed: { type: 'string', default: '7' }, days: { type: 'string', default: '20' } } });
  const trainedMs = FROM_MS + Number(values.days) * DAY_MS;
  const toMs = trainedMs + DAY_MS;
  const folder = mkdtempSync(join(tmpdir(), 'nightdesk-model-'));
  const data = join(folder, 'data');
  const files = { planted: join(folder, 'planted.json'), onnx: join(folder, 'planted.onnx'), shuffled: join(folder, 'shuffled.json') };
  const failures: string[] = [];
  const check = (holds: boolean, what: string): void => {
    console.log(`${holds ? 'seen' : 'NOT SEEN'}: ${what}`);
    if (!holds) failures.push(what);
  };
  try {
    writeGeneratedKlines(data, { seed: values.seed, fromMs: FROM_MS, toMs, isPlanted: true });
    const trainOn = ['--data', data, '--strategy', 'scalping', '--seed', values.seed, '--to', iso(trainedMs - DAY_MS).slice(0, 10)];
    await train([...trainOn, '--out', files.planted, '--onnx', files.onnx]);
    await train([...trainOn, '--shuffled', '--out', files.shuffled]);
    const replay = ['--feed', 'replay', '--data', data, '--at', iso(trainedMs), '--until', iso(toMs), '--speed', 'max', '--session', 'scalping'];
    const without = await run(replay);
    const withModel = await run([...replay, '--model', files.planted]);
    const refused = await run([...replay, '--model', files.shuffled]);
    check(
      withModel.status.components.model?.status === 'up',
      `the model that found the planted signal is asked: ${withModel.status.components.model?.detail}`,
    );
    check(refused.status.components.model?.status === 'absent', `the one of shuffled labels is not: ${refused.status.components.model?.detail}`);
    const [taken, takenWith] = [of(without, 'taken'), of(withModel, 'taken')];
    const changed = taken.filter((id) => !takenWith.includes(id));
    check(changed.length > 0, `${changed.length} of ${taken.length} entries are not made with the model, of which the first is ${changed[0]}`);
    const why = withModel.decisions.find(({ id }) => id === changed[0])?.why;
    check(
      withModel.decisions.some(({ reason }) => reason === 'leastOdds'),
      `it refuses, such as: ${why}`,
    );
    check(
      withModel.decisions.every(({ outcome, odds }) => outcome !== 'taken' || (odds !== null && odds.value >= odds.least)),
      'no entry is made below its least odds',
    );
    check(of(refused, 'taken').join() === taken.join(), 'with the refused model the entries are those without one');
    if (hasRuntime()) {
      const brought = await run([...replay, '--model', files.onnx]);
      check(
        brought.status.components.model?.status === 'up',
        `the same model as a file of somebody else's is asked: ${brought.status.components.model?.detail}`,
      );
      const odds = new Map(withModel.decisions.map((decision) => [decision.id, decision.odds?.value]));
      const both = brought.decisions.filter(({ id }) => odds.has(id));
      const furthest = Math.max(...both.map((decision) => Math.abs((decision.odds?.value ?? Number.NaN) - (odds.get(decision.id) ?? Number.NaN))));
      check(both.length > 0 && furthest < 1e-9, `of ${both.length} decisions its odds are ours, by ${furthest.toExponential(1)} at most`);
    } else console.log('not looked at: a model that is brought along, for onnxruntime-node, an optional package, is not installed');
    console.log(`result of the day replayed: without ${without.pnl}, with it ${withModel.pnl}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
  return failures.length === 0 ? 0 : 1;
}

function hasRuntime(): boolean {
  try {
    createRequire(import.meta.url).resolve('onnxruntime-node');
    return true;
  } catch {
    return false;
  }
}

async function train(argv: readonly string[]): Promise<void> {
  const told: string[] = [];
  const code = await runTrainCommand(argv, { out: (text) => told.push(text), err: () => undefined, draw: null });
  if (code !== 0) throw new Error(`train ${argv.join(' ')} ended with ${code}`);
  console.log(
    told
      .join('\n')
      .split('\n')
      .find((line) => line.startsWith('**It has')),
  );
}

interface Run {
  readonly status: StatusAnswer;
  readonly decisions: readonly DecisionAnswer[];
  readonly pnl: string;
}

/** Nightdesk as `npm start` runs it, until its data has ended. */
async function run(options: readonly string[]): Promise<Run> {
  const desk = await startNightdesk(options);
  try {
    while (!desk.output().includes('The data has ended')) {
      if (desk.child.exitCode !== null) throw new Error(desk.output());
      await new Promise((settle) => setTimeout(settle, WAIT_MS));
    }
    const status = (await desk.get('status')) as unknown as StatusAnswer;
    const decisions: DecisionAnswer[] = [];
    let cursor: string | null = null;
    do {
      const page: { decisions: DecisionAnswer[]; next: string | null } = (await desk.get(
        `decisions?limit=200${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
      )) as never;
      decisions.push(...page.decisions);
      cursor = page.next;
    } while (cursor !== null);
    return { status, decisions: decisions.reverse(), pnl: `${status.sessionStats.totalPnL} USD in ${status.sessionStats.tradesExecuted} trades` };
  } finally {
    await desk.interrupt();
    removeState(desk.stateDir);
  }
}

const of = ({ decisions }: Run, outcome: DecisionAnswer['outcome']): readonly string[] =>
  decisions.filter((decision) => decision.outcome === outcome).map(({ id }) => id);

process.exitCode = await main();
