import * as z from 'zod';
import data from './data/aws-prices.json' with { type: 'json' };
import { decimalText, factsFrom, fromDate, source } from './effective.ts';

const prices = z.strictObject({
  prices: z.array(
    z.strictObject({
      from: fromDate,
      region: z.string(),
      writeRequestUnitsPerMillionUsd: decimalText,
      readRequestUnitsPerMillionUsd: decimalText,
      source,
    }),
  ),
});

export type AwsPrice = z.infer<typeof prices>['prices'][number];

/** What the tables cost in each region, newest last. */
export const AWS_PRICES: readonly AwsPrice[] = factsFrom(prices, data).prices;
