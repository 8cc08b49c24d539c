import { describe, expect, it } from 'vitest';
import { advisoriesOf } from './advisories.ts';

const report = (found: Readonly<Record<string, string>>): string =>
  JSON.stringify({
    auditReportVersion: 2,
    vulnerabilities: Object.fromEntries(
      Object.entries(found).map(([name, severity]) => [name, { name, severity, range: '<2.0.0', via: [], nodes: [] }]),
    ),
    metadata: {},
  });

describe('the advisories of the day', () => {
  it('fail nothing when there are none', () => {
    expect(advisoriesOf({ all: report({}), production: report({}) })).toEqual({ fails: false, lines: ['0 advisories, 0 of them fail the build'] });
  });

  it.each([
    ['moderate', true],
    ['high', true],
    ['critical', true],
    ['low', false],
  ])('of severity %s about what runs in production fail the build: %s', (severity, fails) => {
    const found = report({ ws: severity });
    expect(advisoriesOf({ all: found, production: found })).toMatchObject({ fails, lines: [`${severity}: ws <2.0.0`, expect.anything()] });
  });

  it('about a tool are told and fail nothing', () => {
    expect(advisoriesOf({ all: report({ vitest: 'critical' }), production: report({}) })).toEqual({
      fails: false,
      lines: ['critical: vitest <2.0.0 (a tool)', '1 advisories, 0 of them fail the build'],
    });
  });

  it.each([
    ['a registry that refuses the question', JSON.stringify({ message: '405 Method Not Allowed', statusCode: 405 }), '405 Method Not Allowed'],
    ['no network', JSON.stringify({ message: 'request to https://registry.npmjs.org failed, reason: ENOTFOUND' }), 'ENOTFOUND'],
    ['no answer in time', '', 'npm audit gave no report'],
    ['an answer of another form', '<html>', 'npm audit gave no report'],
  ])('are not taken for none because of %s: it is said, and fails nothing', (_why, answer, told) => {
    for (const audits of [
      { all: answer, production: report({}) },
      { all: report({}), production: answer },
    ]) {
      const { fails, lines } = advisoriesOf(audits);
      expect([fails, lines.length]).toEqual([false, 1]);
      expect(lines[0]).toMatch(/^NOT AUDITED: the registry cannot be asked/);
      expect(lines[0]).toContain(told);
    }
  });
});
