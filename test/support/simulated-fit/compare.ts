import { MOMENTS } from './moment-list.ts';
import { bootstrapInterval, type Interval, momentDays, momentOf } from './moments.ts';
import { type RecordedPanels, recordedPanels } from './recorded-panels.ts';

/** A moment of the even days, which the market is fitted to, of the odd ones with their 95 % interval, and of the simulated market. */
export interface Comparison {
  readonly panel: keyof RecordedPanels;
  readonly name: string;
  readonly unit: string;
  readonly fitted: number;
  readonly other: number;
  readonly interval: Interval;
  readonly simulated: number;
}

/** All moments, recorded and simulated. */
export function compared(simulated: RecordedPanels): readonly Comparison[] {
  const recorded = recordedPanels();
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

export const isWithin = (value: number, { least, most }: Interval): boolean => value >= least && value <= most;

/** The comparison as a table for a person; a star marks what lies outside. */
export function tableOf(comparisons: readonly Comparison[]): string {
  const digits = (value: number): string => value.toPrecision(3).padStart(8);
  const line = ({ panel, name, unit, fitted, other, interval, simulated }: Comparison): string => {
    const star = (value: number): string => (isWithin(value, interval) ? ' ' : '*');
    const what = `${name}${unit === '' ? '' : `, ${unit}`}`;
    return `${panel.padEnd(9)}${what.padEnd(50)}${digits(fitted)}${star(fitted)}${digits(other)}   [${digits(interval.least)},${digits(interval.most)} ]${digits(simulated)}${star(simulated)}`;
  };
  const head = `${'data'.padEnd(9)}${'moment'.padEnd(50)}  fitted    other    95 % of the other    simulated`;
  return [head, ...comparisons.map(line)].join('\n');
}
