import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort } from '../../infra/local/free-port.ts';

/** Nightdesk as a user starts it: a process of its own, with a port and a state folder of its own. */
export interface NightdeskProcess {
  readonly base: string;
  readonly stateDir: string;
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Ends it as Ctrl-C does; resolves with its exit code. */
  readonly interrupt: () => Promise<number | null>;
  readonly get: (path: string) => Promise<Record<string, unknown>>;
}

const MAIN = resolve(import.meta.dirname, '../../infra/local/main.ts');

/** Nobody answers here: a test reaches no venue that it has not set up. */
const NO_NETWORK: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['KRAKEN', 'COINBASE', 'UPSTOX'].map((venue) => [`NIGHTDESK_${venue}_WS_URLS`, 'ws://127.0.0.1:1'])),
  ...Object.fromEntries(['FX', 'YAHOO', 'UPSTOX_REST'].map((service) => [`NIGHTDESK_${service}_URLS`, 'http://127.0.0.1:1'])),
  NIGHTDESK_UPSTOX_TOKEN: '',
  NIGHTDESK_NSE_FEED: '',
  // Nor does it depend on how this checkout is set up.
  NIGHTDESK_CONFIG: 'none',
};

/** Starts it and waits until its API answers. @throws Error with its output when it ends before */
export async function startNightdesk(
  options: readonly string[],
  {
    env = {},
    stateDir = mkdtempSync(join(tmpdir(), 'nightdesk-')),
  }: { readonly env?: Readonly<Record<string, string>>; readonly stateDir?: string } = {},
): Promise<NightdeskProcess> {
  const port = await freePort();
  const base = `http://127.0.0.1:${port}/api/v8/live`;
  const child = spawn(process.execPath, [MAIN, '--port', String(port), '--state', stateDir, ...options], {
    env: { ...process.env, ...NO_NETWORK, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout?.on('data', (text: Buffer) => {
    output += text.toString('utf8');
  });
  child.stderr?.on('data', (text: Buffer) => {
    output += text.toString('utf8');
  });
  const ended = new Promise<number | null>((settle) => child.once('exit', (code) => settle(code)));
  const get = async (path: string): Promise<Record<string, unknown>> => (await (await fetch(`${base}/${path}`)).json()) as Record<string, unknown>;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`Nightdesk ended with ${child.exitCode}: ${output}`);
    const isUp = await get('health').then(
      () => true,
      () => false,
    );
    if (isUp) break;
    await new Promise((settle) => setTimeout(settle, 50));
  }
  return {
    base,
    stateDir,
    child,
    output: () => output,
    interrupt: () => {
      child.kill('SIGINT');
      return ended;
    },
    get,
  };
}

export const removeState = (stateDir: string): void => rmSync(stateDir, { recursive: true, force: true });
