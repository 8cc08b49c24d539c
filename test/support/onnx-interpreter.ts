import protobuf from 'protobufjs';

/** The part of the ONNX schema that our files use, by the numbers of onnx.proto. */
const SCHEMA = `
syntax = "proto3";
message Attribute { string name = 1; int64 i = 3; int32 type = 20; }
message Node { repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4; repeated Attribute attribute = 5; }
message Tensor { repeated int64 dims = 1; int32 data_type = 2; string name = 8; bytes raw_data = 9; }
message ValueInfo { string name = 1; }
message Graph { repeated Node node = 1; string name = 2; repeated Tensor initializer = 5; repeated ValueInfo input = 11; repeated ValueInfo output = 12; }
message OperatorSet { string domain = 1; int64 version = 2; }
message Entry { string key = 1; string value = 2; }
message Model { int64 ir_version = 1; string producer_name = 2; Graph graph = 7; repeated OperatorSet opset_import = 8; repeated Entry metadata_props = 14; }
`;

interface Attribute {
  readonly name: string;
  readonly i: unknown;
}
interface Node {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly opType: string;
  readonly attribute: readonly Attribute[];
}
interface Tensor {
  readonly dims: readonly unknown[];
  readonly dataType: number;
  readonly name: string;
  readonly rawData: Uint8Array;
}
export interface OnnxModel {
  readonly opsetImport: readonly { readonly domain: string; readonly version: unknown }[];
  readonly metadataProps: readonly { readonly key: string; readonly value: string }[];
  readonly graph: {
    readonly node: readonly Node[];
    readonly initializer: readonly Tensor[];
    readonly input: readonly { readonly name: string }[];
    readonly output: readonly { readonly name: string }[];
  };
}

/** A table of rows; a vector has one. */
type Table = readonly (readonly number[])[];

const DOUBLE = 11;

export function readOnnx(bytes: Uint8Array): OnnxModel {
  return protobuf.parse(SCHEMA).root.lookupType('Model').decode(bytes) as unknown as OnnxModel;
}

/** Runs the graph on rows, node by node, as the operators' definitions say: https://onnx.ai/onnx/operators */
export function runOnnx({ graph }: OnnxModel, features: Table): Table {
  const values = new Map<string, Table>([['features', features]]);
  for (const tensor of graph.initializer) values.set(tensor.name, tableOf(tensor));
  for (const node of graph.node) {
    const inputs = node.input.map((name) => {
      const value = values.get(name);
      if (value === undefined) throw new Error(`${node.opType} reads ${name}, which nothing has written`);
      return value;
    });
    values.set(node.output[0] ?? '', apply(node, inputs));
  }
  const output = values.get(graph.output[0]?.name ?? '');
  if (output === undefined) throw new Error('The graph has no output');
  return output;
}

function tableOf({ dims, dataType, rawData }: Tensor): Table {
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
  const at = (place: number): number => (dataType === DOUBLE ? view.getFloat64(8 * place, true) : Number(view.getBigInt64(8 * place, true)));
  const width = dims.length === 0 ? 1 : Number(dims.at(-1));
  const rows = rawData.length / 8 / width;
  return Array.from({ length: rows }, (_, row) => Array.from({ length: width }, (_each, column) => at(row * width + column)));
}

const isTrue = (value: number): boolean => value !== 0;

function apply({ opType, attribute }: Node, inputs: readonly Table[]): Table {
  const integer = (name: string): number => Number(attribute.find((each) => each.name === name)?.i ?? 0);
  const [a = [], b = [], c = []] = inputs;
  switch (opType) {
    case 'Gather':
      if (integer('axis') !== 1) throw new Error('Gather of another axis');
      return a.map((row) => (b[0] ?? []).map((place) => row[place] ?? Number.NaN));
    case 'IsNaN':
      return a.map((row) => row.map((value) => (Number.isNaN(value) ? 1 : 0)));
    case 'Cast':
      return a;
    case 'Concat':
      return a.map((row, place) => [...row, ...(b[place] ?? [])]);
    case 'Clip':
      return each(inputs, (value, least, most) => Math.min(most, Math.max(least, value)));
    case 'Where':
      return each([a, b, c], (condition, yes, no) => (isTrue(condition) ? yes : no));
    case 'Gemm':
      if (integer('transB') !== 1) throw new Error('Gemm of another form');
      return a.map((row) => b.map((weights, unit) => weights.reduce((sum, weight, place) => sum + weight * (row[place] ?? 0), c[0]?.[unit] ?? 0)));
    case 'Relu':
      return each([a], (value) => Math.max(0, value));
    case 'Sigmoid':
      return each([a], (value) => 1 / (1 + Math.exp(-value)));
    case 'Sum':
      return each(inputs, (...values) => values.reduce((sum, value) => sum + value, 0));
    case 'Add':
      return each(inputs, (one = 0, other = 0) => one + other);
    case 'Sub':
      return each(inputs, (one = 0, other = 0) => one - other);
    case 'Mul':
      return each(inputs, (one = 0, other = 0) => one * other);
    case 'Div':
      return each(inputs, (one = 0, other = 0) => one / other);
    default:
      throw new Error(`No operator ${opType}`);
  }
}

/** Element by element; a single row or column stands for all. */
function each(inputs: readonly Table[], combine: (...values: number[]) => number): Table {
  const rows = Math.max(...inputs.map((table) => table.length));
  const width = Math.max(...inputs.map((table) => table[0]?.length ?? 0));
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: width }, (_each, column) =>
      combine(
        ...inputs.map((table) => {
          const line = table.length === 1 ? table[0] : table[row];
          return (line?.length === 1 ? line[0] : line?.[column]) ?? Number.NaN;
        }),
      ),
    ),
  );
}
