import type { FeatureRow } from '../../shared/engine/ports.ts';
import { messageOf, NightdeskError } from '../../shared/kernel/errors.ts';
import { FEATURE_NAMES } from '../../shared/ml/features/feature-set.ts';

/** A model file that cannot be run here: no runtime, or inputs and outputs that are not the documented ones. */
class OnnxError extends NightdeskError<'no_runtime' | 'bad_model'> {}

/** As much of onnxruntime-node as is used: the package is optional, so that its types may not be there. */
interface Runtime {
  readonly InferenceSession: { readonly create: (path: string, options: unknown) => Promise<Session> };
  readonly Tensor: new (type: ElementType, data: Float64Array | Float32Array, dims: readonly number[]) => unknown;
}
type ElementType = 'float64' | 'float32';
interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly {
    readonly name: string;
    readonly isTensor: boolean;
    readonly type?: string;
    readonly shape?: readonly unknown[];
  }[];
  readonly run: (feeds: Readonly<Record<string, unknown>>) => Promise<Readonly<Record<string, { readonly data: ArrayLike<number> }>>>;
}

/** A model that can be asked. */
export interface OnnxModel {
  readonly odds: (rows: readonly FeatureRow[]) => Promise<readonly number[]>;
}

const [INPUT, OUTPUT] = ['features', 'odds'] as const;
/** A name that no bundler follows: the runtime is native code, which lies beside the bundle, where it is installed at all. */
const RUNTIME: string = 'onnxruntime-node';

/**
 * Opens a model: `features`, rows x features as double or float, NaN where missing, in the order of the features' definition, to `odds`, one for each
 * row.
 * @throws OnnxError `no_runtime` where onnxruntime-node is not installed, `bad_model` for other inputs and outputs and for what the runtime refuses
 */
export async function openOnnx(path: string): Promise<OnnxModel> {
  const { InferenceSession, Tensor } = await runtime();
  const session = await InferenceSession.create(path, { executionProviders: ['cpu'], intraOpNumThreads: 1 }).catch((error: unknown) => {
    throw new OnnxError('bad_model', `${path}: ${messageOf(error)}`, { path });
  });
  const type = elementType(session, path);
  const width = FEATURE_NAMES.length;
  return {
    odds: async (rows) => {
      const values = rows.flatMap((row) => row.map((value) => value ?? Number.NaN));
      const data = type === 'float64' ? Float64Array.from(values) : Float32Array.from(values);
      const answered = await session.run({ [INPUT]: new Tensor(type, data, [rows.length, width]) });
      return Array.from(answered[OUTPUT]?.data ?? []);
    },
  };
}

async function runtime(): Promise<Runtime> {
  try {
    return (await import(RUNTIME)) as Runtime;
  } catch (error) {
    throw new OnnxError('no_runtime', `onnxruntime-node, which runs ONNX models, is not installed or does not start here: ${messageOf(error)}`);
  }
}

/** What its numbers are, when it is a model of the documented form. */
function elementType({ inputNames, outputNames, inputMetadata }: Session, path: string): ElementType {
  const bad = (what: string): OnnxError => new OnnxError('bad_model', `${path}: ${what}`, { path });
  if (inputNames.length !== 1 || inputNames[0] !== INPUT) throw bad(`its one input must be \`${INPUT}\`, it has ${inputNames.join(', ')}`);
  if (!outputNames.includes(OUTPUT)) throw bad(`it must have an output \`${OUTPUT}\`, it has ${outputNames.join(', ')}`);
  const { type, shape = [] } = inputMetadata[0] ?? {};
  if (type !== 'float64' && type !== 'float32') throw bad(`\`${INPUT}\` must be double or float, it is ${type}`);
  if (shape.length !== 2 || shape[1] !== FEATURE_NAMES.length) {
    throw bad(`\`${INPUT}\` must be rows x ${FEATURE_NAMES.length}, it is ${shape.join(' x ')}`);
  }
  return type;
}
