import { ALL_SYMBOLS, instrumentBySymbol } from '../../shared/config/instruments.ts';
import { binanceUrls } from '../../shared/feeds/binance/binance-endpoints.ts';
import { binanceBudget, probeBinance } from '../../shared/feeds/binance/binance-socket.ts';
import { systemClock } from '../../shared/kernel/clock-system.ts';
import { rng } from '../../shared/kernel/rng.ts';
import { readConfigFile } from '../config/config-file.ts';
import { awsAccount } from './account.ts';
import { askRegistry, pinnedBase } from './base-image.ts';
import type { DoctorPorts } from './doctor.ts';
import { askTool, pinnedVersions } from './tools.ts';

const PROBE_MS = 8_000;

/** The doctor's view of this machine, its network and its account. */
export const thisMachine: DoctorPorts = {
  config: () => readConfigFile(process.env),
  env: process.env,
  node: process.versions.node,
  pinned: pinnedVersions(),
  ask: askTool,
  account: awsAccount,
  reachBinance,
  base: pinnedBase,
  registry: (image) => askRegistry(image, process.env.NIGHTDESK_REGISTRY_URL || undefined),
};

/** As the feed connects, at the same addresses. */
async function reachBinance(): Promise<{ readonly answers: boolean; readonly why: string }> {
  const clock = systemClock(() => undefined);
  const symbols = ALL_SYMBOLS.map((symbol) => instrumentBySymbol(symbol)).flatMap(({ venue, venueSymbol }) =>
    venue === 'binance' ? venueSymbol : [],
  );
  const { webSocket } = binanceUrls(process.env);
  const probe = await probeBinance(
    { symbols, urls: webSocket, clock, random: rng('doctor', Date.now()), log: () => undefined, budget: binanceBudget() },
    PROBE_MS,
  );
  return probe.answers ? { answers: true, why: probe.endpoint } : { answers: false, why: probe.failures[0]?.detail ?? 'no address is configured' };
}
