import { strategyNameSchema } from '../../contracts/terms.ts';
import type { StrategyName } from '../../strategies/strategy.ts';
import { FEATURE_VERSION } from '../features/feature-set.ts';
import { metadataOf } from './onnx-metadata.ts';

/** A model of somebody else's, in a file of theirs: what trades name it by, and whose odds it gives. */
export interface OutsideModel {
  readonly strategy: StrategyName;
  readonly version: string;
}

/** A file that cannot be asked, and why. */
export interface RefusedOutside {
  readonly strategy: StrategyName | null;
  readonly why: string;
}

/**
 * Judges an ONNX file by what it says of itself, without running it: its metadata must name the strategy and the version of the features that it was
 * made for. Its inputs and outputs are seen by who runs it.
 * @param hash  SHA-256 of the file, hex
 */
export function readOutsideModel(bytes: Uint8Array, hash: string): OutsideModel | RefusedOutside {
  const metadata = metadataOf(bytes);
  if (metadata === null) return { strategy: null, why: 'It is no ONNX file' };
  const strategy = strategyNameSchema.safeParse(metadata.get('strategy'));
  if (!strategy.success) {
    return { strategy: null, why: `Its metadata must name a strategy of ours as \`strategy\`, it has ${metadata.get('strategy') ?? 'none'}` };
  }
  const features = metadata.get('featureVersion');
  return features === FEATURE_VERSION
    ? { strategy: strategy.data, version: hash.slice(0, 12) }
    : { strategy: strategy.data, why: `Its metadata must say \`featureVersion\` ${FEATURE_VERSION}, it says ${features ?? 'nothing'}` };
}
