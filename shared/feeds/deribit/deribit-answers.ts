import * as z from 'zod';
import { instrumentBySymbol } from '../../config/instruments.ts';
import { type Decimal, fromNumber } from '../../kernel/decimal.ts';
import { DAY_MS, type EpochMs, HOUR_MS } from '../../kernel/time.ts';
import { contractSymbol } from '../../market/contract-symbol.ts';
import type { DailyIv, Delivery } from '../../market/derivative.ts';
import type { Instrument, InstrumentOf, OptionContract } from '../../market/instrument.ts';

const optionRow = z.object({
  kind: z.literal('option'),
  instrument_name: z.string(),
  option_type: z.enum(['call', 'put']),
  strike: z.number().positive(),
  expiration_timestamp: z.number().int(),
  base_currency: z.string(),
  quote_currency: z.string(),
  is_active: z.boolean(),
  tick_size: z.number().positive(),
  tick_size_steps: z.array(z.object({ above_price: z.number(), tick_size: z.number().positive() })).default([]),
  min_trade_amount: z.number().positive(),
  taker_commission: z.number(),
});

type OptionRow = z.infer<typeof optionRow>;

/** An inverse option as the venue lists it now. */
export interface ListedOption {
  readonly name: string;
  readonly instrument: InstrumentOf<OptionContract>;
  /** Share of the underlying. */
  readonly takerCommission: number;
}

/**
 * The active inverse options on a coin among the rows of `public/get_instruments`, with the venue's own ticks, lots and expiries.
 * Rows of another form are left out and counted.
 * @throws z.ZodError when the answer is no list
 */
export function listedOptions(
  result: unknown,
  underlying: string,
  nowMs: EpochMs,
): { readonly options: readonly ListedOption[]; readonly refused: number } {
  const rows = z.array(z.unknown()).parse(result);
  const read = rows.map((row) => optionRow.safeParse(row));
  const options = read.flatMap(({ data }) => (data === undefined ? [] : (listedOption(data, underlying, nowMs) ?? [])));
  return { options, refused: read.filter(({ success }) => !success).length };
}

function listedOption(row: OptionRow, underlying: string, nowMs: EpochMs): ListedOption | null {
  const isOurs = row.is_active && row.base_currency === underlying && row.quote_currency === underlying && row.expiration_timestamp > nowMs;
  if (!isOurs) return null;
  const { strike, option_type: right, expiration_timestamp: expiryMs } = row;
  const expiry = new Date(expiryMs).toISOString().slice(0, 'YYYY-MM-DD'.length);
  const base = instrumentBySymbol(
    contractSymbol({ kind: 'option', underlying, expiry, strike, right }),
    nowMs,
  ) as Instrument as InstrumentOf<OptionContract>;
  const instrument = {
    ...base,
    venueSymbol: row.instrument_name,
    tickSize: tickSizeOf(row),
    lotStep: fromNumber(row.min_trade_amount),
    contract: { ...base.contract, expiryMs },
  };
  return { name: row.instrument_name, instrument: Object.freeze(instrument), takerCommission: row.taker_commission };
}

function tickSizeOf({ tick_size, tick_size_steps }: OptionRow): Instrument['tickSize'] {
  const first = fromNumber(tick_size);
  const steps = tick_size_steps
    .map(({ above_price, tick_size: tick }) => ({ above: fromNumber(above_price), tick: fromNumber(tick) }))
    .sort((a, b) => (a.above < b.above ? 1 : -1));
  return (price: Decimal) => steps.find(({ above }) => price > above)?.tick ?? first;
}

const deliveryAnswer = z.object({ data: z.array(z.object({ date: z.iso.date(), delivery_price: z.number().positive() })) });
const DELIVERY_HOUR_MS = 8 * HOUR_MS;

/** Delivery prices by the expiry they settled, oldest first. @throws z.ZodError */
export function deliveriesOf(result: unknown, source: string): readonly Delivery[] {
  return deliveryAnswer
    .parse(result)
    .data.map(({ date, delivery_price: price }) => ({ expiryMs: Date.parse(`${date}T00:00Z`) + DELIVERY_HOUR_MS, price, source }))
    .sort((a, b) => a.expiryMs - b.expiryMs);
}

const volatilityAnswer = z.object({ data: z.array(z.tuple([z.number().int(), z.number(), z.number(), z.number(), z.number()])) });
const PER_CENT = 100;
/** A volatility index in another unit, or none at all, is not taken for one. */
const LEAST_PER_CENT = 2;
const MOST_PER_CENT = 1_000;

/** The volatility index at the ends of days, oldest first; as shares. @throws z.ZodError */
export function dailyVolatility(result: unknown): readonly DailyIv[] {
  return volatilityAnswer
    .parse(result)
    .data.filter(([, , , , close]) => close >= LEAST_PER_CENT && close <= MOST_PER_CENT)
    .map(([atMs, , , , close]) => ({ dayMs: atMs - (atMs % DAY_MS), iv: close / PER_CENT }))
    .sort((a, b) => a.dayMs - b.dayMs);
}
