import { parseArgs } from 'node:util';
import { messageOf, NightdeskError } from '../../../shared/kernel/errors.ts';
import { DAY_MS, type EpochMs } from '../../../shared/kernel/time.ts';
import { BUILT_STRATEGIES } from '../../../shared/strategies/registry.ts';
import type { Strategy } from '../../../shared/strategies/strategy.ts';

export class TrainError extends NightdeskError<'bad_option' | 'not_klines'> {}

/** A structure of several legs has no target and no stop of a price to be labelled by. */
const TRAINABLE = BUILT_STRATEGIES.filter(({ readsDerivatives }) => !readsDerivatives);
const NAMES = TRAINABLE.map(({ name }) => name).join(', ');

export const TRAIN_HELP = `Trains a small neural network that gives the odds of a strategy's trades, and says whether it knows more than the base rate.

  npm run train -- --data PATH --strategy NAME [--seed N]

  --data PATH      recorded bars: 1-minute klines of coins, 5-minute bars of shares; a file (repeat for several), a folder, or a history
  --strategy NAME  whose opportunities: ${NAMES}
  --seed N         of every draw (default 1): the same seed and data give the same model, bit for bit
  --from DATE      first day of the data (UTC), --to DATE the last
  --out FILE       where the model is written; it is asked only if it has shown skill (npm start -- --model FILE)
  --onnx FILE      the same model for other programs
  --report FILE    the report as Markdown
  --shuffled       deals the labels out anew before training: whatever skill is then found is an error of the method
  --json           the result as JSON
  --help           this page

Exit code 0: trained, whatever the verdict. 1: could not be. 2: a bad option.`;

export interface TrainOptions {
  readonly data: readonly string[];
  readonly strategy: Strategy;
  readonly seed: string;
  readonly fromMs: EpochMs | null;
  /** Exclusive. */
  readonly toMs: EpochMs | null;
  readonly out: string | null;
  readonly onnx: string | null;
  readonly report: string | null;
  readonly isShuffled: boolean;
  readonly json: boolean;
}

const SPEC = {
  data: { type: 'string', multiple: true, default: [] as string[] },
  strategy: { type: 'string' },
  seed: { type: 'string', default: '1' },
  from: { type: 'string' },
  to: { type: 'string' },
  out: { type: 'string' },
  onnx: { type: 'string' },
  report: { type: 'string' },
  shuffled: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** The command line as options; null when its help is asked for. @throws TrainError `bad_option` */
export function readTrainOptions(argv: readonly string[]): TrainOptions | null {
  const values = parsed(argv);
  if (values.help) return null;
  if (values.data.length === 0) throw bad('train needs --data PATH: recorded bars');
  const strategy = TRAINABLE.find(({ name }) => name === values.strategy);
  if (strategy === undefined) {
    throw bad(`--strategy takes ${NAMES}; received ${values.strategy ?? 'none'}`);
  }
  if (!/^\d{1,15}$/.test(values.seed)) throw bad(`--seed takes a whole number of at most 15 digits; received ${JSON.stringify(values.seed)}`);
  const fromMs = values.from === undefined ? null : dayOf('--from', values.from);
  const toMs = values.to === undefined ? null : dayOf('--to', values.to) + DAY_MS;
  if (fromMs !== null && toMs !== null && toMs <= fromMs) throw bad('--to must not be before --from');
  return {
    data: values.data,
    strategy,
    seed: values.seed,
    fromMs,
    toMs,
    out: values.out ?? null,
    onnx: values.onnx ?? null,
    report: values.report ?? null,
    isShuffled: values.shuffled,
    json: values.json,
  };
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: SPEC, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const [line = 'bad options'] = messageOf(error).split('\n');
    throw bad(line.replace(/\.? To specify .*$/, ''));
  }
}

const bad = (message: string): TrainError => new TrainError('bad_option', `${message}; see npm run train -- --help`);

function dayOf(name: string, text: string): EpochMs {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(ms)) throw bad(`${name} takes a date such as 2023-04-17, received ${JSON.stringify(text)}`);
  return ms;
}
