import { tradedMarkets } from '../../shared/config/instruments.ts';
import { liveScope, type NseFeed, nseFeedOf } from '../../shared/config/nse-scope.ts';
import type { World } from '../../shared/engine/context.ts';
import type { MarketSource } from '../../shared/engine/market-source.ts';
import type { ChainSource } from '../../shared/engine/ports.ts';
import { binanceUrls } from '../../shared/feeds/binance/binance-endpoints.ts';
import { binanceBudget, probeBinance } from '../../shared/feeds/binance/binance-socket.ts';
import { BINANCE_SYMBOLS } from '../../shared/feeds/binance/binance-symbols.ts';
import type { ConnectBudget } from '../../shared/feeds/connection/connect-budget.ts';
import { joinedChains } from '../../shared/feeds/joined-chains.ts';
import { liveContracts } from '../../shared/feeds/live-contracts.ts';
import { liveSource } from '../../shared/feeds/live-source.ts';
import { hasUpstoxToken, UPSTOX_TOKEN_SETTINGS } from '../../shared/feeds/nse/upstox-access.ts';
import { frameReplaySource } from '../../shared/feeds/replay/frame-replay-source.ts';
import { klineReplaySource } from '../../shared/feeds/replay/kline-replay-source.ts';
import { playedWith, recordedContractsNear } from '../../shared/feeds/replay/recorded-contracts.ts';
import { describeData } from '../../shared/feeds/replay/recorded-data.ts';
import { createSimulatedCryptoDerivatives } from '../../shared/feeds/simulated-crypto-derivatives.ts';
import { createSimulatedDerivatives } from '../../shared/feeds/simulated-derivatives.ts';
import { simulatedSource } from '../../shared/feeds/simulated-source.ts';
import type { Clock } from '../../shared/kernel/clock.ts';
import { systemClock } from '../../shared/kernel/clock-system.ts';
import { messageOf } from '../../shared/kernel/errors.ts';
import type { Log } from '../../shared/kernel/log.ts';
import { rng } from '../../shared/kernel/rng.ts';
import { type EpochMs, iso } from '../../shared/kernel/time.ts';
import { OptionError, type Options } from './options.ts';
import { replayBounds, replayWorld, venueSymbols } from './replay-world.ts';

/** A world chosen, before its clock runs. */
export interface ChosenWorld {
  readonly world: World;
  /** Where prices come from, in a line for the console. */
  readonly says: string;
  /** Null under the wall clock. */
  readonly time: { readonly startMs: EpochMs; readonly endMs: EpochMs; readonly speed: number; readonly waitsForSession: boolean } | null;
  readonly source: (clock: Clock) => MarketSource;
  /** Futures and options; null where nobody gives them yet. */
  readonly chains: ChainSource | null;
}

const PROBE_MS = 10_000;
/** A simulated market at a pace of its own begins here unless told otherwise: what one person sees, another sees too. */
const SAME_START_MS = Date.parse('2026-10-01T07:00:00Z');
/** Scopes of simulated worlds: the seed follows. */
const SIMULATED = 'simulated:';

/** The world that the options ask for. `held` is the scope of a session that is still active: `auto` stays with it. */
export async function chooseWorld(options: Options, held: string | null, log: Log): Promise<ChosenWorld> {
  switch (options.feed) {
    case 'live':
      return live(options, held, log);
    case 'simulated':
      return simulated(options, 'Simulated market (asked for by --feed simulated)');
    case 'replay':
      return replay(options);
    case 'auto':
      return auto(options, held, log);
  }
}

async function auto(options: Options, held: string | null, log: Log): Promise<ChosenWorld> {
  // What the probe spent of the venue's patience, and what it was told to wait, the feed goes by too.
  const budget = binanceBudget();
  const probe = await probeLive(log, budget);
  if (held?.startsWith(SIMULATED) === true) {
    const hint = probe.answers ? '. Binance answers: to trade live, stop this session and start again, or use --feed live --state DIR' : '';
    const says = `SIMULATED MARKET: the active session began on simulated prices and stays with them${hint}`;
    return simulated({ ...options, seed: held.slice(SIMULATED.length) }, says);
  }
  const isLiveHeld = held !== null && nseFeedOf(held) !== null;
  // Real prices of NSE asked for by name are prices of the live world, whether crypto is there or not.
  const isRealAsked = options.nse === 'upstox' || options.nse === 'yahoo';
  if (probe.answers || isLiveHeld || isRealAsked) return live(options, held, log, budget);
  return simulated(options, `SIMULATED MARKET: Binance could not be reached (${probe.why}), prices are made up from a seed and labelled so`);
}

/** Whether Binance answers within ten seconds, else why not. */
export async function probeLive(log: Log, budget = binanceBudget()): Promise<{ readonly answers: boolean; readonly why: string }> {
  const clock = systemClock((error, label) => log('warn', 'probe-task-failed', { label, why: messageOf(error) }));
  const symbols = [...BINANCE_SYMBOLS.keys()];
  // A probe that finds nothing is no problem of a running feed.
  const quietly: Log = (_, event, facts) => log('info', event, facts);
  const result = await probeBinance(
    { symbols, urls: binanceUrls(process.env).webSocket, clock, random: rng('probe', Date.now()), log: quietly, budget },
    PROBE_MS,
  );
  if (result.answers) return { answers: true, why: result.endpoint };
  return { answers: false, why: result.failures[0]?.detail ?? 'no endpoint is configured' };
}

function live(options: Options, held: string | null, log: Log, budget?: ConnectBudget): ChosenWorld {
  const nse = chooseNse(options.nse, held);
  const contracts = liveContracts({ log, env: process.env, seed: options.seed, nse: nse.feed });
  return {
    world: { scope: liveScope(nse.feed), evidence: 'live', markets: tradedMarkets() },
    says: `Crypto: Binance spot, live. NSE: ${nse.says}`,
    time: null,
    source: (clock) =>
      liveSource({
        clock,
        log,
        env: process.env,
        seed: options.seed,
        markets: tradedMarkets(),
        nse: nse.feed,
        contracts: contracts.sources(clock),
        ...(budget === undefined ? {} : { binanceBudget: budget }),
      }),
    chains: contracts.chains,
  };
}

interface ChosenNse {
  readonly feed: NseFeed;
  readonly says: string;
}

const NSE_IN_WORDS: Readonly<Record<NseFeed, string>> = {
  upstox: 'Upstox market data, live',
  yahoo: 'Yahoo charts, DELAYED and unofficial: they mark positions and open none',
  simulated: 'SIMULATED, labelled so',
};

/** The source of NSE prices: the one asked for; else that of the active session; else Upstox where there is a token. */
function chooseNse(asked: Options['nse'], held: string | null): ChosenNse {
  const hasToken = hasUpstoxToken(process.env);
  if (asked !== 'auto') {
    if (asked === 'upstox' && !hasToken) {
      throw new OptionError('bad_option', `NSE prices of Upstox need a token (read-only will do): set ${UPSTOX_TOKEN_SETTINGS}`);
    }
    return { feed: asked, says: NSE_IN_WORDS[asked] };
  }
  const heldFeed = held === null ? null : nseFeedOf(held);
  if (heldFeed !== null) return { feed: heldFeed, says: `${NSE_IN_WORDS[heldFeed]} (the active session began on them and stays with them)` };
  if (hasToken) return { feed: 'upstox', says: NSE_IN_WORDS.upstox };
  return { feed: 'simulated', says: `${NSE_IN_WORDS.simulated}: no Upstox token is set (see --nse)` };
}

function simulated(options: Options, says: string): ChosenWorld {
  const isVirtual = options.feed === 'simulated' && (options.speed !== 1 || options.atMs !== null || options.untilMs !== null);
  const startMs = options.atMs ?? (options.speed === 1 ? Date.now() : SAME_START_MS);
  return {
    world: { scope: `${SIMULATED}${options.seed}`, evidence: 'simulated', markets: tradedMarkets() },
    says: `${says} (seed ${options.seed})`,
    time: isVirtual ? { startMs, endMs: options.untilMs ?? Number.MAX_SAFE_INTEGER, speed: options.speed, waitsForSession: false } : null,
    source: (clock) => simulatedSource({ clock, seed: options.seed, markets: tradedMarkets() }),
    chains: joinedChains([createSimulatedDerivatives({ seed: options.seed }), createSimulatedCryptoDerivatives({ seed: options.seed })]),
  };
}

async function replay(options: Options): Promise<ChosenWorld> {
  const { usdInr, coinBars } = options;
  const data = await describeData(options.data, venueSymbols(), coinBars);
  const { startMs, endMs } = await replayBounds(data, options);
  const contracts = await recordedContractsNear(options.data, venueSymbols(), data);
  const prices = (clock: Clock): MarketSource =>
    data.kind === 'klines' ? klineReplaySource({ clock, data, untilMs: endMs, usdInr }) : frameReplaySource({ clock, data });
  return {
    world: replayWorld(data, startMs, usdInr),
    says: `Replay of recorded ${data.kind === 'klines' ? 'bars' : data.kind}, ${data.symbols.join(' ')}, ${iso(startMs)} to ${iso(endMs)}`,
    time: { startMs, endMs, speed: options.speed, waitsForSession: true },
    source: (clock) => (contracts === null ? prices(clock) : playedWith(prices(clock), contracts, clock)),
    chains: contracts,
  };
}
