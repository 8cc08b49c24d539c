import type { Bar } from '../../market/price.ts';

/** Streams of bars, each in order of time, as one in order of time; bars of one minute in the order of the streams. */
export async function* mergeBars(streams: readonly AsyncIterable<Bar>[]): AsyncGenerator<Bar> {
  const readers = streams.map((stream) => stream[Symbol.asyncIterator]());
  try {
    const heads = await Promise.all(readers.map(headOf));
    for (let index = earliest(heads); index !== null; index = earliest(heads)) {
      yield heads[index] as Bar;
      heads[index] = await headOf(readers[index] as AsyncIterator<Bar>);
    }
  } finally {
    await Promise.all(readers.map((reader) => reader.return?.()));
  }
}

async function headOf(reader: AsyncIterator<Bar>): Promise<Bar | null> {
  const next = await reader.next();
  return next.done === true ? null : next.value;
}

function earliest(heads: readonly (Bar | null)[]): number | null {
  let first: { readonly openMs: number; readonly index: number } | null = null;
  for (const [index, head] of heads.entries()) {
    if (head !== null && (first === null || head.openMs < first.openMs)) first = { openMs: head.openMs, index };
  }
  return first?.index ?? null;
}
