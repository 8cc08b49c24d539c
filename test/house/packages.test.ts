import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { licenceFaults } from './licences.ts';
import { type LockedPackage, lockedPackages, lockfileFaults, manifestFaults, manifestFrom } from './lockfile.ts';

const ROOT = join(import.meta.dirname, '../..');
const packages = lockedPackages(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
const manifest = manifestFrom(readFileSync(join(ROOT, 'package.json'), 'utf8'));

const HASH = `sha512-${'A'.repeat(86)}==`;
const faultsOf = (locked: LockedPackage, place = 'node_modules/planted'): readonly string[] =>
  lockfileFaults(new Map([[place, locked]]), { allowScripts: { known: true } });

describe('the lockfile', () => {
  it('installs nothing but hashed archives of the public registry', () => {
    expect(packages.size).toBeGreaterThan(100);
    expect(lockfileFaults(packages, manifest)).toEqual([]);
  });

  it('is of a manifest that names one version of everything', () => {
    expect(manifestFaults(manifest)).toEqual([]);
    for (const version of ['^1.0.0', '~1.0.0', '*', 'latest', 'github:a/b', 'file:../x', 'https://evil.example/x.tgz', '1.x']) {
      expect(manifestFaults({ ...manifest, dependencies: { planted: version } })).toEqual([`planted: ${version} is not one version`]);
    }
  });

  it.each<readonly [string, LockedPackage, string]>([
    ['without a hash', { version: '1.0.0' }, 'no hash'],
    ['with a weak hash', { integrity: 'sha1-AAAA' }, 'expected SHA-512'],
    ['from another host', { integrity: HASH, resolved: 'https://registry.evil.example/planted/-/planted-1.0.0.tgz' }, 'not from its place'],
    [
      'from a host that begins like the registry',
      { integrity: HASH, resolved: 'https://registry.npmjs.org.evil.example/planted/-/planted-1.0.0.tgz' },
      'not from',
    ],
    ['without TLS', { integrity: HASH, resolved: 'http://registry.npmjs.org/planted/-/planted-1.0.0.tgz' }, 'not from'],
    ['under the name of another', { integrity: HASH, resolved: 'https://registry.npmjs.org/other/-/other-1.0.0.tgz' }, 'not from'],
    ['from git', { resolved: 'git+ssh://git@github.com/a/b.git#abc' }, 'not from'],
    ['from a folder', { link: true, resolved: '../planted' }, 'a link'],
    ['inside a parent that is not there', { inBundle: true }, 'not there'],
    ['that runs a script', { integrity: HASH, hasInstallScript: true }, 'runs a script'],
  ])('would be refused with a package %s', (_how, locked, fault) => {
    expect(faultsOf(locked).join()).toContain(fault);
  });

  it('may name the address in the registry or leave it out, and the scripts that are allowed', () => {
    expect(faultsOf({ integrity: HASH })).toEqual([]);
    expect(faultsOf({ integrity: HASH, resolved: 'https://registry.npmjs.org/planted/-/planted-1.0.0.tgz' })).toEqual([]);
    expect(faultsOf({ integrity: HASH, resolved: 'https://registry.npmjs.org/@a/b/-/b-1.0.0.tgz' }, 'node_modules/x/node_modules/@a/b')).toEqual([]);
    expect(faultsOf({ integrity: HASH, hasInstallScript: true }, 'node_modules/known')).toEqual([]);
  });
});

describe('the licences', () => {
  it('of everything that the lockfile installs are on the list', () => {
    expect(licenceFaults(packages)).toEqual([]);
  });

  it('are those that the packages themselves tell, as far as they are installed here', () => {
    const installed = [...packages].filter(([place]) => existsSync(join(ROOT, place, 'package.json')));
    expect(installed.length).toBeGreaterThan(100);
    const told = installed.map(([place, { dev }]) => [place, { license: licenceIn(place), ...(dev === undefined ? {} : { dev }) }] as const);
    expect(licenceFaults(new Map(told))).toEqual([]);
  });

  it.each([
    [{ license: 'GPL-3.0-or-later', dev: true }, ['planted: GPL-3.0-or-later (a tool)']],
    [{ license: 'MPL-2.0' }, ['planted: MPL-2.0']],
    [{ license: 'MIT AND GPL-3.0-only' }, ['planted: MIT AND GPL-3.0-only']],
    [{ license: 'SEE LICENSE IN LICENSE.md' }, ['planted: SEE LICENSE IN LICENSE.md']],
    [{}, ['planted: no licence']],
    [{ license: '(MIT OR GPL-3.0-or-later)' }, []],
    [{ license: 'MPL-2.0', dev: true }, []],
    [{ license: 'MIT AND ISC' }, []],
  ])('are judged by their expression: %j', (locked, faults) => {
    expect(licenceFaults(new Map([['planted', locked]]))).toEqual(faults);
  });
});

function licenceIn(place: string): string {
  const { license, licenses } = JSON.parse(readFileSync(join(ROOT, place, 'package.json'), 'utf8')) as Record<string, unknown>;
  if (typeof license === 'string') return license;
  const listed = (Array.isArray(licenses) ? licenses : [license]) as readonly ({ readonly type?: string } | undefined)[];
  return listed.map((each) => each?.type ?? 'unknown').join(' OR ');
}
