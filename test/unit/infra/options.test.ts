import { describe, expect, it } from 'vitest';
import { OptionError, readOptions } from '../../../infra/local/options.ts';

describe('the command line', () => {
  it('is all defaults when it is empty', () => {
    expect(readOptions([])).toMatchObject({
      feed: 'auto',
      nse: 'auto',
      speed: 1,
      atMs: null,
      session: null,
      exit: false,
      port: 5000,
      stateDir: '.nightdesk',
      seed: '1',
      markets: 'switch',
    });
  });

  it('takes data several times, an instant, max speed and a session', () => {
    const options = readOptions([
      '--feed',
      'replay',
      '--data',
      'a',
      '--data',
      'b',
      '--speed',
      'max',
      '--at',
      '2023-04-17T00:00:00Z',
      '--session',
      'scalping,swing',
      '--exit',
    ]);
    expect(options).toMatchObject({
      data: ['a', 'b'],
      speed: Number.POSITIVE_INFINITY,
      atMs: Date.parse('2023-04-17'),
      session: ['scalping', 'swing'],
      exit: true,
    });
  });

  it('takes the source of NSE prices from the environment where the line is silent', () => {
    const env = { NIGHTDESK_NSE_FEED: 'yahoo' };
    expect([readOptions([], env).nse, readOptions(['--nse', 'simulated'], env).nse, readOptions(['--feed', 'simulated'], env).nse]).toEqual([
      'yahoo',
      'simulated',
      'yahoo',
    ]);
    expect(() => readOptions([], { NIGHTDESK_NSE_FEED: 'kite' })).toThrow(/NIGHTDESK_NSE_FEED takes auto, simulated, upstox, yahoo; received "kite"/);
  });

  it('asks no token unless it is told to, by the line or by a file of tokens in the environment', () => {
    const env = { NIGHTDESK_TOKEN_FILE: '/etc/nightdesk/tokens.json' };
    expect(readOptions([]).tokenFile).toBeNull();
    expect(readOptions(['--token', 'required', '--state', 'here']).tokenFile).toBe('here/api-tokens.json');
    expect(readOptions([], env).tokenFile).toBe('/etc/nightdesk/tokens.json');
    expect(readOptions(['--token', 'required'], env).tokenFile).toBe('/etc/nightdesk/tokens.json');
    expect(readOptions(['--token', 'none'], env).tokenFile).toBeNull();
    expect(readOptions(['--token', 'required', '--allow-origin', 'https://desk.example', '--allow-origin', 'http://localhost:5173'])).toMatchObject({
      allowedOrigins: ['https://desk.example', 'http://localhost:5173'],
    });
  });

  it.each([
    [['--token', 'maybe'], /--token takes none, required; received "maybe"/],
    [['--allow-origin', 'https://desk.example'], /--allow-origin needs --token required/],
    [['--token', 'required', '--allow-origin', '*'], /--allow-origin: expected an origin such as .*; received "\*"/],
    [['--token', 'required', '--allow-origin', 'https://*.desk.example'], /--allow-origin: expected an origin/],
    [['--bogus'], /Unknown option '--bogus'/],
    [['stray'], /stray/],
    [['--feed', 'telepathy'], /--feed takes auto, live, simulated, replay; received "telepathy"/],
    [['--nse', 'kite'], /--nse takes auto, simulated, upstox, yahoo; received "kite"/],
    [['--feed', 'simulated', '--nse', 'upstox'], /--nse is for --feed auto and live; received --feed simulated/],
    [['--feed', 'replay'], /needs --data/],
    [['--data', 'x'], /--data is for --feed replay/],
    [['--feed', 'simulated', '--speed', '0'], /--speed takes/],
    [['--feed', 'simulated', '--speed', 'max'], /max is for --feed replay/],
    [['--speed', '2'], /for --feed simulated and replay/],
    [['--feed', 'simulated', '--at', 'yesterday'], /ISO instant/],
    [['--feed', 'simulated', '--at', '2026-01-02', '--until', '2026-01-01'], /--until must be after --at/],
    [['--session', 'luck'], /--session takes/],
    [['--exit'], /--exit needs an end/],
    [['--port', '0'], /--port takes/],
    [['--seed', '-1'], /--seed/],
    [['--markets', 'all'], /--markets takes switch, both/],
  ])('%j is refused in one clear line', (argv, message) => {
    const read = (): unknown => readOptions(argv);
    expect(read).toThrow(OptionError);
    expect(read).toThrow(message);
    try {
      read();
    } catch (error) {
      expect((error as Error).message).not.toContain('\n');
    }
  });
});
