import { CHARGE_FACTS } from '../../shared/config/charges.ts';
import { CORPORATE_ACTIONS } from '../../shared/config/corporate-actions.ts';
import { CROSS_CHECK } from '../../shared/config/cross-check.ts';
import { BOOK_MAX_AGE_MS, ENTRY_EXPIRY_MS, ENTRY_RESERVE, LATENCY } from '../../shared/config/execution.ts';
import { NSE_CALENDAR } from '../../shared/config/nse-calendar.ts';
import { DEFAULT_LIMITS, LEAST_REWARD_TO_RISK, RATE_MAX_AGE_MS, STRATEGY_MAX_POSITION } from '../../shared/config/risk.ts';
import { SLIPPAGE } from '../../shared/config/slippage.ts';
import { scalpingConfig, swingConfig } from '../../shared/config/strategies.ts';
import { createAccounts } from '../../shared/engine/accounts.ts';
import { createChartShelf } from '../../shared/engine/chart-shelf.ts';
import type { EngineContext, Settings } from '../../shared/engine/context.ts';
import { createLastScans } from '../../shared/engine/last-scans.ts';
import { wallSleep } from '../../shared/kernel/clock-system.ts';
import { digest } from '../../shared/kernel/digest.ts';

/** The parts of a context that a host chooses; the rest follows from them. */
export type HostParts = Pick<EngineContext, 'clock' | 'ledger' | 'market' | 'nudge' | 'log' | 'world'> & {
  readonly settings: Omit<Settings, 'configVersion'>;
  readonly chains?: EngineContext['chains'];
  /** Whether every writer of the ledger is in this process. */
  readonly exclusive: boolean;
};

/** Digest of the settings that decisions are made under, kept with each of them. */
const configVersion = (): string =>
  digest(
    [DEFAULT_LIMITS, STRATEGY_MAX_POSITION, LEAST_REWARD_TO_RISK, RATE_MAX_AGE_MS, CROSS_CHECK],
    [scalpingConfig.parse({}), swingConfig.parse({})],
    [NSE_CALENDAR.facts, CORPORATE_ACTIONS.all],
    [LATENCY, ENTRY_EXPIRY_MS, BOOK_MAX_AGE_MS, ENTRY_RESERVE, SLIPPAGE, CHARGE_FACTS],
  ).slice(0, 12);

/** What every use case works with, put together from a host's parts. */
export function engineContext({ exclusive, settings, ...parts }: HostParts): EngineContext {
  return {
    chains: null,
    ...parts,
    sleep: wallSleep,
    settings: { ...settings, configVersion: configVersion() },
    accounts: createAccounts(parts.ledger, { exclusive }),
    lastScans: createLastScans(parts.ledger, { exclusive }),
    charts: createChartShelf({ market: parts.market, scope: parts.world.scope, markets: parts.world.markets, sleep: wallSleep }),
  };
}
