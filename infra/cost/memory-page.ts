import { alwaysFree, awsPrice } from '../../shared/config/aws-prices.ts';
import type { Measurement } from './measurement.ts';
import { ASSUMED, lambdaSeconds, scansAMonth, waitSeconds } from './operations.ts';

/** Settings below the smallest that holds the process are shown as what they are: too small. */
const SETTINGS_MIB = [128, 256, 512, 1_024, 1_769] as const;

/** What the scan takes and costs with each memory setting: Markdown. Processor time is this machine's, at Lambda's share of a processor. */
export function memoryPage({ functions: { scan }, measuredOn }: Measurement): string {
  const price = awsPrice('lambda-gb-second', 'ap-south-1', measuredOn).usdPerUnit;
  const free = alwaysFree('lambda-gb-second', measuredOn).units;
  const neededMiB = Math.max(scan.cold.maxRssMiB, scan.warm.maxRssMiB);
  const rows = SETTINGS_MIB.map((memoryMiB) => {
    const cold = lambdaSeconds(memoryMiB, scan.cold.cpuMs, scan.cold.requests);
    const warm = lambdaSeconds(memoryMiB, scan.warm.cpuMs, scan.warm.requests);
    const runs = scansAMonth();
    const seconds = runs * (warm + waitSeconds('scan')) + (runs / ASSUMED.coldEveryRuns) * (cold - warm);
    const gbSeconds = (seconds * memoryMiB) / 1_024;
    const fits = memoryMiB > neededMiB ? 'yes' : 'no';
    return `| ${memoryMiB} MiB | ${fits} | ${cold.toFixed(2)} s | ${warm.toFixed(2)} s | ${Math.round(gbSeconds / 1_000)} k | ${Math.round((gbSeconds / free) * 100)} % | $${(gbSeconds * price).toFixed(2)} |`;
  });
  return [
    `The scan's process took ${neededMiB} MiB at most (${measuredOn}).`,
    '',
    '| memory | holds it | cold | warm | GB-s a month | of the free tier | at the list price |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
  ].join('\n');
}
