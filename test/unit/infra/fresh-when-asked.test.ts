import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { freshWhenAsked } from '../../../infra/local/fresh-when-asked.ts';
import { API_BASE_PATH } from '../../../shared/contracts/routes.ts';

const eventOf = (method: string, path: string): APIGatewayProxyEventV2 =>
  ({ rawPath: `${API_BASE_PATH}/${path}`, requestContext: { http: { method } } }) as APIGatewayProxyEventV2;

/** What is done for a request, in order. */
async function doneFor(method: string, path: string): Promise<readonly string[]> {
  const done: string[] = [];
  const api = freshWhenAsked(
    async () => {
      done.push('answered');
      return { statusCode: 200 };
    },
    { publish: async () => void done.push('published') },
  );
  await api(eventOf(method, path));
  return done;
}

afterEach(() => void vi.useRealTimers());

describe('the API of one machine', () => {
  it.each([
    ['POST', 'execute-strategy/swing'],
    ['POST', 'orders'],
    ['POST', 'orders/preview'],
    ['POST', 'positions/order:1/close'],
    ['POST', 'positions/order:1/bracket'],
  ])('publishes the prices of this moment before it answers %s %s', async (method, path) => {
    expect(await doneFor(method, path)).toEqual(['published', 'answered']);
  });

  it.each([
    ['GET', 'orders'],
    ['DELETE', 'orders/E:order:1'],
    ['POST', 'start-paper-trading'],
    ['POST', 'orders-of-yesterday'],
  ])('publishes nothing for %s %s', async (method, path) => {
    expect(await doneFor(method, path)).toEqual(['answered']);
  });

  it('answers by the prices that are stored where the store does not take new ones for a second', async () => {
    vi.useFakeTimers();
    let isAnswered = false;
    const api = freshWhenAsked(async () => ({ statusCode: 200 }), { publish: () => new Promise(() => undefined) });
    void Promise.resolve(api(eventOf('POST', 'positions/order:1/close'))).then(() => {
      isAnswered = true;
    });
    await vi.advanceTimersByTimeAsync(999);
    expect(isAnswered).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(isAnswered).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});
