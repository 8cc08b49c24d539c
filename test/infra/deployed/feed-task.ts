import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { EpochMs } from '../../../shared/kernel/time.ts';
import { bookTicker, trade, wrapped } from '../../support/binance-frames.ts';
import type { BinanceServer } from '../../support/binance-server.ts';

/** The feed's task: its bundle in a process, whose clock began at another instant. */
export interface FeedTask {
  /** Resolves when its log has this event. @throws Error with its output when it ends before */
  readonly told: (event: string) => Promise<void>;
  readonly output: () => string;
  /** Asks it to stop as ECS does; resolves with its exit code. */
  readonly stop: () => Promise<number | null>;
}

const CLOCK = fileURLToPath(new URL('./shifted-clock.ts', import.meta.url));
const LOOK_EVERY_MS = 20;

export function startFeedTask(bundle: string, environment: Readonly<Record<string, string>>, aheadMs: number): FeedTask {
  const child: ChildProcess = spawn(process.execPath, ['--import', CLOCK, '--max-semi-space-size=16', bundle], {
    env: { PATH: process.env.PATH ?? '', ...environment, SHIFTED_CLOCK_MS: String(aheadMs) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (text: Buffer): void => {
    output += text.toString('utf8');
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const ended = new Promise<number | null>((settle) => child.once('exit', settle));
  return {
    output: () => output,
    told: async (event) => {
      while (!output.includes(`"event":"${event}"`)) {
        if (child.exitCode !== null) throw new Error(`The feed ended with ${child.exitCode}: ${output.slice(-2_000)}`);
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      }
    },
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/** One symbol that is traded ten times a second at a level, by a clock that began at another instant. */
export function startTrading(
  server: BinanceServer,
  { symbol, price, aheadMs }: { readonly symbol: string; readonly price: number; readonly aheadMs: number },
): () => void {
  let sequence = 1;
  const timer = setInterval(() => {
    const nowMs: EpochMs = Date.now() + aheadMs;
    sequence += 1;
    const [bid, ask] = [(price - 0.01).toFixed(2), (price + 0.01).toFixed(2)];
    const name = symbol.toLowerCase();
    server.send(wrapped(`${name}@bookTicker`, bookTicker({ u: sequence, s: symbol, b: bid, a: ask, B: '5.0', A: '5.0' })));
    server.send(wrapped(`${name}@trade`, trade({ s: symbol, p: price.toFixed(2), q: '0.5', t: sequence, E: nowMs, T: nowMs })));
  }, 100);
  return () => clearInterval(timer);
}
