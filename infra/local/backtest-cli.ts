import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assumptionsOf } from '../../shared/engine/backtest/assumptions.ts';
import type { Settings } from '../../shared/engine/context.ts';
import { sessionIdAt } from '../../shared/engine/sessions.ts';
import { createProgress } from '../../shared/feeds/history/command/progress.ts';
import type { RecordedKlinesData } from '../../shared/feeds/replay/kline-replay-source.ts';
import { recordedContractsNear } from '../../shared/feeds/replay/recorded-contracts.ts';
import { describeData } from '../../shared/feeds/replay/recorded-data.ts';
import { longestSpan } from '../../shared/feeds/replay/recorded-klines.ts';
import { digest } from '../../shared/kernel/digest.ts';
import { messageOf } from '../../shared/kernel/errors.ts';
import { DAY_MS, iso } from '../../shared/kernel/time.ts';
import { notesOn } from './backtest/notes.ts';
import { type BacktestOptions, HELP, readBacktestOptions } from './backtest/options.ts';
import { resultPage } from './backtest/page.ts';
import { type BacktestRequest, type BacktestResult, runBacktest } from './backtest/run-backtest.ts';
import { loadModels } from './model-files.ts';
import { OptionError } from './options.ts';
import { replayBounds, venueSymbols } from './replay-world.ts';

/** Where the command writes. */
export interface BacktestTerminal {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  /** Writes without an end of line, for the progress bar; null where nobody watches. */
  readonly draw: ((text: string) => void) | null;
  readonly marketMode: Settings['marketMode'];
}

const EXIT = { sound: 0, failed: 1, badOption: 2 } as const;

/** The backtest command. @returns the exit code */
export async function runBacktestCommand(argv: readonly string[], terminal: BacktestTerminal): Promise<number> {
  try {
    const options = readBacktestOptions(argv);
    if (options === null) {
      terminal.out(HELP);
      return EXIT.sound;
    }
    const request = await requestOf(options, terminal);
    const result = await runBacktest(request);
    const summary = summaryOf(request, result);
    writeFileSync(join(request.folder, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
    for (const line of options.json ? [JSON.stringify(summary, null, 2)] : resultPage(request, result)) terminal.out(line);
    return result.books.isSound ? EXIT.sound : EXIT.failed;
  } catch (error) {
    terminal.err(messageOf(error));
    return error instanceof OptionError ? EXIT.badOption : EXIT.failed;
  }
}

async function requestOf(
  { strategies, seed, capital, usdInr, coinBars, chainAgeSeconds, out, fromMs, toMs, data: paths, models }: BacktestOptions,
  terminal: BacktestTerminal,
): Promise<BacktestRequest> {
  if (out !== null && statSync(out, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new OptionError('bad_option', `--out takes a folder, and ${out} is a file`);
  const data = await klinesAt(paths, coinBars);
  const bounds = await replayBounds(data, { atMs: fromMs, untilMs: toMs });
  const { model, outside } = loadModels(models, null);
  if (outside !== undefined) {
    throw new OptionError(
      'bad_option',
      '--model: a backtest decides without waiting, and an ONNX model is asked over a wire: replay the data with npm start',
    );
  }
  const versions = model.states.flatMap(({ version, absentWhy }) => (absentWhy === null ? [version] : []));
  for (const { source, absentWhy } of model.states) if (absentWhy !== null) terminal.err(`${source} is not asked: ${absentWhy}`);
  const asked = {
    symbols: data.symbols,
    bounds,
    strategies,
    seed,
    capital,
    ...(usdInr === null ? {} : { usdInr }),
    ...(chainAgeSeconds === null ? {} : { chainAgeSeconds }),
    ...(versions.length === 0 ? {} : { versions }),
  };
  const days = Math.ceil((bounds.endMs - bounds.startMs) / DAY_MS);
  const progress = createProgress(terminal);
  return {
    data,
    contracts: await recordedContractsNear(paths, venueSymbols(), data),
    bounds,
    usdInr,
    chainAgeSeconds,
    strategies,
    seed,
    capital,
    model,
    marketMode: terminal.marketMode,
    folder: out ?? join('.nightdesk', 'backtests', `${sessionIdAt(bounds.startMs)}-${digest(asked).slice(0, 8)}`),
    onDay: (day) => progress.step(day, days, 'days'),
    log: (level, event, facts) => {
      if (level === 'warn' || level === 'error') terminal.err(`${level}: ${event} ${JSON.stringify(facts ?? {})}`);
    },
  };
}

async function klinesAt(paths: readonly string[], coinBars: BacktestOptions['coinBars']): Promise<RecordedKlinesData> {
  const data = await describeData(paths, venueSymbols(), coinBars);
  if (data.kind === 'klines') return data;
  throw new OptionError('bad_option', 'A backtest plays bars, and --data holds raw frames: replay those with npm start -- --feed replay');
}

/** The result as it is kept and printed as JSON. */
function summaryOf(request: BacktestRequest, result: BacktestResult): unknown {
  const { data, bounds, strategies, seed, model, chainAgeSeconds, folder } = request;
  const notes = notesOn(request, result);
  return {
    strategies,
    symbols: data.symbols,
    from: iso(bounds.startMs),
    to: iso(bounds.endMs),
    seed,
    ...(model.states.length === 0 ? {} : { models: model.states }),
    ...result,
    ...(notes.length === 0 ? {} : { notes }),
    assumptions: assumptionsOf({ hasMinutes: longestSpan(data.series) === 1, isOfPerpetuals: data.isOfPerpetuals === true, chainAgeSeconds }),
    folder,
  };
}
