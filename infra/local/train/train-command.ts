import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createProgress } from '../../../shared/feeds/history/command/progress.ts';
import { describeData } from '../../../shared/feeds/replay/recorded-data.ts';
import type { KlineSeries } from '../../../shared/feeds/replay/recorded-klines.ts';
import { recordedMinutes } from '../../../shared/feeds/replay/recorded-minutes.ts';
import { messageOf } from '../../../shared/kernel/errors.ts';
import { DAY_MS, type EpochMs, iso, MINUTE_MS } from '../../../shared/kernel/time.ts';
import { createHarvest, type Harvest, type HarvestedRow } from '../../../shared/ml/harvest.ts';
import { onnxOf } from '../../../shared/ml/onnx/onnx-export.ts';
import { shuffledLabels, TRAINING, trainModel } from '../../../shared/ml/train-model.ts';
import { venueSymbols } from '../replay-world.ts';
import { readTrainOptions, TRAIN_HELP, TrainError, type TrainOptions } from './options.ts';
import { recordedCharts } from './recorded-charts.ts';
import { reportOf } from './report.ts';

export interface TrainTerminal {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  /** Writes without an end of line, for the progress bar; null where nobody watches. */
  readonly draw: ((text: string) => void) | null;
}

const EXIT = { done: 0, problem: 1, badOption: 2 } as const;

/** The training command. @returns the exit code */
export async function runTrainCommand(argv: readonly string[], terminal: TrainTerminal): Promise<number> {
  try {
    const options = readTrainOptions(argv);
    if (options === null) terminal.out(TRAIN_HELP);
    else await train(options, `npm run train -- ${argv.join(' ')}`, terminal);
    return EXIT.done;
  } catch (error) {
    terminal.err(messageOf(error));
    return error instanceof TrainError && error.code === 'bad_option' ? EXIT.badOption : EXIT.problem;
  }
}

async function train(options: TrainOptions, command: string, terminal: TrainTerminal): Promise<void> {
  const { strategy, seed, isShuffled } = options;
  const harvest = await harvested(options, terminal);
  terminal.err(countedEnds(harvest));
  const rows = isShuffled ? shuffledLabels(harvest.rows(), seed) : harvest.rows();
  const progress = createProgress(terminal);
  const steps = TRAINING.folds + 1;
  let step = 0;
  const training = trainModel({ strategy: strategy.name, seed, rows, onStep: (name) => progress.step(step++, steps, `training ${name}`) });
  progress.step(steps, steps, '');
  const report = reportOf({ command, rows, training, open: harvest.open(), isShuffled });
  if (options.json) {
    const { artefact, evaluation, pnl } = training;
    terminal.out(
      JSON.stringify({ skill: artefact.skill, metrics: artefact.metrics, logisticSkill: evaluation.logisticSkill, pnl, hash: artefact.hash }),
    );
  } else terminal.out(report);
  if (options.report !== null) write(options.report, report);
  if (options.onnx !== null) write(options.onnx, onnxOf(training.artefact));
  if (options.out !== null) {
    write(options.out, `${JSON.stringify(training.artefact, null, 1)}\n`);
    terminal.err(training.artefact.skill.isSkilled ? `Written: ${options.out}` : `Written, and refused wherever it is loaded: ${options.out}`);
  }
}

/** What was harvested, said before the training: it may be too little to train on. */
function countedEnds(harvest: Harvest): string {
  const rows = harvest.rows();
  const by = (end: HarvestedRow['endedBy']): number => rows.filter(({ endedBy }) => endedBy === end).length;
  const sum = rows.reduce((total, { netReturn }) => total + netReturn, 0);
  const mean = rows.length === 0 ? '' : `, mean result net of costs ${((100 * sum) / rows.length).toFixed(2)} %`;
  return `${rows.length} opportunities with a label: ${by('target')} ended by target, ${by('stop')} by stop, ${by('time')} by time${mean}; ${harvest.open()} open at the end`;
}

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** Runs the strategy over the recorded bars. */
async function harvested({ data, strategy, fromMs, toMs }: TrainOptions, terminal: TrainTerminal): Promise<Harvest> {
  const { series, firstMs, endMs } = await klinesOf(data);
  const range = { fromMs: Math.max(firstMs, fromMs ?? 0), toMs: Math.min(endMs, toMs ?? endMs) };
  const harvest = createHarvest(strategy, await recordedCharts(series));
  const progress = createProgress(terminal);
  const days = Math.max(1, Math.ceil((range.toMs - range.fromMs) / DAY_MS));
  let told = -1;
  for await (const run of recordedMinutes(series, range)) {
    for (const { openMs, bars } of run) {
      const day = Math.floor((openMs - range.fromMs) / DAY_MS);
      if (day !== told) progress.step(day, days, `reading ${iso(openMs).slice(0, 10)}, ${harvest.rows().length} opportunities`);
      told = day;
      for (const bar of bars) harvest.add(bar);
    }
  }
  progress.step(days, days, '');
  return harvest;
}

async function klinesOf(
  paths: readonly string[],
): Promise<{ readonly series: readonly KlineSeries[]; readonly firstMs: EpochMs; readonly endMs: EpochMs }> {
  const found = await describeData(paths, venueSymbols());
  if (found.kind !== 'klines') throw new TrainError('not_klines', `Training reads recorded bars, ${paths.join(', ')} holds recorded frames`);
  return { series: found.series, firstMs: found.firstMs, endMs: found.lastMs + MINUTE_MS };
}
