import * as z from 'zod';

/**
 * The document that CloudWatch reads metrics out of, as AWS's JSON schema has it.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
const metadataSchema = z.object({
  Timestamp: z.int(),
  CloudWatchMetrics: z.array(
    z.object({
      Namespace: z.string().min(1).max(1_024),
      Dimensions: z.array(z.array(z.string().min(1).max(250)).max(30)).min(1),
      Metrics: z.array(z.strictObject({ Name: z.string().min(1).max(1_024), Unit: z.enum(['Milliseconds', 'Count', 'Percent', 'None']) })).max(100),
    }),
  ),
});

/** What CloudWatch would make of a log line: namespace, dimensions, and the values by name. @throws z.ZodError where it is none of the format */
export function metricsIn(
  line: string,
): { readonly namespace: string; readonly dimensions: unknown; readonly values: Readonly<Record<string, number>> } | null {
  const root = z.looseObject({ _aws: metadataSchema.optional() }).parse(JSON.parse(line));
  if (root._aws === undefined) return null;
  const [directive, ...others] = root._aws.CloudWatchMetrics;
  if (directive === undefined || others.length > 0) throw new Error(`a line with ${others.length + 1} directives`);
  const values = directive.Metrics.map(({ Name }) => [Name, z.number().parse(root[Name])] as const);
  return { namespace: directive.Namespace, dimensions: directive.Dimensions, values: Object.fromEntries(values) };
}
