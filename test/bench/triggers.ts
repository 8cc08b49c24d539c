import { createTriggerIndex, type TriggerIndex, type Watch } from '../../shared/execution/trigger-index.ts';
import { type Rng, rng } from '../../shared/kernel/rng.ts';
import { createNaiveTriggers } from '../support/naive-triggers.ts';
import { againstTarget, msLine, type Percentiles, percentiles } from './figures.ts';

const RESTING = 10_000;
const TICKS = 200_000;
/** A scan of all takes its time: fewer ticks tell as much. */
const TICKS_SCANNED = 4_000;
const FROM_PRICE = 60_000;
/** Of the price, a tick; a normal draw. */
const STEP_SHARE = 0.0001;
/** Levels stand between a little and this share away. */
const LEAST_SHARE = 0.002;
const SPAN_SHARE = 0.05;

/** 10,000 resting orders on one symbol over a random walk; what a price wakes fills and is placed anew. */
export async function benchTriggers(): Promise<readonly string[]> {
  const warm = walk(createTriggerIndex(), TICKS_SCANNED);
  const indexed = walk(createTriggerIndex(), TICKS);
  const scanned = walk(createNaiveTriggers(), TICKS_SCANNED);
  if (warm.woken !== scanned.woken) throw new Error(`The index woke ${warm.woken} orders and the scan ${scanned.woken}`);
  return [
    `resting                     ${RESTING} orders on one symbol; ${indexed.woken} woken in ${TICKS} ticks`,
    `tick, indexed               ${msLine(indexed.ticks)}`,
    `put and remove of an order  ${msLine(indexed.changes)}`,
    `tick, all scanned           ${msLine(scanned.ticks)}`,
    `ratio to the scan           p50 1/${Math.round(scanned.ticks.p50 / indexed.ticks.p50)}, p99 1/${Math.round(scanned.ticks.p99 / indexed.ticks.p99)}`,
    againstTarget('p99 of a tick (ms)', indexed.ticks.p99, '<', 1),
  ];
}

interface Walked {
  /** `reached` and `advance`, ms. */
  readonly ticks: Percentiles;
  /** `remove` and `put`, ms. */
  readonly changes: Percentiles;
  readonly woken: number;
}

/** The same walk and the same orders for every index. */
function walk(index: TriggerIndex, count: number): Walked {
  const draw = rng('bench-triggers');
  let price = FROM_PRICE;
  for (let number = 0; number < RESTING; number++) index.put(`X:P:${number}:1`, watchAt(price, draw));
  const ticks = new Float64Array(count);
  const changes: number[] = [];
  for (let tick = 0; tick < count; tick++) {
    price *= 1 + STEP_SHARE * draw.normal();
    const began = performance.now();
    const woken = index.reached(price);
    index.advance(price);
    ticks[tick] = performance.now() - began;
    for (const id of woken) {
      const watch = watchAt(price, draw);
      const changed = performance.now();
      index.remove(id);
      index.put(id, watch);
      changes.push(performance.now() - changed);
    }
  }
  return { ticks: percentiles(ticks), changes: percentiles(changes), woken: changes.length };
}

/** Two of five a bracket, and one each: a trail by share with its target, a trail by distance, a lone stop; longs and shorts by halves. */
function watchAt(price: number, draw: Rng): Watch {
  const [isLong, kind] = [draw.next() < 0.5, Math.floor(draw.next() * 5)];
  const away = (): number => LEAST_SHARE + SPAN_SHARE * draw.next();
  const [under, over, trailing] = [price * (1 - away()), price * (1 + away()), away()];
  const side = isLong ? 'below' : 'above';
  if (kind <= 1) return { below: under, above: over, trail: null };
  if (kind === 2) return { below: isLong ? under : null, above: isLong ? null : over, trail: null };
  if (kind === 3) return { below: null, above: null, trail: { side, extreme: price, by: { kind: 'distance', value: price * trailing } } };
  const trail = { side, extreme: price, by: { kind: 'share', value: trailing } } as const;
  return { below: isLong ? null : under, above: isLong ? over : null, trail };
}
