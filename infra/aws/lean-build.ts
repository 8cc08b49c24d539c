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

if (import.meta.main) {
  const options: LeanBuild = JSON.parse(process.argv[2] ?? '{}');
  const { metafile } = await build({ ...options, plugins: [withoutJsonSchema], metafile: true });
  process.stdout.write(JSON.stringify(metafile));
}
