import { rng } from '../../../shared/kernel/rng.ts';
import { MINUTE_MS, SECOND_MS } from '../../../shared/kernel/time.ts';
import type { Victim } from './program.ts';

/** When a life is ended: at a share of a usual start-up, so long after a request was sent, or after so long a life. */
export type KillMoment =
  | { readonly when: 'start-up'; readonly share: number }
  | { readonly when: 'request'; readonly ordinal: number; readonly afterMs: number }
  | { readonly when: 'time'; readonly ms: number };

export interface Kill {
  readonly victim: Victim;
  readonly moment: KillMoment;
  /** How far time goes on before the next start; 0 for the very same command, which goes on where the stored prices end. */
  readonly downMs: number;
}

const MOST_REQUESTS = 40;

/** The kills of a soak, drawn from its seed. */
export function drawKills(kills: number, seed: string): readonly Kill[] {
  const draw = rng('order-soak kills', seed);
  const between = (from: number, to: number): number => from + (to - from) * draw.next();
  const victim = (): Victim => {
    const chance = draw.next();
    return chance < 0.7 ? 'program' : chance < 0.85 ? 'both' : 'store';
  };
  const moment = (): KillMoment => {
    const chance = draw.next();
    if (chance < 0.12) return { when: 'start-up', share: draw.next() };
    // Most requests take some tens of milliseconds: so most of these kills come while one is under way.
    if (chance < 0.75) return { when: 'request', ordinal: 1 + Math.floor(draw.next() * MOST_REQUESTS), afterMs: between(0, 60) };
    return { when: 'time', ms: between(300, 5_000) };
  };
  const downMs = (): number => {
    const chance = draw.next();
    if (chance < 0.35) return 0;
    if (chance < 0.5) return between(2 * SECOND_MS, 50 * SECOND_MS);
    return chance < 0.8 ? between(2 * MINUTE_MS, 4.5 * MINUTE_MS) : between(5.5 * MINUTE_MS, 12 * MINUTE_MS);
  };
  return Array.from({ length: kills }, () => {
    const kill = { victim: victim(), moment: moment(), downMs: downMs() };
    // While the program starts there may be no store yet that could die alone.
    return kill.moment.when === 'start-up' && kill.victim === 'store' ? { ...kill, victim: 'both' } : kill;
  });
}

export const isMissing = ({ downMs }: Kill): boolean => downMs >= 2 * MINUTE_MS;
