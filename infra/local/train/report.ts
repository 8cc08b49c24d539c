import { iso } from '../../../shared/kernel/time.ts';
import type { OpportunityPnl } from '../../../shared/ml/evaluate/opportunity-pnl.ts';
import type { Fold, Rivals } from '../../../shared/ml/evaluate/walk-forward.ts';
import type { HarvestedRow } from '../../../shared/ml/harvest.ts';
import type { Training } from '../../../shared/ml/train-model.ts';

const figure = (value: number | null, digits = 4): string => (value === null ? '-' : value.toFixed(digits));
const percent = (value: number | null): string => (value === null ? '-' : `${(100 * value).toFixed(2)} %`);
const day = (ms: number): string => iso(ms).slice(0, 10);

const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
const table = (header: readonly string[], rows: readonly (readonly (string | number)[])[]): readonly string[] => [
  row(header),
  row(header.map(() => '---')),
  ...rows.map(row),
];

export interface Reported {
  readonly command: string;
  readonly rows: readonly HarvestedRow[];
  readonly training: Training;
  /** Opportunities that were still open when the data ended. */
  readonly open: number;
  readonly isShuffled: boolean;
}

/** What a training found, as Markdown. */
export function reportOf({ command, rows, training, open, isShuffled }: Reported): string {
  const { artefact, evaluation, pnl } = training;
  const { strategy, skill, training: facts, hash } = artefact;
  const share = (count: number): string => `${count} (${percent(count / rows.length)})`;
  const ended = (by: HarvestedRow['endedBy']): string => share(rows.filter(({ endedBy }) => endedBy === by).length);
  return [
    `# A model for ${strategy}`,
    '',
    `    ${command}`,
    '',
    ...(isShuffled ? ['**The labels were dealt out anew before training (`--shuffled`): there is nothing to find.**', ''] : []),
    `**${skill.isSkilled ? 'It has shown skill and may be asked.' : 'It has not shown skill: it is refused, and the strategy goes without.'}** ${skill.why}.`,
    '',
    `The logistic regression, judged alike: ${evaluation.logisticSkill.why}.`,
    '',
    '## Data',
    '',
    `${rows.length} opportunities of ${facts.symbols.join(', ')} from ${facts.from.slice(0, 10)} to ${facts.to.slice(0, 10)}, those below the least confidence included; ${open} more were open when their data ended.`,
    `Ended by target ${ended('target')}, by stop ${ended('stop')}, by time ${ended('time')}. In at the next bar's open; within a bar the stop is assumed before the target; mean result net of costs ${percent(rows.reduce((sum, { netReturn }) => sum + netReturn, 0) / rows.length)}.`,
    `${rows.filter(({ isTradable }) => isTradable).length} could be traded (spot is long only, shares are sold short within the day only); the others are learnt from and tested on, and are in no result below.`,
    '',
    '## Out of sample, fold by fold',
    '',
    'Log-loss / Brier / AUC. Each fold was learnt from what was known before it, purged and embargoed.',
    '',
    ...table(
      ['tested', 'rows learnt from', 'rows tested', 'reached target', 'network', 'logistic regression', 'base rate'],
      [
        ...evaluation.folds.map((fold) => [
          `${day(fold.fromMs)} to ${day(fold.toMs)}`,
          fold.trained,
          fold.tested,
          percent(fold.hitRate),
          ...cells(fold),
        ]),
        ['all', '', evaluation.skill.rows, percent(hitRate(evaluation.folds)), ...cells(evaluation.pooled)],
      ],
    ),
    ...evaluation.skipped.map((why) => `\nSkipped: ${why}.`),
    '',
    '## Reliability',
    '',
    ...table(
      ['odds said', 'rows', 'mean odds', 'reached target'],
      evaluation.reliability.map(({ from, to, count, meanOdds, hitRate: hits }) => [
        `${from.toFixed(1)} to ${to.toFixed(1)}`,
        count,
        figure(meanOdds, 3),
        figure(hits, 3),
      ]),
    ),
    '',
    '## The strategy with it and without it',
    '',
    'Over the labelled out-of-sample opportunities that could be traded, net of costs, the same amount in each, one at a time of each symbol. This is no backtest: no sizing, limits or shared purse.',
    '',
    ...table(
      ['', 'trades', 'won', 'sum of net returns', 'mean'],
      [
        ['without', ...pnlCells(pnl.without)],
        [`with (odds of at least what its table asks of each: ${leastOddsOf(rows)})`, ...pnlCells(pnl.with)],
        ['the third of the highest odds (its edge known afterwards only)', ...pnlCells(pnl.bestThird)],
      ],
    ),
    '',
    '## What it looks at',
    '',
    'Log-loss that is lost, out of sample, when a feature is dealt out anew (permutation importance).',
    '',
    ...table(
      ['feature', 'log-loss lost'],
      evaluation.importance.slice(0, 12).map(({ feature, lossIncrease }) => [feature, figure(lossIncrease, 5)]),
    ),
    '',
    `Seed ${artefact.seed}, ${artefact.featureVersion}, ${artefact.networks.length} networks of ${artefact.networks[0]?.sizes.join('-')}, settings ${JSON.stringify(facts.settings)}, hash ${hash.slice(0, 12)}.`,
    '',
  ].join('\n');
}

/** The smallest and the largest of the least odds of the rows. */
function leastOddsOf(rows: readonly HarvestedRow[]): string {
  const sorted = rows.map(({ leastOdds }) => leastOdds).sort((a, b) => a - b);
  return `${sorted[0]?.toFixed(2)} to ${sorted.at(-1)?.toFixed(2)}, half of them below ${sorted[Math.floor(sorted.length / 2)]?.toFixed(2)}`;
}

const cells = ({ model, logistic, baseRate }: Rivals): readonly string[] =>
  [model, logistic, baseRate].map((scores) => `${figure(scores.logLoss)} / ${figure(scores.brier)} / ${figure(scores.auc, 3)}`);

const hitRate = (folds: readonly Fold[]): number =>
  folds.reduce((sum, fold) => sum + fold.hitRate * fold.tested, 0) / folds.reduce((sum, { tested }) => sum + tested, 0);

const pnlCells = ({ trades, won, sumNet, meanNet }: OpportunityPnl): readonly (string | number)[] => [trades, won, percent(sumNet), percent(meanNet)];
