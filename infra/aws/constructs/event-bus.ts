import { Duration } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import { BUS_SOURCE } from '../../../shared/contracts/bus-event.ts';

/** The bus of domain events, and an archive from which they can be told again. Prices never travel on it. */
export function eventBus(scope: Construct): EventBus {
  const bus = new EventBus(scope, 'Events', { description: 'Domain events of Nightdesk' });
  bus.archive('EventArchive', {
    description: 'Domain events of Nightdesk, for replay',
    eventPattern: { source: [BUS_SOURCE] },
    retention: Duration.days(90),
  });
  return bus;
}
