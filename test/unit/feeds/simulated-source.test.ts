import { describe, expect, it } from 'vitest';
import { ALL_SYMBOLS, instrumentBySymbol, instrumentsOf } from '../../../shared/config/instruments.ts';
import { simulatedSource } from '../../../shared/feeds/simulated-source.ts';
import type { Clock } from '../../../shared/kernel/clock.ts';
import { fromNumber, toNumber, toStep } from '../../../shared/kernel/decimal.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../shared/kernel/time.ts';
import { faultOfBook, topOf } from '../../../shared/market/order-book.ts';
import type { Bar } from '../../../shared/market/price.ts';
import { fullSpeed, playInParts, playStoppedAt, recordingSink, runTo } from '../../support/recording-sink.ts';

const SEED = 7;
/** A Monday: NSE is open from 03:45 to 09:45 UTC. */
const OPEN_MS = Date.UTC(2026, 9, 12, 6);
const NIGHT_MS = Date.UTC(2026, 9, 12, 20);
const CRYPTO_SYMBOLS = instrumentsOf('CRYPTO').map(({ symbol }) => symbol);
const both = (clock: Clock) => simulatedSource({ clock, seed: SEED, markets: ['CRYPTO', 'NSE'] });

async function play(fromMs: number, toMs: number) {
  const clock = fullSpeed(fromMs);
  const source = both(clock);
  const sink = recordingSink(clock);
  await source.start(sink, null);
  await runTo(clock, toMs);
  return { clock, source, sink };
}

describe('the simulated source', () => {
  it('delivers every tick at its instant, in order, each followed by the top of its book', async () => {
    const { sink } = await play(OPEN_MS, OPEN_MS + 2 * MINUTE_MS);
    expect(sink.ticks().length).toBeGreaterThan(2 * 5 * ALL_SYMBOLS.length);
    for (const [index, { atMs, price }] of sink.seen.entries()) {
      expect(price).toMatchObject({ exchangeMs: atMs, receivedMs: atMs, evidence: 'simulated', source: 'simulated' });
      const next = sink.seen[index + 1];
      if (next !== undefined) expect(next.atMs).toBeGreaterThanOrEqual(atMs);
      if ('price' in price) expect(next?.price).toMatchObject({ symbol: price.symbol, exchangeMs: price.exchangeMs, bid: expect.any(Number) });
    }
  });

  it('tells with every top the book behind it, ten levels a side, best price first and never crossed', async () => {
    const { sink } = await play(OPEN_MS, OPEN_MS + 2 * MINUTE_MS);
    const tops = sink.seen.flatMap(({ atMs, price }) => ('bid' in price ? [{ atMs, top: price }] : []));
    expect(sink.books.map(({ atMs, book }) => ({ atMs, top: topOf(book) }))).toEqual(tops);
    for (const { book } of sink.books) {
      expect([book.bids.length, book.asks.length]).toEqual([10, 10]);
      expect(faultOfBook(book.bids, book.asks)).toBeNull();
      const { lotStep, tickSize } = instrumentBySymbol(book.symbol);
      for (const { price, quantity } of [...book.bids, ...book.asks]) {
        expect(toStep(fromNumber(quantity), lotStep, 'down')).toBe(fromNumber(quantity));
        expect(toStep(fromNumber(price), tickSize(fromNumber(price)), 'down')).toBe(fromNumber(price));
      }
    }
  });

  it('tells the same books again under the same seed, however it is stopped, and others under another', async () => {
    const toMs = OPEN_MS + MINUTE_MS;
    const { sink } = await play(OPEN_MS, toMs);
    const clock = fullSpeed(OPEN_MS);
    const first = both(clock);
    const [before, after] = [recordingSink(clock), recordingSink(clock)];
    await first.start(before, null);
    await runTo(clock, OPEN_MS + 21_345);
    await first.stop();
    const second = both(clock);
    await second.start(after, JSON.parse(JSON.stringify(first.cursor())));
    await runTo(clock, toMs);
    expect([...before.books, ...after.books]).toEqual(sink.books);
    const otherClock = fullSpeed(OPEN_MS);
    const other = recordingSink(otherClock);
    await simulatedSource({ clock: otherClock, seed: SEED + 1, markets: ['CRYPTO', 'NSE'] }).start(other, null);
    await runTo(otherClock, toMs);
    expect(other.books[0]).not.toEqual(sink.books[0]);
  });

  it('gives for a minute the bars that its ticks make', async () => {
    const { source, sink } = await play(OPEN_MS, OPEN_MS + MINUTE_MS);
    const bars = source.closeMinute(OPEN_MS);
    expect(bars.map(({ symbol }) => symbol)).toEqual(ALL_SYMBOLS);
    for (const bar of bars) {
      const prices = sink
        .ticks()
        .flatMap(({ symbol, price, exchangeMs }) => (symbol === bar.symbol && exchangeMs < OPEN_MS + MINUTE_MS ? price : []));
      expect([prices[0], Math.max(...prices), Math.min(...prices), prices.at(-1)]).toEqual([bar.open, bar.high, bar.low, bar.close]);
    }
  });

  it('has no bar for a closed market, nor for a minute that has not ended', async () => {
    const { source } = await play(NIGHT_MS, NIGHT_MS + MINUTE_MS);
    expect(source.closeMinute(NIGHT_MS).map(({ symbol }) => symbol)).toEqual(CRYPTO_SYMBOLS);
    expect(source.closeMinute(NIGHT_MS + MINUTE_MS)).toEqual([]);
  });

  it.each([
    ['between minutes', [OPEN_MS + MINUTE_MS]],
    ['within minutes', [OPEN_MS + 17_321, OPEN_MS + MINUTE_MS + 44_444]],
    ['at once', [OPEN_MS]],
  ])('goes on with exactly the rest when it is stopped %s', async (_, breaks) => {
    const { sink } = await play(OPEN_MS, OPEN_MS + 3 * MINUTE_MS);
    expect(await playInParts(both, OPEN_MS, breaks, OPEN_MS + 3 * MINUTE_MS)).toEqual(sink.seen);
  });

  it('goes on with exactly the rest when it is stopped while the engine works on a tick', async () => {
    const { sink } = await play(OPEN_MS, OPEN_MS + MINUTE_MS);
    for (const count of [1, 2, 101]) expect(await playStoppedAt(both, OPEN_MS, count, OPEN_MS + MINUTE_MS)).toEqual(sink.seen);
  });

  it('delivers nothing of the time in which nobody listened, when it is started again later', async () => {
    const { source, sink } = await play(OPEN_MS, OPEN_MS + MINUTE_MS);
    const delivered = sink.seen.length;
    const cursor: unknown = JSON.parse(JSON.stringify(source.cursor()));
    await source.stop();
    const laterMs = OPEN_MS + 3 * MINUTE_MS + 12_345;
    const clock = fullSpeed(laterMs);
    const after = recordingSink(clock);
    await both(clock).start(after, cursor);
    await runTo(clock, laterMs + MINUTE_MS);
    const whole = await play(laterMs, laterMs + MINUTE_MS);
    expect(after.seen).toEqual(whole.sink.seen);
    expect(delivered).toBeGreaterThan(0);
  });

  it('plays on through a night without a trade', async () => {
    const eveMs = Date.UTC(2026, 9, 12, 9, 44);
    const clock = fullSpeed(eveMs);
    const source = simulatedSource({ clock, seed: SEED, markets: ['NSE'] });
    const sink = recordingSink(clock);
    await source.start(sink, null);
    await runTo(clock, Date.UTC(2026, 9, 13, 3, 46));
    const days = new Set(sink.seen.map(({ atMs }) => Math.floor(atMs / DAY_MS)));
    expect(days.size).toBe(2);
    expect(source.states()[0]).toMatchObject({ status: 'up', accepted: sink.seen.length + sink.books.length });
  });

  it('has still bars after continuous trading, and delivers one auction print a share', async () => {
    const lastMs = Date.UTC(2026, 9, 12, 9, 44);
    const clock = fullSpeed(lastMs);
    const source = simulatedSource({ clock, seed: SEED, markets: ['NSE'] });
    const sink = recordingSink(clock);
    await source.start(sink, null);
    await runTo(clock, Date.UTC(2026, 9, 12, 10, 5));
    const after = sink.ticks().filter(({ exchangeMs }) => exchangeMs >= lastMs + MINUTE_MS);
    const auctionMs = Date.UTC(2026, 9, 12, 9, 59);
    expect(after.map(({ symbol }) => symbol).sort()).toEqual(
      instrumentsOf('NSE')
        .map(({ symbol }) => symbol)
        .sort(),
    );
    expect(after.every(({ exchangeMs }) => exchangeMs >= auctionMs && exchangeMs < auctionMs + MINUTE_MS)).toBe(true);
    const traded = Array.from(
      { length: 17 },
      (_, minute) => source.closeMinute(lastMs + minute * MINUTE_MS).filter(({ volume }) => volume > 0).length,
    );
    expect(traded).toEqual([10, ...new Array<number>(14).fill(0), 10, 0]);
    expect(source.closeMinute(auctionMs - MINUTE_MS)).toHaveLength(10);
    expect(source.closeMinute(auctionMs + MINUTE_MS)).toEqual([]);
  });

  it('leaves out what was traded while the machine slept', async () => {
    let nowMs = OPEN_MS;
    const tasks: { readonly ms: number; readonly task: () => Promise<void> | void }[] = [];
    const clock: Clock = {
      now: () => nowMs,
      at: (ms, _, task) => {
        tasks.push({ ms, task });
        return () => {};
      },
    };
    const source = both(clock);
    const sink = recordingSink(clock);
    await source.start(sink, null);
    nowMs += 8 * HOUR_MS;
    for (let task = tasks.shift(); task !== undefined && sink.seen.length < 500; task = tasks.shift()) {
      nowMs = Math.max(nowMs, task.ms);
      await task.task();
    }
    const late = sink.seen.filter(({ atMs, price }) => atMs - price.exchangeMs > MINUTE_MS);
    const latestLateMs = Math.max(...late.map(({ price }) => price.exchangeMs));
    expect(latestLateMs).toBeLessThan(OPEN_MS + MINUTE_MS);
    expect(sink.seen.at(-1)?.price.exchangeMs).toBeGreaterThanOrEqual(OPEN_MS + 8 * HOUR_MS);
    expect(late.every(({ atMs, price }) => price.receivedMs === atMs)).toBe(true);
  });

  it('knows the rates of its instruments, and says that the dollar of Tether is assumed', async () => {
    const { source, clock } = await play(OPEN_MS, OPEN_MS + 1_000);
    const [usdt, inr] = source.rates();
    expect(usdt).toMatchObject({ currency: 'USDT', source: 'assumed', asOfMs: clock.now() });
    expect(toNumber(usdt?.value ?? (0n as never))).toBe(1);
    expect(inr).toMatchObject({ currency: 'INR', source: 'simulated', asOfMs: clock.now() });
    expect(1 / toNumber(inr?.value ?? (0n as never))).toBeGreaterThan(50);
  });

  it('tells past minutes in order of time and candles of its symbols, none of them from the future', async () => {
    const { source } = await play(OPEN_MS, OPEN_MS + 1_000);
    const bars: Bar[] = [];
    for await (const bar of source.minutes(OPEN_MS - 3 * HOUR_MS, OPEN_MS + HOUR_MS)) bars.push(bar);
    expect(bars.filter(({ symbol }) => symbol === 'BTC')).toHaveLength(180);
    expect(bars.every(({ openMs }, index) => index === 0 || openMs >= (bars[index - 1]?.openMs ?? 0))).toBe(true);
    expect(bars.at(-1)?.openMs).toBe(OPEN_MS - MINUTE_MS);
    const candles = await source.quarters(OPEN_MS - 3 * HOUR_MS, OPEN_MS + HOUR_MS);
    expect([...candles.keys()]).toEqual(ALL_SYMBOLS);
    expect(
      candles
        .get('BTC')
        ?.map(({ openMs }) => openMs)
        .at(-1),
    ).toBe(OPEN_MS - 15 * MINUTE_MS);
  });

  it('refuses a cursor that is none, and to be started twice', async () => {
    const { source, sink, clock } = await play(OPEN_MS, OPEN_MS + 1_000);
    await expect(both(clock).start(sink, { atMs: 'now' })).rejects.toMatchObject({ code: 'bad_cursor' });
    await expect(source.start(sink, null)).rejects.toMatchObject({ code: 'already_started' });
  });
});
