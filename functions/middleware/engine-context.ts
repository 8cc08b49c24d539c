import { CONFIG_VERSION } from '../../shared/config/config-version.ts';
import { createAccounts } from '../../shared/engine/accounts.ts';
import { createChartShelf } from '../../shared/engine/chart-shelf.ts';
import type { EngineContext, Settings } from '../../shared/engine/context.ts';
import { createLastScans } from '../../shared/engine/last-scans.ts';
import { wallSleep } from '../../shared/kernel/clock-system.ts';
import { NO_MODELS } from '../../shared/ml/no-models.ts';

/** The parts of a context that a host chooses; the rest follows from them. */
export type HostParts = Pick<EngineContext, 'clock' | 'ledger' | 'market' | 'nudge' | 'log' | 'world'> & {
  readonly settings: Omit<Settings, 'configVersion'>;
  readonly chains?: EngineContext['chains'];
  readonly model?: EngineContext['model'];
  readonly strategyOf?: NonNullable<EngineContext['strategyOf']>;
  /** Of settings besides those of this process; left out where there are none. */
  readonly configVersion?: string;
  readonly outside?: NonNullable<EngineContext['outside']>;
  /** Whether every writer of the ledger is in this process. */
  readonly exclusive: boolean;
};

/** What every use case works with, put together from a host's parts. */
export function engineContext({ exclusive, settings, configVersion = CONFIG_VERSION, ...parts }: HostParts): EngineContext {
  return {
    chains: null,
    model: NO_MODELS,
    ...parts,
    sleep: wallSleep,
    settings: { ...settings, configVersion },
    accounts: createAccounts(parts.ledger, { exclusive }),
    lastScans: createLastScans(parts.ledger, { exclusive }),
    charts: createChartShelf({ market: parts.market, scope: parts.world.scope, markets: parts.world.markets, sleep: wallSleep }),
  };
}
