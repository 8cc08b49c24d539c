import { parseArgs } from 'node:util';
import { originSchema } from '../../shared/config/api-access.ts';
import type { AutoStart } from '../../shared/config/auto-start.ts';
import { DEFAULT_DEPLOYMENT, type Deployment, schedulesOf } from '../../shared/config/deployment.ts';
import { FX } from '../../shared/config/fx.ts';
import { NSE_FEEDS, type NseFeed } from '../../shared/config/nse-scope.ts';
import type { Schedule } from '../../shared/config/schedules.ts';
import type { CoinBars } from '../../shared/feeds/replay/recorded-data.ts';
import { NightdeskError } from '../../shared/kernel/errors.ts';
import type { EpochMs } from '../../shared/kernel/time.ts';
import { STRATEGY_NAMES, type StrategyName } from '../../shared/strategies/strategy.ts';
import { tokenFileIn } from './token-file.ts';

export class OptionError extends NightdeskError<'bad_option'> {}

export type FeedKind = 'auto' | 'live' | 'simulated' | 'replay';

export interface Options {
  readonly help: boolean;
  readonly feed: FeedKind;
  /** Where prices of NSE come from beside live crypto. */
  readonly nse: 'auto' | NseFeed;
  readonly data: readonly string[];
  /** Virtual time for each wall time; Infinity is `max`. */
  readonly speed: number;
  readonly atMs: EpochMs | null;
  readonly untilMs: EpochMs | null;
  /** Rupees a dollar of a replay of shares; null for the recorded rates. */
  readonly usdInr: number | null;
  /** What is taken for the bars of coins. */
  readonly coinBars: CoinBars;
  /** How old a chain may be for options to be traded at it, seconds; null for the strategy's own limit. */
  readonly chainAgeSeconds: number | null;
  /** Strategies of a session to start at once; null for none. */
  readonly session: readonly StrategyName[] | null;
  readonly exit: boolean;
  readonly port: number;
  readonly stateDir: string;
  readonly seed: string;
  readonly markets: 'switch' | 'both';
  readonly schedules: readonly Schedule[];
  readonly autoStart: AutoStart;
  /** Files and folders of trained models; none: those in the state's own folder. */
  readonly models: readonly string[];
  /** The file with the hashes of the tokens that open the API; null where no token is asked. */
  readonly tokenFile: string | null;
  /** Origins besides this machine's own whose pages may call. */
  readonly allowedOrigins: readonly string[];
}

export const HELP = `Nightdesk: five strategies trade live markets on paper, and say whether the evidence is enough.

  npm start -- [options]

  --feed auto|live|simulated|replay   where prices come from (default auto: live when Binance answers
                                      within 10 s, else the simulated market, which is said)
  --nse auto|upstox|yahoo|simulated   NSE prices beside live crypto (default auto, or NIGHTDESK_NSE_FEED: Upstox
                                      when NIGHTDESK_UPSTOX_TOKEN is set, else simulated). yahoo is delayed
                                      and unofficial: it marks positions and opens none
  --data PATH      recorded market data for --feed replay: a file (repeat for several) or a folder
  --usd-inr RATE   rupees a dollar for --feed replay of shares (default: the rates recorded near them)
  --coin-bars spot|perpetual   perpetual takes the bars of perpetuals for those of their coins, for --feed replay
                   of days of which spot was not recorded (default spot)
  --chain-age S    how old a recorded chain may be for options to be traded at it, seconds, at most 600, for
                   --feed replay: chains recorded four times a day are seldom young (default 30). Sessions
                   started by --session take prices of that age too; others set maxPriceAgeMs
  --speed N        times real time, for simulated and replay (default 1); "max" for replay
  --at ISO         virtual time to begin at, for simulated and replay (default: now at speed 1,
                   2026-10-01T07:00:00Z for simulated at another, for replay where the data allows)
  --until ISO      virtual time to end at
  --session LIST   start a session at once, for example scalping,swing
  --exit           end when the data ends: print a summary, exit 0
  --port N         of the API (default 5000)
  --state DIR      where the account and the market data are kept (default .nightdesk)
  --seed N         seeds the simulated market and every draw (default 1)
  --model PATH     a trained model, or a folder of them (repeat for several; default NIGHTDESK_MODEL, else DIR/models
                   where it is there). One that has not shown skill is refused, and status says so. A .onnx of
                   your own runs by onnxruntime-node, an optional package
  --markets switch|both   NSE while it is open, else crypto (default); or both at once
  --token none|required   whether the API asks for a token (default none; required when NIGHTDESK_TOKEN_FILE
                   names the file of their hashes). Make one with npm run token -- create --local
  --allow-origin ORIGIN   a page of this origin may call too (repeat for several); needs --token required

  nightdesk.config.json, where there is one, sets symbols, markets, nse, schedules and autoStart; this line wins.
  --help           this page
`;

const SPEC = {
  feed: { type: 'string', default: 'auto' },
  nse: { type: 'string' },
  data: { type: 'string', multiple: true, default: [] as string[] },
  'usd-inr': { type: 'string' },
  'coin-bars': { type: 'string', default: 'spot' },
  'chain-age': { type: 'string' },
  speed: { type: 'string' },
  at: { type: 'string' },
  until: { type: 'string' },
  session: { type: 'string' },
  exit: { type: 'boolean', default: false },
  port: { type: 'string', default: '5000' },
  state: { type: 'string', default: '.nightdesk' },
  seed: { type: 'string', default: '1' },
  markets: { type: 'string' },
  model: { type: 'string', multiple: true, default: [] as string[] },
  token: { type: 'string' },
  'allow-origin': { type: 'string', multiple: true, default: [] as string[] },
  help: { type: 'boolean', default: false },
} as const;

const MODEL_VARIABLE = 'NIGHTDESK_MODEL';
const NSE_VARIABLE = 'NIGHTDESK_NSE_FEED';
const TOKEN_FILE_VARIABLE = 'NIGHTDESK_TOKEN_FILE';

/**
 * The command line as options; where the line is silent, what `env` sets, and where that is silent the configuration.
 * @throws OptionError `bad_option`, one clear line, for anything unknown or contradictory
 */
export function readOptions(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
  config: Deployment = DEFAULT_DEPLOYMENT,
): Options {
  const { values } = parsed(argv);
  const options: Options = {
    help: values.help,
    feed: oneOf('--feed', values.feed, ['auto', 'live', 'simulated', 'replay']),
    nse: nseFeed(values.nse, env[NSE_VARIABLE], config.nse),
    data: values.data,
    speed: values.speed === undefined ? 1 : speed(values.speed),
    atMs: values.at === undefined ? null : instant('--at', values.at),
    untilMs: values.until === undefined ? null : instant('--until', values.until),
    usdInr: values['usd-inr'] === undefined ? null : usdInr(values['usd-inr']),
    coinBars: coinBars(values['coin-bars']),
    chainAgeSeconds: values['chain-age'] === undefined ? null : chainAge(values['chain-age']),
    session: values.session === undefined ? null : strategies('--session', values.session),
    exit: values.exit,
    port: port(values.port),
    stateDir: values.state,
    seed: seed(values.seed),
    markets: values.markets === undefined ? config.marketMode : oneOf('--markets', values.markets, ['switch', 'both']),
    schedules: schedulesOf(config),
    autoStart: config.autoStart,
    models: values.model.length > 0 ? values.model : (env[MODEL_VARIABLE] ?? '').split(',').filter((path) => path !== ''),
    tokenFile: tokenFile(values.token, env[TOKEN_FILE_VARIABLE] || null, values.state),
    allowedOrigins: values['allow-origin'].map(origin),
  };
  checkTogether(options, { isSpeedGiven: values.speed !== undefined, isNseGiven: values.nse !== undefined });
  return options;
}

function parsed(
  argv: readonly string[],
): ReturnType<typeof parseArgs<{ args: string[]; options: typeof SPEC; strict: true; allowPositionals: false }>> {
  try {
    return parseArgs({ args: [...argv], options: SPEC, strict: true, allowPositionals: false });
  } catch (error) {
    const [line = 'bad options'] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw bad(`${line.replace(/\.? To specify .*$/, '')}; see npm start -- --help`);
  }
}

const bad = (message: string): OptionError => new OptionError('bad_option', message);

function oneOf<const T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw bad(`${name} takes ${allowed.join(', ')}; received ${JSON.stringify(value)}`);
  return found;
}

function nseFeed(given: string | undefined, set: string | undefined, configured: NseFeed | null): Options['nse'] {
  const allowed = ['auto', ...NSE_FEEDS] as const;
  if (given !== undefined) return oneOf('--nse', given, allowed);
  return oneOf(NSE_VARIABLE, set === undefined || set === '' ? (configured ?? 'auto') : set, allowed);
}

/** Who names a file of tokens wants them asked for, unless the line says otherwise. */
function tokenFile(given: string | undefined, named: string | null, stateDir: string): string | null {
  const asked = oneOf('--token', given ?? (named === null ? 'none' : 'required'), ['none', 'required']);
  return asked === 'none' ? null : (named ?? tokenFileIn(stateDir));
}

function origin(text: string): string {
  const parsed = originSchema.safeParse(text);
  if (!parsed.success) throw bad(`--allow-origin: ${parsed.error.issues.map(({ message }) => message).join(', ')}; received ${JSON.stringify(text)}`);
  return parsed.data;
}

function speed(text: string): number {
  if (text === 'max') return Number.POSITIVE_INFINITY;
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0 || value > 10_000)
    throw bad(`--speed takes a number above 0 and at most 10000, or max; received ${JSON.stringify(text)}`);
  return value;
}

/** @throws OptionError `bad_option` */
export function instant(name: string, text: string): EpochMs {
  const ms = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw bad(`${name} takes an ISO instant such as 2023-04-17T00:00:00Z; received ${JSON.stringify(text)}`);
  return ms;
}

/** Rupees a dollar. @throws OptionError `bad_option` */
export function usdInr(text: string): number {
  const { least, most } = FX.plausible;
  const value = /^\d{1,4}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) throw bad(`--usd-inr takes rupees a dollar, ${least} to ${most}; received ${JSON.stringify(text)}`);
  return value;
}

/** @throws OptionError `bad_option` */
export const coinBars = (text: string): CoinBars => oneOf('--coin-bars', text, ['spot', 'perpetual']);

/** Seconds. @throws OptionError `bad_option` */
export function chainAge(text: string): number {
  const value = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= 1 && value <= 600)) throw bad(`--chain-age takes 1 to 600 seconds; received ${JSON.stringify(text)}`);
  return value;
}

/** A list of strategies. @throws OptionError `bad_option` */
export function strategies(option: string, text: string): readonly StrategyName[] {
  return [...new Set(text.split(',').map((name) => oneOf(option, name.trim(), STRATEGY_NAMES)))];
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65_535) throw bad(`--port takes 1 to 65535; received ${JSON.stringify(text)}`);
  return value;
}

/** @throws OptionError `bad_option` */
export function seed(text: string): string {
  if (!/^\d{1,15}$/.test(text)) throw bad(`--seed takes a whole number of at most 15 digits; received ${JSON.stringify(text)}`);
  return text;
}

function checkWithoutReplay({ feed, data, speed, usdInr, coinBars, chainAgeSeconds }: Options): void {
  if (usdInr !== null || coinBars !== 'spot' || chainAgeSeconds !== null) {
    throw bad(`--usd-inr, --coin-bars and --chain-age are for --feed replay; received --feed ${feed}`);
  }
  if (data.length > 0) throw bad(`--data is for --feed replay; received --feed ${feed}`);
  if (speed === Number.POSITIVE_INFINITY) throw bad('--speed max is for --feed replay');
}

function checkTogether(options: Options, { isSpeedGiven, isNseGiven }: { readonly isSpeedGiven: boolean; readonly isNseGiven: boolean }): void {
  const { feed } = options;
  const isVirtual = feed === 'simulated' || feed === 'replay';
  if (isVirtual && isNseGiven) throw bad(`--nse is for --feed auto and live; received --feed ${feed}`);
  if (feed === 'replay' && options.data.length === 0) throw bad('--feed replay needs --data PATH: a file of recorded frames or bars, or a folder');
  if (feed !== 'replay') checkWithoutReplay(options);
  if (!isVirtual && (isSpeedGiven || options.atMs !== null || options.untilMs !== null)) {
    throw bad(`--speed, --at and --until are for --feed simulated and replay; received --feed ${feed}`);
  }
  if (options.atMs !== null && options.untilMs !== null && options.untilMs <= options.atMs) throw bad('--until must be after --at');
  if (options.allowedOrigins.length > 0 && options.tokenFile === null)
    throw bad('--allow-origin needs --token required: without a token any page of that origin would trade');
  if (options.exit && feed !== 'replay' && options.untilMs === null)
    throw bad('--exit needs an end: --feed replay, or --until with --feed simulated');
}
