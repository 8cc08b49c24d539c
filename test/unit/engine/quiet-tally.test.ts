import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instrumentBySymbol } from '../../../shared/config/instruments.ts';
import type { Answer, Question } from '../../../shared/engine/ask-strategies.ts';
import { createQuietTally } from '../../../shared/engine/backtest/quiet-tally.ts';
import { strategyByName } from '../../../shared/strategies/registry.ts';
import type { StrategyName } from '../../../shared/strategies/strategy.ts';

const question = (name: StrategyName, symbol: string): Question => {
  const strategy = strategyByName(name);
  if (strategy === undefined) throw new Error(name);
  return { strategy, instrument: instrumentBySymbol(symbol), base: null };
};
const QUESTIONS = [question('scalping', 'BTC'), question('scalping', 'ETH'), question('swing', 'BTC')];

const answerOf = (reason: string | null): Answer =>
  reason === null ? ({ kind: 'opportunity' } as Answer) : { kind: 'quiet', reason, why: `${reason} is why` };

describe('the tally of what found nothing', () => {
  it('counts every quiet answer once, by strategy and reason, whatever came between and whatever was asked', () => {
    const reasons = fc.array(fc.constantFrom('no_setup', 'thin_volume', null), { minLength: 3, maxLength: 3 });
    const scans = fc.array(fc.tuple(reasons, fc.boolean()), { maxLength: 40 });
    fc.assert(
      fc.property(scans, (played) => {
        const tally = createQuietTally();
        const expected: Record<string, Record<string, number>> = {};
        const some = QUESTIONS.slice(1);
        for (const [answers, isOfAll] of played) {
          const questions = isOfAll ? QUESTIONS : some;
          const told = isOfAll ? answers : answers.slice(1);
          tally.note({ questions, answers: told.map(answerOf), isQuiet: told.every((reason) => reason !== null) });
          told.forEach((reason, place) => {
            if (reason === null) return;
            const name = (questions[place] as Question).strategy.name;
            expected[name] = { ...expected[name], [reason]: (expected[name]?.[reason] ?? 0) + 1 };
          });
        }
        expect(tally.counts()).toEqual(expected);
        // Asking does not count anything again.
        expect(tally.counts()).toEqual(expected);
      }),
    );
  });
});
