import type { Rng } from '../../kernel/rng.ts';
import { MlError } from '../ml-error.ts';
import { logitOf, type Network, sigmoid, type Workspace, workspaceFor } from '../network/network.ts';
import { type Table, type TrainingSettings, trainNetwork } from '../network/train-network.ts';
import { inputCount, type Normalisation, normalisationOf, writeInputs } from './normalisation.ts';
import { fitPlatt, type Platt } from './platt.ts';
import { purgedFolds, type Spanned } from './splits.ts';

/** A row to learn from: what was seen at `atMs` (NaN where missing), and how it had ended by `endMs`. */
export interface LabelledRow extends Spanned {
  readonly features: Float64Array;
  readonly label: 0 | 1;
}

/** What turns features into odds: scales, networks whose logits are averaged, calibration. */
export interface Fitted {
  readonly normalisation: Normalisation;
  readonly members: readonly Network[];
  readonly calibration: Platt;
}

export interface FitSettings extends TrainingSettings {
  /** Networks, each of which held another block of the rows out to know when to stop. */
  readonly members: number;
  readonly embargoMs: number;
}

/**
 * Fits a model on rows. As many networks as there are blocks of time: each learns from the rows that do not overlap its own block, and
 * stops by that block. Calibrated on all rows by logits of the one network that did not learn from them.
 * @param among   places of the rows to fit on
 * @param onEpoch hears the network's number and its epoch
 * @throws MlError `too_few_rows`, `one_class`
 */
export function fitModel(
  rows: readonly LabelledRow[],
  among: readonly number[],
  settings: FitSettings,
  random: Rng,
  onEpoch: (member: number, epoch: number) => void = () => {},
): Fitted {
  const normalisation = normalisationOf(among.map((row) => (rows[row] as LabelledRow).features));
  const table = tableOf(rows, normalisation);
  if (table.inputs === 0) throw new MlError('too_few_rows', `No feature varies over ${among.length} rows`);
  const logits: number[] = [];
  const labels: number[] = [];
  const members = purgedFolds(rows, among, settings.members, settings.embargoMs).map(({ train, test }, member) => {
    const { network } = trainNetwork(table, train, test, settings, random, (epoch) => onEpoch(member, epoch));
    const workspace = workspaceFor(network);
    for (const row of test) {
      logits.push(logitOf(network, table.rows, row * table.inputs, workspace));
      labels.push(table.labels[row] as number);
    }
    return network;
  });
  return { normalisation, members, calibration: fitPlatt(logits, labels) };
}

function tableOf(rows: readonly LabelledRow[], normalisation: Normalisation): Table {
  const inputs = inputCount(normalisation);
  const table = { inputs, rows: new Float64Array(inputs * rows.length), labels: Uint8Array.from(rows, ({ label }) => label) };
  rows.forEach(({ features }, row) => {
    writeInputs(normalisation, features, table.rows, row * inputs);
  });
  return table;
}

/** Odds of rows of features, with its own scratch: one a process is enough. */
export type Predictor = (features: Float64Array) => number;

/** What each network of a fitted model says by itself, calibrated as all of them are together. */
export const memberPredictors = (fitted: Fitted): readonly Predictor[] => fitted.members.map((member) => predictor({ ...fitted, members: [member] }));

/** The odds of a fitted model, in (0, 1). */
export function predictor({ normalisation, members, calibration }: Fitted): Predictor {
  const inputs = new Float64Array(inputCount(normalisation));
  const workspaces: readonly Workspace[] = members.map(workspaceFor);
  return (features) => {
    writeInputs(normalisation, features, inputs, 0);
    let sum = 0;
    for (let member = 0; member < members.length; member++) sum += logitOf(members[member] as Network, inputs, 0, workspaces[member] as Workspace);
    return sigmoid(calibration.slope * (sum / members.length) + calibration.shift);
  };
}
