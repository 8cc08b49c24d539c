import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigFileError, readConfigFile } from '../../../infra/config/config-file.ts';
import { DEFAULT_DEPLOYMENT, DeploymentConfigError, readDeployment, schedulesOf, symbolsOf } from '../../../shared/config/deployment.ts';
import { ALL_SYMBOLS, InstrumentError, symbolsSet } from '../../../shared/config/instruments.ts';
import { SCHEDULES } from '../../../shared/config/schedules.ts';
import { secretsIn } from '../../../shared/config/secret-shapes.ts';

const faultOf = (content: unknown): DeploymentConfigError => {
  try {
    readDeployment(content);
  } catch (error) {
    if (error instanceof DeploymentConfigError) return error;
    throw error;
  }
  throw new Error('it was read');
};

describe('the configuration', () => {
  it('may be empty: then it is Mumbai, every symbol, every schedule, and nothing starts by itself', () => {
    expect(readDeployment({})).toEqual(DEFAULT_DEPLOYMENT);
    expect(DEFAULT_DEPLOYMENT.region).toBe('ap-south-1');
    expect(symbolsOf(DEFAULT_DEPLOYMENT)).toEqual(ALL_SYMBOLS);
    expect(schedulesOf(DEFAULT_DEPLOYMENT)).toEqual(SCHEDULES);
    expect(DEFAULT_DEPLOYMENT.autoStart.when).toBe('off');
  });

  it.each([
    ['a field that is unknown', { regoin: 'ap-south-1' }, ['regoin: there is no such field']],
    ['an unknown field inside', { feed: { capacity: 'spot', size: 2 } }, ['feed.size: there is no such field']],
    ['several at once', { region: 'us-east-1', budget: { monthlyUsd: -1 } }, [/^region: /, /^budget\.monthlyUsd: /]],
    ['a market without a symbol', { symbols: ['BTC'] }, ['symbols: Expected at least one symbol of NSE']],
    ['a symbol of a market that is off', { markets: ['NSE'], symbols: ['TCS', 'BTC'] }, [/^symbols: BTC is of CRYPTO/]],
    ['a symbol that is not shipped', { symbols: ['BTC', 'PEPE'] }, [/^symbols\.1: /]],
    ['hours of a day that has no special session', { nseHours: '2026-11-09=18:00-19:00' }, [/^nseHours: Expected none, or/]],
    ['sessions that start from a schedule that is off', { autoStart: { when: 'nse' }, schedules: { session: false } }, [/^schedules\.session: /]],
    ['an address that is none', { alarmEmail: 'me' }, [/^alarmEmail: /]],
    ['limits that nobody knows', { autoStart: { riskLimits: { maxLoss: 1 } } }, ['autoStart.riskLimits.maxLoss: there is no such field']],
    ['no object', 7, [/^the whole: /]],
  ])('that has %s is refused with its name', (_, content, expected) => {
    const { code, context } = faultOf(content);
    expect(code).toBe('bad_config');
    expect(context.faults).toHaveLength(expected.length);
    for (const [index, each] of expected.entries()) {
      expect((context.faults as readonly string[])[index]).toEqual(typeof each === 'string' ? each : expect.stringMatching(each));
    }
  });

  it.each([
    ['under a name that says so', { token: 'x' }, 'token'],
    ['deep under a name that says so', { feed: { apiKey: 'abc' } }, 'feed.apiKey'],
    ['an access key of AWS', { region: `AKIA${'IOSFODNN7EXAMPLE'}` }, 'region'],
    ['a token in three parts', { nseHours: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln' }, 'nseHours'],
    ['a token of a chat bot', { alarmEmail: '123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw' }, 'alarmEmail'],
    ['an address with a password in it', { alarmEmail: 'https://me:hunter22@example.org' }, 'alarmEmail'],
    ['an address that is a secret', { $schema: 'https://hooks.slack.com/services/T0/B0/x' }, '$schema'],
    ['a long random word', { symbols: ['BTC', 'f3a9c1d27b6e4f80a5c2d9e1b7f4a6c3'] }, 'symbols.1'],
  ])('with a secret %s is refused, and the secret is not repeated', (_, content, field) => {
    const { code, message } = faultOf(content);
    expect(code).toBe('secret');
    expect(message).toContain(` at ${field}.`);
    for (const value of Object.values(content).flat()) {
      if (typeof value === 'string' && value.length > 8) expect(message).not.toContain(value);
    }
  });

  it('finds no secret in what a person writes there', () => {
    const usual = { ...DEFAULT_DEPLOYMENT, $schema: './nightdesk.config.schema.json', alarmEmail: 'first.last+nightdesk2026@mail.example.co.in' };
    expect(secretsIn(usual)).toEqual([]);
    expect(secretsIn({ nseHours: '2026-11-08=18:00-19:00,2026-11-09=18:00-19:00' })).toEqual([]);
  });
});

describe('the file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nightdesk-config-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (text: string): Record<string, string> => {
    const path = join(folder, 'config.json');
    writeFileSync(path, text);
    return { NIGHTDESK_CONFIG: path };
  };

  it('is read from where the environment says', () => {
    expect(readConfigFile(file('{"region": "eu-west-1"}')).deployment.region).toBe('eu-west-1');
    expect(readConfigFile({ NIGHTDESK_CONFIG: 'none' }).deployment).toEqual(DEFAULT_DEPLOYMENT);
  });

  it('that is not there although it was named is an error, and one that is not JSON is not repeated', () => {
    expect(() => readConfigFile({ NIGHTDESK_CONFIG: join(folder, 'nowhere.json') })).toThrow(ConfigFileError);
    expect(() => readConfigFile(file('{"password": "hunter22"'))).toThrow(
      expect.objectContaining({ code: 'not_json', message: expect.not.stringContaining('hunter') }),
    );
  });
});

describe('the symbols of a process', () => {
  it('are all that are shipped, or those that it is told, in the order of the facts', () => {
    expect(symbolsSet(undefined)).toEqual(symbolsSet('all'));
    expect(symbolsSet('ETH, BTC,TCS')).toEqual(['BTC', 'ETH', 'TCS']);
    expect(() => symbolsSet('BTC,PEPE')).toThrow(InstrumentError);
  });
});
