import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/** A request that was read to its end, as API Gateway hands it to a function: payload version 2.0. */
export function gatewayEvent(
  request: IncomingMessage,
  url: URL,
  body: Buffer,
  ids: { readonly requestId: string; readonly nowMs: number },
): APIGatewayProxyEventV2 {
  const headers = headersOf(request);
  const isText = isUtf8(body);
  const method = request.method ?? 'GET';
  const query = queryOf(url);
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    headers,
    ...(query === null ? {} : { queryStringParameters: query }),
    requestContext: {
      accountId: 'local',
      apiId: 'local',
      domainName: headers.host ?? '',
      domainPrefix: 'local',
      http: {
        method,
        path: url.pathname,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? '',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: ids.requestId,
      routeKey: '$default',
      stage: '$default',
      time: new Date(ids.nowMs).toISOString(),
      timeEpoch: ids.nowMs,
    },
    ...(body.byteLength === 0 ? {} : { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.byteLength > 0 && !isText,
  };
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const entries = Object.entries(request.headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(',') : value] as const],
  );
  return Object.fromEntries(entries);
}

/** Repeated parameters are joined by a comma, as API Gateway does. */
function queryOf(url: URL): Record<string, string> | null {
  const names = [...new Set(url.searchParams.keys())];
  return names.length === 0 ? null : Object.fromEntries(names.map((name) => [name, url.searchParams.getAll(name).join(',')]));
}
