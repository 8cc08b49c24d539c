import * as z from 'zod';
import { at, type Resource } from '../synthesis.ts';
import type { StreamRecord } from './events.ts';
import type { LambdaOutcome } from './lambda.ts';

/** What became of the records of a stream. */
export interface Delivery {
  /** Batches that were given up, by the sequence numbers of their records: what the on-failure destination is told of. */
  readonly givenUp: readonly (readonly string[])[];
  readonly invocations: number;
}

const failuresSchema = z.object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })) });

/**
 * Hands the records of a stream to a function as Lambda does by the mapping of a template: where the answer names a failure, it
 * comes again from there on; where the function fails, the batch is cut in two, which is no retry; what has been retried as often as the
 * mapping says is given up, and the rest goes on.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export async function deliver(
  mapping: Resource,
  records: readonly StreamRecord[],
  invoke: (event: { readonly Records: readonly StreamRecord[] }) => Promise<LambdaOutcome>,
): Promise<Delivery> {
  const [batchSize, retries] = [Number(at(mapping, 'BatchSize')), Number(at(mapping, 'MaximumRetryAttempts'))];
  const isBisected = at(mapping, 'BisectBatchOnFunctionError') === true;
  const isReported = JSON.stringify(at(mapping, 'FunctionResponseTypes')) === '["ReportBatchItemFailures"]';
  const givenUp: (readonly string[])[] = [];
  let invocations = 0;

  const handOver = async (batch: readonly StreamRecord[], attempt: number): Promise<void> => {
    if (batch.length === 0) return;
    invocations += 1;
    const { answer, error } = await invoke({ Records: batch });
    if (error !== null && isBisected && batch.length > 1) {
      const middle = Math.ceil(batch.length / 2);
      await handOver(batch.slice(0, middle), attempt);
      return handOver(batch.slice(middle), attempt);
    }
    const failed = error === null && isReported ? failuresSchema.parse(answer).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier) : [];
    if (error === null && failed.length === 0) return;
    const from = error === null ? batch.findIndex(({ dynamodb }) => failed.includes(dynamodb.SequenceNumber)) : 0;
    // An id that none of them has fails the batch.
    const left = batch.slice(Math.max(0, from));
    if (attempt < retries) return handOver(left, attempt + 1);
    givenUp.push(left.map(({ dynamodb }) => dynamodb.SequenceNumber));
  };

  for (let from = 0; from < records.length; from += batchSize) await handOver(records.slice(from, from + batchSize), 0);
  return { givenUp, invocations };
}
