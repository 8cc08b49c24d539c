import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rng } from '../../../shared/kernel/rng.ts';
import { readArtefact } from '../../../shared/ml/artefact/artefact.ts';
import { onnxOf } from '../../../shared/ml/onnx/onnx-export.ts';
import { protobufWriter } from '../../../shared/ml/onnx/protobuf-writer.ts';
import { artefactSaying } from '../../support/models.ts';
import { readOnnx, runOnnx } from '../../support/onnx-interpreter.ts';

/** A model with two networks, a hidden layer, features that are unused and features that may be missing. */
function drawnArtefact() {
  const random = rng('onnx');
  const features = artefactSaying(0.5).features.map((feature, place) => ({
    ...feature,
    use: (['value', 'flagged', 'unused'] as const)[place % 3] ?? 'value',
    mean: random.normal(),
    deviation: 0.5 + random.next(),
  }));
  const inputs = features.reduce((sum, { use }) => sum + { value: 1, flagged: 2, unused: 0 }[use], 0);
  const network = () => ({ sizes: [inputs, 5, 1], weights: Array.from({ length: 5 * inputs + 5 + 5 + 1 }, () => random.normal()) });
  return artefactSaying(0.5, { features, networks: [network(), network()], calibration: { slope: 0.4, shift: -0.3 } });
}

const artefact = drawnArtefact();
const random = rng('onnx-rows');
const rows = Array.from({ length: 40 }, () => artefact.features.map(({ mean }) => (random.next() < 0.15 ? Number.NaN : mean + 3 * random.normal())));

function odds(): readonly number[] {
  const read = readArtefact(artefact);
  if (read.kind !== 'fit') throw new Error(read.why);
  return rows.map((row) => read.oddsOf(Float64Array.from(row)));
}

/** Python with onnxruntime, where somebody has it: NIGHTDESK_ONNX_PYTHON, such as /tmp/venv/bin/python. */
const PYTHON = process.env.NIGHTDESK_ONNX_PYTHON ?? null;

const CHECK = `
import json, sys, numpy, onnxruntime
model, rows = sys.argv[1:3]
given = numpy.array([[numpy.nan if v is None else v for v in r] for r in json.load(open(rows))], dtype=numpy.float64)
print(json.dumps(onnxruntime.InferenceSession(model).run(['odds'], {'features': given})[0][:, 0].tolist()))
`;

describe('the ONNX export', () => {
  it('says what it is of, and takes and gives what is documented', () => {
    const { graph, metadataProps, opsetImport } = readOnnx(onnxOf(artefact));
    expect([graph.input.map(({ name }) => name), graph.output.map(({ name }) => name)]).toEqual([['features'], ['odds']]);
    expect(Object.fromEntries(metadataProps.map(({ key, value }) => [key, value]))).toMatchObject({ hash: artefact.hash, strategy: 'scalping' });
    expect(opsetImport.map(({ version }) => Number(version))).toEqual([17]);
  });

  it('gives the odds of the artefact, by the definitions of its operators, to 1e-12', () => {
    const given = runOnnx(readOnnx(onnxOf(artefact)), rows);
    for (const [row, said] of odds().entries()) expect(given[row]?.[0]).toBeCloseTo(said, 12);
    expect(new Set(odds()).size).toBe(rows.length);
  });

  it.skipIf(PYTHON === null)(
    `gives them in onnxruntime to 1e-6${PYTHON === null ? ' (not run: set NIGHTDESK_ONNX_PYTHON to a python with onnxruntime)' : ''}`,
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'onnx-'));
      try {
        const [model, given] = [join(folder, 'model.onnx'), join(folder, 'rows.json')];
        writeFileSync(model, onnxOf(artefact));
        writeFileSync(given, JSON.stringify(rows.map((row) => row.map((value) => (Number.isNaN(value) ? null : value)))));
        const said: unknown = JSON.parse(execFileSync(PYTHON ?? '', ['-c', CHECK, model, given], { encoding: 'utf8' }));
        for (const [row, expected] of odds().entries()) expect((said as readonly number[])[row]).toBeCloseTo(expected, 6);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});

describe('the protobuf writer', () => {
  it('writes the examples of the encoding guide', () => {
    expect([...protobufWriter().int(1, 150).done()]).toEqual([0x08, 0x96, 0x01]);
    expect([...protobufWriter().text(2, 'testing').done()]).toEqual([0x12, 0x07, ...Buffer.from('testing')]);
    expect([...protobufWriter().message(3, protobufWriter().int(1, 150)).done()]).toEqual([0x1a, 0x03, 0x08, 0x96, 0x01]);
    expect([
      ...protobufWriter()
        .int(1, 2 ** 40)
        .done(),
    ]).toEqual([0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20]);
  });
});
