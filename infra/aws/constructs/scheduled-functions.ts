import { Aws, Duration, TimeZone } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { ContextAttribute, Schedule, ScheduleExpression, ScheduleTargetInput, TimeWindow } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import {
  type Schedule as Declaration,
  SCHEDULES,
  type ScheduledEvent,
  type ScheduledFunction,
  type ScheduleName,
} from '../../../shared/config/schedules.ts';
import { FUNCTION_MEMORY_MIB } from '../function-memory.ts';
import { type HouseFunction, type HouseFunctionProps, houseFunction } from './house-function.ts';

/** What each function is given to work with. A timeout ends a run before the next of its minute would be too late. */
const SIZES: Readonly<Record<ScheduledFunction, { readonly description: string; readonly memoryMiB: number; readonly timeoutSeconds: number }>> = {
  scan: { description: 'Looks for trades in an open market and places orders', memoryMiB: FUNCTION_MEMORY_MIB.scan, timeoutSeconds: 50 },
  monitor: { description: 'Sweeps positions: time exits, square-off, halts, liveness', memoryMiB: FUNCTION_MEMORY_MIB.monitor, timeoutSeconds: 50 },
  session: { description: 'Rolls trading days', memoryMiB: FUNCTION_MEMORY_MIB.session, timeoutSeconds: 120 },
  alerts: { description: 'Tells the trader: events, account, feeds, markets', memoryMiB: FUNCTION_MEMORY_MIB.alerts, timeoutSeconds: 60 },
  nightly: { description: 'Verifies the day’s books and writes its report', memoryMiB: FUNCTION_MEMORY_MIB.nightly, timeoutSeconds: 600 },
};

export interface ScheduledFunctionsProps {
  readonly environment: Readonly<Record<string, string>>;
  readonly failedRuns: IQueue;
  /** A schedule that is off stays in the stack and fires nothing. */
  readonly enabled: Readonly<Record<ScheduleName, boolean>>;
  /** What a function has of its own. */
  readonly own: Partial<Record<ScheduledFunction, Pick<HouseFunctionProps, 'environment'>>>;
}

/**
 * The functions that run by the clock, and their schedules as `shared/config/schedules.ts` declares them.
 * Scheduler invokes asynchronously, so a run can be lost in two places: before the function accepted it, and in the
 * function. Both end in `failedRuns`.
 */
export function scheduledFunctions(
  scope: Construct,
  { environment, failedRuns, enabled, own }: ScheduledFunctionsProps,
): Readonly<Record<ScheduledFunction, HouseFunction>> {
  const make = (name: ScheduledFunction): HouseFunction => {
    const made = houseFunction(scope, { name, ...SIZES[name], ...own[name], environment: { ...environment, ...own[name]?.environment } });
    const schedules = SCHEDULES.filter(({ functionName }) => functionName === name);
    made.lambda.configureAsyncInvoke({
      onFailure: new SqsDestination(failedRuns),
      maxEventAge: Duration.seconds(Math.max(...schedules.map(({ maxEventAgeSeconds }) => maxEventAgeSeconds))),
      retryAttempts: Math.max(...schedules.map(({ retries }) => retries)),
    });
    const caller = schedulerRole(scope, name, made, failedRuns);
    for (const declared of schedules) schedule(scope, declared, { made, caller, failedRuns, isEnabled: enabled[declared.name] });
    return made;
  };
  return { scan: make('scan'), monitor: make('monitor'), session: make('session'), alerts: make('alerts'), nightly: make('nightly') };
}

/** May start this one function, in its one version, and hand over what it could not start. The role that the target would make may start all versions. */
function schedulerRole(scope: Construct, name: ScheduledFunction, { lambda }: HouseFunction, failedRuns: IQueue): Role {
  return new Role(scope, `${name}-scheduler-role`, {
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } } }),
    description: `Nightdesk schedules of ${name}`,
    inlinePolicies: {
      start: new PolicyDocument({
        statements: [
          new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [lambda.functionArn] }),
          new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [failedRuns.queueArn] }),
        ],
      }),
    },
  });
}

interface Target {
  readonly made: HouseFunction;
  readonly caller: Role;
  readonly failedRuns: IQueue;
  readonly isEnabled: boolean;
}

function schedule(scope: Construct, declared: Declaration, { made, caller, failedRuns, isEnabled }: Target): void {
  // Scheduler replaces the context attributes by their values before it invokes.
  const input: ScheduledEvent = {
    name: declared.name,
    market: declared.market,
    scheduledTime: ContextAttribute.scheduledTime,
    executionId: ContextAttribute.executionId,
  };
  new Schedule(scope, `${declared.name}-schedule`, {
    description: `Nightdesk ${declared.name}`,
    schedule: ScheduleExpression.expression(declared.cron, TimeZone.of(declared.timeZone)),
    enabled: isEnabled,
    timeWindow: TimeWindow.off(),
    target: new LambdaInvoke(made.lambda, {
      role: caller.withoutPolicyUpdates(),
      input: ScheduleTargetInput.fromObject(input),
      retryAttempts: declared.retries,
      maxEventAge: Duration.seconds(declared.maxEventAgeSeconds),
      deadLetterQueue: failedRuns,
    }),
  });
}
