import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { signedHeaders } from '../../../functions/middleware/aws-signature.ts';
import { modelsOfFunction } from '../../../functions/middleware/outside-models.ts';
import { openOutsideModels, outsideModelAt } from '../../../functions/model/model.ts';
import { loadModels } from '../../../infra/local/model-files.ts';
import { outsideModelsOf, outsideModelsText } from '../../../shared/config/outside-models.ts';
import { rng } from '../../../shared/kernel/rng.ts';
import { readArtefact } from '../../../shared/ml/artefact/artefact.ts';
import { FEATURE_NAMES } from '../../../shared/ml/features/feature-set.ts';
import { onnxOf } from '../../../shared/ml/onnx/onnx-export.ts';
import { artefactSaying } from '../../support/models.ts';

const folder = mkdtempSync(join(tmpdir(), 'outside-models-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllGlobals());

function fileOf(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** A model whose odds hang on every feature, some of which may be missing. */
function varied() {
  const random = rng('outside');
  const features = artefactSaying(0.5).features.map((feature, place) => ({
    ...feature,
    use: place === 3 ? ('flagged' as const) : ('value' as const),
  }));
  const inputs = FEATURE_NAMES.length + 1;
  return artefactSaying(0.5, {
    features,
    networks: [{ sizes: [inputs, 1], weights: Array.from({ length: inputs + 1 }, () => random.normal() / 5) }],
  });
}

const artefact = varied();
const model = fileOf('scalping.onnx', onnxOf(artefact));

const isInstalled = ((): boolean => {
  try {
    createRequire(import.meta.url).resolve('onnxruntime-node');
    return true;
  } catch {
    return false;
  }
})();
const NEEDS_RUNTIME = isInstalled ? '' : ' (skipped: onnxruntime-node, an optional package, is not installed)';

describe('a model that is brought along', () => {
  it('says in its metadata whose it is, and is named by its content', () => {
    expect(outsideModelAt(model)).toEqual({ strategy: 'scalping', version: expect.stringMatching(/^[0-9a-f]{12}$/) });
    const other = fileOf('other.onnx', onnxOf(artefactSaying(0.4, { strategy: 'swing' })));
    expect(outsideModelAt(other)).toMatchObject({ strategy: 'swing' });
  });

  it.each([
    ['is no ONNX file', '{"a": 1}', null, 'It is no ONNX file'],
    ['ends within a field', onnxOf(artefact).slice(0, -40), null, 'It is no ONNX file'],
    ['says nothing of itself', new Uint8Array(), null, 'must name a strategy'],
    ['is of nobody known', onnxOf({ ...artefact, strategy: 'luck' as never }), null, 'it has luck'],
    ['was made for other features', onnxOf({ ...artefact, featureVersion: 'features-0' }), 'scalping', 'it says features-0'],
  ])('is refused, with the reason, when it %s', (what, bytes, strategy, why) => {
    expect(outsideModelAt(fileOf(`${what}.onnx`, bytes))).toEqual({ strategy, why: expect.stringContaining(why) });
  });

  it('stands beside models of ours, of which there may be one a strategy', () => {
    const ours = fileOf('scalping.json', JSON.stringify(artefactSaying(0.7)));
    expect(loadModels([model], null)).toMatchObject({
      model: { states: [{ strategy: 'scalping', absentWhy: null }] },
      outside: { versions: { scalping: expect.any(String) } },
    });
    expect(loadModels([model, ours], null).model.states).toMatchObject([
      { source: ours, absentWhy: null },
      { source: model, absentWhy: expect.stringContaining('Another model of scalping') },
    ]);
    expect(loadModels([ours], null).outside).toBeUndefined();
  });

  it.skipIf(!isInstalled)(`gives the odds that our own program gives${NEEDS_RUNTIME}`, async () => {
    const read = readArtefact(artefact);
    if (read.kind === 'refused') throw new Error(read.why);
    const random = rng('rows');
    const rows = Array.from({ length: 50 }, (_, row) =>
      FEATURE_NAMES.map((_name, place) => (place === 3 && row % 2 === 0 ? null : 2 * random.normal())),
    );
    const odds = await openOutsideModels([model]).odds('scalping', rows);
    expect(odds).toHaveLength(50);
    rows.forEach((row, place) => {
      expect(odds[place]).toBeCloseTo(read.oddsOf(Float64Array.from(row, (value) => value ?? Number.NaN)), 12);
    });
  });

  it.skipIf(!isInstalled)(`is not run when its inputs are others than the documented ones${NEEDS_RUNTIME}`, async () => {
    const narrow = {
      ...artefact,
      features: artefact.features.slice(1),
      networks: [{ sizes: [FEATURE_NAMES.length, 1], weights: artefact.networks[0]?.weights.slice(1) ?? [] }],
    };
    const models = openOutsideModels([fileOf('narrow.onnx', onnxOf(narrow))]);
    await expect(models.odds('scalping', [])).rejects.toThrow(`must be rows x ${FEATURE_NAMES.length}`);
    await expect(models.odds('swing', [])).rejects.toThrow('There is no model of swing here');
  });
});

describe('the call of the function that runs it', () => {
  const ENV = { AWS_REGION: 'ap-south-1', AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token' };
  const SETTING = { functionName: 'nightdesk-model', models: [{ strategy: 'scalping', version: 'abc' }] } as const;

  /** Answers every request with this. */
  function answering(body: string, { status = 200, headers = {} } = {}): { readonly url: string; readonly init: RequestInit }[] {
    const asked: { readonly url: string; readonly init: RequestInit }[] = [];
    vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
      asked.push({ url, init });
      return new Response(body, { status, headers });
    });
    return asked;
  }

  it('is signed, and names strategy and rows', async () => {
    const asked = answering('{"odds":[0.4]}');
    const { files, outside } = modelsOfFunction(outsideModelsText(SETTING), ENV);
    expect(files).toEqual([{ source: 'function nightdesk-model', outside: { strategy: 'scalping', version: 'abc' } }]);
    expect(await outside.odds('scalping', [[1, null]])).toEqual([0.4]);
    expect(asked).toMatchObject([
      {
        url: 'https://lambda.ap-south-1.amazonaws.com/2015-03-31/functions/nightdesk-model/invocations',
        init: {
          method: 'POST',
          body: '{"strategy":"scalping","rows":[[1,null]]}',
          headers: {
            'x-amz-security-token': 'token',
            authorization: expect.stringMatching(/^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/ap-south-1\/lambda\/aws4_request/),
          },
        },
      },
    ]);
  });

  it.each([
    ['is refused', 'no', { status: 403 }],
    ['fails', '{"errorMessage":"no"}', { headers: { 'x-amz-function-error': 'Unhandled' } }],
    ['answers something else', '{"odds":"many"}', {}],
  ])('rejects when it %s', async (_what, body, options) => {
    answering(body, options);
    await expect(modelsOfFunction(outsideModelsText(SETTING), ENV).outside.odds('scalping', [[1]])).rejects.toThrow();
  });

  it.each(['', 'name', 'name scalping', 'name luck:abc', ' scalping:abc'])('is not made by a setting like %j', (text) => {
    expect(() => outsideModelsOf(text)).toThrow(expect.objectContaining({ code: 'bad_environment' }));
  });
});

describe('a signature of version 4', () => {
  it("is that of AWS's own example", () => {
    // get-vanilla of the published test suite.
    const headers = signedHeaders(
      {
        method: 'GET',
        host: 'example.amazonaws.com',
        path: '/',
        body: '',
        region: 'us-east-1',
        service: 'service',
        nowMs: Date.parse('2015-08-30T12:36:00Z'),
      },
      { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
    );
    expect(headers.authorization).toBe(
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    );
  });
});
