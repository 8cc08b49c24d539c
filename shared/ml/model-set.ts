import type { ModelOdds, Prospect } from '../strategies/odds.ts';
import type { StrategyName } from '../strategies/strategy.ts';
import { type Artefact, type FitModel, readArtefact } from './artefact/artefact.ts';
import { featuresOf } from './features/feature-set.ts';

/** A file that may hold a model. */
export interface ModelFile {
  /** Where it came from, for people. */
  readonly source: string;
  /** Its content as JSON; undefined when it could not be read as such. */
  readonly value: unknown;
}

/** A model that may be asked. */
export interface LoadedModel {
  readonly version: string;
  readonly artefact: Artefact;
  readonly ask: (prospect: Prospect) => ModelOdds;
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
  const states = files.map(({ source, value }): ModelState => {
    const read = readArtefact(value);
    if (read.kind === 'refused') return { strategy: read.strategy, version: null, absentWhy: read.why, source };
    const { artefact, version } = read;
    const { strategy } = artefact;
    if (loaded.has(strategy)) return { strategy, version, absentWhy: `Another model of ${strategy} was named before it`, source };
    loaded.set(strategy, { version, artefact, ask: (prospect) => answer(featuresOf(prospect), read) });
    return { strategy, version, absentWhy: null, source };
  });
  return { of: (strategy) => loaded.get(strategy) ?? null, states };
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
