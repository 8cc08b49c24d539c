import { digest } from '../kernel/digest.ts';
import { CHARGE_FACTS } from './charges.ts';
import { CORPORATE_ACTIONS } from './corporate-actions.ts';
import { CROSS_CHECK } from './cross-check.ts';
import { BOOK_MAX_AGE_MS, ENTRY_EXPIRY_MS, ENTRY_RESERVE, EXIT_OVERDUE_MS, LATENCY, PARTICIPATION, PRICE_BANDS } from './execution.ts';
import { INSTRUMENT_FACTS } from './instrument-facts.ts';
import { NSE_CALENDAR } from './nse-calendar.ts';
import { DEFAULT_LIMITS, LEAST_REWARD_TO_RISK, PERPETUAL_LEVERAGE, RATE_MAX_AGE_MS, SHORT_COIN_BY_PERPETUAL, STRATEGY_MAX_POSITION } from './risk.ts';
import { SLIPPAGE } from './slippage.ts';
import { btstConfig, foArbitrageConfig, optionsConfig, scalpingConfig, swingConfig } from './strategies.ts';

/** Digest of the settings that this process decides and fills under, kept with each decision and each fill. */
export const CONFIG_VERSION: string = digest(
  [DEFAULT_LIMITS, STRATEGY_MAX_POSITION, PERPETUAL_LEVERAGE, SHORT_COIN_BY_PERPETUAL, LEAST_REWARD_TO_RISK, RATE_MAX_AGE_MS, CROSS_CHECK],
  [scalpingConfig.parse({}), swingConfig.parse({}), btstConfig.parse({}), optionsConfig.parse({}), foArbitrageConfig.parse({})],
  [INSTRUMENT_FACTS, NSE_CALENDAR.facts, CORPORATE_ACTIONS.all],
  [LATENCY, PARTICIPATION, PRICE_BANDS, ENTRY_EXPIRY_MS, EXIT_OVERDUE_MS, BOOK_MAX_AGE_MS, ENTRY_RESERVE, SLIPPAGE, CHARGE_FACTS],
).slice(0, 12);
