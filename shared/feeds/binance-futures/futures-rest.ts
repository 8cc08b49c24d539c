import * as z from 'zod';
import { isListed } from '../../config/contracts.ts';
import { instrumentBySymbol } from '../../config/instruments.ts';
import { decimalSchema } from '../../contracts/terms.ts';
import { NightdeskError } from '../../kernel/errors.ts';
import type { EpochMs } from '../../kernel/time.ts';
import { DAY_MS, HOUR_MS } from '../../kernel/time.ts';
import { contractSymbol } from '../../market/contract-symbol.ts';
import type { Delivery, Funding } from '../../market/derivative.ts';
import type { FutureContract, InstrumentOf, PerpetualContract } from '../../market/instrument.ts';
import { dateOfDay } from '../../market/ist.ts';
import { listedAs } from '../../market/listed-rules.ts';
import { BINANCE_SYMBOLS } from '../binance/binance-symbols.ts';
import type { JsonClient } from '../connection/json-client.ts';
import { type MarkPrice, signedDecimalText } from './mark-frame.ts';

class BinanceFuturesError extends NightdeskError<'bad_answer'> {}

/** A contract that the venue trades now, on the grids that it tells. */
export interface TradedContract {
  /** BTCUSDT, BTCUSDT_261225: also the name of its streams, in lower case. */
  readonly venueSymbol: string;
  readonly instrument: InstrumentOf<PerpetualContract> | InstrumentOf<FutureContract>;
}

/** By which terms a perpetual is funded. Cap and floor are shares of a payment. */
export interface FundingTerms {
  readonly intervalMs: number;
  readonly cap: number;
  readonly floor: number;
}

export interface FuturesRest {
  /** Perpetuals and quarterlies on the crypto instruments that trade now. */
  contracts(): Promise<readonly TradedContract[]>;
  /** Terms by the venue's symbol, of those whose terms are not the venue's usual ones: the others are not told. */
  fundingTerms(): Promise<ReadonlyMap<string, FundingTerms>>;
  /** What each contract is valued at now. */
  marks(): Promise<readonly MarkPrice[]>;
  /** Payments of a perpetual that took place, oldest first. */
  fundings(venueSymbol: string): Promise<readonly Funding[]>;
  /** What past expiries of a pair (BTCUSDT) were settled at, oldest first. */
  deliveries(pair: string): Promise<readonly Delivery[]>;
}

const PAYMENTS = 100;

/**
 * Binance's USD-M futures by REST: what is traded, by which grids, how it is funded, and what was paid and settled.
 * Answers are checked whole where everything depends on them (the contracts), row by row elsewhere.
 * Its methods throw JsonClientError where the venue does not answer, and BinanceFuturesError `bad_answer` for an answer that is none.
 * @see Binance USD-M futures, "Market Data Endpoints"
 */
export function createFuturesRest(client: JsonClient): FuturesRest {
  const rows = async (path: string): Promise<readonly unknown[]> => {
    const answer = await client.get(path);
    if (!Array.isArray(answer)) throw new BinanceFuturesError('bad_answer', `${path} answered with no list`, { path });
    return answer;
  };
  const read = async <Row>(path: string, schema: z.ZodType<Row>): Promise<readonly Row[]> =>
    (await rows(path)).flatMap((row) => {
      const parsed = schema.safeParse(row);
      return parsed.success ? [parsed.data] : [];
    });

  return {
    async contracts() {
      const parsed = exchangeInfoSchema.safeParse(await client.get('/fapi/v1/exchangeInfo'));
      if (!parsed.success) throw new BinanceFuturesError('bad_answer', `exchangeInfo is not as expected: ${z.prettifyError(parsed.error)}`);
      return parsed.data.symbols.flatMap((row) => tradedContract(row) ?? []);
    },
    async fundingTerms() {
      const terms = await read('/fapi/v1/fundingInfo', fundingInfoSchema);
      return new Map(terms.map(({ symbol, fundingIntervalHours, ...rest }) => [symbol, { intervalMs: fundingIntervalHours * HOUR_MS, ...rest }]));
    },
    marks: () => read('/fapi/v1/premiumIndex', premiumIndexSchema),
    async fundings(venueSymbol) {
      const paid = await read(`/fapi/v1/fundingRate?symbol=${venueSymbol}&limit=${PAYMENTS}`, fundingRateSchema);
      return paid.toSorted((a, b) => a.atMs - b.atMs);
    },
    async deliveries(pair) {
      const settled = await read(`/futures/data/delivery-price?pair=${pair}`, deliverySchema);
      return settled.map((row) => ({ ...row, source: 'Binance delivery-price' })).toSorted((a, b) => a.expiryMs - b.expiryMs);
    },
  };
}

const stamp = z.number().int().positive();
const positiveText = z.string().transform(signedDecimalText).pipe(z.number().positive());
const shareText = z.string().transform(signedDecimalText).pipe(z.number().min(-1).max(1));
const positive = decimalSchema.refine((value) => value > 0n, 'expected a positive decimal');

const contractRow = z.object({
  symbol: z.string().min(1),
  pair: z.string(),
  contractType: z.string(),
  deliveryDate: z.number().int(),
  status: z.string(),
  filters: z.array(
    z.union([
      z.object({ filterType: z.literal('PRICE_FILTER'), tickSize: positive }),
      z.object({ filterType: z.literal('LOT_SIZE'), stepSize: positive }),
      z.object({ filterType: z.literal('MIN_NOTIONAL'), notional: positive }),
      z.object({ filterType: z.string().regex(/^(?!PRICE_FILTER$|LOT_SIZE$|MIN_NOTIONAL$)/) }),
    ]),
  ),
});
/** Rows of pairs that are not ours may have any form. */
const exchangeInfoSchema = z.object({
  symbols: z.array(z.union([contractRow, z.object({ symbol: z.string(), pair: z.string() }).refine(({ pair }) => !BINANCE_SYMBOLS.has(pair))])),
});
const fundingInfoSchema = z
  .object({
    symbol: z.string(),
    adjustedFundingRateCap: shareText,
    adjustedFundingRateFloor: shareText,
    fundingIntervalHours: z.number().positive().max(24),
  })
  .transform(({ symbol, adjustedFundingRateCap: cap, adjustedFundingRateFloor: floor, fundingIntervalHours }) => ({
    symbol,
    cap,
    floor,
    fundingIntervalHours,
  }));
const premiumIndexSchema = z
  .object({
    symbol: z.string(),
    markPrice: positiveText,
    indexPrice: positiveText,
    lastFundingRate: z.string(),
    nextFundingTime: z.number().int(),
    time: stamp,
  })
  .transform(({ symbol, markPrice, indexPrice, lastFundingRate, nextFundingTime, time }): MarkPrice => {
    const rate = signedDecimalText(lastFundingRate);
    const isFunded = nextFundingTime > 0 && Number.isFinite(rate);
    return {
      venueSymbol: symbol,
      mark: markPrice,
      index: indexPrice,
      funding: isFunded ? { rate, nextMs: nextFundingTime } : null,
      exchangeMs: time,
    };
  });
const fundingRateSchema = z
  .object({ fundingTime: stamp, fundingRate: shareText, markPrice: positiveText })
  .transform(({ fundingTime: atMs, fundingRate: rate, markPrice: mark }): Funding => ({ atMs, rate, mark }));
const deliverySchema = z
  .object({ deliveryTime: stamp, deliveryPrice: z.number().positive() })
  .transform(({ deliveryTime: expiryMs, deliveryPrice: price }) => ({ expiryMs, price }));

const DATED: ReadonlySet<string> = new Set(['CURRENT_QUARTER', 'NEXT_QUARTER']);

/** The contract of a row; null for one that is not ours, does not trade, or lacks a grid. */
function tradedContract(row: z.infer<typeof exchangeInfoSchema>['symbols'][number]): TradedContract | null {
  if (!('contractType' in row) || row.status !== 'TRADING') return null;
  const underlying = BINANCE_SYMBOLS.get(row.pair);
  if (underlying === undefined) return null;
  const rules = rulesOf(row);
  if (rules === null) return null;
  if (row.contractType === 'PERPETUAL' && isListed('perpetual', underlying)) {
    const instrument = instrumentBySymbol(contractSymbol({ kind: 'perpetual', underlying }));
    return { venueSymbol: row.symbol, instrument: listedAs(instrument, rules) as InstrumentOf<PerpetualContract> };
  }
  if (!DATED.has(row.contractType) || !isListed('future', underlying)) return null;
  return { venueSymbol: row.symbol, instrument: datedContract(underlying, row.deliveryDate, rules) };
}

type Rules = NonNullable<Parameters<typeof listedAs>[1]>;

function datedContract(underlying: string, expiryMs: EpochMs, rules: Rules): InstrumentOf<FutureContract> {
  const expiry = dateOfDay(Math.floor(expiryMs / DAY_MS));
  const instrument = listedAs(instrumentBySymbol(contractSymbol({ kind: 'future', underlying, expiry })), rules) as InstrumentOf<FutureContract>;
  return { ...instrument, contract: { ...instrument.contract, expiryMs } };
}

function rulesOf({ symbol, status, filters }: z.infer<typeof contractRow>): Rules | null {
  const tickSize = filters.find((filter) => 'tickSize' in filter)?.tickSize;
  const lotStep = filters.find((filter) => 'stepSize' in filter)?.stepSize;
  const minNotional = filters.find((filter) => 'notional' in filter)?.notional;
  if (tickSize === undefined || lotStep === undefined || minNotional === undefined) return null;
  return { symbol, status, tickSize, lotStep, minNotional, source: 'Binance USD-M exchangeInfo', asOfMs: 0 };
}
