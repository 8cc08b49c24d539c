import type { Rng } from '../../../shared/kernel/rng.ts';
import { SECOND_MS } from '../../../shared/kernel/time.ts';
import { createAlerts } from '../../../shared/store/alerts.ts';
import { createLedger } from '../../../shared/store/ledger.ts';
import { createMarket } from '../../../shared/store/market.ts';
import type { Acknowledged } from './acknowledged.ts';
import type { Faults } from './faults.ts';
import { guessing } from './guesses.ts';
import type { PathPrice, PricePath } from './price-path.ts';
import { launch, type Process } from './process.ts';
import type { Owner, Scheduler } from './scheduler.ts';
import { createSimItems, type SharedRows } from './sim-items.ts';
import type { Variant } from './variants.ts';

/** The processes of a world: they begin, crash, are told to stop, lose their lease, and are started again. */
export interface Fleet {
  /** Those that take requests and run schedules. */
  readonly hosts: () => readonly Process[];
  /** The feed that runs, if one does. */
  readonly feed: () => Process | null;
  readonly hear: (prices: readonly PathPrice[]) => void;
  /** Processes die, their clocks jump, a second feed comes and goes. */
  readonly disturb: () => void;
  /** Clocks are right from now on, and one feed is enough. */
  readonly calm: () => void;
  /** A feed that lost its lease ends, and its host starts another one. */
  readonly replaceSpent: () => void;
}

export interface FleetParts {
  readonly world: Owner;
  readonly rows: SharedRows;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly draw: Rng;
  readonly variant: Variant | null;
  readonly acknowledged: Acknowledged;
  readonly path: PricePath;
  readonly seed: string;
  /** One machine, on which one process does everything and knows that it is alone; else functions and a feed, or two. */
  readonly isOneMachine: boolean;
  readonly onError: (error: unknown, during: string) => void;
  readonly trace: ((line: string) => void) | null;
}

const FUNCTIONS = ['functions-a', 'functions-b'];
const SECOND_FEED = 'feed-b';
const TAKEN_FOR_DEAD = 0.5;
const START_AGAIN_MS = 2 * SECOND_MS;

export function createFleet(parts: FleetParts): Fleet {
  const { world, rows, scheduler, faults, draw, variant, acknowledged, isOneMachine, onError } = parts;
  const places = new Map<string, Process>();
  let launched = 0;

  const nudge = async (from: Process): Promise<void> => {
    if (isOneMachine) return from.isRunning() ? from.feed?.nudge() : undefined;
    if (faults.strikes('nudge-lost')) return;
    for (const process of places.values()) {
      if (process.feed === null) continue;
      const message = (): void => void (process.isRunning() ? process.feed?.nudge() : undefined)?.catch((error: unknown) => onError(error, 'nudge'));
      scheduler.soon(process.owner, 'nudge', message);
      if (faults.strikes('nudge-doubled')) scheduler.soon(process.owner, 'nudge once more', message);
    }
  };

  /** Who looks after the processes takes one that is stopped for dead, now and then. */
  const onPause = (): void => {
    if (!isOneMachine && !places.has(SECOND_FEED) && draw.next() < TAKEN_FOR_DEAD) launchAt(SECOND_FEED);
  };

  const launchAt = (place: string): void => {
    launched += 1;
    const owner: Owner = { name: `${place}#${launched}`, isAlive: true, offsetMs: 0, pausedUntilMs: 0 };
    const items = createSimItems({ rows, owner, scheduler, faults, draw, variant, onPause });
    const stores = {
      ledger: guessing(variant, createLedger(items, createAlerts(items))),
      market: createMarket(items, { ttlDays: 36_500, now: () => 0 }),
    };
    const holder = FUNCTIONS.includes(place) ? null : isOneMachine ? place : owner.name;
    places.set(place, launch({ ...parts, owner, stores: acknowledged.watch(stores), isExclusive: isOneMachine, holder, nudge }));
  };

  const launchAgain = (place: string, afterMs: number): void => {
    if (place === SECOND_FEED) return;
    scheduler.at(world, scheduler.nowMs() + afterMs, `launch ${place}`, () => {
      if (!places.has(place)) launchAt(place);
    });
  };

  const crash = (place: string, { owner }: Process): void => {
    places.delete(place);
    scheduler.kill(owner, (label) => label.startsWith('write') && faults.strikes('crash-mid-write'));
    launchAgain(place, (1 + 14 * draw.next()) * SECOND_MS);
  };

  /** A rolling update: the one that is asked to stop stops, whatever it has under way. */
  const leave = (place: string): void => {
    const process = places.get(place);
    if (process === undefined) return;
    places.delete(place);
    void process.leave().catch((error: unknown) => onError(error, 'stop'));
  };

  for (const place of isOneMachine ? ['machine'] : [...FUNCTIONS, 'feed-a']) launchAt(place);

  return {
    hosts: () => [...places.values()].filter(({ feed }) => isOneMachine || feed === null),
    feed: () => [...places.values()].find(({ feed }) => feed !== null) ?? null,
    hear: (prices) => {
      // What is told to a process that is stopped is lost.
      for (const process of places.values()) if (process.feed !== null && process.owner.pausedUntilMs <= scheduler.nowMs()) process.hear(prices);
    },
    disturb: () => {
      for (const [place, process] of places) {
        if (faults.strikes('crash')) crash(place, process);
        else if (faults.strikes('clock-jump')) process.owner.offsetMs = Math.round((draw.next() - 0.5) * (draw.next() < 0.2 ? 90 : 20) * SECOND_MS);
      }
      if (!isOneMachine && !places.has(SECOND_FEED) && faults.strikes('second-feed')) launchAt(SECOND_FEED);
      else if (draw.next() < 0.1) leave(SECOND_FEED);
    },
    calm: () => {
      for (const { owner } of places.values()) {
        owner.offsetMs = 0;
        owner.pausedUntilMs = 0;
      }
      leave(SECOND_FEED);
    },
    replaceSpent: () => {
      for (const [place, process] of places) {
        if (!process.isSpent()) continue;
        places.delete(place);
        scheduler.kill(process.owner, () => false);
        launchAgain(place, START_AGAIN_MS);
      }
    },
  };
}
