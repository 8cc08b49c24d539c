import * as z from 'zod';
import { evidenceSchema } from '../contracts/terms.ts';
import type { TickSample } from '../market/tick-sample.ts';

/**
 * Samples as one line of columns for each symbol and source. Seconds are counted from the sample before; prices and
 * quantities are JSON numbers, whose shortest form gives back the very same float.
 */
const line = z.object({
  symbol: z.string(),
  source: z.string(),
  evidence: evidenceSchema,
  firstSecond: z.number().int(),
  seconds: z.array(z.number().int()).readonly(),
  price: z.array(z.number()).readonly(),
  quantity: z.array(z.number()).readonly(),
  trades: z.array(z.number().int()).readonly(),
});
export const tickPackSchema = z.array(line).readonly();
type TickLine = z.infer<typeof line>;

/** @param samples of each symbol in order of time */
export function tickPack(samples: readonly TickSample[]): readonly TickLine[] {
  const groups = Map.groupBy(samples, ({ symbol, source, evidence }) => `${symbol}\n${source}\n${evidence}`);
  return [...groups.values()].map((group) => {
    const [first] = group as [TickSample];
    const seconds = group.map(({ secondMs }) => secondMs / 1_000);
    return {
      symbol: first.symbol,
      source: first.source,
      evidence: first.evidence,
      firstSecond: first.secondMs / 1_000,
      seconds: seconds.map((second, index) => second - (seconds[index - 1] ?? second)),
      price: group.map(({ price }) => price),
      quantity: group.map(({ quantity }) => quantity),
      trades: group.map(({ trades }) => trades),
    };
  });
}

export function samplesOf(pack: readonly TickLine[]): readonly TickSample[] {
  return pack.flatMap(({ symbol, source, evidence, firstSecond, seconds, price, quantity, trades }) => {
    let second = firstSecond;
    return seconds.map((step, index): TickSample => {
      second += step;
      const at = (column: readonly number[]): number => column[index] ?? Number.NaN;
      return { symbol, source, evidence, secondMs: second * 1_000, price: at(price), quantity: at(quantity), trades: at(trades) };
    });
  });
}
