import { describe, expect, it } from 'vitest';
import { NO_RECORDED_DATA, recordedDataFolder } from '../support/recorded-data.ts';
import { MOMENTS } from '../support/simulated-fit/moment-list.ts';
import { bootstrapInterval, type Interval, momentDays, momentOf } from '../support/simulated-fit/moments.ts';
import { recordedPanels } from '../support/simulated-fit/recorded-panels.ts';
import { simulatedPanels } from '../support/simulated-fit/simulated-panels.ts';

/** A moment of the even days, which the market is fitted to, of the odd ones with their 95 % interval, and of the simulated market. */
interface Comparison {
  readonly panel: string;
  readonly name: string;
  readonly unit: string;
  readonly fitted: number;
  readonly other: number;
  readonly interval: Interval;
  readonly simulated: number;
}

const SEED = 'held against the other half';
const DAYS = { crypto: 96, index: 300, stocks: 72, daily: 2_000 };
const folder = recordedDataFolder();
const COMPARED: readonly Comparison[] = folder === null ? [] : compared();

function compared(): readonly Comparison[] {
  const recorded = recordedPanels();
  const simulated = simulatedPanels(SEED, DAYS);
  return MOMENTS.map(({ panel, moment }) => {
    const { fitted, other } = momentDays(moment, recorded[panel]);
    return {
      panel,
      name: moment.name,
      unit: moment.unit,
      fitted: momentOf(moment, fitted),
      other: momentOf(moment, other),
      interval: bootstrapInterval(moment, other),
      simulated: momentOf(moment, momentDays(moment, simulated[panel]).all),
    };
  });
}

const isWithin = (value: number, { least, most }: Interval): boolean => value >= least && value <= most;
const digits = (value: number): string => value.toPrecision(3).padStart(8);
const line = ({ panel, name, unit, fitted, other, interval, simulated }: Comparison): string =>
  `${panel.padEnd(9)}${`${name}${unit === '' ? '' : `, ${unit}`}`.padEnd(48)}${digits(fitted)} ${digits(other)} [${digits(interval.least)},${digits(interval.most)} ] ${digits(simulated)}`;

describe.skipIf(folder === null)(`the simulated market beside recorded ones${folder === null ? ` (${NO_RECORDED_DATA})` : ''}`, () => {
  it('is told in a table', () => {
    const head = `${'data'.padEnd(9)}${'moment'.padEnd(48)}  fitted    other   95 % of the other    simulated`;
    process.stdout.write(`${[head, ...COMPARED.map(line)].join('\n')}\n`);
    expect(COMPARED).toHaveLength(MOMENTS.length);
  });

  it.each(COMPARED.map((comparison) => [comparison.panel, comparison.name, comparison] as const))(
    '%s: %s lies in the 95 %% interval of the half that it was not fitted to',
    (_, __, { simulated, interval }) => {
      expect(simulated).toSatisfy((value: number) => isWithin(value, interval));
    },
  );
});
