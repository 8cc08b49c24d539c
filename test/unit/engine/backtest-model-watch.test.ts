import { describe, expect, it } from 'vitest';
import type { JournalEvent } from '../../../shared/contracts/journal.ts';
import { openBacktest } from '../../../shared/engine/backtest/backtest.ts';
import { assumedUsdtRate } from '../../../shared/feeds/rates/rates.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';
import { MINUTE_MS } from '../../../shared/kernel/time.ts';
import type { Strategy } from '../../../shared/strategies/strategy.ts';
import { opportunityOf } from '../../support/engine-fixtures.ts';
import { START_MS } from '../../support/ledger-fixtures.ts';
import { artefactSaying, modelSaying } from '../../support/models.ts';
import { barsOf, walk } from '../../support/series.ts';

const MODEL = artefactSaying(0.7);
const VERSION = MODEL.hash.slice(0, 12);
const MINUTES = 60;

/** In training half of the values of each feature lay below zero. It is asked about each symbol in each minute, and `of` says what of. */
const asking = (of: (question: number) => number): Strategy => {
  let question = 0;
  return {
    name: 'scalping',
    timeframes: ['1m'],
    readsDerivatives: false,
    evaluate: () => {
      const features = MODEL.features.map(() => of(question));
      question += 1;
      return opportunityOf({ odds: { value: 0.1, members: [0.1], least: 0.6, breakEven: 0.4, modelVersion: VERSION, features } });
    },
  };
};

/** What the journal of an hour of BTC and ETH says of a model that meets these features. */
function switchedOff(of: (question: number) => number): readonly JournalEvent[] {
  const events: JournalEvent[] = [];
  const strategy = asking(of);
  const backtest = openBacktest(
    {
      world: { scope: 'test', evidence: 'simulated', markets: ['CRYPTO'] },
      settings: { marketMode: 'both', seed: 'seed', configVersion: 'test' },
      request: { startingCapital: decimal('100000'), strategies: ['scalping'], riskLimits: {} },
      startMs: START_MS,
      history: { days: new Map(), bars: new Map() },
      source: 'test',
      rates: (nowMs) => [assumedUsdtRate(nowMs)],
      log: () => undefined,
      model: modelSaying(0.7),
      strategyOf: () => strategy,
    },
    { row: ({ event }) => void events.push(event), scan: () => undefined, trade: () => undefined },
  );
  const bars = ['BTC', 'ETH'].map((symbol) => barsOf(walk(symbol, MINUTES, { fromMs: START_MS }), symbol));
  for (let minute = 0; minute < MINUTES; minute++) {
    backtest.play({ openMs: START_MS + minute * MINUTE_MS, bars: bars.flatMap((series) => series[minute] ?? []) });
  }
  backtest.end();
  return events.filter(({ type }) => type === 'model-switched-off');
}

describe('the watch over a model in a backtest', () => {
  it('switches off, in the journal and once, one whose features have drifted', () => {
    expect(switchedOff(() => 1)).toMatchObject([{ strategy: 'scalping', modelVersion: VERSION, why: expect.stringContaining('PSI') }]);
  });

  it('leaves on one that meets what it was trained on', () => {
    expect(switchedOff((question) => (question % 2 === 0 ? 1 : -1))).toEqual([]);
  });
});
