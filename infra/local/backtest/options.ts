import { parseArgs } from 'node:util';
import type { CoinBars } from '../../../shared/feeds/replay/recorded-data.ts';
import { type Decimal, decimal, fromNumber } from '../../../shared/kernel/decimal.ts';
import { messageOf } from '../../../shared/kernel/errors.ts';
import type { EpochMs } from '../../../shared/kernel/time.ts';
import type { StrategyName } from '../../../shared/strategies/strategy.ts';
import { DEFAULT_CAPITAL_USD } from '../defaults.ts';
import { chainAge, coinBars, instant, OptionError, seed, strategies, usdInr } from '../options.ts';

export interface BacktestOptions {
  readonly data: readonly string[];
  readonly strategies: readonly StrategyName[];
  readonly fromMs: EpochMs | null;
  readonly toMs: EpochMs | null;
  readonly seed: string;
  readonly capital: Decimal;
  /** Rupees a dollar; null for the recorded rates. */
  readonly usdInr: number | null;
  /** What is taken for the bars of coins. */
  readonly coinBars: CoinBars;
  /** How old a chain may be for options to be traded at it, seconds; null for the strategy's own limit. */
  readonly chainAgeSeconds: number | null;
  /** Null for one that is named by the request. */
  readonly out: string | null;
  readonly json: boolean;
  /** Files and folders of trained models; none unless named. */
  readonly models: readonly string[];
}

export const HELP = `Plays recorded bars through the engine of the live system: the same strategies, risk gate, fills, costs and ledger.

  npm run backtest -- --data PATH --strategy NAME[,NAME] [options]

  --data PATH      files (repeat for several) or a folder: 1-minute klines of Binance spot (BTCUSDT-1m-*.csv[.gz]);
                   bars of one or five minutes of shares of NSE (RELIANCE.csv[.gz], RELIANCE_5min.csv[.gz]); or
                   those of a history (see npm run history; its folder nse for shares). What lies beside them is
                   used: daily rows (daily), rates (fx), perpetuals (binance-futures), chains of options (deribit, nse-fo)
  --strategy LIST  what is traded, for example scalping,swing
  --from ISO       first minute (default: the first that has enough history before it); earlier bars are warm-up
  --to ISO         end (default: where the data ends)
  --seed N         seeds every draw (default 1)
  --capital USD    starting capital (default ${DEFAULT_CAPITAL_USD})
  --usd-inr RATE   rupees a dollar, where no rates are recorded (fx) or others are meant
  --coin-bars spot|perpetual  perpetual takes the bars of perpetuals for those of their coins, where spot was not recorded
  --chain-age S    how old a recorded chain may be for options to be traded at it, seconds, at most 600 (default 30)
  --model PATH     a trained model, or a folder of them (repeat for several; default none)
  --config FILE    another configuration than nightdesk.config.json
  --out DIR        folder of its files (default: one of its own below .nightdesk/backtests)
  --json           the result as JSON
  --help           this page

It writes journal.jsonl, trades.jsonl, decisions.jsonl and summary.json, and verifies the books from the journal.
Exit code 0: done, the books are sound. 1: they are not, or the data cannot be read. 2: a bad option.`;

const SPEC = {
  data: { type: 'string', multiple: true, default: [] as string[] },
  strategy: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  seed: { type: 'string', default: '1' },
  capital: { type: 'string' },
  'usd-inr': { type: 'string' },
  'coin-bars': { type: 'string', default: 'spot' },
  'chain-age': { type: 'string' },
  model: { type: 'string', multiple: true, default: [] as string[] },
  config: { type: 'string' },
  out: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** The command line as options; null when help was asked for. @throws OptionError `bad_option`, one clear line */
export function readBacktestOptions(argv: readonly string[]): BacktestOptions | null {
  const { values } = parsed(argv);
  if (values.help) return null;
  if (values.data.length === 0) throw bad('backtest needs --data PATH');
  if (values.strategy === undefined) throw bad('backtest needs --strategy NAME[,NAME]');
  const [fromMs, toMs] = [values.from, values.to].map((text, index) => (text === undefined ? null : instant(index === 0 ? '--from' : '--to', text)));
  if (fromMs && toMs && toMs <= fromMs) throw bad('--to must be after --from');
  return {
    data: values.data,
    strategies: strategies('--strategy', values.strategy),
    fromMs: fromMs ?? null,
    toMs: toMs ?? null,
    seed: seed(values.seed),
    capital: values.capital === undefined ? fromNumber(DEFAULT_CAPITAL_USD) : capital(values.capital),
    usdInr: values['usd-inr'] === undefined ? null : usdInr(values['usd-inr']),
    coinBars: coinBars(values['coin-bars']),
    chainAgeSeconds: values['chain-age'] === undefined ? null : chainAge(values['chain-age']),
    out: values.out ?? null,
    json: values.json,
    models: values.model,
  };
}

/** What the parser says where another option stands in place of a value. */
const AMBIGUOUS = /^Option '(--[\w-]+)[^']*' argument is ambiguous\.?$/;

const bad = (message: string): OptionError => new OptionError('bad_option', `${message}; see npm run backtest -- --help`);

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: SPEC, strict: true, allowPositionals: false });
  } catch (error) {
    const [line = 'bad options'] = messageOf(error).split('\n');
    throw bad(line.replace(/\.? To specify .*$/, '').replace(AMBIGUOUS, '$1 needs a value'));
  }
}

function capital(given: string): Decimal {
  if (!/^\d{1,12}(\.\d{1,2})?$/.test(given) || Number(given) <= 0)
    throw bad(`--capital takes an amount such as 100000, received ${JSON.stringify(given)}`);
  return decimal(given);
}
