import type { AutoStart } from '../config/auto-start.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import type { Market } from '../market/instrument.ts';
import type { Evidence } from '../market/price.ts';
import type { Strategy, StrategyName } from '../strategies/strategy.ts';
import type { Accounts } from './accounts.ts';
import type { ChartShelf } from './chart-shelf.ts';
import type { LastScans } from './last-scans.ts';
import type { ChainSource, LedgerStore, MarketStore, Model, OutsideModels } from './ports.ts';

/** Which world the prices come from, and what is traded in it. */
export interface World {
  /** Names the world in the market store: `live`, `simulated:<seed>`, `replay:<digest of its data>`. */
  readonly scope: string;
  /** The evidence that a session started here gives. */
  readonly evidence: Evidence;
  /** Markets that this world has prices for. */
  readonly markets: readonly Market[];
}

export interface Settings {
  /** `switch`: NSE while it is open, else crypto. `both`: each whenever it is open. */
  readonly marketMode: 'switch' | 'both';
  /** Seeds every draw of the engine; part of every session. */
  readonly seed: string;
  /** Version of the program, shown by `status`. */
  readonly version: string;
  /** Digest of the configuration that decisions were made under. */
  readonly configVersion: string;
  /** How long a scan may wait for the bar of its minute, ms. */
  readonly barWaitMs: number;
  /** What the session schedule starts by itself; left out where every session is asked for. */
  readonly autoStart?: AutoStart;
}

/** What every use case of the engine works with: the ports and the settings, put together by a host. */
export interface EngineContext {
  readonly clock: Clock;
  /** Wall-clock pause, for waiting on another process; never used to tell time. */
  readonly sleep: (ms: number) => Promise<void>;
  readonly ledger: LedgerStore;
  readonly market: MarketStore;
  readonly accounts: Accounts;
  readonly lastScans: LastScans;
  readonly charts: ChartShelf;
  /** Tells the matcher that open orders have changed. Best effort: the truth is the ledger, which it reads anyway. */
  readonly nudge: (sessionId: string) => Promise<void>;
  /** Null in a world without derivatives. */
  readonly chains: ChainSource | null;
  readonly model: Model;
  /** The strategies as this world asks them; left out for those that are shipped. */
  readonly strategyOf?: (name: StrategyName) => Strategy;
  /** Left out where no strategy's model is somebody else's. */
  readonly outside?: OutsideModels;
  readonly log: Log;
  readonly world: World;
  readonly settings: Settings;
}
