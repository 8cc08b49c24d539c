import { KELLY, VALUE_AT_RISK } from '../../shared/config/risk.ts';
import { rng } from '../../shared/kernel/rng.ts';
import { linearExposure, optionExposure } from '../../shared/risk/exposures.ts';
import { kellySize } from '../../shared/risk/sizing/kelly.ts';
import { bookOutcomes, type Exposure, gateValueAtRisk, tailLosses } from '../../shared/risk/var/book.ts';
import { createRiskModel, type DailyClose, type RiskModel } from '../../shared/risk/var/risk-model.ts';
import { againstTarget, msLine, percentiles } from './figures.ts';

const SYMBOLS = Array.from({ length: 16 }, (_, i) => `S${i}`);
const DAY_MS = 86_400_000;
const ROUNDS = 200;
const LINEAR = 15;
const CONDORS = 5;

/** The value at risk of a book of 20 positions, five of them iron condors, as the gate asks for it. */
export async function benchRisk(): Promise<readonly string[]> {
  const options = { days: VALUE_AT_RISK.days, leastDays: VALUE_AT_RISK.leastDays, paths: VALUE_AT_RISK.paths, seed: 'bench' };
  const closes = new Map(SYMBOLS.map((symbol) => [symbol, walk(symbol)]));
  const built = timed(10, () => createRiskModel(closes, options));
  const model = createRiskModel(closes, options);
  const full = timed(ROUNDS, (round) => gateValueAtRisk(bookOutcomes(model, book(round)), VALUE_AT_RISK.level));
  const same = book(0);
  bookOutcomes(model, same);
  const entry = timed(ROUNDS, (round) => gateAsked(model, same, round));
  const table = timed(20, (round) => [1, 5, 10, 20].map((days) => tailLosses(bookOutcomes(model, book(1_000 + round), days), 0.99)));
  const record = { trades: 200, wins: 110, winReturns: 2.2, lossReturns: 1.1 };
  const sizing = timed(ROUNDS, () => kellySize(record, KELLY, 0.25));
  return [
    `book                     ${LINEAR} shares and coins, ${CONDORS} iron condors (${4 * CONDORS} legs); ${model.days} days, ${VALUE_AT_RISK.paths} paths, ${SYMBOLS.length} underlyings`,
    `model of a day           ${msLine(built)}`,
    `entry, book known        ${msLine(entry)}`,
    `book valued anew         ${msLine(full)}`,
    `four horizons, all ways  ${msLine(table)}`,
    `Kelly of a record        ${msLine(sizing)}`,
    againstTarget('p99 of an entry (ms)', entry.p99, '<', 20),
    againstTarget('p99 of a full recompute (ms)', full.p99, '<', 200),
    againstTarget('p99 of sizing (ms)', sizing.p99, '<', 1),
  ];
}

/** What the gate does for an entry in a share: the book with it at the size that the other caps allow, and without. */
function gateAsked(model: RiskModel, held: readonly Exposure[], round: number): number {
  const candidate = linearExposure('candidate', SYMBOLS[round % SYMBOLS.length] as string, 'NSE', 5_000);
  return (
    gateValueAtRisk(bookOutcomes(model, [...held, candidate]), VALUE_AT_RISK.level) - gateValueAtRisk(bookOutcomes(model, held), VALUE_AT_RISK.level)
  );
}

/** Another book each round: its options stand at other prices, so that nothing is known of them. */
function book(round: number): readonly Exposure[] {
  const linear = SYMBOLS.slice(0, LINEAR).map((symbol, i) => linearExposure(symbol, symbol, 'NSE', i % 4 === 0 ? -4_000 : 5_000));
  const condors = Array.from({ length: CONDORS }, (_, i) =>
    (
      [
        ['put', 90, 1],
        ['put', 95, -1],
        ['call', 105, -1],
        ['call', 110, 1],
      ] as const
    ).map(([right, strike, units]) =>
      optionExposure(`${i}-${right}-${strike}`, SYMBOLS[i] as string, 'CRYPTO', 50 * units, {
        right,
        strike,
        forward: 100 + round / 1_000,
        iv: 0.5,
        years: 0.08,
        moneyRate: 1,
      }),
    ),
  );
  return [...linear, ...condors.flat()];
}

function walk(symbol: string): DailyClose[] {
  const draw = rng('bench-risk', symbol);
  let close = 100;
  return Array.from({ length: VALUE_AT_RISK.days + 1 }, (_, i) => {
    close *= Math.exp(0.02 * draw.normal());
    return { date: new Date(Date.UTC(2026, 0, 1) + i * DAY_MS).toISOString().slice(0, 10), close };
  });
}

function timed(rounds: number, work: (round: number) => unknown): ReturnType<typeof percentiles> {
  const taken = new Float64Array(rounds);
  work(rounds);
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    work(round);
    taken[round] = performance.now() - began;
  }
  return percentiles(taken);
}
