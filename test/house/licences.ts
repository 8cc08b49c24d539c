import type { LockedPackage } from './lockfile.ts';

/** Licences of what we ship or run, by their SPDX names: they ask for their notice to be kept and for nothing else. */
const ALLOWED = new Set(['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT']);
/** Of tools that stay on the developer's machine, too: MPL asks for the changes of its own files, of which we make none. */
const ALLOWED_TOOLS = new Set([...ALLOWED, 'MPL-2.0']);

/** Packages whose licence is not on the list, a line each. */
export function licenceFaults(packages: ReadonlyMap<string, Pick<LockedPackage, 'license' | 'dev'>>): readonly string[] {
  return [...packages]
    .filter(([, { license, dev }]) => license === undefined || !isAllowed(license, dev === true ? ALLOWED_TOOLS : ALLOWED))
    .map(([place, { license, dev }]) => `${place}: ${license ?? 'no licence'}${dev === true ? ' (a tool)' : ''}`);
}

/** An SPDX expression without nested brackets: one of its alternatives has to be allowed whole. */
function isAllowed(expression: string, allowed: ReadonlySet<string>): boolean {
  const bare = expression.trim().replace(/^\(([^()]*)\)$/, '$1');
  return bare.split(' OR ').some((choice) => choice.split(' AND ').every((name) => allowed.has(name.trim())));
}
