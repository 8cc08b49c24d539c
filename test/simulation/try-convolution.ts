import { parseArgs } from 'node:util';
import { instrumentsOf } from '../../shared/config/instruments.ts';
import { describeData } from '../../shared/feeds/replay/recorded-data.ts';
import { recordedMinutes } from '../../shared/feeds/replay/recorded-minutes.ts';
import { type Rng, rng } from '../../shared/kernel/rng.ts';
import { MINUTE_MS } from '../../shared/kernel/time.ts';
import { auc, brier, logLoss } from '../../shared/ml/evaluate/metrics.ts';
import { unfit } from '../../shared/ml/evaluate/walk-forward.ts';
import { skillOf } from '../../shared/ml/evaluate/skill.ts';
import { fitModel, predictor } from '../../shared/ml/fit/fit-model.ts';
import { inputCount, normalisationOf, writeInputs } from '../../shared/ml/fit/normalisation.ts';
import { fitPlatt } from '../../shared/ml/fit/platt.ts';
import { purgedFolds, walkForward } from '../../shared/ml/fit/splits.ts';
import { createHarvest, type HarvestedRow } from '../../shared/ml/harvest.ts';
import { logitLoss, sigmoid } from '../../shared/ml/network/network.ts';
import { TRAINING } from '../../shared/ml/train-model.ts';
import { signOf } from '../../shared/strategies/direction.ts';
import type { Prospect } from '../../shared/strategies/odds.ts';
import { strategyByName } from '../../shared/strategies/registry.ts';
import type { Strategy, StrategyName } from '../../shared/strategies/strategy.ts';

/** The last bars of the base that the convolution sees, what it sees of each, the width of a filter, filters, and units above them. */
const [BARS, CHANNELS, KERNEL, FILTERS, UNITS] = [32, 4, 5, 8, 12];
const STEPS = BARS - KERNEL + 1;

/** The last bars turned towards the trade, oldest first: return, body, range in ATRs, and volume over its mean. */
function sequenceOf({ base: { view, atr, volatility }, direction }: Prospect): Float64Array {
  const candles = view.candles.slice(-BARS - 1);
  const sign = signOf(direction);
  const volume = candles.reduce((sum, each) => sum + each.volume, 0) / Math.max(1, candles.length);
  const out = new Float64Array(BARS * CHANNELS);
  for (let bar = 0; bar < BARS; bar++) {
    const at = candles.length - BARS + bar;
    const [before, own] = [candles[at - 1], candles[at]];
    if (before === undefined || own === undefined) continue;
    const seen = [
      (sign * Math.log(own.close / before.close)) / volatility,
      (sign * (own.close - own.open)) / atr,
      (own.high - own.low) / atr,
      Math.log(Math.max(0.01, own.volume / Math.max(1e-12, volume))),
    ];
    seen.forEach((value, channel) => {
      out[bar * CHANNELS + channel] = Math.max(-5, Math.min(5, value)) / 2;
    });
  }
  return out;
}

interface Row extends HarvestedRow {
  readonly sequence: Float64Array;
}

/** The opportunities of the recorded bars, with what a convolution would see. */
async function harvested(paths: readonly string[], name: StrategyName): Promise<readonly Row[]> {
  const sequences = new Map<string, Float64Array>();
  const inner = strategyByName(name);
  const strategy: Strategy = {
    ...inner,
    evaluate: (view, base) =>
      inner.evaluate(
        {
          ...view,
          askModel: (prospect) => {
            sequences.set(`${view.instrument.symbol} ${view.nowMs}`, sequenceOf(prospect));
            return view.askModel?.(prospect) ?? { kind: 'absent', why: 'nobody asks' };
          },
        },
        base,
      ),
  };
  const found = await describeData(paths, new Map(instrumentsOf('CRYPTO').map(({ venueSymbol, symbol }) => [venueSymbol, symbol])));
  if (found.kind !== 'klines') throw new Error('no klines');
  const harvest = createHarvest(strategy);
  for await (const { bars } of recordedMinutes(found.series, { fromMs: found.firstMs, toMs: found.lastMs + MINUTE_MS })) for (const bar of bars) harvest.add(bar);
  return harvest.rows().map((row) => ({ ...row, sequence: sequences.get(`${row.symbol} ${row.atMs}`) ?? new Float64Array(BARS * CHANNELS) }));
}

/** A convolution over the bars, its filters' means and maxima beside the features, one hidden layer, one logit. All weights in one array. */
interface Convolution {
  readonly features: number;
  readonly weights: Float64Array;
}
const pooledOf = (features: number): number => 2 * FILTERS + features;
const CONV = FILTERS * (KERNEL * CHANNELS + 1);
const countOf = (features: number): number => CONV + UNITS * (pooledOf(features) + 1) + UNITS + 1;

function drawn(features: number, random: Rng): Convolution {
  const weights = new Float64Array(countOf(features));
  const fan = KERNEL * CHANNELS;
  for (let f = 0; f < FILTERS; f++) for (let k = 0; k < fan; k++) weights[f * (fan + 1) + k] = Math.sqrt(2 / fan) * random.normal();
  const width = pooledOf(features);
  for (let u = 0; u < UNITS; u++) for (let k = 0; k < width; k++) weights[CONV + u * (width + 1) + k] = Math.sqrt(2 / width) * random.normal();
  const out = CONV + UNITS * (width + 1);
  for (let u = 0; u < UNITS; u++) weights[out + u] = Math.sqrt(1 / UNITS) * random.normal();
  return { features, weights };
}

/** Scratch of a pass: what each filter gave at each step, what was pooled, the hidden units. */
const maps = new Float64Array(FILTERS * STEPS);
const best = new Int32Array(FILTERS);
const pooled = new Float64Array(512);
const hidden = new Float64Array(UNITS);

function logit({ features, weights }: Convolution, sequence: Float64Array, inputs: Float64Array): number {
  const fan = KERNEL * CHANNELS;
  for (let f = 0; f < FILTERS; f++) {
    const at = f * (fan + 1);
    let [sum, top, where] = [0, -1, 0];
    for (let step = 0; step < STEPS; step++) {
      let value = weights[at + fan] as number;
      for (let k = 0; k < fan; k++) value += (weights[at + k] as number) * (sequence[step * CHANNELS + k] as number);
      value = Math.max(0, value);
      maps[f * STEPS + step] = value;
      sum += value;
      if (value > top) [top, where] = [value, step];
    }
    best[f] = where;
    pooled[f] = sum / STEPS;
    pooled[FILTERS + f] = top;
  }
  for (let k = 0; k < features; k++) pooled[2 * FILTERS + k] = inputs[k] as number;
  const width = pooledOf(features);
  const out = CONV + UNITS * (width + 1);
  let answer = weights[out + UNITS] as number;
  for (let u = 0; u < UNITS; u++) {
    const at = CONV + u * (width + 1);
    let value = weights[at + width] as number;
    for (let k = 0; k < width; k++) value += (weights[at + k] as number) * (pooled[k] as number);
    hidden[u] = Math.max(0, value);
    answer += (weights[out + u] as number) * (hidden[u] as number);
  }
  return answer;
}

/** Follows `logit` of the same row. */
function addGradient({ features, weights }: Convolution, sequence: Float64Array, error: number, gradient: Float64Array): void {
  const width = pooledOf(features);
  const out = CONV + UNITS * (width + 1);
  const passed = new Float64Array(2 * FILTERS);
  const add = (index: number, value: number): void => {
    gradient[index] = (gradient[index] as number) + value;
  };
  add(out + UNITS, error);
  for (let u = 0; u < UNITS; u++) {
    add(out + u, error * (hidden[u] as number));
    if ((hidden[u] as number) <= 0) continue;
    const delta = error * (weights[out + u] as number);
    const at = CONV + u * (width + 1);
    add(at + width, delta);
    for (let k = 0; k < width; k++) add(at + k, delta * (pooled[k] as number));
    for (let k = 0; k < 2 * FILTERS; k++) passed[k] = (passed[k] as number) + delta * (weights[at + k] as number);
  }
  const fan = KERNEL * CHANNELS;
  for (let f = 0; f < FILTERS; f++) {
    for (let step = 0; step < STEPS; step++) {
      if ((maps[f * STEPS + step] as number) <= 0) continue;
      const delta = (passed[f] as number) / STEPS + (step === best[f] ? (passed[FILTERS + f] as number) : 0);
      add(f * (fan + 1) + fan, delta);
      for (let k = 0; k < fan; k++) add(f * (fan + 1) + k, delta * (sequence[step * CHANNELS + k] as number));
    }
  }
}

interface Data {
  readonly sequences: readonly Float64Array[];
  readonly inputs: readonly Float64Array[];
  readonly labels: readonly number[];
  readonly width: number;
}

/** As `trainNetwork` does: Adam, both classes weighing the same, the weights of the epoch that was best on the rows held out. */
function trained(data: Data, fit: readonly number[], held: readonly number[], random: Rng): Convolution {
  const network = drawn(data.width, random);
  const { weights } = network;
  const ones = fit.reduce((sum, row) => sum + (data.labels[row] as number), 0);
  const classWeight = [fit.length / (2 * (fit.length - ones)), fit.length / (2 * ones)] as const;
  const [first, second, gradient] = [new Float64Array(weights.length), new Float64Array(weights.length), new Float64Array(weights.length)];
  const { batch, epochs, patience, learningRate, l2 } = TRAINING;
  const logitAt = (row: number): number => logit(network, data.sequences[row] as Float64Array, data.inputs[row] as Float64Array);
  const order = [...fit];
  let kept = { loss: Number.POSITIVE_INFINITY, epoch: 0, weights: weights.slice() };
  let steps = 0;
  for (let epoch = 1; epoch <= epochs && epoch - kept.epoch <= patience; epoch++) {
    for (let last = order.length - 1; last > 0; last--) {
      const other = Math.floor(random.next() * (last + 1));
      [order[last], order[other]] = [order[other] as number, order[last] as number];
    }
    for (let from = 0; from < order.length; from += batch) {
      const rows = order.slice(from, from + batch);
      gradient.fill(0);
      for (const row of rows) {
        const label = data.labels[row] as 0 | 1;
        const error = classWeight[label] * (sigmoid(logitAt(row)) - label);
        addGradient(network, data.sequences[row] as Float64Array, error, gradient);
      }
      steps += 1;
      const rate = (learningRate * Math.sqrt(1 - 0.999 ** steps)) / (1 - 0.9 ** steps);
      for (let index = 0; index < weights.length; index++) {
        const slope = (gradient[index] as number) / rows.length;
        first[index] = 0.9 * (first[index] as number) + 0.1 * slope;
        second[index] = 0.999 * (second[index] as number) + 0.001 * slope * slope;
        const weight = weights[index] as number;
        weights[index] = weight - (rate * (first[index] as number)) / (Math.sqrt(second[index] as number) + 1e-8) - learningRate * l2 * weight;
      }
    }
    let [loss, weight] = [0, 0];
    for (const row of held) {
      const label = data.labels[row] as 0 | 1;
      loss += classWeight[label] * logitLoss(logitAt(row), label);
      weight += classWeight[label];
    }
    if (loss / weight < kept.loss) kept = { loss: loss / weight, epoch, weights: weights.slice() };
  }
  return { features: data.width, weights: kept.weights };
}

/** As `fitModel` does: three members, each held another block of time out; Platt on the logits of what was held out. */
function convolutionOf(rows: readonly Row[], among: readonly number[], embargoMs: number, withFeatures: boolean, random: Rng): (row: Row) => number {
  const normalisation = normalisationOf(among.map((row) => (rows[row] as Row).features));
  const width = withFeatures ? inputCount(normalisation) : 0;
  const inputsOf = ({ features }: Row): Float64Array => {
    const inputs = new Float64Array(inputCount(normalisation));
    writeInputs(normalisation, features, inputs, 0);
    return inputs;
  };
  const data: Data = { sequences: rows.map(({ sequence }) => sequence), inputs: rows.map(inputsOf), labels: rows.map(({ label }) => label), width };
  const [logits, labels]: [number[], number[]] = [[], []];
  const members = purgedFolds(rows, among, TRAINING.members, embargoMs).map(({ train, test }) => {
    const network = trained(data, train, test, random);
    for (const row of test) {
      logits.push(logit(network, data.sequences[row] as Float64Array, data.inputs[row] as Float64Array));
      labels.push(data.labels[row] as number);
    }
    return network;
  });
  const { slope, shift } = fitPlatt(logits, labels);
  return (row) => {
    const inputs = inputsOf(row);
    const sum = members.reduce((total, member) => total + logit(member, row.sequence, inputs), 0);
    return sigmoid(slope * (sum / members.length) + shift);
  };
}

const RIVALS = ['base rate', 'perceptron', 'convolution', 'convolution with features'] as const;
type Said = Readonly<Record<(typeof RIVALS)[number], number>> & { readonly row: Row };

function tested(rows: readonly Row[], seed: string): { readonly said: readonly Said[]; readonly blockMs: number } {
  const longestMs = rows.reduce((longest, { atMs, endMs }) => Math.max(longest, endMs - atMs), 0);
  const embargoMs = Math.max(60 * MINUTE_MS, longestMs);
  const said = walkForward(rows, TRAINING.folds, embargoMs).flatMap(({ train, test }, fold): readonly Said[] => {
    // As `evaluateForward` does: too little to learn from.
    if (unfit(rows, train, TRAINING.members) !== null) return [];
    const base = (train.reduce((sum, row) => sum + (rows[row] as Row).label, 0) + 1) / (train.length + 2);
    const perceptron = predictor(fitModel(rows, train, { ...TRAINING, embargoMs }, rng(seed, 'fold', fold)));
    const convolution = convolutionOf(rows, train, embargoMs, false, rng(seed, 'convolution', fold));
    const both = convolutionOf(rows, train, embargoMs, true, rng(seed, 'both', fold));
    return test.map((place): Said => {
      const row = rows[place] as Row;
      return { row, 'base rate': base, perceptron: perceptron(row.features), convolution: convolution(row), 'convolution with features': both(row) };
    });
  });
  return { said, blockMs: Math.max(86_400_000, embargoMs) };
}

/** Labels that hang on the order of the bars: three ups in a row somewhere in the last ten. A convolution must find them. */
function planted(rows: readonly Row[], seed: string): readonly Row[] {
  const random = rng(seed, 'planted');
  return rows.map((row) => {
    let run = 0;
    let longest = 0;
    for (let bar = BARS - 10; bar < BARS; bar++) {
      run = (row.sequence[bar * CHANNELS] as number) > 0.25 ? run + 1 : 0;
      longest = Math.max(longest, run);
    }
    return { ...row, label: random.next() < (longest >= 3 ? 0.5 : 0.1) ? 1 : 0 };
  });
}

function report(name: string, { said, blockMs }: ReturnType<typeof tested>, seed: string): void {
  console.log(`\n${name}: ${said.length} rows out of sample\n`);
  console.log('| | log-loss | Brier | AUC | below the base rate | below the perceptron |\n| --- | --- | --- | --- | --- | --- |');
  const labels = said.map(({ row }) => row.label);
  for (const rival of RIVALS) {
    const odds = said.map((each) => each[rival]);
    const forecasts = { odds, labels };
    const against = (other: (typeof RIVALS)[number]): string => {
      const out = said.map((each) => ({ atMs: each.row.atMs, label: each.row.label, odds: each[rival], baseOdds: each[other] }));
      const { improvement, low, high } = skillOf(out, rng(seed, 'skill'), blockMs);
      return rival === other ? '' : `${improvement.toFixed(4)} (${low.toFixed(4)} to ${high.toFixed(4)})`;
    };
    console.log(
      `| ${rival} | ${logLoss(forecasts)?.toFixed(4)} | ${brier(forecasts)?.toFixed(4)} | ${auc(forecasts)?.toFixed(3)} | ${against('base rate')} | ${against('perceptron')} |`,
    );
  }
}

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data/binance-klines' },
    strategy: { type: 'string', default: 'scalping' },
    seed: { type: 'string', default: '1' },
  },
});
const rows = await harvested([values.data], values.strategy as StrategyName);
console.log(`${rows.length} opportunities of ${values.strategy}, ${rows.reduce<number>((sum, { label }) => sum + label, 0)} reached their target`);
report(`${values.strategy}, as recorded`, tested(rows, values.seed), values.seed);
report(`${values.strategy}, with a signal planted in the order of the bars`, tested(planted(rows, values.seed), values.seed), values.seed);
