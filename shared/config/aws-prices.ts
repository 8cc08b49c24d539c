import * as z from 'zod';
import { NightdeskError } from '../kernel/errors.ts';
import data from './data/aws-prices.json' with { type: 'json' };
import { decimalText, factsFrom, fromDate, inForce, source } from './effective.ts';

class PriceError extends NightdeskError<'no_price'> {}

/** Everything that the stack pays for, by the unit that AWS counts. */
export const PRICED_ITEMS = [
  'fargate-vcpu-hour',
  'fargate-gb-hour',
  'fargate-spot-vcpu-hour',
  'fargate-spot-gb-hour',
  'public-ipv4-hour',
  'table-write-unit',
  'table-read-unit',
  'table-write-capacity-hour',
  'table-read-capacity-hour',
  'table-gb-month',
  'table-backup-gb-month',
  'stream-read',
  'lambda-gb-second',
  'lambda-request',
  'api-request',
  'schedule-invocation',
  'bus-event',
  'pipe-request',
  'archive-gb',
  'archive-gb-month',
  'queue-request',
  'log-ingest-gb',
  'log-gb-month',
  'metric',
  'alarm',
  'dashboard',
  'image-gb-month',
  'object-gb-month',
  'object-put',
  'parameter',
  'kms-request',
  'build-minute',
] as const;
export type PricedItem = (typeof PRICED_ITEMS)[number];

export const PRICED_REGIONS = ['ap-south-1', 'us-east-1'] as const;
export type PricedRegion = (typeof PRICED_REGIONS)[number];

const facts = z.strictObject({
  prices: z.array(
    z.strictObject({
      item: z.enum(PRICED_ITEMS),
      region: z.enum([...PRICED_REGIONS, 'all']),
      /** US dollars for `per` units. */
      usd: decimalText,
      per: decimalText,
      from: fromDate,
      /** Where it stands, or `assumed:` and why so. */
      source,
    }),
  ),
  /** What the always-free tier gives each month, in the item's unit. */
  free: z.array(z.strictObject({ item: z.enum(PRICED_ITEMS), amount: decimalText, from: fromDate, source })),
});

const { prices, free } = factsFrom(facts, data);

export interface AwsPrice {
  readonly usdPerUnit: number;
  readonly isAssumed: boolean;
  readonly source: string;
}

const isAssumed = (said: string): boolean => said.startsWith('assumed:');

/** The list price of an item on a date. @throws PriceError `no_price` */
export function awsPrice(item: PricedItem, region: PricedRegion, date: string): AwsPrice {
  const found = inForce(
    prices.filter((price) => price.item === item && (price.region === region || price.region === 'all')),
    date,
  );
  if (found === undefined) throw new PriceError('no_price', `There is no price of ${item} in ${region} on ${date}`, { item, region, date });
  return { usdPerUnit: Number(found.usd) / Number(found.per), isAssumed: isAssumed(found.source), source: found.source };
}

/** Units of an item that are free in every month, without end. */
export function alwaysFree(item: PricedItem, date: string): { readonly units: number; readonly isAssumed: boolean } {
  const found = inForce(
    free.filter((each) => each.item === item),
    date,
  );
  return found === undefined ? { units: 0, isAssumed: false } : { units: Number(found.amount), isAssumed: isAssumed(found.source) };
}
