import type { Trail, Trigger } from '../contracts/terms.ts';
import type { Tick } from '../market/price.ts';
import { trailLevel } from './trailing-levels.ts';

/** The levels at which a position is left, quote currency. */
export interface WatchedLevels {
  readonly direction: 'long' | 'short';
  readonly stop: number | null;
  readonly target: number | null;
  readonly trail: Trail | null;
  /** Best price since the exit began to work: highest for a long, lowest for a short. */
  readonly extreme: number;
}

export interface TriggeredExit {
  readonly trigger: Extract<Trigger, 'stop' | 'target' | 'trailing-stop'>;
  /** The price that the exit meets before spread, slippage and impact. */
  readonly base: number;
  readonly rule: 'stop-level' | 'gap' | 'limit';
}

/**
 * Whether a tick reaches a level of an exit, and at what price it is met.
 *
 * - A stop is reached at its level; a print beyond it has gapped, and the print is the first tradable price.
 * - A target is a limit order and we are last in the queue: it fills at its level, only when the market trades through.
 * - Inside a bar nobody knows which extreme came first: when the stop lies in the range still ahead, it is assumed hit
 *   before the target.
 */
export function triggeredExit(levels: WatchedLevels, tick: Tick): TriggeredExit | null {
  const sign = levels.direction === 'long' ? 1 : -1;
  const stop = stopOf(levels);
  if (stop !== null && sign * (tick.price - stop.level) <= 0) return stopped(stop, tick);
  if (levels.target === null || sign * (tick.price - levels.target) <= 0) return null;
  if (stop !== null && tick.motion === 'sweep' && isAhead(tick, stop.level, sign))
    return { trigger: stop.trigger, base: stop.level, rule: 'stop-level' };
  return { trigger: 'target', base: levels.target, rule: 'limit' };
}

interface StopLevel {
  readonly trigger: 'stop' | 'trailing-stop';
  readonly level: number;
}

function stopOf({ direction, stop, trail: trailing, extreme }: WatchedLevels): StopLevel | null {
  const sign = direction === 'long' ? 1 : -1;
  const trail = trailing === null ? null : levelOf(trailing, extreme, direction);
  if (stop === null) return trail === null ? null : { trigger: 'trailing-stop', level: trail };
  if (trail === null || sign * (trail - stop) <= 0) return { trigger: 'stop', level: stop };
  return { trigger: 'trailing-stop', level: trail };
}

const levelOf = (trail: Trail, extreme: number, direction: 'long' | 'short'): number =>
  trailLevel({ side: direction === 'long' ? 'below' : 'above', kind: trail.kind }, extreme, trail.kind === 'share' ? trail.share : trail.distance);

function stopped(stop: StopLevel, tick: Tick): TriggeredExit {
  if (tick.motion === 'sweep' || tick.price === stop.level) return { trigger: stop.trigger, base: stop.level, rule: 'stop-level' };
  return { trigger: stop.trigger, base: tick.price, rule: 'gap' };
}

function isAhead({ ahead }: Tick, level: number, sign: number): boolean {
  if (ahead === undefined) return false;
  return sign === 1 ? ahead.low <= level : ahead.high >= level;
}
