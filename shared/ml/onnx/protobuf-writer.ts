/** A message of the protocol buffers' wire format, field by field in the order of the calls. */
export interface ProtobufWriter {
  readonly int: (field: number, value: number) => ProtobufWriter;
  readonly text: (field: number, value: string) => ProtobufWriter;
  readonly bytes: (field: number, value: Uint8Array) => ProtobufWriter;
  readonly message: (field: number, value: ProtobufWriter) => ProtobufWriter;
  readonly done: () => Uint8Array;
}

const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** @see https://protobuf.dev/programming-guides/encoding/ */
export function protobufWriter(): ProtobufWriter {
  const parts: Uint8Array[] = [];
  const varint = (value: number): void => {
    const bytes: number[] = [];
    let left = value;
    while (left >= 128) {
      bytes.push((left % 128) + 128);
      left = Math.floor(left / 128);
    }
    parts.push(Uint8Array.from([...bytes, left]));
  };
  const writer: ProtobufWriter = {
    int: (field, value) => {
      varint(field * 8 + VARINT);
      varint(value);
      return writer;
    },
    text: (field, value) => writer.bytes(field, new TextEncoder().encode(value)),
    bytes: (field, value) => {
      varint(field * 8 + LENGTH_DELIMITED);
      varint(value.length);
      parts.push(value);
      return writer;
    },
    message: (field, value) => writer.bytes(field, value.done()),
    done: () => {
      const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
      let at = 0;
      for (const part of parts) {
        whole.set(part, at);
        at += part.length;
      }
      return whole;
    },
  };
  return writer;
}
