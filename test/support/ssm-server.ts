import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A request as it came over the wire: the operation, its input, and whether it was signed. */
export interface SsmRequest {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly signature: string;
}

export interface SsmServer {
  /** For AWS_ENDPOINT_URL_SSM. */
  readonly url: string;
  readonly requests: readonly SsmRequest[];
  /** What a parameter holds; null where it is not there. */
  readonly held: (name: string) => string | null;
  /** Stores a value as somebody else would. */
  readonly interfere: (name: string, value: string) => void;
  /** From now on every request is refused so. */
  readonly refuseWith: (type: string, status: number) => void;
}

/** SSM's GetParameter and PutParameter over their wire format, AWS JSON 1.1, with versions as SSM counts them. */
export async function startSsmServer(): Promise<SsmServer> {
  const parameters = new Map<string, { value: string; version: number }>();
  const requests: SsmRequest[] = [];
  let refusal: { readonly type: string; readonly status: number } | null = null;

  const write = (name: string, value: string): number => {
    const version = (parameters.get(name)?.version ?? 0) + 1;
    parameters.set(name, { value, version });
    return version;
  };
  const answer = ({ operation, input }: SsmRequest): readonly [number, object] => {
    const name = String(input.Name);
    const found = parameters.get(name);
    if (refusal !== null) return [refusal.status, { __type: refusal.type, message: 'refused' }];
    if (operation === 'GetParameter') {
      if (found === undefined) return [400, { __type: 'ParameterNotFound' }];
      return [200, { Parameter: { Name: name, Type: 'SecureString', Value: found.value, Version: found.version } }];
    }
    if (found !== undefined && input.Overwrite !== true) return [400, { __type: 'ParameterAlreadyExists', message: 'exists' }];
    return [200, { Version: write(name, String(input.Value)), Tier: 'Standard' }];
  };

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const [service, operation = ''] = String(request.headers['x-amz-target']).split('.');
    const asked: SsmRequest = {
      operation: service === 'AmazonSSM' ? operation : `not SSM: ${service}`,
      input: JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>,
      signature: request.headers.authorization ?? '',
    };
    requests.push(asked);
    const [status, body] = answer(asked);
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    held: (name) => parameters.get(name)?.value ?? null,
    interfere: (name, value) => void write(name, value),
    refuseWith: (type, status) => {
      refusal = { type, status };
    },
  };
}
