/** `ModelProto.metadata_props` in onnx.proto, and the fields of its entries. */
const METADATA = 14;
const [KEY, VALUE] = [1, 2];
const [VARINT, FIXED_64, LENGTH_DELIMITED, FIXED_32] = [0, 1, 2, 5];

interface Field {
  readonly number: number;
  /** Null for numbers. */
  readonly bytes: Uint8Array | null;
}

/**
 * What an ONNX file says of itself, by key; null where the bytes are no message of the protocol buffers' wire format.
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
export function metadataOf(file: Uint8Array): ReadonlyMap<string, string> | null {
  const fields = fieldsOf(file);
  if (fields === null) return null;
  const found = new Map<string, string>();
  for (const { number, bytes } of fields) {
    if (number !== METADATA || bytes === null) continue;
    const entry = fieldsOf(bytes) ?? [];
    const textOf = (wanted: number): string => new TextDecoder().decode(entry.find((each) => each.number === wanted)?.bytes ?? new Uint8Array());
    found.set(textOf(KEY), textOf(VALUE));
  }
  return found;
}

/** The fields of a message; null where it is none. */
function fieldsOf(bytes: Uint8Array): readonly Field[] | null {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = bytes[at++];
      if (byte === undefined) return Number.NaN;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  };
  const skip = (kind: number): Uint8Array | null | undefined => {
    if (kind === VARINT) return Number.isNaN(varint()) ? undefined : null;
    const length = kind === LENGTH_DELIMITED ? varint() : kind === FIXED_64 ? 8 : kind === FIXED_32 ? 4 : Number.NaN;
    if (!(at + length <= bytes.length)) return undefined;
    at += length;
    return kind === LENGTH_DELIMITED ? bytes.subarray(at - length, at) : null;
  };
  while (at < bytes.length) {
    const tag = varint();
    const content = skip(tag % 8);
    if (content === undefined) return null;
    fields.push({ number: Math.floor(tag / 8), bytes: content });
  }
  return fields;
}
