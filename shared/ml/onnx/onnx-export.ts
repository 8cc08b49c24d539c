import type { Artefact } from '../artefact/artefact.ts';
import { MOST_DEVIATIONS } from '../fit/normalisation.ts';
import { type ProtobufWriter, protobufWriter } from './protobuf-writer.ts';

/** Numbers of the ONNX schema (onnx.proto). */
const TYPE = { double: 11, int64: 7 } as const;
const ATTRIBUTE_INT = 2;
const IR_VERSION = 8;
const OPSET = 17;
const MODEL = { irVersion: 1, producer: 2, graph: 7, opsetImport: 8, metadata: 14 } as const;
const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12 } as const;
const NODE = { input: 1, output: 2, name: 3, op: 4, attribute: 5 } as const;
const TENSOR = { dims: 1, type: 2, name: 8, raw: 9 } as const;

/**
 * The model as an ONNX file: `features` (rows x features, double, NaN where missing, in the order of the artefact) to `odds` (rows x 1, double).
 * Scaling, flags of missing values, networks and calibration are all in the graph.
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
export function onnxOf(artefact: Artefact): Uint8Array {
  const { features, networks, calibration, hash, strategy, featureVersion } = artefact;
  const graph = protobufWriter();
  const nodes = nodesInto(graph);
  const tensors = tensorsInto(graph);
  const inputs = inputsOf(features, nodes, tensors);
  const logits = networks.map((network, member) => logitsOf(network, inputs, `network${member}`, nodes, tensors));
  const sum = nodes('Sum', logits, 'logit_sum');
  const mean = nodes('Div', [sum, tensors.doubles('members', [1], [networks.length])], 'logit');
  const sloped = nodes('Mul', [mean, tensors.doubles('slope', [1], [calibration.slope])], 'sloped');
  const shifted = nodes('Add', [sloped, tensors.doubles('shift', [1], [calibration.shift])], 'shifted');
  nodes('Sigmoid', [shifted], 'odds');
  graph.text(GRAPH.name, `nightdesk-${strategy}`);
  graph.message(GRAPH.input, valueInfo('features', features.length)).message(GRAPH.output, valueInfo('odds', 1));
  const model = protobufWriter()
    .int(MODEL.irVersion, IR_VERSION)
    .text(MODEL.producer, 'nightdesk')
    .message(MODEL.graph, graph)
    .message(MODEL.opsetImport, protobufWriter().text(1, '').int(2, OPSET));
  const facts = { hash, strategy, featureVersion, features: features.map(({ name }) => name).join(',') };
  for (const [key, value] of Object.entries(facts)) model.message(MODEL.metadata, protobufWriter().text(1, key).text(2, value));
  return model.done();
}

/** Adds a node with one output, whose name is given back. */
type Nodes = (op: string, inputs: readonly string[], output: string, integers?: Readonly<Record<string, number>>) => string;

interface Tensors {
  readonly doubles: (name: string, dims: readonly number[], values: readonly number[]) => string;
  readonly places: (name: string, values: readonly number[]) => string;
}

function inputsOf(features: Artefact['features'], nodes: Nodes, tensors: Tensors): string {
  const placesOf = (isMeant: (use: string) => boolean): readonly number[] => features.flatMap(({ use }, place) => (isMeant(use) ? [place] : []));
  const used = placesOf((use) => use !== 'unused');
  const flagged = placesOf((use) => use === 'flagged');
  const figure = (of: 'mean' | 'deviation'): readonly number[] => used.map((place) => features[place]?.[of] ?? 0);
  const raw = nodes('Gather', ['features', tensors.places('used', used)], 'raw', { axis: 1 });
  const centred = nodes('Sub', [raw, tensors.doubles('mean', [used.length], figure('mean'))], 'centred');
  const scaled = nodes('Div', [centred, tensors.doubles('deviation', [used.length], figure('deviation'))], 'scaled');
  const bounds = [tensors.doubles('least', [], [-MOST_DEVIATIONS]), tensors.doubles('most', [], [MOST_DEVIATIONS])];
  const held = nodes('Clip', [scaled, ...bounds], 'held');
  const values = nodes('Where', [nodes('IsNaN', [raw], 'is_missing'), tensors.doubles('zero', [1], [0]), held], 'values');
  if (flagged.length === 0) return values;
  const mayMiss = nodes('Gather', ['features', tensors.places('flagged', flagged)], 'may_miss', { axis: 1 });
  const flags = nodes('Cast', [nodes('IsNaN', [mayMiss], 'misses')], 'flags', { to: TYPE.double });
  return nodes('Concat', [values, flags], 'inputs', { axis: 1 });
}

function logitsOf({ sizes, weights }: Artefact['networks'][number], inputs: string, name: string, nodes: Nodes, tensors: Tensors): string {
  let from = inputs;
  let at = 0;
  for (let layer = 1; layer < sizes.length; layer++) {
    const [width, units] = [sizes[layer - 1] ?? 0, sizes[layer] ?? 0];
    const biasAt = at + width * units;
    const matrix = tensors.doubles(`${name}_weights${layer}`, [units, width], weights.slice(at, biasAt));
    const biases = tensors.doubles(`${name}_biases${layer}`, [units], weights.slice(biasAt, biasAt + units));
    from = nodes('Gemm', [from, matrix, biases], `${name}_sum${layer}`, { transB: 1 });
    if (layer < sizes.length - 1) from = nodes('Relu', [from], `${name}_units${layer}`);
    at = biasAt + units;
  }
  return from;
}

function nodesInto(graph: ProtobufWriter): Nodes {
  return (op, inputs, output, integers = {}) => {
    const node = protobufWriter();
    for (const input of inputs) node.text(NODE.input, input);
    node.text(NODE.output, output).text(NODE.name, output).text(NODE.op, op);
    for (const [name, value] of Object.entries(integers)) {
      node.message(NODE.attribute, protobufWriter().text(1, name).int(3, value).int(20, ATTRIBUTE_INT));
    }
    graph.message(GRAPH.node, node);
    return output;
  };
}

function tensorsInto(graph: ProtobufWriter): Tensors {
  const add = (name: string, type: number, dims: readonly number[], count: number, write: (raw: DataView) => void): string => {
    const raw = new Uint8Array(8 * count);
    write(new DataView(raw.buffer));
    const tensor = protobufWriter();
    for (const dim of dims) tensor.int(TENSOR.dims, dim);
    graph.message(GRAPH.initializer, tensor.int(TENSOR.type, type).text(TENSOR.name, name).bytes(TENSOR.raw, raw));
    return name;
  };
  return {
    doubles: (name, dims, values) =>
      add(name, TYPE.double, dims, values.length, (raw) => {
        values.forEach((value, place) => {
          raw.setFloat64(8 * place, value, true);
        });
      }),
    places: (name, values) =>
      add(name, TYPE.int64, [values.length], values.length, (raw) => {
        values.forEach((value, place) => {
          raw.setBigInt64(8 * place, BigInt(value), true);
        });
      }),
  };
}

/** A table of doubles with any number of rows. */
function valueInfo(name: string, width: number): ProtobufWriter {
  const shape = protobufWriter().message(1, protobufWriter().text(2, 'rows')).message(1, protobufWriter().int(1, width));
  const type = protobufWriter().message(1, protobufWriter().int(1, TYPE.double).message(2, shape));
  return protobufWriter().text(1, name).message(2, type);
}
