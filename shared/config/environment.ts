import * as z from 'zod';
import { CalendarError } from '../market/calendar.ts';
import { autoStartOf } from './auto-start.ts';
import { EnvironmentError } from './environment-error.ts';
import { SYMBOLS_VARIABLE } from './instrument-facts.ts';
import { InstrumentError, symbolsSet } from './instruments.ts';
import { NSE_HOURS_VARIABLE, specialHoursOf } from './nse-calendar-facts.ts';
import { liveScope, NSE_FEEDS, nseFeedOf } from './nse-scope.ts';

const name = z.string().min(1);

const isWorld = (scope: string): boolean => nseFeedOf(scope) !== null || /^(simulated|replay):.+$/.test(scope);

function areHours(setting: string): boolean {
  try {
    return specialHoursOf(setting).length > 0 || setting === 'none';
  } catch (error) {
    if (error instanceof CalendarError) return false;
    throw error;
  }
}

function areSymbols(setting: string): boolean {
  try {
    return symbolsSet(setting).length > 0;
  } catch (error) {
    if (error instanceof InstrumentError) return false;
    throw error;
  }
}

/** Every setting that AWS hands to a function or to the feed: the variable that carries it, and the form of its value. */
const SETTINGS = {
  ledgerTable: { variable: 'NIGHTDESK_LEDGER_TABLE', schema: name },
  marketTable: { variable: 'NIGHTDESK_MARKET_TABLE', schema: name },
  /** The functions send here that open orders have changed; the feed, which is the matcher, receives. */
  nudgeQueueUrl: { variable: 'NIGHTDESK_NUDGE_QUEUE_URL', schema: z.url({ protocol: /^https?$/ }) },
  /** Scope of the prices in the market table. On AWS it is always live, and names the source of NSE prices (`liveScope`). */
  world: {
    variable: 'NIGHTDESK_WORLD',
    schema: z.string().refine(isWorld, `expected ${NSE_FEEDS.map(liveScope).join(', ')}, simulated:<seed> or replay:<digest>`),
  },
  marketMode: { variable: 'NIGHTDESK_MARKETS', schema: z.enum(['switch', 'both']) },
  /** Hours of special NSE sessions whose circular came after the data; the calendar reads it itself. */
  nseHours: { variable: NSE_HOURS_VARIABLE, schema: z.string().refine(areHours, 'expected none, or special sessions as 2026-11-08=18:00-19:00') },
  /** What is watched and traded; the instruments read it themselves. */
  symbols: { variable: SYMBOLS_VARIABLE, schema: name.refine(areSymbols, 'expected all, or symbols by commas') },
  /** Whether the schedules start a session, and with what (`autoStartText`). */
  autoStart: {
    variable: 'NIGHTDESK_AUTO_START',
    schema: z.string().refine((text) => autoStartOf(text) !== null, 'expected the text of an autoStart'),
  },
} as const;

type SettingName = keyof typeof SETTINGS;
export type Environment = { readonly [Name in SettingName]: z.infer<(typeof SETTINGS)[Name]['schema']> };

const NAMES = Object.keys(SETTINGS) as readonly SettingName[];

/** The settings as environment variables, as a host hands them to a process. */
export function toVariables(environment: Environment): Record<string, string> {
  return Object.fromEntries(NAMES.map((each) => [SETTINGS[each].variable, environment[each]]));
}

/**
 * The settings of this process, from its environment variables.
 * @throws EnvironmentError `bad_environment`, naming every variable that is missing or has another form
 */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Environment {
  const faults = NAMES.flatMap((each) => {
    const { variable, schema } = SETTINGS[each];
    const parsed = schema.safeParse(env[variable]);
    const received = env[variable] === undefined ? 'nothing' : JSON.stringify(env[variable]);
    return parsed.success ? [] : [`${variable}: received ${received}, ${parsed.error.issues.map(({ message }) => message).join(', ')}`];
  });
  if (faults.length > 0) throw new EnvironmentError('bad_environment', `The environment is not complete. ${faults.join('; ')}`, { faults });
  return Object.fromEntries(NAMES.map((each) => [each, env[SETTINGS[each].variable]])) as Environment;
}
