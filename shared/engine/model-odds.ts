import type { Account } from '../ledger/account.ts';
import type { Quote } from '../market/price.ts';
import type { AskModel } from '../strategies/odds.ts';
import type { StrategyName } from '../strategies/strategy.ts';
import type { Model } from './ports.ts';

/** The model of a strategy as it may be asked in this session; undefined where there is none. One that was switched off says so. */
export function askModelFor({ modelsOff }: Pick<Account, 'modelsOff'>, model: Model, strategy: StrategyName): AskModel | undefined {
  const loaded = model.of(strategy);
  if (loaded === null) return undefined;
  const off = modelsOff?.find((each) => each.strategy === strategy && each.modelVersion === loaded.version);
  return off === undefined ? loaded.ask : () => ({ kind: 'absent', why: `model ${loaded.version} was switched off: ${off.why}` });
}

/** Ask less bid over their middle; null without a two-sided quote. */
export function spreadShareOf(quote: Quote | null): number | null {
  if (quote === null || quote.bid === null || quote.ask === null) return null;
  return (2 * (quote.ask - quote.bid)) / (quote.ask + quote.bid);
}
