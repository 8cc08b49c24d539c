import * as z from 'zod';
import { instrumentBySymbol } from '../config/instruments.ts';
import { currencySchema, evidenceSchema } from '../contracts/terms.ts';
import type { KeptChains } from '../engine/ports.ts';
import {
  type ContractQuote,
  contractsOf,
  type DerivativeChain,
  type FutureQuote,
  type OptionQuote,
  type PerpetualQuote,
} from '../market/derivative.ts';
import type { Contract, Instrument } from '../market/instrument.ts';

const prices = z.array(z.number().nullable()).readonly();

/** Contracts as columns: a symbol says what a contract is, so that its grids need not be kept. */
const chainSchema = z.object({
  underlying: z.string(),
  venue: z.enum(['nse', 'binance', 'binance-futures', 'deribit']),
  currency: currencySchema,
  atMs: z.number(),
  spot: z.number(),
  lotSize: z.number(),
  source: z.string(),
  evidence: evidenceSchema,
  symbol: z.array(z.string()).readonly(),
  bid: prices,
  ask: prices,
  last: prices,
  mark: prices,
  bidSize: prices,
  askSize: prices,
  receivedMs: z.array(z.number()).readonly(),
  /** Of options; null for all others. */
  iv: prices,
  underlyingPrice: prices,
  perpetual: z.object({ index: z.number(), fundingRate: z.number(), nextFundingMs: z.number(), fundingIntervalMs: z.number() }).nullable(),
});

export const chainsPackSchema = z
  .array(
    z.object({
      underlying: z.string(),
      chains: z.array(chainSchema).readonly(),
      ivHistory: z.array(z.object({ dayMs: z.number(), iv: z.number() })).readonly(),
      settled: z.object({
        fundings: z.array(z.object({ atMs: z.number(), rate: z.number(), mark: z.number() })).readonly(),
        deliveries: z.array(z.object({ expiryMs: z.number(), price: z.number(), source: z.string() })).readonly(),
      }),
    }),
  )
  .readonly();
type ChainsPack = z.infer<typeof chainsPackSchema>;

export const chainsPack = (kept: readonly KeptChains[]): ChainsPack => kept.map(({ chains, ...rest }) => ({ ...rest, chains: chains.map(columns) }));

function columns(chain: DerivativeChain): z.infer<typeof chainSchema> {
  const { perpetual, futures: _, options, ...facts } = chain;
  const quotes = contractsOf(chain);
  const known = new Map<ContractQuote, OptionQuote>(options.map((option) => [option, option]));
  return {
    ...facts,
    symbol: quotes.map(({ instrument }) => instrument.symbol),
    bid: quotes.map(({ bid }) => bid),
    ask: quotes.map(({ ask }) => ask),
    last: quotes.map(({ last }) => last),
    mark: quotes.map(({ mark }) => mark),
    bidSize: quotes.map(({ bidSize }) => bidSize),
    askSize: quotes.map(({ askSize }) => askSize),
    receivedMs: quotes.map(({ receivedMs }) => receivedMs),
    iv: quotes.map((quote) => known.get(quote)?.iv ?? null),
    underlyingPrice: quotes.map((quote) => known.get(quote)?.underlyingPrice ?? null),
    perpetual: perpetual === null ? null : fundingOf(perpetual),
  };
}

const fundingOf = ({ index, fundingRate, nextFundingMs, fundingIntervalMs }: PerpetualQuote) => ({
  index,
  fundingRate,
  nextFundingMs,
  fundingIntervalMs,
});

/** The chains that a pack holds, on the grids that the program was shipped with. */
export const chainsOf = (pack: ChainsPack): readonly KeptChains[] => pack.map(({ chains, ...rest }) => ({ ...rest, chains: chains.map(chainOf) }));

function chainOf(packed: z.infer<typeof chainSchema>): DerivativeChain {
  const { underlying, venue, currency, atMs, spot, lotSize, source, evidence } = packed;
  const quotes = packed.symbol.map((symbol, i) => ({ index: i, instrument: instrumentBySymbol(symbol, atMs) as Instrument }));
  const of = <K extends Contract['kind']>(kind: K) => quotes.filter(({ instrument }) => instrument.contract?.kind === kind);
  const perpetual = of('perpetual')[0];
  return {
    underlying,
    venue,
    currency,
    atMs,
    spot,
    lotSize,
    perpetual:
      perpetual === undefined || packed.perpetual === null
        ? null
        : ({ ...quoteAt(packed, perpetual.index), instrument: perpetual.instrument, ...packed.perpetual } as PerpetualQuote),
    futures: of('future').map(({ index, instrument }) => ({ ...quoteAt(packed, index), instrument: instrument as FutureQuote['instrument'] })),
    options: of('option').map(({ index, instrument }) => ({
      ...quoteAt(packed, index),
      instrument: instrument as OptionQuote['instrument'],
      iv: packed.iv[index] ?? null,
      underlyingPrice: packed.underlyingPrice[index] ?? spot,
    })),
    source,
    evidence,
  };
}

function quoteAt(packed: z.infer<typeof chainSchema>, index: number): Omit<ContractQuote, 'instrument'> {
  const at = (column: readonly (number | null)[]): number | null => column[index] ?? null;
  return {
    bid: at(packed.bid),
    ask: at(packed.ask),
    last: at(packed.last),
    mark: at(packed.mark),
    bidSize: at(packed.bidSize),
    askSize: at(packed.askSize),
    receivedMs: packed.receivedMs[index] ?? packed.atMs,
  };
}
