import { describe, expect, it } from 'vitest';
import { findRoute, methodsOf } from '../../../functions/api/find-route.ts';
import { API_BASE_PATH, ROUTES } from '../../../shared/contracts/routes.ts';

describe('the route of a request', () => {
  it.each(ROUTES)('is $name for $method $path, with a slash at its end as well', ({ name, method, path }) => {
    const asked = path.replace(/\{(\w+)\}/g, 'the:$1');
    const params = Object.fromEntries([...path.matchAll(/\{(\w+)\}/g)].map(([, each]) => [each, `the:${each}`]));
    expect(findRoute(method, asked)).toEqual({ name, params });
    expect(findRoute(method, `${asked}/`)).toEqual({ name, params });
    expect(methodsOf(asked)).toContain(method);
  });

  it.each([
    ['PUT', 'status'],
    ['get', 'status'],
    ['GET', 'orders/a/b'],
    ['GET', 'orders//'],
    ['GET', 'statuses'],
    ['GET', 'xstatus'],
    ['GET', '../live/status'],
    ['GET', 'execute-strategy/swing'],
  ])('is none for %s %s', (method, path) => {
    expect(findRoute(method, `${API_BASE_PATH}/${path}`)).toBeNull();
  });

  it('leaves a parameter as it was escaped: who reads it undoes that', () => {
    expect(findRoute('GET', `${API_BASE_PATH}/orders/E%3Aorder%3A1`)?.params).toEqual({ id: 'E%3Aorder%3A1' });
  });

  it('takes no parameter for a property of every object', () => {
    expect(findRoute('GET', '/__proto__')).toBeNull();
    expect(findRoute('__proto__', `${API_BASE_PATH}/status`)).toBeNull();
  });
});
