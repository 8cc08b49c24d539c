import * as z from 'zod';
import { QuietHoursError, quietHoursOf } from '../alerts/quiet-hours.ts';
import { alertKindSchema } from '../contracts/alert.ts';
import { marketSchema } from '../contracts/terms.ts';
import { NightdeskError } from '../kernel/errors.ts';
import { CalendarError } from '../market/calendar.ts';
import type { Market } from '../market/instrument.ts';
import { apiAccessSchema } from './api-access.ts';
import { autoStartSchema } from './auto-start.ts';
import { DEFAULT_AWS_REGION } from './aws-region.ts';
import { INSTRUMENT_FACTS } from './instrument-facts.ts';
import { nseCalendar, specialHoursOf } from './nse-calendar-facts.ts';
import { NSE_FEEDS } from './nse-scope.ts';
import { SCHEDULES, type ScheduleName } from './schedules.ts';
import { secretsIn } from './secret-shapes.ts';

export class DeploymentConfigError extends NightdeskError<'bad_config' | 'secret'> {}

/**
 * Regions with every service that the stack uses, ARM builds included, outside the United States: Binance answers 451 to
 * addresses there. Whether it answers from one of these is known when the feed runs there.
 */
const REGIONS = ['ap-south-1', 'ap-southeast-1', 'ap-southeast-2', 'ap-northeast-1', 'eu-central-1', 'eu-west-1'] as const;

const SYMBOLS = INSTRUMENT_FACTS.instruments.map(({ symbol }) => symbol);
const MARKET_OF: ReadonlyMap<string, Market> = new Map(INSTRUMENT_FACTS.instruments.map(({ symbol, market }) => [symbol, market]));
const MARKETS = marketSchema.options;

const each = (names: readonly string[]): boolean => new Set(names).size === names.length;

/** Said here and not by the variable that carries it later: a person reads this, before anything is deployed. */
function areHours(text: string): boolean {
  try {
    nseCalendar(specialHoursOf(text));
    return true;
  } catch (error) {
    if (error instanceof CalendarError) return false;
    throw error;
  }
}

function areQuietHours(text: string): boolean {
  try {
    quietHoursOf(text);
    return true;
  } catch (error) {
    if (error instanceof QuietHoursError) return false;
    throw error;
  }
}

const onOff = (name: ScheduleName) => z.boolean().default(true).describe(`whether ${name} runs`);

const email = z.email().max(254).nullable().default(null);

/** `nightdesk.config.json`. Every field has a default; a field that is not here is an error. */
export const deploymentSchema = z
  .strictObject({
    $schema: z.string().optional().describe('for editors'),
    region: z.enum(REGIONS).default(DEFAULT_AWS_REGION).describe('AWS region; none in the United States, whose addresses Binance refuses'),
    markets: z.array(marketSchema).min(1).refine(each, { error: 'Expected each market once' }).readonly().default(MARKETS),
    symbols: z
      .array(z.enum(SYMBOLS))
      .min(1)
      .refine(each, { error: 'Expected each symbol once' })
      .readonly()
      .nullable()
      .default(null)
      .describe('what is watched and traded; null for all of the markets'),
    marketMode: z.enum(['switch', 'both']).default('switch').describe('switch: NSE while it is open, else crypto; both: each when it is open'),
    nse: z
      .enum(NSE_FEEDS)
      .nullable()
      .default(null)
      .describe('where NSE prices come from; null: simulated, on one machine Upstox where its token is set'),
    nseHours: z
      .string()
      .refine(areHours, { error: 'Expected none, or known special sessions as 2026-11-08=18:00-19:00' })
      .default('none')
      .describe('hours of special sessions that a circular told later'),
    schedules: z
      .strictObject({
        'scan-nse': onOff('scan-nse'),
        'scan-crypto': onOff('scan-crypto'),
        monitor: onOff('monitor'),
        session: onOff('session'),
        alerts: onOff('alerts'),
        nightly: onOff('nightly'),
      } satisfies Readonly<Record<ScheduleName, z.ZodType>>)
      .readonly()
      .prefault({}),
    autoStart: autoStartSchema.prefault({}),
    api: apiAccessSchema.prefault({}).describe('who may call: pages of these origins; tokens of an issuer in place of the own ones'),
    budget: z
      .strictObject({
        monthlyUsd: z.number().positive().max(10_000).default(10).describe('of the whole account, as AWS bills it'),
        email: email.describe('who is told at 80 % and when the forecast passes it; null for alarmEmail'),
      })
      .readonly()
      .prefault({}),
    alerts: z
      .strictObject({
        email: email.describe('where alerts of trading are mailed to; null for nowhere'),
        quiet: z.string().refine(areQuietHours, { error: 'Expected none, or hours such as 22:30-07:00 Asia/Kolkata' }).default('none'),
        mute: z.array(alertKindSchema).readonly().default([]).describe('kinds that are kept and not sent'),
      })
      .readonly()
      .prefault({}),
    alarmEmail: email.describe('who is mailed when an alarm begins or ends; null for nobody'),
    feed: z
      .strictObject({
        capacity: z
          .enum(['on-demand', 'spot'])
          .default('on-demand')
          .describe('spot costs less and may be stopped at two minutes notice: prices pause until the next task is up'),
        image: z
          .enum(['codebuild', 'docker'])
          .default('codebuild')
          .describe('where the image is built: in the account, or by the container engine of this machine'),
      })
      .readonly()
      .prefault({}),
  })
  .superRefine((config, context) => {
    for (const symbol of config.symbols ?? []) {
      const market = MARKET_OF.get(symbol);
      if (market !== undefined && !config.markets.includes(market))
        context.addIssue({ code: 'custom', path: ['symbols'], message: `${symbol} is of ${market}, which is not among the markets` });
    }
    for (const market of config.markets) {
      if (config.symbols !== null && !config.symbols.some((symbol) => MARKET_OF.get(symbol) === market))
        context.addIssue({ code: 'custom', path: ['symbols'], message: `Expected at least one symbol of ${market}` });
    }
    if ((config.api.jwtIssuer === undefined) !== (config.api.jwtAudience === undefined))
      context.addIssue({ code: 'custom', path: ['api'], message: 'jwtIssuer and jwtAudience go together' });
    if (config.autoStart.when !== 'off' && !config.schedules.session)
      context.addIssue({ code: 'custom', path: ['schedules', 'session'], message: 'Expected true: autoStart starts sessions from that schedule' });
  })
  .readonly();

export type Deployment = z.infer<typeof deploymentSchema>;

export const DEFAULT_DEPLOYMENT: Deployment = deploymentSchema.parse({});

/**
 * The content of `nightdesk.config.json`.
 * @throws DeploymentConfigError `secret` when it holds what looks like a secret (which is not repeated), `bad_config` with
 * the name of every field that is unknown or wrong
 */
export function readDeployment(content: unknown): Deployment {
  const secrets = secretsIn(content);
  if (secrets.length > 0) {
    throw new DeploymentConfigError(
      'secret',
      `The configuration looks as if it held a secret at ${secrets.join(', ')}. Secrets are kept in SSM Parameter Store (docs/runbook.md), never in a file; take it out, and change it if the file was ever committed`,
      { fields: secrets },
    );
  }
  const parsed = deploymentSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.flatMap(faultsOf);
  throw new DeploymentConfigError('bad_config', `The configuration is not valid. ${faults.join('; ')}`, { faults });
}

function faultsOf(issue: z.core.$ZodIssue): readonly string[] {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${path === '' ? key : `${path}.${key}`}: there is no such field`);
  return [`${path === '' ? 'the whole' : path}: ${issue.message}`];
}

/** The symbols that are watched and traded, in the order of the data file. */
export function symbolsOf({ markets, symbols }: Pick<Deployment, 'markets' | 'symbols'>): readonly string[] {
  return SYMBOLS.filter((symbol) => (symbols === null ? markets.includes(MARKET_OF.get(symbol) ?? 'NSE') : symbols.includes(symbol)));
}

/** The schedules that run. */
export const schedulesOf = ({ schedules }: Pick<Deployment, 'schedules'>): typeof SCHEDULES => SCHEDULES.filter(({ name }) => schedules[name]);
