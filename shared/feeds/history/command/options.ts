import { parseArgs } from 'node:util';
import { ALL_SYMBOLS, instrumentBySymbol } from '../../../config/instruments.ts';
import { messageOf } from '../../../kernel/errors.ts';
import { DAY_MS, type EpochMs } from '../../../kernel/time.ts';
import { dayOfDate, istDate } from '../../../market/ist.ts';
import { TIMEFRAMES, type Timeframe } from '../../../market/timeframe.ts';
import { BINANCE_SYMBOLS } from '../../binance/binance-symbols.ts';
import type { NseSegment } from '../fetch/fetch-nse.ts';
import { HistoryError } from '../history-error.ts';

export const HELP = `Market history in files: fetched from the venues' archives or imported, checked, ready for replays.

  npm run history -- fetch binance [--symbols LIST] [--timeframes LIST] --from DATE [--to DATE]
  npm run history -- fetch nse [--segments cash,derivatives] --from DATE [--to DATE]
  npm run history -- import [PATH]...
  npm run history -- check [SERIES] [--json]
  npm run history -- list [SERIES] [--json]

  fetch binance  spot klines: months and days of the archive, verified by their checksums; what it does not
                 have yet over REST. --symbols BTC,ETH or BTCUSDT (default all), --timeframes 1m,1h (default 1m)
  fetch nse      end-of-day files of the exchange: UDiFF from 2024-07-08 on, the older form before;
                 --segments cash,derivatives (default both)
  import         files and folders: klines of Binance, bulk zips, bhavcopies, recorded bars and rates
                 (default: NIGHTDESK_DATA, else ../shared/data)
  check          gaps, doubles, impossible prices and outliers against the calendars
  list           what there is
  SERIES         the beginning of a series' key, such as binance/spot/BTCUSDT

  --dir DIR      the folder of the history (default .nightdesk/history)
  --from DATE    first day, UTC for Binance and India for NSE
  --to DATE      last day (default: today)
  --json         the result as JSON
  --help         this page

Exit code 0: done, or nothing found. 1: something could not be had, or the check found a violation. 2: a bad option.
What is there is not fetched or imported again: the same command goes on where it was stopped.`;

interface Common {
  readonly dir: string;
}

interface Shown {
  /** What the keys of the series begin with. */
  readonly prefix: string;
  readonly json: boolean;
}

export type HistoryOptions =
  | { readonly command: 'help' }
  | (Common & {
      readonly command: 'fetch-binance';
      readonly symbols: readonly string[];
      readonly timeframes: readonly Timeframe[];
      readonly fromMs: EpochMs;
      readonly toMs: EpochMs;
    })
  | (Common & { readonly command: 'fetch-nse'; readonly segments: readonly NseSegment[]; readonly from: string; readonly to: string })
  | (Common & { readonly command: 'import'; readonly paths: readonly string[] })
  | (Common & Shown & { readonly command: 'check' })
  | (Common & Shown & { readonly command: 'list' });

const SPEC = {
  symbols: { type: 'string' },
  timeframes: { type: 'string' },
  segments: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  dir: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;
type Given = ReturnType<typeof parsed>['values'];

const DEFAULT_DIR = '.nightdesk/history';
const DEFAULT_DATA = '../shared/data';
const SEGMENTS: readonly NseSegment[] = ['cash', 'derivatives'];

/** The command line as options. @throws HistoryError `bad_option`, one clear line */
export function readHistoryOptions(argv: readonly string[], env: Readonly<Record<string, string | undefined>>, nowMs: EpochMs): HistoryOptions {
  const { values, positionals } = parsed(argv);
  if (values.help) return { command: 'help' };
  const [command, ...rest] = positionals;
  const dir = values.dir ?? DEFAULT_DIR;
  switch (command) {
    case 'fetch':
      return fetchOptions(rest, values, dir, nowMs);
    case 'import':
      refuse(values, 'import', ['symbols', 'timeframes', 'segments', 'from', 'to', 'json']);
      return { command, dir, paths: rest.length > 0 ? rest : [env.NIGHTDESK_DATA ?? DEFAULT_DATA] };
    case 'check':
    case 'list':
      refuse(values, command, ['symbols', 'timeframes', 'segments', 'from', 'to']);
      if (rest.length > 1) throw bad(`${command} takes one SERIES, received ${rest.join(' ')}`);
      return { command, dir, prefix: rest[0] ?? '', json: values.json };
    default:
      throw bad(`history takes fetch, import, check or list; received ${command === undefined ? 'none' : JSON.stringify(command)}`);
  }
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: SPEC, strict: true, allowPositionals: true });
  } catch (error) {
    const [line = 'bad options'] = messageOf(error).split('\n');
    throw bad(line.replace(/\.? To specify .*$/, ''));
  }
}

const bad = (message: string): HistoryError => new HistoryError('bad_option', `${message}; see npm run history -- --help`);

function refuse(values: Given, command: string, names: readonly (keyof Given)[]): void {
  for (const name of names) if (values[name] !== undefined && values[name] !== false) throw bad(`${command} does not take --${name}`);
}

function fetchOptions(rest: readonly string[], values: Given, dir: string, nowMs: EpochMs): HistoryOptions {
  const [venue, ...more] = rest;
  if (more.length > 0) throw bad(`fetch takes options after the venue, received ${JSON.stringify(more[0])}`);
  if (values.from === undefined) throw bad('fetch needs --from DATE, such as 2025-01-01');
  const from = date('--from', values.from);
  switch (venue) {
    case 'binance': {
      refuse(values, 'fetch binance', ['segments', 'json']);
      const to = values.to === undefined ? null : date('--to', values.to);
      const fromMs = Date.parse(`${from}T00:00:00Z`);
      const toMs = Math.min(to === null ? nowMs : Date.parse(`${to}T00:00:00Z`) + DAY_MS, nowMs);
      if (toMs <= fromMs) throw bad(`--to must not be before --from, and --from not in the future; received ${from} to ${to ?? 'now'}`);
      return { command: 'fetch-binance', dir, symbols: symbols(values.symbols), timeframes: timeframes(values.timeframes), fromMs, toMs };
    }
    case 'nse': {
      refuse(values, 'fetch nse', ['symbols', 'timeframes', 'json']);
      const to = values.to === undefined ? istDate(nowMs) : date('--to', values.to);
      if (to < from) throw bad(`--to must not be before --from, and --from not in the future; received ${from} to ${to}`);
      return { command: 'fetch-nse', dir, segments: listOf('--segments', values.segments, SEGMENTS) ?? SEGMENTS, from, to };
    }
    default:
      throw bad(`fetch takes binance or nse; received ${venue === undefined ? 'none' : JSON.stringify(venue)}`);
  }
}

function date(name: string, text: string): string {
  try {
    dayOfDate(text);
    return text;
  } catch {
    throw bad(`${name} takes a date such as 2025-01-31, received ${JSON.stringify(text)}`);
  }
}

/** Ours (BTC) and the venue's names (BTCUSDT), also of symbols that are not traded here. */
function symbols(text: string | undefined): readonly string[] {
  if (text === undefined) return [...BINANCE_SYMBOLS.keys()];
  return text.split(',').map((each) => {
    const name = each.trim().toUpperCase();
    if (!/^[A-Z0-9]{2,20}$/.test(name)) throw bad(`--symbols takes names such as BTC or BTCUSDT, received ${JSON.stringify(each)}`);
    return ALL_SYMBOLS.includes(name) ? instrumentBySymbol(name).venueSymbol : name;
  });
}

const timeframes = (text: string | undefined): readonly Timeframe[] => listOf('--timeframes', text, TIMEFRAMES) ?? ['1m'];

function listOf<const Name extends string>(option: string, text: string | undefined, allowed: readonly Name[]): readonly Name[] | null {
  if (text === undefined) return null;
  return text.split(',').map((each) => {
    const found = allowed.find((name) => name === each.trim());
    if (found === undefined) throw bad(`${option} takes ${allowed.join(', ')}; received ${JSON.stringify(each)}`);
    return found;
  });
}
