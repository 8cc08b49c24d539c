import { instrumentBySymbol, instrumentsOf } from '../../../shared/config/instruments.ts';
import { NSE_CALENDAR } from '../../../shared/config/nse-calendar.ts';
import type { Fill } from '../../../shared/contracts/fill.ts';
import type { EntryOrder, Order } from '../../../shared/contracts/order.ts';
import { createSimulatedMarket } from '../../../shared/feeds/simulated-market.ts';
import { wire } from '../../../shared/kernel/canonical-json.ts';
import { fromNumber, toNumber } from '../../../shared/kernel/decimal.ts';
import { type EpochMs, iso, MINUTE_MS, minuteOf } from '../../../shared/kernel/time.ts';
import type { OrderStanding } from '../../../shared/ledger/order-standing.ts';
import { marketPhase } from '../../../shared/market/calendar.ts';
import type { Bar } from '../../../shared/market/price.ts';

/** What truly was traded: the simulated market is a function of its seed and of time, and can be asked without the program. */
export interface TrueMarket {
  /**
   * Working orders whose level the market went through in whole minutes of their time, and that have no fill and no trigger:
   * orders that a restart forgot. Every minute was heard, or told afterwards. What is traded is had once: a minute in which the
   * account took of the symbol may have left nothing.
   */
  readonly passedBy: (standings: readonly OrderStanding[], fills: readonly Fill[], upToMs: EpochMs) => readonly string[];
  /** What is wrong with a fill that was made from the bars of a gap, in a sentence; null when nothing is. */
  readonly wrongMissed: (fill: Fill, order: { readonly activeFromMs: EpochMs }, startedMs: EpochMs) => string | null;
}

/** The source of prices that were fetched after a gap, as their fills name it. */
const MISSED = 'missed bars';

export const isMissedFill = ({ provenance }: Fill): boolean => provenance.quote.source === MISSED;

export function createTrueMarket(seed: string): TrueMarket {
  const market = createSimulatedMarket({
    seed,
    instruments: [...instrumentsOf('CRYPTO'), ...instrumentsOf('NSE')],
    phaseAt: (of, atMs) => marketPhase(NSE_CALENDAR, of, atMs).phase,
  });
  const told = new Set<string>();

  const barThrough = (order: EntryOrder, upToMs: EpochMs, taken: ReadonlySet<string>): Bar | undefined => {
    const level = levelOf(order);
    if (level === null) return undefined;
    const fromMs = minuteOf(order.activeFromMs + MINUTE_MS - 1);
    const toMs = Math.min(upToMs, order.expiresMs ?? upToMs);
    const isOurs = (bar: Bar): boolean => bar.volume > 0 && isTrading(order, bar.openMs) && !taken.has(minuteKey(order.symbol, bar.openMs));
    return market.bars(order.symbol, fromMs, minuteOf(toMs)).find((bar) => isOurs(bar) && level.isPassed(bar));
  };

  return {
    passedBy: (standings, fills, upToMs) => {
      const taken = new Set(fills.map(({ symbol, atMs }) => minuteKey(symbol, minuteOf(atMs))));
      return standings.flatMap(({ order, endedMs }) => {
        if (endedMs !== null || order.purpose === 'exit' || order.fills > 0 || order.triggeredMs !== null || told.has(order.id)) return [];
        const bar = barThrough(order, upToMs, taken);
        if (bar === undefined) return [];
        told.add(order.id);
        return [
          `Order ${order.id} (${shown(order)}, from ${iso(order.activeFromMs)}) works without a fill, and ${order.symbol} went from ${bar.low} to ${bar.high} at ${iso(bar.openMs)}`,
        ];
      });
    },
    wrongMissed: ({ id, symbol, provenance: { quote } }, { activeFromMs }, startedMs) => {
      const bar = market.bar(symbol, quote.exchangeMs);
      if (bar === null) return `Fill ${id} was made from a bar of ${iso(quote.exchangeMs)}: ${symbol} had none`;
      if (quote.last < bar.low || quote.last > bar.high)
        return `Fill ${id} was made at ${quote.last} of ${iso(quote.exchangeMs)}: ${symbol} traded from ${bar.low} to ${bar.high}`;
      if (bar.openMs < activeFromMs) return `Fill ${id} was made from the bar of ${iso(bar.openMs)}, its order worked from ${iso(activeFromMs)}`;
      return bar.openMs + MINUTE_MS > startedMs ? `Fill ${id} was made from the bar of ${iso(bar.openMs)}, which the program could hear` : null;
    },
  };
}

const minuteKey = (symbol: string, minuteMs: EpochMs): string => `${symbol} ${minuteMs}`;

interface Level {
  readonly isPassed: (bar: Bar) => boolean;
}

/** A tick beyond the level: what exactly touches it may leave a limit order in its queue. */
function levelOf({ instruction, side, symbol, tradedIn, timeInForce, groupId }: EntryOrder): Level | null {
  if (tradedIn !== 'continuous' || groupId !== null || timeInForce === 'IOC' || timeInForce === 'FOK') return null;
  const tickAt = (price: number): number => toNumber(instrumentBySymbol(symbol).tickSize(fromNumber(price)));
  switch (instruction.type) {
    case 'limit': {
      const limit = toNumber(instruction.limit);
      const tick = tickAt(limit);
      return { isPassed: ({ low, high }) => (side === 'buy' ? low < limit - tick : high > limit + tick) };
    }
    case 'stop':
    case 'stop-limit': {
      const stop = toNumber(instruction.stop);
      return { isPassed: ({ low, high }) => (side === 'buy' ? high >= stop : low <= stop) };
    }
    case 'market':
    case 'trailing-stop':
      return null;
  }
}

/** Whether orders could fill through all of a minute. */
function isTrading({ market }: Order, minuteMs: EpochMs): boolean {
  return [minuteMs, minuteMs + MINUTE_MS - 1].every((atMs) => {
    const { phase, canEnter } = marketPhase(NSE_CALENDAR, market, atMs);
    return canEnter && !phase.startsWith('closing-auction');
  });
}

const shown = ({ instruction, side, timeInForce, quantity }: EntryOrder): string =>
  JSON.stringify(wire({ side, quantity, timeInForce, ...instruction }));
