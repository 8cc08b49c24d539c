import { readFileSync } from 'node:fs';
import { type BuildOptions, build, type Plugin } from 'esbuild';

/** What a bundle is made with; plain data, for it goes to a process of its own. */
export type LeanBuild = Omit<BuildOptions, 'plugins' | 'metafile'>;

/** Zod's way to JSON Schema: twenty kilobytes that every schema refers to and no function ever walks. */
const JSON_SCHEMA = /zod[\\/]v4[\\/]core[\\/](json-schema-processors|to-json-schema)\.js$/;
const EXPORTED = /^export (?:const|function|class) (\w+)/gm;

/** Puts functions that refuse in the place of those that are never called, under the same names. */
const withoutJsonSchema: Plugin = {
  name: 'without-json-schema',
  setup: ({ onLoad }) =>
    onLoad({ filter: JSON_SCHEMA }, ({ path }) => {
      const names = [...readFileSync(path, 'utf8').matchAll(EXPORTED)].map(([, name]) => name);
      const refuse = "const refuse = () => { throw new Error('This bundle was made without JSON Schema'); };";
      return { contents: [refuse, ...names.map((name) => `export const ${name} = refuse;`)].join('\n'), loader: 'js' };
    }),
};

/** Of its whole package description the SDK's client wants to know its version. */
const SDK_PACKAGE = /@aws-sdk[\\/]client-[^\\/]+[\\/]package\.json$/;

const withVersionOnly: Plugin = {
  name: 'version-only',
  setup: ({ onLoad }) =>
    onLoad({ filter: SDK_PACKAGE }, ({ path }) => {
      const { version }: { version: string } = JSON.parse(readFileSync(path, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    }),
};

/** Where the facts of these files come from is for who reads the repository: no function tells it, and no digest of settings has it. */
const UNTOLD_SOURCES = /shared[\\/]config[\\/]data[\\/](contracts|margin|risk|risk-free|stored-chains|sectors)\.json$/;

const withoutSources: Plugin = {
  name: 'without-sources',
  setup: ({ onLoad }) =>
    onLoad({ filter: UNTOLD_SOURCES }, ({ path }) => {
      const facts: unknown = JSON.parse(readFileSync(path, 'utf8'));
      return { contents: JSON.stringify(facts, (key, value: unknown) => (key === 'source' ? '-' : value)), loader: 'json' };
    }),
};

if (import.meta.main) {
  const options: LeanBuild = JSON.parse(process.argv[2] ?? '{}');
  const { metafile } = await build({ ...options, plugins: [withoutJsonSchema, withVersionOnly, withoutSources], metafile: true });
  process.stdout.write(JSON.stringify(metafile));
}
