import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OptionError, readOptions } from '../../../infra/local/options.ts';
import { type ChosenWorld, chooseWorld } from '../../../infra/local/world.ts';

const choose = (argv: readonly string[], held: string | null = null): Promise<ChosenWorld> =>
  chooseWorld(readOptions(['--feed', 'live', ...argv]), held, () => {});

beforeEach(() => {
  vi.stubEnv('NIGHTDESK_UPSTOX_TOKEN', '');
  vi.stubEnv('NIGHTDESK_UPSTOX_TOKEN_FILE', '');
});
afterEach(() => vi.unstubAllEnvs());

describe('the live world', () => {
  it.each([
    ['yahoo', 'live:yahoo', /NSE: Yahoo charts, DELAYED and unofficial: they mark positions and open none/],
    ['simulated', 'live', /NSE: SIMULATED, labelled so$/],
  ])('has prices of NSE from %s when that is asked for', async (nse, scope, says) => {
    expect(await choose(['--nse', nse])).toMatchObject({ world: { scope, evidence: 'live' }, says: expect.stringMatching(says) });
  });

  it('takes Upstox by itself where there is a token, else the simulated market, and says which', async () => {
    expect(await choose([])).toMatchObject({ world: { scope: 'live' }, says: expect.stringMatching(/SIMULATED.*no Upstox token is set/) });
    vi.stubEnv('NIGHTDESK_UPSTOX_TOKEN', 'a-good-token');
    const chosen = await choose([]);
    expect(chosen).toMatchObject({ world: { scope: 'live:upstox' }, says: 'Crypto: Binance spot, live. NSE: Upstox market data, live' });
    expect(JSON.stringify(chosen)).not.toContain('a-good-token');
  });

  it('is not begun with Upstox without a token: the line says where to set one', async () => {
    const chosen = choose(['--nse', 'upstox']);
    await expect(chosen).rejects.toThrow(OptionError);
    await expect(chosen).rejects.toThrow(/set NIGHTDESK_UPSTOX_TOKEN/);
  });

  it('stays with the prices that the active session began on, token or not', async () => {
    expect(await choose([], 'live:upstox')).toMatchObject({ world: { scope: 'live:upstox' }, says: expect.stringMatching(/stays with them/) });
    vi.stubEnv('NIGHTDESK_UPSTOX_TOKEN', 'a-good-token');
    expect(await choose([], 'live')).toMatchObject({ world: { scope: 'live' } });
  });
});
