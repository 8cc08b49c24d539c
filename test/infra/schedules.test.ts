import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { NSE_CALENDAR_FACTS } from '../../shared/config/nse-calendar-facts.ts';
import { cronFields, SCHEDULES, type Schedule, ScheduleError, scheduledEventSchema } from '../../shared/config/schedules.ts';
import { at, type Resource, referred, synthesise } from './synthesis.ts';

const { resources } = synthesise();
const ofType = (type: string): readonly Resource[] => resources.filter(({ Type }) => Type === type);

const CONTEXT: Readonly<Record<string, string>> = {
  '<aws.scheduler.scheduled-time>': '2026-11-20T04:00:00Z',
  '<aws.scheduler.execution-id>': 'd32c5kddcf5bb8c3',
};

/** What the function receives when Scheduler has filled in the context of a run. */
const inputOf = (resource: Resource): unknown => {
  const text = z.string().parse(at(resource, 'Target', 'Input'));
  return JSON.parse(text.replace(/<aws\.scheduler\.[a-z-]+>/g, (name) => CONTEXT[name] ?? name));
};

const inTemplate = new Map(ofType('AWS::Scheduler::Schedule').map((resource) => [scheduledEventSchema.parse(inputOf(resource)).name, resource]));
const scheduleOf = ({ name }: Schedule): Resource => {
  const found = inTemplate.get(name);
  if (!found) throw new Error(`the template has no schedule ${name}`);
  return found;
};
const functionId = ({ functionName }: Schedule): RegExp => new RegExp(`^${functionName}Function[0-9A-F]{8}$`, 'i');

describe('the schedules of the stack', () => {
  it('are those that are declared, no more and no fewer', () => {
    expect([...inTemplate.keys()].sort()).toEqual(SCHEDULES.map(({ name }) => name).sort());
    expect(ofType('AWS::Scheduler::Schedule')).toHaveLength(SCHEDULES.length);
    // Rules of the bus hand events on; none of them is a clock.
    expect(ofType('AWS::Events::Rule').filter((rule) => at(rule, 'ScheduleExpression') !== undefined)).toEqual([]);
  });

  it.each(SCHEDULES)('fire $name when it is declared, on the minute', (declared) => {
    const resource = scheduleOf(declared);
    expect(at(resource, 'ScheduleExpression')).toBe(declared.cron);
    expect(at(resource, 'ScheduleExpressionTimezone')).toBe(declared.timeZone);
    expect(at(resource, 'FlexibleTimeWindow')).toEqual({ Mode: 'OFF' });
    expect(at(resource, 'State')).toBe('ENABLED');
  });

  it.each(SCHEDULES)('start the declared function with the event of $name', (declared) => {
    const resource = scheduleOf(declared);
    expect(referred(at(resource, 'Target', 'Arn'))).toEqual([expect.stringMatching(functionId(declared))]);
    expect(inputOf(resource)).toEqual({
      name: declared.name,
      market: declared.market,
      scheduledTime: CONTEXT['<aws.scheduler.scheduled-time>'],
      executionId: CONTEXT['<aws.scheduler.execution-id>'],
    });
  });

  it.each(SCHEDULES)('give $name up when it is declared too late, and keep what was given up', (declared) => {
    const resource = scheduleOf(declared);
    expect(at(resource, 'Target', 'RetryPolicy')).toEqual({
      MaximumEventAgeInSeconds: declared.maxEventAgeSeconds,
      MaximumRetryAttempts: declared.retries,
    });
    expect(referred(at(resource, 'Target', 'DeadLetterConfig'))).toEqual([expect.stringContaining('FailedRuns')]);
    const invoke = ofType('AWS::Lambda::EventInvokeConfig').filter((config) =>
      functionId(declared).test(referred(at(config, 'FunctionName'))[0] ?? ''),
    );
    expect(invoke).toHaveLength(1);
    for (const config of invoke) {
      expect(referred(at(config, 'DestinationConfig', 'OnFailure'))).toEqual([expect.stringContaining('FailedRuns')]);
      expect(at(config, 'MaximumEventAgeInSeconds')).toBe(declared.maxEventAgeSeconds);
      expect(at(config, 'MaximumRetryAttempts')).toBe(declared.retries);
    }
  });
});

describe('a function that waits before it works', () => {
  it.each(SCHEDULES)('has half a minute left for the work of $name', (declared) => {
    const [lambda] = ofType('AWS::Lambda::Function').filter(({ id }) => functionId(declared).test(id));
    expect(Number(lambda && at(lambda, 'Timeout')) - declared.delaySeconds).toBeGreaterThanOrEqual(30);
  });
});

describe('the declared schedules', () => {
  it.each(SCHEDULES)(
    'of $name are six fields in a time zone that exists, within the bounds of Scheduler',
    ({ cron, timeZone, maxEventAgeSeconds, retries }) => {
      expect(cron.length).toBeLessThanOrEqual(256);
      expect(cronFields(cron).year).toBe('*');
      expect(Intl.supportedValuesOf('timeZone').concat('UTC').map(renamed)).toContain(timeZone);
      expect(maxEventAgeSeconds).toBeGreaterThanOrEqual(60);
      // Lambda repeats a failed asynchronous run at most twice.
      expect(retries).toBeLessThanOrEqual(2);
    },
  );

  it('scan NSE in every minute of every session that the calendar knows, on any day of the week', () => {
    const declared = SCHEDULES.find(({ name }) => name === 'scan-nse');
    const fields = cronFields(declared?.cron ?? '');
    expect(declared?.timeZone).toBe('Asia/Kolkata');
    expect([fields.minutes, fields.dayOfMonth, fields.month, fields.dayOfWeek]).toEqual(['*', '?', '*', '*']);
    const [from = Number.NaN, to = Number.NaN] = fields.hours.split('-').map(Number);
    const special = NSE_CALENDAR_FACTS.specialSessions.flatMap(({ hours }) => (typeof hours === 'string' ? [] : hours));
    const phases = [...NSE_CALENDAR_FACTS.eras.flatMap((era) => era.phases), ...special].filter(({ phase }) => phase !== 'post-close');
    expect(phases.length).toBeGreaterThan(20);
    for (const phase of phases) {
      expect(Number(phase.from.slice(0, 2))).toBeGreaterThanOrEqual(from);
      expect(Number(phase.to.slice(0, 2))).toBeLessThanOrEqual(to);
    }
  });

  it('scan crypto, watch positions and look for what to tell in every minute of every day', () => {
    const always = SCHEDULES.filter(({ cron }) => cron === 'cron(* * * * ? *)').map(({ name }) => name);
    expect(always).toEqual(['scan-crypto', 'monitor', 'alerts']);
  });
});

describe('an AWS cron expression', () => {
  it.each(['cron(* * * * *)', 'cron(* * ? * ? *)', 'cron(* * * * * *)', '* * * * ? *', 'rate(5 minutes)', 'cron(* * * * ? * *)', 'cron( * * * ? *)'])(
    'is refused when it is not six fields with one day field open: %s',
    (cron) => {
      expect(() => cronFields(cron)).toThrow(ScheduleError);
      expect(() => cronFields(cron)).toThrow(expect.objectContaining({ code: 'bad_cron', message: expect.stringContaining(cron) }));
    },
  );

  it('is read field by field', () => {
    expect(cronFields('cron(*/5 9-15 ? * MON-FRI 2026)')).toEqual({
      minutes: '*/5',
      hours: '9-15',
      dayOfMonth: '?',
      month: '*',
      dayOfWeek: 'MON-FRI',
      year: '2026',
    });
  });
});

/** V8 lists Asia/Kolkata under the name that it had before 1993. */
function renamed(zone: string): string {
  return zone === 'Asia/Calcutta' ? 'Asia/Kolkata' : zone;
}
