import { instrumentBySymbol } from '../../config/instruments.ts';
import type { TicksAnswer } from '../../contracts/v8/market-data.ts';
import { fromNumber, text } from '../../kernel/decimal.ts';
import { type EpochMs, iso, MINUTE_MS } from '../../kernel/time.ts';
import { TICK_PACK_MS } from '../../market/tick-sample.ts';
import type { EngineContext } from '../context.ts';

export interface TicksRequest {
  readonly symbol: string;
  readonly limit: number;
  readonly fromMs: EpochMs | null;
  readonly toMs: EpochMs | null;
}

/** Without a beginning, so far back is looked. */
const LOOK_BACK_MS = 6 * TICK_PACK_MS;
/** The longest span that one answer reads. */
const LONGEST_MS = 24 * 60 * MINUTE_MS;

/**
 * Conflated trades of a symbol, oldest first, as far as they have been packed.
 * @throws InstrumentError `unknown_symbol`; StoreError when the market cannot be read
 */
export async function ticks({ clock, market, world }: EngineContext, { symbol: name, limit, fromMs, toMs }: TicksRequest): Promise<TicksAnswer> {
  const nowMs = clock.now();
  const { symbol, quote: currency } = instrumentBySymbol(name, nowMs);
  const endMs = Math.min(toMs ?? nowMs, nowMs);
  const startMs = Math.max(fromMs ?? endMs - LOOK_BACK_MS, endMs - LONGEST_MS);
  const samples = await market.ticks(world.scope, symbol, startMs, endMs);
  return {
    symbol,
    currency,
    ticks: samples.slice(-limit).map(({ secondMs, price, quantity, trades, source, evidence }) => ({
      second: iso(secondMs),
      price: text(fromNumber(price)),
      quantity: text(fromNumber(quantity)),
      trades,
      source,
      evidence,
    })),
    note: `The last price and the sum of each second with a trade, packed every ${TICK_PACK_MS / MINUTE_MS} minutes; bars played as ticks are not kept`,
    timestamp: iso(nowMs),
  };
}
