import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App, type Stack } from 'aws-cdk-lib';
import * as z from 'zod';
import { nightdesk } from '../../infra/aws/nightdesk.ts';
import { DEFAULT_DEPLOYMENT, type Deployment } from '../../shared/config/deployment.ts';
import type { OutsideModel } from '../../shared/ml/onnx/outside-model.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const resourceSchema = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DeletionPolicy: z.string().optional(),
  UpdateReplacePolicy: z.string().optional(),
  DependsOn: z.array(z.string()).optional(),
});
const outputSchema = z.object({ Value: z.unknown(), Export: z.object({ Name: z.string() }).optional() });
const templateSchema = z.object({ Resources: z.record(z.string(), resourceSchema), Outputs: z.record(z.string(), outputSchema).default({}) });

export interface Resource extends z.infer<typeof resourceSchema> {
  readonly stack: 'NightdeskData' | 'NightdeskTrading';
  /** Its logical id in its template. */
  readonly id: string;
}

export interface Synthesis {
  readonly resources: readonly Resource[];
  /** What one template gives to the other, by the name of the export. */
  readonly exports: ReadonlyMap<string, unknown>;
  /** The validation report of the synthesis, as text. */
  readonly report: string;
}

export interface SynthesisOptions {
  readonly deployment?: Deployment;
  readonly flags?: Readonly<Record<string, string>>;
  /** Models of somebody else's; none unless a test brings some. */
  readonly outside?: readonly OutsideModel[];
}

/**
 * The templates that `npm run synth` makes, but for the code of the functions, which is not bundled here.
 * @param flags context values of the command line
 * @param alter changes the stacks before they are synthesised: to plant a fault
 * @throws when a validation finds a violation that nobody acknowledged
 */
export function synthesise(
  alter: (stacks: { readonly data: Stack; readonly trading: Stack }) => void = () => undefined,
  { deployment = DEFAULT_DEPLOYMENT, flags = {}, outside = [] }: SynthesisOptions = {},
): Synthesis {
  const outdir = mkdtempSync(join(tmpdir(), 'nightdesk-synth-'));
  try {
    const { context } = z.object({ context: z.record(z.string(), z.unknown()) }).parse(JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8')));
    const app = new App({ outdir, context: { ...context, ...flags, 'aws:cdk:bundling-stacks': [] } });
    alter(nightdesk(app, deployment, outside));
    app.synth();
    const report = readFileSync(join(outdir, 'validation-report.json'), 'utf8');
    const templates = [read(outdir, 'NightdeskData'), read(outdir, 'NightdeskTrading')];
    return { resources: templates.flatMap(({ resources }) => resources), exports: new Map(templates.flatMap(({ exports }) => exports)), report };
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

function read(
  outdir: string,
  stack: Resource['stack'],
): { readonly resources: readonly Resource[]; readonly exports: readonly (readonly [string, unknown])[] } {
  const template = templateSchema.parse(JSON.parse(readFileSync(join(outdir, `${stack}.template.json`), 'utf8')));
  return {
    resources: Object.entries(template.Resources).map(([id, resource]) => ({ ...resource, id, stack })),
    exports: Object.values(template.Outputs).flatMap(({ Value, Export }) => (Export === undefined ? [] : [[Export.Name, Value] as const])),
  };
}

/** The value at a path of names inside a resource's properties; undefined where there is none. */
export function at({ Properties }: Resource, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined),
    Properties,
  );
}

/** The logical ids that a value of a template refers to, within its stack or through an export of the other. */
export function referred(value: unknown): readonly string[] {
  const text = JSON.stringify(value) ?? '';
  const local = [...text.matchAll(/"(?:Ref|Fn::GetAtt)":\[?"([A-Za-z0-9]+)"/g)].map(([, id]) => id ?? '');
  const imported = [...text.matchAll(/:ExportsOutput(?:Ref|FnGetAtt)([A-Za-z]+[0-9A-F]{8})(?:Arn|StreamArn|QueueName)?[0-9A-F]{8}"/g)].map(
    ([, id]) => id ?? '',
  );
  return [...local, ...imported];
}
