import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hasUpstoxToken, UpstoxAccessError, upstoxAccess } from '../../../../shared/feeds/nse/upstox-access.ts';

const folder = mkdtempSync(join(tmpdir(), 'nightdesk-token-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('access to Upstox', () => {
  it('is to the published endpoints, with the token of the environment', () => {
    const access = upstoxAccess({ NIGHTDESK_UPSTOX_TOKEN: ' eyJ0.abc-def_1 \n' });
    expect(access).toMatchObject({ webSocket: ['wss://api.upstox.com/v3/feed/market-data-feed'], rest: ['https://api.upstox.com'] });
    expect(access.token()).toBe('eyJ0.abc-def_1');
  });

  it('takes a token from a file, as it stands when it is needed', () => {
    const path = join(folder, 'token');
    const { token } = upstoxAccess({ NIGHTDESK_UPSTOX_TOKEN_FILE: path });
    expect(token).toThrow(/cannot be read/);
    writeFileSync(path, 'first-token\n');
    expect(token()).toBe('first-token');
    writeFileSync(path, 'second-token');
    expect(token()).toBe('second-token');
  });

  it('knows whether a token is set, and says where to set one', () => {
    expect([{}, { NIGHTDESK_UPSTOX_TOKEN: ' ' }, { NIGHTDESK_UPSTOX_TOKEN: 'x' }, { NIGHTDESK_UPSTOX_TOKEN_FILE: '/a' }].map(hasUpstoxToken)).toEqual(
      [false, false, true, true],
    );
    expect(upstoxAccess({}).token).toThrow(/set NIGHTDESK_UPSTOX_TOKEN, or a file named by NIGHTDESK_UPSTOX_TOKEN_FILE/);
  });

  it('refuses what can be no token without showing it', () => {
    const { token } = upstoxAccess({ NIGHTDESK_UPSTOX_TOKEN: 'two words-of-it' });
    expect(token).toThrow(UpstoxAccessError);
    expect(token).toThrow(/one word of at least 8 visible characters, received 15 characters/);
  });

  it('hides the token from whatever writes it out', () => {
    expect(JSON.stringify(upstoxAccess({ NIGHTDESK_UPSTOX_TOKEN: 'secret-token' }))).not.toContain('secret');
  });
});
