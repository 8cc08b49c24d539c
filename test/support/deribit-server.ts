import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { type DeribitMarket, deribitAnswer, deribitNotices } from './deribit-speaker.ts';

/** A local server that speaks Deribit's JSON-RPC: it answers, and pushes what was subscribed to. */
export interface DeribitServer {
  readonly url: string;
  close(): Promise<void>;
}

const PUSH_EVERY_MS = 500;

export async function startDeribitServer(market: DeribitMarket): Promise<DeribitServer> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket) => {
    const channels = new Set<string>();
    const push = (): void => {
      for (const told of deribitNotices(market, Date.now(), channels)) socket.send(told);
    };
    const timer = setInterval(push, PUSH_EVERY_MS);
    socket.on('close', () => clearInterval(timer));
    socket.on('message', (data) => {
      const { params } = JSON.parse(String(data)) as { readonly params: { readonly channels?: readonly string[] } };
      socket.send(deribitAnswer(String(data), market, Date.now()));
      for (const channel of params.channels ?? []) channels.add(channel);
      push();
    });
  });
  await once(server, 'listening');
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      for (const client of server.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
