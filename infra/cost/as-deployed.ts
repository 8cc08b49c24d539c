import { instrumentsOf } from '../../shared/config/instruments.ts';
import type { FeedSink, MarketSource } from '../../shared/engine/market-source.ts';
import type { Clock } from '../../shared/kernel/clock.ts';
import { fromNumber } from '../../shared/kernel/decimal.ts';
import type { ListedRules } from '../../shared/market/listed-rules.ts';
import type { BookTop } from '../../shared/market/price.ts';

/** The venues beside ours, as the deployed feed has them. */
const OTHERS = ['coinbase', 'kraken'] as const;

/**
 * A source with what the deployed feed has besides prices: two venues that agree with every book of crypto, what the venue
 * lists, and a state for each line. For measuring what rows cost, never for trading: its second sources confirm everything.
 */
export function asDeployed(source: MarketSource, clock: Clock): MarketSource {
  const crypto = instrumentsOf('CRYPTO', clock.now());
  const symbols = new Set(crypto.map(({ symbol }) => symbol));
  const startedMs = clock.now();

  const confirmed = (sink: FeedSink): FeedSink => ({
    ...sink,
    top: (top: BookTop) => {
      sink.top(top);
      if (!symbols.has(top.symbol)) return;
      const { symbol, bid, ask, exchangeMs, receivedMs } = top;
      for (const name of OTHERS) sink.reference({ symbol, bid, ask, exchangeMs, receivedMs, currency: 'USDT', source: name });
    },
  });

  return {
    ...source,
    start: (sink, cursor) => source.start(confirmed(sink), cursor),
    states: () => [
      ...source.states(),
      ...OTHERS.map((name) => ({
        source: name,
        markets: [],
        evidence: source.evidence,
        status: 'up' as const,
        detail: `connected to ${name}`,
        sinceMs: startedMs,
        accepted: clock.now() - startedMs,
        refused: {},
        reconnects: 0,
      })),
    ],
    listings: async () =>
      crypto.map(
        (instrument): ListedRules => ({
          symbol: instrument.symbol,
          status: 'TRADING',
          tickSize: instrument.tickSize(fromNumber(1)),
          lotStep: instrument.lotStep,
          minNotional: instrument.minNotional,
          source: 'shipped facts',
          asOfMs: clock.now(),
        }),
      ),
  };
}
