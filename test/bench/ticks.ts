import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBarBuilder } from '../../shared/feeds/bars/bar-builder.ts';
import { createBinanceParser } from '../../shared/feeds/binance/binance-frame.ts';
import { BINANCE_SYMBOLS } from '../../shared/feeds/binance/binance-symbols.ts';
import { createFrameIntake, type FrameIntake } from '../../shared/feeds/intake/frame-intake.ts';
import { createGate } from '../../shared/feeds/intake/validation.ts';
import { readRecordedFrames } from '../../shared/feeds/replay/recorded-frames.ts';
import { writeGeneratedFrames } from '../support/generated-frames.ts';
import { recordedFiles } from '../support/recorded-data.ts';
import { BENCH_SYMBOLS, type BenchEngine, openEngine, openPositions, refreshPrices } from './engine.ts';
import { againstTarget, msLine, percentiles } from './figures.ts';

const POSITIONS = 50;
const LEAST_FRAMES = 300_000;
const GENERATED_FROM_MS = Date.parse('2024-08-08T23:54:00Z');
const GENERATED_MS = 3_600_000;

interface Frame {
  readonly bytes: Buffer;
  readonly receivedMs: number;
}

/**
 * Frame bytes of the streams that the live feed asks for, to a validated price on the desk with the triggers of 50 positions
 * checked; one core, nothing awaited, for no stop is crossed.
 */
export async function benchTicks(): Promise<readonly string[]> {
  const { frames, says } = await framesToPlay();
  const engine = await openEngine('memory');
  try {
    refreshPrices(engine);
    await openPositions(engine, POSITIONS, 0);
    const passes = Math.ceil(LEAST_FRAMES / frames.length);
    play(engine, frames, null);
    const latencies = new Float64Array(frames.length * passes);
    for (let pass = 0; pass < passes; pass++) play(engine, frames, latencies.subarray(pass * frames.length));
    let [prices, ms, validatedMs, bareMs] = [0, 0, 0, 0];
    for (let pass = 0; pass < passes; pass++) {
      const began = performance.now();
      prices += play(engine, frames, null);
      ms += performance.now() - began;
      validatedMs += validateOnly(frames);
      bareMs += parseOnly(frames);
    }
    const count = frames.length * passes;
    const each = percentiles(latencies);
    const bySecond = (count / ms) * 1_000;
    return [
      `frames                      ${says}`,
      `frame to triggers checked   ${msLine(each)}`,
      `throughput                  ${Math.round(bySecond)} frames/s, ${Math.round((prices / ms) * 1_000)} admitted prices/s`,
      `frame to validated tick     ${Math.round((count / validatedMs) * 1_000)} frames/s: ratio ${(validatedMs / bareMs).toFixed(2)}`,
      `bare JSON.parse             ${Math.round((count / bareMs) * 1_000)} frames/s: ratio of all ${(ms / bareMs).toFixed(2)}`,
      againstTarget('p99 (ms)', each.p99, '<', 5),
      againstTarget('cost of a validated tick to bare JSON.parse (ratio)', validatedMs / bareMs, '<', 2),
      againstTarget('ticks/s', (prices / ms) * 1_000, '>=', 50_000),
    ];
  } finally {
    await engine.close();
  }
}

async function framesToPlay(): Promise<{ readonly frames: readonly Frame[]; readonly says: string }> {
  const recorded = recordedFiles('binance-ws', /^hft_spot_.*\.log\.gz$/);
  if (recorded.length > 0) {
    const frames = await framesOf(recorded);
    return { frames, says: `${frames.length} recorded trade and bookTicker frames of ${recorded.length} files` };
  }
  const folder = mkdtempSync(join(tmpdir(), 'nightdesk-frames-'));
  try {
    const frames = await framesOf(writeGeneratedFrames(folder, { seed: '1', fromMs: GENERATED_FROM_MS, toMs: GENERATED_FROM_MS + GENERATED_MS }));
    return { frames, says: `${frames.length} GENERATED frames: no recorded data here (set NIGHTDESK_DATA)` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Depth updates are left out: the live feed does not ask for them. */
async function framesOf(paths: readonly string[]): Promise<readonly Frame[]> {
  const frames: Frame[] = [];
  for await (const { text, receivedMs } of readRecordedFrames(paths)) {
    if (!text.includes('"depthUpdate"')) frames.push({ bytes: Buffer.from(text), receivedMs });
  }
  return frames;
}

/** A pass over all frames with a gate that has seen none of them; gives the number of prices that got through. */
function play({ desk, matcher }: BenchEngine, frames: readonly Frame[], latencies: Float64Array | null): number {
  const intake = freshIntake();
  let prices = 0;
  for (let index = 0; index < frames.length; index++) {
    const { bytes, receivedMs } = frames[index] as Frame;
    const began = latencies === null ? 0 : performance.now();
    for (const price of intake(bytes.toString('utf8'), receivedMs)) {
      prices += 1;
      if (price.kind === 'top') desk.top(price.top);
      else if (price.kind === 'depth') desk.depth(price.book);
      else {
        desk.tick(price.tick);
        if (matcher.tick(price.tick) !== undefined) throw new Error(`The bench crosses no stop, ${price.tick.price} did`);
      }
    }
    if (latencies !== null) latencies[index] = performance.now() - began;
  }
  return prices;
}

function freshIntake(): FrameIntake {
  const [source, evidence] = ['bench', 'simulated'] as const;
  const parse = createBinanceParser({ symbols: BINANCE_SYMBOLS, source, evidence });
  return createFrameIntake({ parse, gate: createGate(), builder: createBarBuilder({ symbols: BENCH_SYMBOLS, evidence }), source });
}

/** Parser, gate and bar builder, without the desk. */
function validateOnly(frames: readonly Frame[]): number {
  const intake = freshIntake();
  const began = performance.now();
  for (const { bytes, receivedMs } of frames) intake(bytes.toString('utf8'), receivedMs);
  return performance.now() - began;
}

function parseOnly(frames: readonly Frame[]): number {
  let objects = 0;
  const began = performance.now();
  for (const { bytes } of frames) if (typeof JSON.parse(bytes.toString('utf8')) === 'object') objects += 1;
  const took = performance.now() - began;
  if (objects !== frames.length) throw new Error('A frame is no object');
  return took;
}
