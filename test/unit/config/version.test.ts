import { expect, it } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import { VERSION } from '../../../shared/config/version.ts';

it('the version that status shows is that of the package', () => {
  expect(VERSION).toBe(manifest.version);
});
