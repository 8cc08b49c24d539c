import { digest } from '../../shared/kernel/digest.ts';
import { type Rng, rng } from '../../shared/kernel/rng.ts';
import { DAY_MS, HOUR_MS } from '../../shared/kernel/time.ts';
import type { Artefact } from '../../shared/ml/artefact/artefact.ts';
import { FEATURE_NAMES, FEATURE_VERSION } from '../../shared/ml/features/feature-set.ts';
import type { HarvestedRow } from '../../shared/ml/harvest.ts';
import { type ModelSet, modelSet } from '../../shared/ml/model-set.ts';

const SCORES = { logLoss: 0.5, brier: 0.2, auc: 0.7 };
const RIVALS = { model: SCORES, logistic: SCORES, baseRate: SCORES };

/** An artefact whose model gives the same odds to everything, sealed as training seals one; `change` is made before. */
export function artefactSaying(odds: number, change: Partial<Omit<Artefact, 'hash'>> = {}): Artefact {
  const body: Omit<Artefact, 'hash'> = {
    format: 'nightdesk-model-1',
    strategy: 'scalping',
    seed: '1',
    featureVersion: FEATURE_VERSION,
    features: FEATURE_NAMES.map((name) => ({ name, use: 'value', mean: 0, deviation: 1, spread: { edges: [0], shares: [0.5, 0.5, 0] } })),
    networks: [{ sizes: [FEATURE_NAMES.length, 1], weights: new Array<number>(FEATURE_NAMES.length + 1).fill(0) }],
    calibration: { slope: 1, shift: Math.log(odds / (1 - odds)) },
    training: { from: '2023-01-01T00:00:00.000Z', to: '2023-02-01T00:00:00.000Z', symbols: ['BTC'], rows: 200, reachedTarget: 80, settings: {} },
    metrics: { pooled: RIVALS, folds: [], reliability: [], importance: [] },
    skill: { rows: 150, blocks: 20, blockMs: DAY_MS, improvement: 0.1, low: 0.05, high: 0.15, isSkilled: true, why: 'Skilled: made for a test' },
    ...change,
  };
  return { ...body, hash: digest(body) };
}

/** A set with that one model. */
export const modelSaying = (odds: number, change: Partial<Omit<Artefact, 'hash'>> = {}): ModelSet =>
  modelSet([{ source: 'test.json', value: artefactSaying(odds, change) }]);

/** Rows as if harvested: two dozen a day, of which each reaches its target with the chance that `chanceOf` gives its features. */
export function madeRows(count: number, seed: string, chanceOf: (features: Float64Array) => number): readonly HarvestedRow[] {
  const random = rng('made-rows', seed);
  return Array.from({ length: count }, (_, place) => madeRow(place, random, chanceOf));
}

function madeRow(place: number, random: Rng, chanceOf: (features: Float64Array) => number): HarvestedRow {
  const features = Float64Array.from(FEATURE_NAMES, () => random.normal());
  // Not every feature is always known.
  if (random.next() < 0.2) features[3] = Number.NaN;
  const label = random.next() < chanceOf(features) ? 1 : 0;
  const atMs = Date.parse('2025-01-01T00:00Z') + place * HOUR_MS;
  return {
    atMs,
    endMs: atMs + HOUR_MS / 4,
    features,
    label,
    symbol: place % 2 === 0 ? 'BTC' : 'ETH',
    direction: 'long',
    endedBy: label === 1 ? 'target' : 'stop',
    netReturn: label === 1 ? 0.01 : -0.007,
    isTradable: true,
    confidence: 0.7,
    leastConfidence: 0.6,
    mlShare: 0.35,
    breakEven: 0.5,
    leastOdds: 0.65,
  };
}
