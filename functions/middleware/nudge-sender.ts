import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

/** Sends to the queue on which the feed waits. */
export function nudgeSender(queueUrl: string): (sessionId: string) => Promise<unknown> {
  const client = new SQSClient({ maxAttempts: 2 });
  return (sessionId) => client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify({ sessionId }) }));
}
