import * as z from 'zod';
import { FX, type FxService } from '../../config/fx.ts';
import { RATE_MAX_AGE_MS } from '../../config/risk.ts';
import { NightdeskError } from '../../kernel/errors.ts';
import { DAY_MS, type EpochMs, iso, MINUTE_MS, SECOND_MS } from '../../kernel/time.ts';
import type { DailyClose } from '../../risk/var/risk-model.ts';
import { shown } from '../intake/shown.ts';

/**
 * An answer that is not used. `bad_answer`: it has another form. `implausible`: no rupee rate can be that. `moved`: too far
 * from the last one. `in_future`: its time is still to come. `too_old`: entries could not be settled by it.
 */
export class FxError extends NightdeskError<'bad_answer' | 'implausible' | 'moved' | 'in_future' | 'too_old'> {}

/** The last instant that a date can name (ECMA-262, 21.4.1.1). */
const LAST_DATE_MS = 8.64e15;

/** Rupees a dollar, with the instant of the rate: when it was made, not when it was fetched. */
export const fxRateSchema = z
  .object({ usdInr: z.number().positive(), asOfMs: z.number().int().max(LAST_DATE_MS), source: z.string().min(1) })
  .readonly();
export type FxRate = z.infer<typeof fxRateSchema>;

const price = z.number().positive();
const seconds = z
  .number()
  .int()
  .positive()
  .max(LAST_DATE_MS / SECOND_MS);

const frankfurterSchema = z.object({ base: z.literal('USD'), date: z.iso.date(), rates: z.object({ INR: price }) });
const yahooSchema = z.object({
  chart: z.object({
    result: z
      .array(
        z.object({
          meta: z.object({ currency: z.literal('INR'), symbol: z.literal('INR=X'), regularMarketPrice: price, regularMarketTime: seconds }),
        }),
      )
      .length(1),
  }),
});
const erApiSchema = z.object({
  result: z.literal('success'),
  base_code: z.literal('USD'),
  time_last_update_unix: seconds,
  rates: z.object({ INR: price }),
});

/**
 * The rate in a service's answer.
 * @throws FxError `bad_answer`
 */
export function readFxAnswer(service: FxService['name'], answer: unknown): FxRate {
  switch (service) {
    case 'frankfurter': {
      const { date, rates } = read(frankfurterSchema, service, answer);
      return { usdInr: rates.INR, asOfMs: fixingMs(date), source: service };
    }
    case 'yahoo': {
      const { meta } = read(yahooSchema, service, answer).chart.result[0] as z.infer<typeof yahooSchema>['chart']['result'][number];
      return { usdInr: meta.regularMarketPrice, asOfMs: meta.regularMarketTime * SECOND_MS, source: service };
    }
    case 'er-api': {
      const { rates, time_last_update_unix: updated } = read(erApiSchema, service, answer);
      return { usdInr: rates.INR, asOfMs: updated * SECOND_MS, source: service };
    }
  }
}

const historySchema = z.object({ base: z.literal('USD'), rates: z.record(z.iso.date(), z.object({ INR: price })) });

/** Holidays of the bank are fewer than the days that it fixes on: with more holes an answer is one of weeks, and its moves are no days'. */
const LEAST_SHARE_OF_DAYS = 0.5;

/**
 * What a rupee was worth in dollars on the days of an answer whose fixing lies in [fromMs, toMs), oldest first.
 * @throws FxError `bad_answer`, also for one that leaves out days; `implausible`
 */
export function readFxHistory(answer: unknown, fromMs: EpochMs, toMs: EpochMs): readonly DailyClose[] {
  const { service } = FX.history;
  const rates = Object.entries(read(historySchema, service, answer).rates)
    .map(([date, { INR }]): FxRate & { readonly date: string } => ({ date, usdInr: INR, asOfMs: fixingMs(date), source: service }))
    .filter(({ asOfMs }) => asOfMs >= fromMs && asOfMs < toMs)
    .sort((a, b) => a.asOfMs - b.asOfMs);
  for (const rate of rates) assertPlausible(rate, toMs);
  const days = ((toMs - fromMs) / DAY_MS) * (5 / 7);
  if (rates.length < LEAST_SHARE_OF_DAYS * Math.floor(days)) {
    throw new FxError('bad_answer', `${service} tells ${rates.length} rates of about ${Math.floor(days)} days`, { service });
  }
  return rates.map(({ date, usdInr }) => ({ date, close: 1 / usdInr }));
}

const fixingMs = (date: string): EpochMs => Date.parse(`${date}T${FX.ecbFixingUtc}Z`);

function read<Value>(schema: z.ZodType<Value>, service: string, answer: unknown): Value {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new FxError('bad_answer', `${service} answered ${shown(answer)}: ${z.prettifyError(parsed.error)}`, { service });
}

/** The clock of a service may run ahead of ours by this much. */
const MOST_FUTURE_MS = MINUTE_MS;

/** @throws FxError `implausible`, `in_future` for a rate that cannot be true */
export function assertPlausible({ usdInr, asOfMs, source }: FxRate, nowMs: EpochMs): void {
  const { least, most } = FX.plausible;
  if (usdInr < least || usdInr > most) {
    throw new FxError('implausible', `${source} says ${usdInr} rupees a dollar, between ${least} and ${most} are believed`, { usdInr });
  }
  if (asOfMs > nowMs + MOST_FUTURE_MS) throw new FxError('in_future', `${source} tells the rate of ${iso(asOfMs)}, now is ${iso(nowMs)}`, { asOfMs });
}

/** Whether one rate may follow the other: they are not far from each other, or long apart. */
export function isNear(rate: FxRate, other: FxRate): boolean {
  const { mostMove, withinDays } = FX.plausible;
  return Math.abs(rate.usdInr / other.usdInr - 1) <= mostMove || Math.abs(rate.asOfMs - other.asOfMs) > withinDays * DAY_MS;
}

/**
 * Refuses a rate that has moved too far from `known`, the last one that was believed, while that is recent. One that is near a
 * rate that another service was doubted for (`doubted`) is believed: two of them against one.
 * @throws FxError `moved`
 */
export function assertNear(rate: FxRate, known: FxRate | null, doubted: readonly FxRate[]): void {
  const { mostMove, withinDays } = FX.plausible;
  if (known === null || isNear(rate, known) || doubted.some((other) => isNear(rate, other))) return;
  const was = `${known.usdInr} of ${iso(known.asOfMs)} (${known.source})`;
  const limit = `more than ${mostMove * 100} % within ${withinDays} days`;
  throw new FxError('moved', `${rate.source} says ${rate.usdInr} rupees a dollar after ${was}: ${limit}`, { rate, known });
}

/** @throws FxError `too_old` for a rate that opens nothing any more */
export function assertFresh({ asOfMs, source }: FxRate, nowMs: EpochMs): void {
  const limitMs = RATE_MAX_AGE_MS.INR;
  if (nowMs - asOfMs <= limitMs) return;
  throw new FxError('too_old', `${source} tells the rate of ${iso(asOfMs)}, at most ${limitMs / DAY_MS} days are allowed`, { asOfMs });
}
