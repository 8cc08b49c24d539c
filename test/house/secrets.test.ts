import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isToken, TOKEN_PATTERN } from '../../shared/access/token.ts';
import { freshToken } from '../support/tokens.ts';

const ROOT = join(import.meta.dirname, '../..');

/** What a scanner would report: our own tokens by their checksum, and keys of AWS and private keys by their form. */
function secretsIn(text: string): readonly string[] {
  const ours = [...text.matchAll(TOKEN_PATTERN)].map(([found]) => found).filter(isToken);
  const others = [...text.matchAll(/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/g)].map(([found]) => found);
  return [...ours, ...others].map((found) => `${found.slice(0, 14)}...`);
}

/** Folders that are made here and not kept, as .gitignore has them. */
const MADE = new Set(['.git', '.nightdesk', 'cdk.out', 'coverage', 'dist', 'node_modules']);

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !MADE.has(name) && !name.startsWith('.nightdesk'))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesBelow(path);
      return entry.isFile() ? [path] : [];
    });
}

describe('the repository', () => {
  it('holds no token and no key', () => {
    const files = filesBelow(ROOT);
    expect(files.length).toBeGreaterThan(300);
    expect(files.flatMap((file) => secretsIn(readFileSync(file, 'utf8')).map((found) => `${file}: ${found}`))).toEqual([]);
  });

  it('would be found with one', () => {
    expect(secretsIn(`export TOKEN="${freshToken()}"`)).toEqual([expect.stringMatching(/^nightdesk_....\.\.\.$/)]);
    expect(secretsIn(['AKIA', '0123456789ABCDEF'].join(''))).toHaveLength(1);
    expect(secretsIn(['-----BEGIN EC ', 'PRIVATE KEY-----'].join(''))).toHaveLength(1);
    expect(secretsIn(`nightdesk_${'0'.repeat(49)}`)).toEqual([]);
  });
});
