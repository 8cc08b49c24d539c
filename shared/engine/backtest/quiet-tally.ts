import type { StrategyName } from '../../strategies/strategy.ts';
import type { Asked, Question } from '../ask-strategies.ts';

/** How often each strategy found nothing, by its reason. */
export type QuietCounts = Readonly<Partial<Record<StrategyName, Readonly<Record<string, number>>>>>;

export interface QuietTally {
  readonly note: (asked: Asked) => void;
  readonly counts: () => QuietCounts;
}

/**
 * Counts answers that found nothing: what says why a strategy did not trade. Most are what the same question was answered a minute
 * before, so that runs of a reason are counted and not single answers.
 */
export function createQuietTally(): QuietTally {
  const counts: Partial<Record<StrategyName, Record<string, number>>> = {};
  let questions: readonly Question[] = [];
  let reasons: (string | null)[] = [];
  let runs: number[] = [];

  const settle = (place: number): void => {
    const [question, reason] = [questions[place], reasons[place]];
    if (question === undefined || reason === null || reason === undefined) return;
    const { name } = question.strategy;
    const ofStrategy = counts[name] ?? {};
    ofStrategy[reason] = (ofStrategy[reason] ?? 0) + (runs[place] ?? 0);
    counts[name] = ofStrategy;
  };

  const begin = (asked: readonly Question[]): void => {
    for (let place = 0; place < questions.length; place++) settle(place);
    questions = asked;
    reasons = asked.map(() => null);
    runs = asked.map(() => 0);
  };

  return {
    note: (asked) => {
      if (asked.questions !== questions) begin(asked.questions);
      for (let place = 0; place < asked.answers.length; place++) {
        const answer = asked.answers[place];
        const reason = answer?.kind === 'quiet' ? answer.reason : null;
        if (reason !== reasons[place]) {
          settle(place);
          reasons[place] = reason;
          runs[place] = 0;
        }
        runs[place] = (runs[place] ?? 0) + 1;
      }
    },
    counts: () => {
      begin([]);
      return structuredClone(counts);
    },
  };
}
