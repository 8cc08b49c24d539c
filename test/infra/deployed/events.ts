import { randomUUID } from 'node:crypto';
import type { ScheduledEvent, ScheduleName } from '../../../shared/config/schedules.ts';
import { SCHEDULES } from '../../../shared/config/schedules.ts';
import { API_BASE_PATH } from '../../../shared/contracts/routes.ts';
import { type EpochMs, iso, SECOND_MS } from '../../../shared/kernel/time.ts';
import type { Item } from '../../../shared/store/items.ts';
import { ACCOUNT } from './resolved-template.ts';
import type { PutEvent } from './services.ts';

/** Events as AWS hands them to a function. */

export const scheduledEvent = (name: ScheduleName, minuteMs: EpochMs): ScheduledEvent => ({
  name,
  market: SCHEDULES.find((each) => each.name === name)?.market ?? null,
  scheduledTime: iso(minuteMs),
  executionId: `${name}@${minuteMs}`,
});

/** When a run of a schedule gets to work. */
export const dueMs = (name: ScheduleName, minuteMs: EpochMs): EpochMs =>
  minuteMs + ((SCHEDULES.find((each) => each.name === name)?.delaySeconds ?? 0) + 1) * SECOND_MS;

/** A request to the API, such as `GET orders?limit=5`. */
export function httpEvent(asked: string, body?: unknown): unknown {
  const [method = '', target = ''] = asked.split(' ');
  const url = new URL(`https://api.example${API_BASE_PATH}/${target}`);
  const query = Object.fromEntries(url.searchParams);
  return {
    version: '2.0',
    routeKey: `${method} ${url.pathname}`,
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    headers: {},
    ...(url.search === '' ? {} : { queryStringParameters: query }),
    requestContext: { accountId: ACCOUNT, requestId: randomUUID(), http: { method, path: url.pathname, sourceIp: '203.0.113.7' } },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    isBase64Encoded: false,
  };
}

export const authorizerEvent = (header: string): unknown => ({
  version: '2.0',
  type: 'REQUEST',
  identitySource: [header],
  routeKey: `GET ${API_BASE_PATH}/status`,
  rawPath: `${API_BASE_PATH}/status`,
  headers: { authorization: header },
  requestContext: { requestId: randomUUID(), http: { method: 'GET', path: `${API_BASE_PATH}/status`, sourceIp: '203.0.113.7' } },
});

export interface StreamRecord {
  readonly eventName: 'INSERT';
  readonly dynamodb: { readonly SequenceNumber: string; readonly NewImage: Readonly<Record<string, unknown>> };
}

/** A new row of a table, as its stream tells it. */
export const streamRecord = ({ pk, sk, attributes }: Item): StreamRecord => ({
  eventName: 'INSERT',
  dynamodb: {
    SequenceNumber: sk,
    NewImage: Object.fromEntries(
      Object.entries({ pk, sk, ...attributes }).map(([name, value]) => [
        name,
        typeof value === 'number' ? { N: String(value) } : { S: String(value) },
      ]),
    ),
  },
});

/** What was put on the bus, as the bus hands it to a target. */
export const busEvent = ({ Source, DetailType, Detail }: PutEvent, account = ACCOUNT): Readonly<Record<string, unknown>> => ({
  version: '0',
  id: randomUUID(),
  source: Source,
  account,
  region: 'ap-south-1',
  resources: [],
  'detail-type': DetailType,
  detail: JSON.parse(Detail) as unknown,
});

/** Whether a rule's pattern takes an event: the part of patterns that ours are made of, lists of values. */
export function takes(pattern: unknown, event: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(pattern as Record<string, readonly unknown[]>).every(([field, values]) => {
    if (!Array.isArray(values) || values.some((value) => typeof value !== 'string'))
      throw new Error(`What the pattern of ${field} means is not known here`);
    return values.includes(event[field]);
  });
}
