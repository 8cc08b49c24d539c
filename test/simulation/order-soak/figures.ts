import type { Fill } from '../../../shared/contracts/fill.ts';
import type { JournalRow } from '../../../shared/contracts/journal.ts';
import { percentiles } from '../../bench/figures.ts';
import type { SoakClient } from './client.ts';
import type { ReadJournal } from './journal.ts';
import { isMissing, type Kill } from './kills.ts';
import { isMissedFill } from './passed-by.ts';
import type { Asked } from './requests.ts';

/** What a soak came to, in numbers. */
export interface SoakFigures {
  readonly kills: number;
  /** Kills by victim, and by moment. */
  readonly killsBy: Readonly<Record<string, number>>;
  readonly restarts: number;
  readonly startUpMs: { readonly p50: number; readonly max: number } | null;
  readonly sent: number;
  readonly requests: number;
  readonly requestsBy: Readonly<Record<string, number>>;
  readonly acknowledged: number;
  readonly refused: number;
  readonly refusals: Readonly<Record<string, number>>;
  readonly failures: Readonly<Record<string, number>>;
  /** Requests that a program died on. */
  readonly cutOff: number;
  /** Of those, how many had been done, which nobody had been told. */
  readonly cutOffAndDone: number;
  readonly repeated: number;
  readonly askedAgain: number;
  readonly rows: number;
  readonly ordersBy: Readonly<Record<string, number>>;
  readonly entriesByHand: number;
  readonly fills: number;
  /** Fills of orders that had been resting or working when a program died. */
  readonly fillsAfterKill: number;
  readonly missedFills: number;
  readonly missedFillsBy: Readonly<Record<string, number>>;
  readonly commands: readonly string[];
}

/** Counts what happens. */
export function createFigures() {
  const killsBy = new Map<string, number>();
  const startUps: number[] = [];
  const commands = new Map<string, string>();
  const seenOrders = new Set<string>();
  const seenDone = new Set<Asked>();
  const triggers = new Map<string, number>();
  let [kills, restarts, fillsAfterKill] = [0, 0, 0];
  let newFills: readonly Fill[] = [];

  const fillsIn = (rows: readonly JournalRow[]): readonly Fill[] => rows.flatMap(({ event }) => (event.type === 'filled' ? [event.fill] : []));

  return {
    killed: (kill: Kill, startUpMs: number | null): void => {
      kills += 1;
      if (startUpMs !== null) startUps.push(startUpMs);
      add(killsBy, `of the ${kill.victim === 'both' ? 'program and its store' : kill.victim}`);
      add(killsBy, kill.moment.when === 'start-up' ? 'while it started' : kill.moment.when === 'request' ? 'near a request' : 'at any moment');
      add(
        killsBy,
        isMissing(kill) ? 'followed by a gap of two minutes or more' : kill.downMs > 0 ? 'followed by a short gap' : 'followed by the same command',
      );
    },
    /** Hears of the rows that were booked since the last restart was looked at. */
    restarted: (fresh: readonly JournalRow[], asked: readonly Asked[], journal: ReadJournal): void => {
      restarts += 1;
      newFills = fillsIn(fresh);
      for (const fill of newFills) {
        if (isMissedFill(fill)) add(triggers, `${fill.purpose} ${fill.trigger}`);
        if (isMissedFill(fill) || seenOrders.has(fill.orderId)) fillsAfterKill += 1;
      }
      for (const { order } of journal.standings()) seenOrders.add(order.id);
      for (const each of asked) if (each.wasCutOff && each.fate === 'unanswered' && journal.hasCommand(each.request.commandId)) seenDone.add(each);
    },
    newFills: () => newFills,
    usualStartMs: () => (startUps.length === 0 ? null : percentiles(startUps).p50),
    commanded: (command: string, output: string): void => {
      commands.set(command, output.trim().split('\n').slice(0, 4).join('; '));
    },
    told: (client: SoakClient, journal: ReadJournal): SoakFigures => {
      const asked = client.asked();
      const { sent, repeated, askedAgain, refusals, failures } = client.counts();
      const fate = (of: Asked['fate']): number => asked.filter((each) => each.fate === of).length;
      const starts = startUps.length === 0 ? null : percentiles(startUps);
      const standings = journal.standings();
      const missed = journal.fills().filter(isMissedFill).length;
      return {
        kills,
        killsBy: sorted(killsBy),
        restarts,
        startUpMs: starts === null ? null : { p50: Math.round(starts.p50), max: Math.round(starts.max) },
        sent,
        requests: asked.length,
        requestsBy: countBy(asked, ({ request }) => request.about),
        acknowledged: fate('acknowledged'),
        refused: fate('refused'),
        refusals: sorted(refusals),
        failures: sorted(failures),
        cutOff: asked.filter(({ wasCutOff }) => wasCutOff).length,
        cutOffAndDone: seenDone.size,
        repeated,
        askedAgain,
        rows: journal.rows(),
        ordersBy: countBy(standings, ({ order, state }) => `${order.purpose} ${state}`),
        entriesByHand: standings.filter(({ order }) => order.purpose === 'entry' && order.strategy === 'manual').length,
        fills: journal.fills().length,
        fillsAfterKill,
        missedFills: missed,
        missedFillsBy: sorted(triggers),
        commands: [...commands].map(([command, output]) => `${command}: ${output}`),
      };
    },
  };
}

const add = (counts: Map<string, number>, what: string): Map<string, number> => counts.set(what, (counts.get(what) ?? 0) + 1);

const sorted = (counts: ReadonlyMap<string, number>): Readonly<Record<string, number>> =>
  Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));

function countBy<T>(values: readonly T[], key: (value: T) => string): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const value of values) add(counts, key(value));
  return sorted(counts);
}

/** The figures as lines for a person. */
export function linesOf(figures: SoakFigures): readonly string[] {
  const all = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([what, count]) => `${count} ${what}`)
      .join(', ') || 'none';
  return [
    `kills          ${figures.kills}: ${all(figures.killsBy)}`,
    `restarts       ${figures.restarts} looked at${figures.startUpMs === null ? '' : `, start-up p50 ${figures.startUpMs.p50} ms, max ${figures.startUpMs.max} ms`}`,
    `requests       ${figures.requests}, sent ${figures.sent} times: ${all(figures.requestsBy)}`,
    `acknowledged   ${figures.acknowledged}, refused ${figures.refused} (${all(figures.refusals)})`,
    `cut off        ${figures.cutOff} by a kill, of which ${figures.cutOffAndDone} had been done; repeated ${figures.repeated} times`,
    `asked again    ${figures.askedAgain} that had been acknowledged; answers that were put off: ${all(figures.failures)}`,
    `orders         ${figures.entriesByHand} entries by hand; all: ${all(figures.ordersBy)}`,
    `fills          ${figures.fills}, ${figures.fillsAfterKill} of orders that outlived a kill, ${figures.missedFills} by bars that were missed (${all(figures.missedFillsBy)})`,
    `journal        ${figures.rows} rows`,
    ...figures.commands,
  ];
}
