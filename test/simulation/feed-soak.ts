import { parseArgs } from 'node:util';
import { messageOf } from '../../shared/kernel/errors.ts';
import { HOUR_MS } from '../../shared/kernel/time.ts';
import { hostLine, percentiles } from '../bench/figures.ts';
import { FRESH_MS } from './feed/accounts.ts';
import { FAULT_KINDS, takenBy } from './feed/faults.ts';
import { boundsOf, type FeedSoakResult, runFeedSoak } from './feed/soak.ts';

const HELP = `npm run soak:feed -- [--hours H] [--faults N] [--seed S]

Runs the live Binance source for H virtual hours (default 24) against a local venue in which N faults happen (default 500),
drawn from the seed (default 1): lines cut, torn, frozen and closed, upgrades refused (403, 418, 429, 451, 503) or stalled,
silence, late bursts, shutdown notices, an age limit, garbage, half, doubled, reordered, late and impossible frames, REST that
refuses, fails, is slow or breaks off. The sockets are real, on this machine; time is virtual and stands still until they are
quiet. Every second's freshness and every bar is compared with what truly happened. Exit 0 when every bound holds, else 1.`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      hours: { type: 'string', default: '24' },
      faults: { type: 'string', default: '500' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const [hours, faults] = [Number(values.hours), Number(values.faults)];
  if (!(hours > 0)) throw new TypeError(`--hours takes a number above 0, received ${values.hours}`);
  if (!Number.isInteger(faults) || faults < 1) throw new TypeError(`--faults takes a whole number from 1, received ${values.faults}`);
  console.log(hostLine());
  console.log(`npm run soak:feed -- --hours ${hours} --faults ${faults} --seed ${values.seed}\n`);
  const result = await runFeedSoak({ seed: values.seed, forMs: hours * HOUR_MS, faults });
  for (const line of reportOf(result)) console.log(line);
  return boundsOf(result).every(({ isMet }) => isMet) ? 0 : 1;
}

function reportOf(result: FeedSoakResult): readonly string[] {
  const { seconds, ages, bars } = result;
  const total = seconds.fresh + seconds.stale + seconds.inOutage;
  const share = (count: number): string => `${count} (${((100 * count) / total).toFixed(3)} %)`;
  const { repairMs } = bars;
  return [
    `${(result.forMs / HOUR_MS).toFixed(2)} virtual hours in ${(result.wallMs / 1_000).toFixed(1)} s: ${result.faultCount} faults, ${result.frames} frames made, ${result.prices} prices delivered`,
    `${result.connects} connection attempts, ${result.rotations} reconnects, ${result.pings} pings, ${result.restRequests} REST requests`,
    '',
    'fault                  count  recovery p50     max   (ms after the venue was back, all symbols)',
    ...FAULT_KINDS.flatMap((kind) => faultLine(kind, result)),
    '',
    `seconds of a symbol    ${total} in all: in injected outages ${share(seconds.inOutage)}, fresh (<= ${FRESH_MS} ms) ${share(seconds.fresh)}, stale ${share(seconds.stale)}`,
    `age of newest price    p50 ${ages.p50} ms, p99 ${ages.p99} ms, max ${ages.max} ms outside outages`,
    `bars                   ${bars.expected}: received ${bars.received}, backfilled ${bars.backfilled}, flagged as missing when given ${bars.flagged}`,
    ...(repairMs === null ? [] : [`repair of a bar        p50 ${repairMs.p50} ms, p99 ${repairMs.p99} ms, max ${repairMs.max} ms after its minute`]),
    `refused                ${Object.entries(result.refused)
      .map(([reason, count]) => `${reason} ${count}`)
      .join(', ')}`,
    '',
    ...boundsOf(result).map(
      ({ what, value, asked, isMet }) => `${what.padEnd(46)} ${value.padStart(12)}   ${asked.padEnd(10)} ${isMet ? 'met' : 'MISSED'}`,
    ),
    ...[...result.crashes, ...result.told].map((what) => `  ${what}`),
  ];
}

function faultLine(kind: (typeof FAULT_KINDS)[number], { faults, recoveries }: FeedSoakResult): readonly string[] {
  const count = faults[kind];
  if (count === undefined) return [];
  const took = recoveries.filter((recovery) => recovery.kind === kind).map(({ tookMs }) => tookMs ?? Number.POSITIVE_INFINITY);
  const { p50, max } = percentiles(took.length === 0 ? [0] : took);
  return [`${kind.padEnd(22)} ${String(count).padStart(5)} ${String(p50).padStart(13)} ${String(max).padStart(7)}   takes ${takenBy(kind)}`];
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? (error.stack ?? error.message) : messageOf(error));
  process.exitCode = 1;
}
