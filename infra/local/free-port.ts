import { type AddressInfo, createServer } from 'node:net';

/** A port of this machine that nobody listens on: for a server that cannot tell which one it got. */
export function freePort(): Promise<number> {
  return new Promise((settle, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => settle(port));
    });
  });
}
