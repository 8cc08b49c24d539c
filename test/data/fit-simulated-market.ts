import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SimulationParameters, simulationParameters } from '../../shared/feeds/simulated/parameters.ts';
import { NO_RECORDED_DATA, recordedDataFolder } from '../support/recorded-data.ts';
import { compared, tableOf } from '../support/simulated-fit/compare.ts';
import { rounded, shapesOf, withInstruments, withShapes } from '../support/simulated-fit/estimate.ts';
import { knobs } from '../support/simulated-fit/knobs.ts';
import { leastSquares } from '../support/simulated-fit/least-squares.ts';
import { MOMENTS } from '../support/simulated-fit/moment-list.ts';
import { bootstrapInterval, momentDays, momentOf } from '../support/simulated-fit/moments.ts';
import { fittedHalf } from '../support/simulated-fit/panel.ts';
import { mapPanels, type RecordedPanels, recordedPanels } from '../support/simulated-fit/recorded-panels.ts';
import { type SimulatedSizes, simulatedPanels } from '../support/simulated-fit/simulated-panels.ts';

/**
 * Fits the simulated market to the even days of the recorded data and writes its parameters: shapes, volatilities, correlations
 * and turnovers are read off, the rest is found by simulating until the moments of `moment-list.ts` come out. The search begins at the
 * parameters in force; name stages (`"NSE index" crypto`) to tune those only, or
 * `check` to see the moments of the parameters in force over many days. Deterministic.
 */
const FILE = join(import.meta.dirname, '../../shared/config/data/simulated-market.json');
const SEED = 'fit';

interface Stage {
  readonly name: string;
  readonly knobs: readonly (keyof typeof knobs)[];
  readonly panels: readonly (keyof RecordedPanels)[];
  readonly sizes: SimulatedSizes;
  readonly rounds: number;
}

const SHAPE_DAYS: SimulatedSizes = { crypto: 128, index: 720, stocks: 128, daily: 0 };
const NOTHING: SimulatedSizes = { crypto: 0, index: 0, stocks: 0, daily: 0 };
const STAGES: readonly Stage[] = [
  {
    name: 'NSE index',
    knobs: Object.keys(knobs).filter((name) => name.startsWith('index')),
    panels: ['nifty'],
    sizes: { ...NOTHING, index: 960 },
    rounds: 3,
  },
  {
    name: 'NSE stocks',
    knobs: Object.keys(knobs).filter((name) => name.startsWith('stocks')),
    panels: ['minutes', 'fives', 'daily'],
    sizes: { ...NOTHING, stocks: 160, daily: 4_000 },
    rounds: 3,
  },
  {
    name: 'crypto',
    knobs: Object.keys(knobs).filter((name) => name.startsWith('crypto')),
    panels: ['crypto', 'quarters'],
    sizes: { ...NOTHING, crypto: 256 },
    rounds: 3,
  },
  // The figures that a few hundred days do not tell well, once more over many.
  {
    name: 'crypto, many days',
    knobs: ['crypto correlation', 'crypto volatility', 'crypto bounce'],
    panels: ['crypto', 'quarters'],
    sizes: { ...NOTHING, crypto: 640 },
    rounds: 2,
  },
];

/** How far a knob may stray from where it began, in logs, before that counts like one deviation of a moment. */
const FREE = 1;
/** A few days may happen to agree: no moment is taken to be known better than to this share of it. */
const LEAST_DEVIATION = 0.04;

function tuned(stage: Stage, parameters: SimulationParameters, panels: RecordedPanels): SimulationParameters {
  const targets = MOMENTS.filter(({ panel }) => stage.panels.includes(panel)).map(({ panel, moment }) => {
    const { fitted } = momentDays(moment, panels[panel]);
    const value = momentOf(moment, fitted);
    return { panel, moment, value, deviation: Math.max(LEAST_DEVIATION * Math.abs(value), bootstrapInterval(moment, fitted, 299).deviation) };
  });
  const from = stage.knobs.map((name) => Math.log(knobs[name]?.read(parameters) ?? Number.NaN));
  const at = (point: readonly number[]): SimulationParameters =>
    stage.knobs.reduce((made, name, i) => knobs[name]?.turn(made, rounded(Math.exp(point[i] ?? 0))) ?? made, parameters);
  const residualsOf = (point: readonly number[]): readonly number[] => {
    const simulated = simulatedPanels(SEED, stage.sizes, at(point));
    return [
      ...targets.map(({ panel, moment, value, deviation }) =>
        tempered((momentOf(moment, momentDays(moment, simulated[panel]).all) - value) / deviation),
      ),
      ...point.map((value, i) => (value - (from[i] ?? 0)) / FREE),
    ];
  };
  const point = leastSquares(residualsOf, from, stage.rounds, (line) => say(`${stage.name}: ${line}`));
  for (const [i, name] of stage.knobs.entries()) say(`  ${name.padEnd(40)} ${rounded(Math.exp(point[i] ?? 0))}`);
  return at(point);
}

/**
 * A moment that the market cannot reach shall not bend the others: beyond about one and a half deviations a residual counts by its
 * size, no longer by its square.
 */
function tempered(residual: number): number {
  const limit = 1.5;
  return Math.sign(residual) * limit * Math.sqrt(2 * (Math.sqrt(1 + (residual / limit) ** 2) - 1));
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const FIT = {
  command: 'node test/data/fit-simulated-market.ts',
  halves: 'fitted on the days whose number since 1970-01-01 is even; test/data/simulated-moments.test.ts holds the market against the odd days',
  crypto:
    'Binance spot, one-minute bars: BTC, ETH, SOL, DOGE, ADA, DOT 2023-03-16 to 2023-04-24, BTC and ETH 2024-07-26 to 2024-08-15 and 2025-05-20 to 2025-07-20; 15-minute bars of the six 2023-04 to 2023-12',
  nse: 'NIFTY one-minute 2021-01 to 2022-06; the ten stocks one-minute 2016-08-16 to 2016-08-31, five-minute 2024-03-20 to 2024-04-05 and 2026-05-20 to 2026-06-05, daily 2021 to 2025',
  assumed:
    'levels (published closes of September 2026; SOL, DOGE, ADA, DOT and some NSE names estimated), longRunSpread, spreadBps, ticks, book, usdInr, closingAuction (one recorded example), BANKNIFTY',
} as const;

const MANY_DAYS: SimulatedSizes = { crypto: 640, index: 1_100, stocks: 400, daily: 8_000 };

function main(): void {
  if (recordedDataFolder() === null) {
    say(`Nothing fitted: ${NO_RECORDED_DATA}`);
    process.exitCode = 1;
    return;
  }
  if (process.argv[2] === 'check') {
    say(tableOf(compared(simulatedPanels('check', MANY_DAYS))));
    return;
  }
  const panels = recordedPanels();
  const half = mapPanels(panels, fittedHalf);
  const recorded = shapesOf(half);
  const shaped = (of: SimulationParameters): SimulationParameters => withShapes(of, recorded, shapesOf(simulatedPanels(SEED, SHAPE_DAYS, of)));
  const named = process.argv.slice(2);
  // A stage by itself goes on from the figures that the others have tuned.
  const begun = named.length === 0 ? withInstruments(simulationParameters(), half) : simulationParameters();
  let parameters = shaped(shaped(begun));
  for (const stage of STAGES) if (named.length === 0 || named.includes(stage.name)) parameters = tuned(stage, parameters, panels);
  parameters = shaped(parameters);
  writeFileSync(FILE, `${JSON.stringify(SimulationParameters.parse({ ...parameters, fit: FIT }), null, 2)}\n`);
  say(`Written to ${FILE}; format it with: npx biome check --write shared/config/data/simulated-market.json`);
}

main();
