import * as z from 'zod';
import { alertsAnswer, alertsQuery, testAlertAnswer, testAlertBody } from './v8/alerts.ts';
import { sessionQuery } from './v8/common.ts';
import { decisionsAnswer, decisionsQuery } from './v8/decisions.ts';
import { executeAnswer, executeBody } from './v8/execute-strategy.ts';
import { healthAnswer } from './v8/health.ts';
import {
  candlesAnswer,
  candlesQuery,
  chainAnswer,
  chainQuery,
  instrumentsAnswer,
  instrumentsQuery,
  quotesAnswer,
  quotesQuery,
  ticksAnswer,
  ticksQuery,
} from './v8/market-data.ts';
import { marketStatusAnswer, marketStatusQuery } from './v8/market-status.ts';
import { amendBody, closeBody, orderBody } from './v8/order-request.ts';
import { amendAnswer, oneOrderAnswer, ordersAnswer, ordersQuery, placeAnswer, previewAnswer } from './v8/orders.ts';
import { performanceAnswer, performanceQuery } from './v8/performance.ts';
import { portfolioAnswer, portfolioQuery } from './v8/portfolio.ts';
import { killSwitchAnswer, killSwitchBody, riskAnswer } from './v8/risk.ts';
import { sessionsAnswer, setRiskLimitsAnswer, setRiskLimitsBody, startAnswer, startBody, stopAnswer, stopBody } from './v8/sessions.ts';
import { statusAnswer } from './v8/status.ts';
import { tradesAnswer, tradesQuery } from './v8/trades.ts';

export const API_BASE_PATH = '/api/v8/live';

/** Bodies above this are refused before they are read, bytes. */
export const MAX_BODY_BYTES = 16_384;

/** One route of the API: what it is called, what it takes, what it answers, with which statuses when all is well. */
export interface Route {
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With parameters as `{name}`, the form that API Gateway and the router share. */
  readonly path: `${typeof API_BASE_PATH}/${string}`;
  readonly query: z.ZodType;
  /** Null where no body is read. */
  readonly body: z.ZodType | null;
  readonly answer: z.ZodType;
  readonly statuses: readonly number[];
  readonly summary: string;
}

const nothing = z.strictObject({});
const get = { method: 'GET', query: nothing, body: null, statuses: [200] } as const;
const post = { method: 'POST', query: nothing, statuses: [200] } as const;

/** Every route, declared once: the handler, the local host and the stack read this table. */
export const ROUTES = [
  { ...get, name: 'status', path: `${API_BASE_PATH}/status`, answer: statusAnswer, summary: 'What runs, on which prices, and how it stands' },
  {
    ...get,
    name: 'portfolio',
    path: `${API_BASE_PATH}/portfolio`,
    query: portfolioQuery,
    answer: portfolioAnswer,
    summary: 'Cash, equity, positions',
  },
  {
    ...post,
    name: 'start-paper-trading',
    path: `${API_BASE_PATH}/start-paper-trading`,
    body: startBody,
    answer: startAnswer,
    summary: 'Starts a session with fresh books',
  },
  {
    ...post,
    name: 'stop-paper-trading',
    path: `${API_BASE_PATH}/stop-paper-trading`,
    body: stopBody,
    answer: stopAnswer,
    summary: 'Ends the session',
  },
  {
    ...post,
    name: 'execute-strategy',
    path: `${API_BASE_PATH}/execute-strategy/{strategy}`,
    body: executeBody,
    answer: executeAnswer,
    statuses: [200, 202],
    summary: 'Asks one strategy about one symbol now',
  },
  { ...get, name: 'trades', path: `${API_BASE_PATH}/trades`, query: tradesQuery, answer: tradesAnswer, summary: 'Closed trades, newest first' },
  {
    ...get,
    name: 'performance',
    path: `${API_BASE_PATH}/performance`,
    query: performanceQuery,
    answer: performanceAnswer,
    summary: 'Statistics of a session',
  },
  {
    ...post,
    name: 'set-risk-limits',
    path: `${API_BASE_PATH}/set-risk-limits`,
    body: setRiskLimitsBody,
    answer: setRiskLimitsAnswer,
    summary: 'Changes risk limits from the next decision on',
  },
  {
    ...post,
    name: 'kill-switch',
    path: `${API_BASE_PATH}/kill-switch`,
    body: killSwitchBody,
    answer: killSwitchAnswer,
    summary: 'Stops all entries at once, or lets them pass again',
  },
  {
    ...get,
    name: 'risk',
    path: `${API_BASE_PATH}/risk`,
    query: z.strictObject(sessionQuery),
    answer: riskAnswer,
    summary: 'Limits, value at risk and how it has done',
  },
  {
    ...get,
    name: 'market-status',
    path: `${API_BASE_PATH}/market-status`,
    query: marketStatusQuery,
    answer: marketStatusAnswer,
    summary: 'Which markets are open',
  },
  {
    ...get,
    name: 'decisions',
    path: `${API_BASE_PATH}/decisions`,
    query: decisionsQuery,
    answer: decisionsAnswer,
    summary: 'What was considered, and why it was not traded',
  },
  {
    ...get,
    name: 'orders',
    path: `${API_BASE_PATH}/orders`,
    query: ordersQuery,
    answer: ordersAnswer,
    summary: 'Working and ended orders, newest first',
  },
  {
    ...post,
    name: 'place-order',
    path: `${API_BASE_PATH}/orders`,
    body: orderBody,
    answer: placeAnswer,
    statuses: [200, 202],
    summary: 'Places an order, or legs that fill together or not at all',
  },
  {
    ...post,
    name: 'preview-order',
    path: `${API_BASE_PATH}/orders/preview`,
    body: orderBody,
    answer: previewAnswer,
    summary: 'What an order would come to: fill, costs, margin, the risk gate; changes nothing',
  },
  {
    ...get,
    name: 'order',
    path: `${API_BASE_PATH}/orders/{id}`,
    query: z.strictObject(sessionQuery),
    answer: oneOrderAnswer,
    summary: 'One order',
  },
  {
    ...get,
    method: 'DELETE',
    name: 'cancel-order',
    path: `${API_BASE_PATH}/orders/{id}`,
    answer: oneOrderAnswer,
    summary: 'Cancels what of an entry has not filled',
  },
  {
    ...post,
    name: 'close-position',
    path: `${API_BASE_PATH}/positions/{id}/close`,
    body: closeBody,
    answer: oneOrderAnswer,
    statuses: [200, 202],
    summary: 'Closes a position or a part of it at market',
  },
  {
    ...post,
    name: 'amend-bracket',
    path: `${API_BASE_PATH}/positions/{id}/bracket`,
    body: amendBody,
    answer: amendAnswer,
    summary: 'Changes stop, target or trail of an open position',
  },
  {
    ...get,
    name: 'quotes',
    path: `${API_BASE_PATH}/quotes`,
    query: quotesQuery,
    answer: quotesAnswer,
    summary: 'Newest prices, with source, age, evidence and what other venues say',
  },
  {
    ...get,
    name: 'candles',
    path: `${API_BASE_PATH}/candles`,
    query: candlesQuery,
    answer: candlesAnswer,
    summary: 'Bars of a symbol, with their gaps',
  },
  {
    ...get,
    name: 'ticks',
    path: `${API_BASE_PATH}/ticks`,
    query: ticksQuery,
    answer: ticksAnswer,
    summary: 'Trades of a symbol, conflated to seconds',
  },
  {
    ...get,
    name: 'instruments',
    path: `${API_BASE_PATH}/instruments`,
    query: instrumentsQuery,
    answer: instrumentsAnswer,
    summary: 'What can be traded, on which grids',
  },
  { ...get, name: 'chain', path: `${API_BASE_PATH}/chain`, query: chainQuery, answer: chainAnswer, summary: 'Futures and options on an underlying' },
  {
    ...get,
    name: 'alerts',
    path: `${API_BASE_PATH}/alerts`,
    query: alertsQuery,
    answer: alertsAnswer,
    summary: 'What there was to tell, newest first, and how it was told',
  },
  {
    ...post,
    name: 'test-alert',
    path: `${API_BASE_PATH}/alerts/test`,
    body: testAlertBody,
    answer: testAlertAnswer,
    statuses: [202],
    summary: 'Sends an alert that says nothing through every channel',
  },
  { ...get, name: 'sessions', path: `${API_BASE_PATH}/sessions`, answer: sessionsAnswer, summary: 'All sessions, newest first' },
  { ...get, name: 'health', path: `${API_BASE_PATH}/health`, answer: healthAnswer, statuses: [200, 503], summary: 'Whether the stores can be read' },
] as const satisfies readonly Route[];

export type RouteName = (typeof ROUTES)[number]['name'];
export type RouteOf<Name extends RouteName> = Extract<(typeof ROUTES)[number], { readonly name: Name }>;
/** What a route's handler is given: the query and the body after their schemas. */
export type QueryOf<Name extends RouteName> = z.output<RouteOf<Name>['query']>;
export type BodyOf<Name extends RouteName> = RouteOf<Name> extends { readonly body: infer Body extends z.ZodType } ? z.output<Body> : null;
export type AnswerOf<Name extends RouteName> = z.output<RouteOf<Name>['answer']>;
