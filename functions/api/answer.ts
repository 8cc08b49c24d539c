import type { AnswerOf, RouteName, RouteOf } from '../../shared/contracts/routes.ts';
import type { ApiRequest } from './request.ts';

/** What a route answers: a body of its contract, under one of its statuses. */
export interface ApiAnswer<Name extends RouteName> {
  readonly status: RouteOf<Name>['statuses'][number];
  readonly body: AnswerOf<Name>;
}

export type ApiHandlers = { readonly [Name in RouteName]: (request: ApiRequest<Name>) => Promise<ApiAnswer<Name>> };

export const ok = <Body>(body: Body): { readonly status: 200; readonly body: Body } => ({ status: 200, body });
