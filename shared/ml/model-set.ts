import type { AskModel, ModelOdds } from '../strategies/odds.ts';
import type { StrategyName } from '../strategies/strategy.ts';
import { type Artefact, type FitModel, readArtefact } from './artefact/artefact.ts';
import { featuresOf } from './features/feature-set.ts';
import type { OutsideModel, RefusedOutside } from './onnx/outside-model.ts';

/** A file that may hold a model of ours. */
export interface ArtefactFile {
  /** Where it came from, for people. */
  readonly source: string;
  /** Its content as JSON; undefined when it could not be read as such. */
  readonly value: unknown;
}

/** A file with a model of somebody else's, as it was judged. */
export interface OutsideFile {
  readonly source: string;
  readonly outside: OutsideModel | RefusedOutside;
}

export type ModelFile = ArtefactFile | OutsideFile;

/** A model that may be asked. */
export interface LoadedModel {
  readonly version: string;
  /** Null for one of somebody else's: nobody here knows what it was trained on. */
  readonly artefact: Artefact | null;
  readonly ask: AskModel;
}

/** What became of a file, or of a strategy without one. */
export interface ModelState {
  /** Null where the file does not say whose model it is. */
  readonly strategy: StrategyName | null;
  readonly version: string | null;
  /** Null while it is asked; else why it is not. */
  readonly absentWhy: string | null;
  readonly source: string;
}

/** The models of a process, one a strategy. */
export interface ModelSet {
  /** Null where the strategy has none that may be asked. */
  readonly of: (strategy: StrategyName) => LoadedModel | null;
  readonly states: readonly ModelState[];
}

/** The models of files that stand up to being read; the others are told with what is wrong. Of two for one strategy the first counts. */
export function modelSet(files: readonly ModelFile[]): ModelSet {
  const loaded = new Map<StrategyName, LoadedModel>();
  const states = files.map((file): ModelState => {
    const { source } = file;
    const read = 'outside' in file ? outside(file.outside) : ours(file.value);
    if ('why' in read) return { strategy: read.strategy, version: null, absentWhy: read.why, source };
    const { strategy, model } = read;
    const { version } = model;
    if (loaded.has(strategy)) return { strategy, version, absentWhy: `Another model of ${strategy} was named before it`, source };
    loaded.set(strategy, model);
    return { strategy, version, absentWhy: null, source };
  });
  return { of: (strategy) => loaded.get(strategy) ?? null, states };
}

interface Read {
  readonly strategy: StrategyName;
  readonly model: LoadedModel;
}

function ours(value: unknown): Read | RefusedOutside {
  const read = readArtefact(value);
  if (read.kind === 'refused') return read;
  const { artefact, version } = read;
  return { strategy: artefact.strategy, model: { version, artefact, ask: (prospect) => answer(featuresOf(prospect), read) } };
}

/** Its odds are asked for before a scan (`modelsAsked`): who asks it in the middle of one gets none. */
function outside(read: OutsideModel | RefusedOutside): Read | RefusedOutside {
  if ('why' in read) return read;
  const { strategy, version } = read;
  return { strategy, model: { version, artefact: null, ask: () => ({ kind: 'absent', why: `model ${version} was not asked beforehand` }) } };
}

function answer(features: Float64Array, { version, oddsOf, memberOddsOf }: FitModel): ModelOdds {
  return {
    kind: 'odds',
    value: oddsOf(features),
    members: memberOddsOf.map((oddsOfMember) => oddsOfMember(features)),
    modelVersion: version,
    features: Array.from(features, (value) => (Number.isNaN(value) ? null : value)),
  };
}
