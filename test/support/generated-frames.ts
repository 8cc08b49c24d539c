import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rng } from '../../shared/kernel/rng.ts';
import { type EpochMs, MINUTE_MS, SECOND_MS } from '../../shared/kernel/time.ts';

/** Recorded stream frames that nobody recorded: trades and tops of book of two symbols. */
export interface GeneratedFrames {
  readonly seed: string;
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
}

const SYMBOLS = [
  { venueSymbol: 'BTCUSDT', price: 30_000, quantity: 0.35 },
  { venueSymbol: 'ETHUSDT', price: 2_000, quantity: 4 },
] as const;

const SECOND_VOLATILITY = 0.00015;
const TRADES_A_SECOND = 2;
/** A burst every so many minutes, mostly upwards: a long body with much volume. */
const BURST_EVERY_MINUTES = 7;
const BURST_STAGGER_MINUTES = 3;
const BURST_BODY = 0.006;
const BURST_VOLUME = 16;
const DRIFT_A_SECOND = 0.00002;
/**
 * Around each turn of a minute the book is silent for longer than it may be crossed: from this second to that of the next
 * minute. That is when minutes are closed, scanned and swept.
 */
const BOOK_SILENT_FROM = 54;
const BOOK_SILENT_TO = 20;
/**
 * Every so many minutes a symbol falls silent, just before a scalp of its last burst is due to be closed: no price at all for
 * 40 s, which is too old to fill on, then a book for 65 s without a trade.
 */
const SILENCE_EVERY_MINUTES = 3 * BURST_EVERY_MINUTES;
const SILENT_FROM_SECONDS = 35;
const BOOK_AGAIN_SECONDS = 75;
const TRADES_AGAIN_SECONDS = 140;
const RECORDER_BEHIND_MS = 1_270;

/** Writes a recording a symbol, `<recorder's ns> {frame}` a line as the real ones. The same request writes the same bytes. */
export function writeGeneratedFrames(folder: string, request: GeneratedFrames): readonly string[] {
  return SYMBOLS.map((symbol, index) => {
    const path = join(folder, `${symbol.venueSymbol.toLowerCase()}-generated.log`);
    writeFileSync(path, linesOf(symbol, index, request).join('\n'));
    return path;
  });
}

function linesOf(
  { venueSymbol, price, quantity }: (typeof SYMBOLS)[number],
  index: number,
  { seed, fromMs, toMs }: GeneratedFrames,
): readonly string[] {
  const draw = rng('generated-frames', seed, venueSymbol);
  const stream = venueSymbol.toLowerCase();
  const lines: string[] = [];
  let last: number = price;
  let [tradeId, updateId] = [1, 1];
  const line = (atMs: EpochMs, event: string, data: unknown): number =>
    lines.push(`${atMs - RECORDER_BEHIND_MS}${String(100_000 + (lines.length % 900_000))} ${JSON.stringify({ stream: `${stream}@${event}`, data })}`);
  for (let second = 0; fromMs + second * SECOND_MS < toMs; second++) {
    const startMs = fromMs + second * SECOND_MS;
    const minute = Math.floor(startMs / MINUTE_MS);
    const isBurst = minute % BURST_EVERY_MINUTES === index * BURST_STAGGER_MINUTES;
    const burst = rng('burst', seed, venueSymbol, minute).next() < 0.85 ? BURST_BODY / 60 : -BURST_BODY / 60;
    const drift = rng('drift', seed, venueSymbol, Math.floor(minute / 5)).normal() * DRIFT_A_SECOND;
    const sinceSilence = (Math.floor(startMs / SECOND_MS) - (index * BURST_STAGGER_MINUTES + 1) * 60) % (SILENCE_EVERY_MINUTES * 60);
    const isWithoutTrades = sinceSilence >= SILENT_FROM_SECONDS && sinceSilence < TRADES_AGAIN_SECONDS;
    const isWithoutBook = isBookSilent(second % 60) || (isWithoutTrades && sinceSilence < BOOK_AGAIN_SECONDS);
    const stamps = Array.from({ length: TRADES_A_SECOND }, () => startMs + Math.floor(draw.next() * SECOND_MS)).sort((a, b) => a - b);
    for (const atMs of stamps) {
      last *= Math.exp((drift + (isBurst ? burst : 0) + SECOND_VOLATILITY * draw.normal()) / TRADES_A_SECOND);
      const traded = quantity * (isBurst ? BURST_VOLUME : 1) * (0.5 + draw.next());
      const trade = {
        e: 'trade',
        E: atMs + 1,
        s: venueSymbol,
        t: tradeId++,
        p: last.toFixed(2),
        q: traded.toFixed(5),
        T: atMs,
        m: draw.next() < 0.5,
        M: true,
      };
      if (!isWithoutTrades) line(atMs, 'trade', trade);
      if (isWithoutBook) continue;
      line(atMs, 'bookTicker', { u: updateId++, s: venueSymbol, b: (last - 0.01).toFixed(2), B: '1.5', a: (last + 0.01).toFixed(2), A: '1.2' });
    }
  }
  return lines;
}

const isBookSilent = (second: number): boolean => second >= BOOK_SILENT_FROM || second < BOOK_SILENT_TO;
