import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gunzipSync } from 'node:zlib';
import { createBarBuilder } from '../../shared/feeds/bars/bar-builder.ts';
import { createBinanceParser } from '../../shared/feeds/binance/binance-frame.ts';
import { connectBinance } from '../../shared/feeds/binance/binance-socket.ts';
import { createFrameIntake } from '../../shared/feeds/intake/frame-intake.ts';
import { createPriceLane } from '../../shared/feeds/intake/price-lane.ts';
import { createGate } from '../../shared/feeds/intake/validation.ts';
import { systemClock, wallSleep } from '../../shared/kernel/clock-system.ts';
import { rng } from '../../shared/kernel/rng.ts';
import { SECOND_MS } from '../../shared/kernel/time.ts';
import { startBinanceServer } from '../support/binance-server.ts';
import { recordedFiles } from '../support/recorded-data.ts';
import { againstTarget, msLine, percentiles } from './figures.ts';

const SYMBOLS = 900;
const FRAMES_A_SECOND = 10;
const SECONDS = 60;
const WARM_UP_SECONDS = 10;
/** The engine is away once in ten seconds, for longer than the lane lets everything wait. */
const STALL_EVERY_FRAMES = 100;
const STALL_MS = 1_200;
const MOST_WAITING = 5_000;
const HEAP_EVERY_FRAMES = 50;
const MIB = 2 ** 20;

interface Listed {
  readonly venueSymbol: string;
  readonly price: number;
}

/** What one run measures; `null` in the warm-up. */
interface Measured {
  readonly frameMs: number[];
  readonly lineMs: number[];
  /** `JSON.parse` alone of the same frames: of every second one before it is validated, so that both meet as many texts for the first time. */
  readonly bareMs: number[];
  readonly heapMib: number[];
  bytes: number;
}

/**
 * The whole market: array frames of 900 mini tickers, ten a second, over a local WebSocket through connection, parser, gate, bar
 * builder and lane, in one process with the server. The sink stands for an engine that stalls now and then.
 */
export async function benchStress(): Promise<readonly string[]> {
  const { listed, says } = symbolsToPlay();
  const names = listed.map(({ venueSymbol }) => venueSymbol);
  const server = await startBinanceServer({
    // Subscriptions beyond what fits the URL are acknowledged, as the venue does.
    onHeard: (connection, what, payload) => {
      if (what === 'text') server.sendTo(connection, JSON.stringify({ result: null, id: (JSON.parse(payload) as { readonly id: number }).id }));
    },
  });
  const gate = createGate();
  const intake = createFrameIntake({
    parse: createBinanceParser({ symbols: new Map(names.map((name) => [name, name])), source: 'bench', evidence: 'simulated' }),
    gate,
    builder: createBarBuilder({ symbols: names, evidence: 'simulated' }),
    source: 'bench',
  });
  let stalledUntil: Promise<void> | null = null;
  let delivered = 0;
  const lane = createPriceLane({
    sink: {
      tick: () => {
        delivered++;
        return stalledUntil ?? undefined;
      },
      top: () => {},
      depth: () => {},
      reference: () => {},
      repaired: () => {},
    },
    mostWaiting: MOST_WAITING,
    onError: (error) => {
      throw error;
    },
  });
  const sentAt = new Map<number, number>();
  let measured: Measured = { frameMs: [], lineMs: [], bareMs: [], heapMib: [], bytes: 0 };
  let received = 0;
  const feed = connectBinance({
    symbols: names,
    wide: true,
    urls: [server.url],
    clock: systemClock((error) => {
      throw error;
    }),
    random: rng('stress'),
    log: () => {},
    // Between the warm-up and the run there is a silence.
    timing: { silenceMs: 60 * SECOND_MS, suspectMs: 60 * SECOND_MS },
    onFrame(text, receivedMs) {
      const isBareFirst = received % 2 === 1;
      if (isBareFirst) measured.bareMs.push(bareParse(text));
      const began = performance.now();
      const prices = intake(text, receivedMs);
      const ended = performance.now();
      if (!isBareFirst) measured.bareMs.push(bareParse(text));
      if (prices.length === 0) return;
      received++;
      const [first] = prices;
      const sent = first?.kind === 'tick' ? sentAt.get(first.tick.exchangeMs) : undefined;
      if (sent !== undefined && !isBareFirst) measured.lineMs.push(ended - sent);
      measured.frameMs.push(ended - began);
      measured.bytes += text.length;
      for (const price of prices) lane.push(price);
    },
  });
  try {
    while (server.openConnections() === 0) await wallSleep(10);
    await wallSleep(1_500);
    const market = createMarket(listed);
    const collect = collector();
    const play = async (seconds: number): Promise<void> => {
      const beganMs = performance.now();
      for (let frame = 0; frame < seconds * FRAMES_A_SECOND; frame++) {
        await wallSleep(Math.max(0, beganMs + (frame * SECOND_MS) / FRAMES_A_SECOND - performance.now()));
        if (frame % STALL_EVERY_FRAMES === STALL_EVERY_FRAMES / 2) {
          stalledUntil = wallSleep(STALL_MS);
          void stalledUntil.then(() => {
            stalledUntil = null;
          });
        }
        if (frame % HEAP_EVERY_FRAMES === 0) measured.heapMib.push(heapMib(collect));
        const { text, stampMs } = market();
        sentAt.clear();
        sentAt.set(stampMs, performance.now());
        server.send(text);
      }
      await wallSleep(500);
    };
    await play(WARM_UP_SECONDS);
    const before = { received, conflated: lane.conflated(), delivered, heap: heapMib(collect) };
    measured = { frameMs: [], lineMs: [], bareMs: [], heapMib: [], bytes: 0 };
    await play(SECONDS);
    await wallSleep(STALL_MS);
    const heap = heapMib(collect);
    const counts = gate.counters().bench ?? {};
    const [validated, arrived] = [percentiles(measured.frameMs), percentiles(measured.lineMs)];
    const frames = received - before.received;
    const bare = percentiles(measured.bareMs);
    const conflated = lane.conflated() - before.conflated;
    return [
      `frames                      ${frames} of ${SYMBOLS} mini tickers (${Math.round(measured.bytes / frames / 1_024)} KiB each), ${FRAMES_A_SECOND} a second; ${says}`,
      `frame to validated          ${msLine(validated)}`,
      `sent to validated           ${msLine(arrived)}, over the socket, the server's work in it`,
      `bare JSON.parse             ${msLine(bare)}: ratio ${(validated.p50 / bare.p50).toFixed(2)}`,
      `prices                      ${frames * SYMBOLS} validated (${counts.admitted} with the warm-up), ${delivered - before.delivered} delivered, ${conflated} conflated, ${lane.waiting()} waiting`,
      `heap after gc               ${before.heap.toFixed(2)} MiB before, ${heap.toFixed(2)} MiB after: ${measured.heapMib.map((mib) => mib.toFixed(2)).join(' ')}`,
      againstTarget('p99 frame to validated (ms)', validated.p99, '<', 20),
      againstTarget('p99 sent to validated (ms)', arrived.p99, '<', 20),
      againstTarget('cost of a validated tick to bare JSON.parse (ratio)', validated.p50 / bare.p50, '<', 2),
      againstTarget('growth of the heap (MiB)', heap - before.heap, '<', 1),
      againstTarget('all sent were validated (share)', frames / (SECONDS * FRAMES_A_SECOND), '>=', 1),
      againstTarget('delivered and conflated (share of validated)', (delivered - before.delivered + conflated) / (frames * SYMBOLS), '>=', 1),
    ];
  } finally {
    await feed.close();
    await lane.close();
    await server.close();
  }
}

/** The symbols and last prices of the recorded frame of all tickers, and as many made up as are needed. */
function symbolsToPlay(): { readonly listed: readonly Listed[]; readonly says: string } {
  const [path] = recordedFiles('binance-ws', /^ticker_arr_frame1_.*\.json\.gz$/);
  const recorded = path === undefined ? [] : pricesOf(JSON.parse(gunzipSync(readFileSync(path)).toString('utf8')));
  const random = rng('whole market');
  const made = Array.from({ length: Math.max(0, SYMBOLS - recorded.length) }, (_, i) => ({
    venueSymbol: `MADE${i}USDT`,
    price: 10 ** (4 * random.next() - 2),
  }));
  const says =
    path === undefined
      ? 'GENERATED: no recorded data here (set NIGHTDESK_DATA)'
      : `${recorded.length} symbols and prices of the recorded frame, reshaped`;
  return { listed: [...recorded.slice(0, SYMBOLS), ...made], says };
}

function pricesOf(frame: unknown): readonly Listed[] {
  if (!Array.isArray(frame)) throw new TypeError('The recorded frame of all tickers is no array');
  return frame
    .map((ticker: { readonly s: string; readonly c: string }) => ({ venueSymbol: ticker.s, price: Number(ticker.c) }))
    .filter(({ price }) => price > 0);
}

/** The next frame of the whole market: every price moves a little, every frame has a stamp of its own. */
function createMarket(listed: readonly Listed[]): () => { readonly text: string; readonly stampMs: number } {
  const random = rng('stress market');
  let last = 0;
  return () => {
    const stampMs = Math.max(Date.now(), last + 1);
    last = stampMs;
    const data = listed.map(({ venueSymbol, price }) => {
      const at = (by: number): string => (price * (1 + by * 0.01)).toFixed(8);
      const c = at(random.next());
      return { e: '24hrMiniTicker', E: stampMs, s: venueSymbol, c, o: at(0.5), h: at(2), l: at(0), v: '30195.39867000', q: '3065280135.28113970' };
    });
    return { text: JSON.stringify({ stream: '!miniTicker@arr', data }), stampMs };
  };
}

function bareParse(text: string): number {
  const began = performance.now();
  const isObject = typeof JSON.parse(text) === 'object';
  const took = performance.now() - began;
  if (!isObject) throw new Error('A frame is no object');
  return took;
}

function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

function heapMib(collect: () => void): number {
  collect();
  return process.memoryUsage().heapUsed / MIB;
}
