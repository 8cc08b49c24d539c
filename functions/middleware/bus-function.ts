import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { BUS_SOURCE } from '../../shared/contracts/bus-event.ts';
import { busFacts } from '../../shared/contracts/bus-facts.ts';
import type { EngineContext } from '../../shared/engine/context.ts';
import { messageOf } from '../../shared/kernel/errors.ts';

const busEventSchema = z.object({ id: z.string(), source: z.literal(BUS_SOURCE), 'detail-type': z.string(), detail: z.unknown() });
/** A domain event as EventBridge hands it over. */
export type DeliveredEvent = z.infer<typeof busEventSchema>;

/** Whether an event comes from our bus. */
export const isBusEvent = (event: unknown): event is DeliveredEvent => busEventSchema.safeParse(event).success;

/** What every event that EventBridge hands over has, whoever put it on a bus. */
export interface HandedOver<Detail> {
  readonly id: string;
  readonly 'detail-type': string;
  readonly detail: Detail;
}

interface Ready<Detail> {
  readonly context: EngineContext;
  readonly event: HandedOver<Detail>;
}

/** The one stack of every function on the bus: a log line an event, and errors thrown on, so that the platform tries again. */
export function busFunction<Detail>(
  name: string,
  contextOf: () => Promise<EngineContext>,
  run: (context: EngineContext, event: HandedOver<Detail>) => Promise<unknown>,
): (event: HandedOver<Detail>, context?: Context) => Promise<unknown> {
  const stack = middy(({ context, event }: Ready<Detail>) => run(context, event))
    .use({
      onError: ({ event: { context, event }, error }: middy.Request<Ready<Detail>>) =>
        context.log('error', `${name}-event-failed`, { ...factsOf(event), why: messageOf(error), stack: error?.stack }),
    })
    .use({
      after: ({ event: { context, event }, response }: middy.Request<Ready<Detail>>) =>
        context.log('info', `${name}-event-taken`, { ...factsOf(event), outcome: response }),
    });
  return async (event, context = {} as Context) => stack({ context: await contextOf(), event }, context);
}

const factsOf = ({ id, detail, 'detail-type': type }: HandedOver<unknown>) => ({ id, type, ...busFacts(detail) });
