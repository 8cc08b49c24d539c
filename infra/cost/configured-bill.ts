import { PRICED_REGIONS } from '../../shared/config/aws-prices.ts';
import { type Deployment, symbolsOf } from '../../shared/config/deployment.ts';
import { INSTRUMENT_FACTS } from '../../shared/config/instrument-facts.ts';
import { monthlyBill } from './bill-page.ts';
import type { Measurement } from './measurement.ts';
import type { SymbolMix } from './operations.ts';

/** How many symbols of each market a configuration watches. */
function mixOf(deployment: Deployment): SymbolMix {
  const symbols = new Set(symbolsOf(deployment));
  const of = (market: string): number => INSTRUMENT_FACTS.instruments.filter((each) => each.market === market && symbols.has(each.symbol)).length;
  return { crypto: of('CRYPTO'), nse: of('NSE') };
}

/** In a line, what a month of this configuration costs, by list prices and what is always free. */
export function configuredBill(measured: Measurement, deployment: Deployment, from: string): string {
  const { crypto, nse } = mixOf(deployment);
  const { capacity } = deployment.feed;
  const priced = PRICED_REGIONS.find((each) => each === deployment.region);
  const region = priced ?? 'ap-south-1';
  const { usd } = monthlyBill({ measured, symbols: { crypto, nse }, region, purchase: capacity === 'spot' ? 'spot' : 'on-demand' });
  const where = priced === undefined ? `${region} (no prices of ${deployment.region} are kept)` : region;
  const how = capacity === 'spot' ? 'on Spot' : 'on demand';
  return `As configured (${from}): ${crypto} symbols of crypto and ${nse} of NSE in ${where}, ${how}: $${usd.toFixed(2)} a month.`;
}
