import { NSE_CALENDAR } from '../../shared/config/nse-calendar.ts';
import { createChart } from '../../shared/indicators/chart.ts';
import { rng } from '../../shared/kernel/rng.ts';
import { MINUTE_MS } from '../../shared/kernel/time.ts';
import { readArtefact } from '../../shared/ml/artefact/artefact.ts';
import { featuresOf } from '../../shared/ml/features/feature-set.ts';
import { sigmoid } from '../../shared/ml/network/network.ts';
import { trainNetwork } from '../../shared/ml/network/train-network.ts';
import { trainModel } from '../../shared/ml/train-model.ts';
import type { Prospect } from '../../shared/strategies/odds.ts';
import { createScalping } from '../../shared/strategies/scalping.ts';
import { burstMarket } from '../support/burst-market.ts';
import { madeRows } from '../support/models.ts';
import { instrumentOf } from '../support/strategy-runs.ts';
import { againstTarget, msLine, percentiles } from './figures.ts';

const ROWS = 50_000;
const INPUTS = 32;
const BATCH = 100;

/** The network as it is trained and asked: 50,000 rows, a hundred rows of odds, and the cold reading of an artefact. */
export async function benchMl(): Promise<readonly string[]> {
  return [...training(), ...inference()];
}

function training(): readonly string[] {
  const random = rng('bench-ml');
  const rows = Float64Array.from({ length: ROWS * INPUTS }, () => random.normal());
  const labels = Uint8Array.from({ length: ROWS }, (_, row) => (random.next() < sigmoid(rows[row * INPUTS] ?? 0) ? 1 : 0));
  const places = Array.from({ length: ROWS }, (_, row) => row);
  const settings = { hidden: [32, 16], epochs: 20, batch: 64, learningRate: 0.001, l2: 0.0001, patience: 20 };
  const { cpuMs, wallMs } = measured(() =>
    trainNetwork({ inputs: INPUTS, rows, labels }, places.slice(0, 45_000), places.slice(45_000), settings, rng(1)),
  );
  return [
    `training ${ROWS} rows x ${INPUTS}, ${settings.epochs} epochs of 32-32-16-1: ${(cpuMs / 1_000).toFixed(1)} s of CPU, ${(wallMs / 1_000).toFixed(1)} s by the wall`,
    againstTarget('s of CPU', cpuMs / 1_000, '<', 15),
  ];
}

function inference(): readonly string[] {
  const rows = madeRows(600, 'bench', (features) => sigmoid(2 * (features[1] ?? 0)));
  const text = JSON.stringify(trainModel({ strategy: 'scalping', seed: '1', rows }).artefact);
  const cold = measured(() => readArtefact(JSON.parse(text)));
  const read = cold.result;
  if (read.kind !== 'fit') throw new Error(read.why);
  const prospect = someProspect();
  const [odds, asked]: [number[], number[]] = [[], []];
  for (let round = 0; round < 500; round++) {
    odds.push(timed(() => rows.slice(0, BATCH).map(({ features }) => read.oddsOf(features))));
    asked.push(timed(() => read.oddsOf(featuresOf(prospect))));
  }
  const warm = percentiles(odds.slice(100));
  return [
    `odds of ${BATCH} rows, ${read.artefact.networks.length} networks of ${read.artefact.networks[0]?.sizes.join('-')}: ${msLine(warm)}`,
    againstTarget('ms', warm.p50, '<', 1),
    `one proposal, its features included: ${msLine(percentiles(asked.slice(100)))}`,
    `an artefact of ${(text.length / 1_024).toFixed(0)} kB read and checked, cold: ${cold.cpuMs.toFixed(1)} ms of CPU, ${cold.wallMs.toFixed(1)} ms by the wall`,
    againstTarget('ms of CPU', cold.cpuMs, '<', 30),
  ];
}

/** One thread's work: its CPU time is what the wall would say on a machine that has nothing else to do. */
function measured<Result>(task: () => Result): { readonly result: Result; readonly cpuMs: number; readonly wallMs: number } {
  const before = process.cpuUsage();
  const began = performance.now();
  const result = task();
  const wallMs = performance.now() - began;
  const { user, system } = process.cpuUsage(before);
  return { result, cpuMs: (user + system) / 1_000, wallMs };
}

function timed(task: () => unknown): number {
  const began = performance.now();
  task();
  return performance.now() - began;
}

function someProspect(): Prospect {
  const untilMs = Date.parse('2026-11-18T16:00Z');
  const chart = createChart({ symbol: 'BTC', market: 'CRYPTO' });
  for (const bar of burstMarket(untilMs, true)) chart.add(bar);
  const seen: Prospect[] = [];
  createScalping().evaluate({
    instrument: instrumentOf('BTC'),
    nowMs: untilMs,
    chart,
    derivatives: null,
    calendar: NSE_CALENDAR,
    askModel: (prospect) => {
      seen.push(prospect);
      return { kind: 'absent', why: 'only looking' };
    },
  });
  const [prospect] = seen;
  if (prospect === undefined) throw new Error(`Scalping saw nothing at ${untilMs - MINUTE_MS}`);
  return prospect;
}
