import { describe, expect, it } from 'vitest';
import type { MarketSource } from '../../../shared/engine/market-source.ts';
import { viewOf } from '../../../shared/engine/market-view.ts';
import type { Clock } from '../../../shared/kernel/clock.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../shared/kernel/time.ts';
import type { ListedRules } from '../../../shared/market/listed-rules.ts';
import { rulesOf } from '../../support/engine-fixtures.ts';
import { createRows, type EngineWorld, openWorld, type Rows } from '../../support/engine-world.ts';
import { historyFrom, scriptedSource, scriptOf } from '../../support/scripted-source.ts';

const START_MS = Date.UTC(2025, 0, 7, 0, 5);
const SCRIPT = scriptOf('listings', { fromMs: historyFrom(START_MS), minutes: 1_440 + 10, symbols: ['ETH'] });

/** A venue that lists ETH as it is told to, or cannot be asked. */
interface Venue {
  answer: readonly ListedRules[] | Error;
  readonly askedMs: number[];
  readonly source: (clock: Clock) => MarketSource;
}

function venue(answer: Venue['answer']): Venue {
  const made: Venue = {
    answer,
    askedMs: [],
    source: (clock) => ({
      ...scriptedSource(clock, SCRIPT),
      listings: async () => {
        made.askedMs.push(clock.now());
        if (made.answer instanceof Error) throw made.answer;
        return made.answer.map((rules) => ({ ...rules, asOfMs: clock.now() }));
      },
    }),
  };
  return made;
}

const opened = async (rows: Rows, { source }: Venue, startMs = START_MS): Promise<EngineWorld> => {
  const world = await openWorld({ rows, startMs, source, historyDays: 0 });
  await world.feed.start();
  return world;
};
const published = async (rows: Rows) => (await rows.market.snapshot('test'))?.rules;

describe('the rules that a venue lists its instruments with', () => {
  it('are asked for at the start, reach every process with the snapshot, and are kept', async () => {
    const rows = createRows();
    const world = await opened(rows, venue([rulesOf('ETH')]));
    await world.clock.run(START_MS + MINUTE_MS + 5 * SECOND_MS);
    const rules = { ...rulesOf('ETH'), asOfMs: START_MS };
    expect(await published(rows)).toEqual([rules]);
    expect(await rows.market.listings('test')).toEqual([rules]);
    const view = viewOf(await rows.market.snapshot('test'), world.clock.now());
    expect([view.rules('ETH'), view.rules('BTC')]).toEqual([rules, null]);
    expect(world.feed.desk.view(world.clock.now()).rules('ETH')).toEqual(rules);
  });

  it('are asked for daily, but every five minutes while one of them is not traded', async () => {
    const exchange = venue([rulesOf('ETH', 'HALT')]);
    const world = await opened(createRows(), exchange);
    await world.clock.run(START_MS + 12 * MINUTE_MS);
    expect(exchange.askedMs.map((ms) => (ms - START_MS) / MINUTE_MS)).toEqual([0, 5, 10]);
    exchange.answer = [rulesOf('ETH')];
    await world.clock.run(START_MS + 2 * DAY_MS);
    expect(exchange.askedMs.slice(3).map((ms) => (ms - START_MS) / MINUTE_MS)).toEqual([15, 15 + 1_440]);
  });

  it('are those of the last answer when the venue cannot be asked, with their age, and asked for again with a growing pause', async () => {
    const rows = createRows();
    const first = await opened(rows, venue([rulesOf('ETH')]));
    await first.clock.run(START_MS + 2 * MINUTE_MS);
    await first.stop();
    const away = venue(new Error('no network'));
    const againMs = START_MS + 10 * MINUTE_MS;
    const world = await opened(rows, away, againMs);
    expect(await published(rows)).toEqual([{ ...rulesOf('ETH'), asOfMs: START_MS }]);
    await world.clock.run(againMs + 4 * HOUR_MS);
    expect(away.askedMs.map((ms) => (ms - againMs) / MINUTE_MS)).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183]);
    expect(world.warnings.find((line) => line.startsWith('listings-not-refreshed'))).toContain('"asOf":"2025-01-07T00:05:00.000Z"');
    away.answer = [{ ...rulesOf('ETH'), tickSize: decimal('0.25') }];
    await world.clock.run(againMs + 5 * HOUR_MS);
    expect((await published(rows))?.[0]?.tickSize).toBe(decimal('0.25'));
  });

  it('keep a symbol that is not listed any more, with the age of what was said of it', async () => {
    const exchange = venue([rulesOf('BTC'), rulesOf('ETH')]);
    const rows = createRows();
    const world = await opened(rows, exchange);
    await world.clock.run(START_MS + 2 * MINUTE_MS);
    exchange.answer = [rulesOf('ETH')];
    await world.clock.run(START_MS + DAY_MS + 2 * MINUTE_MS);
    expect((await published(rows))?.map(({ symbol, asOfMs }) => [symbol, asOfMs - START_MS])).toEqual([
      ['BTC', 0],
      ['ETH', DAY_MS],
    ]);
  });

  it('are none where there is no venue to ask: the shipped facts hold', async () => {
    const rows = createRows();
    const world = await openWorld({ rows, startMs: START_MS, source: (clock) => scriptedSource(clock, SCRIPT), historyDays: 0 });
    await world.feed.start();
    expect(await published(rows)).toEqual([]);
    expect(world.warnings).toEqual([]);
  });
});
