import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { deadLetterQueue } from './dead-letter-queue.ts';

/**
 * The queue by which functions tell the feed that open orders have changed. A nudge only saves waiting: the feed reads the
 * ledger once a second anyway, so a nudge that nobody took within a minute has nothing left to say.
 */
export function nudgeQueue(scope: Construct): Queue {
  return new Queue(scope, 'Nudges', {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    receiveMessageWaitTime: Duration.seconds(20),
    visibilityTimeout: Duration.seconds(10),
    retentionPeriod: Duration.seconds(60),
    deadLetterQueue: { queue: deadLetterQueue(scope, 'RefusedNudges'), maxReceiveCount: 3 },
  });
}
