import type { LevelParameters, MarketParameters, ProcessParameters, SimulationParameters } from '../../../shared/feeds/simulated/parameters.ts';

/** One positive number that the fit turns. */
export interface Knob {
  readonly read: (parameters: SimulationParameters) => number;
  readonly turn: (parameters: SimulationParameters, value: number) => SimulationParameters;
}

type Name = 'CRYPTO' | 'NSE';
type Part = 'common' | 'own';

const withMarket = (parameters: SimulationParameters, name: Name, made: (market: MarketParameters) => MarketParameters): SimulationParameters => ({
  ...parameters,
  markets: { ...parameters.markets, [name]: made(parameters.markets[name]) },
});

/** A knob on one or more processes of a market, read at the first. */
const processKnob = (
  name: Name,
  parts: readonly [Part, ...Part[]],
  read: (process: ProcessParameters) => number,
  turn: (process: ProcessParameters, value: number) => ProcessParameters,
): Knob => ({
  read: ({ markets }) => read(markets[name][parts[0]]),
  turn: (parameters, value) =>
    withMarket(parameters, name, (market) => ({ ...market, ...Object.fromEntries(parts.map((part) => [part, turn(market[part], value)])) })),
});

const spreadOf = (levels: LevelParameters, scale: number): number => levels[scale]?.spread ?? Number.NaN;
const withSpread = (levels: LevelParameters, scales: readonly number[], spread: number): LevelParameters =>
  levels.map((level, scale) => (scales.includes(scale) ? { ...level, spread } : level));

/** Knobs of what a process is made of: `slow` turns all day levels but the first. */
const processKnobs = (label: string, name: Name, parts: readonly [Part, ...Part[]]): Readonly<Record<string, Knob>> => ({
  [`${label} day level`]: processKnob(
    name,
    parts,
    ({ dayLevels }) => spreadOf(dayLevels, 0),
    (of, value) => ({ ...of, dayLevels: withSpread(of.dayLevels, [0], value) }),
  ),
  [`${label} slow day levels`]: processKnob(
    name,
    parts,
    ({ dayLevels }) => spreadOf(dayLevels, 1),
    (of, value) => ({ ...of, dayLevels: withSpread(of.dayLevels, [1, 2], value) }),
  ),
  ...Object.fromEntries(
    [0, 1, 2, 3, 4].map((scale) => [
      `${label} minute level ${scale}`,
      processKnob(
        name,
        parts,
        ({ minuteLevels }) => spreadOf(minuteLevels, scale),
        (of, value) => ({ ...of, minuteLevels: withSpread(of.minuteLevels, [scale], value) }),
      ),
    ]),
  ),
  [`${label} day by minutes`]: processKnob(
    name,
    parts,
    ({ dayByMinutes }) => dayByMinutes,
    (of, value) => ({ ...of, dayByMinutes: value }),
  ),
  [`${label} jumps a day`]: processKnob(
    name,
    parts,
    ({ jumps }) => jumps.aDay,
    (of, value) => ({ ...of, jumps: { ...of.jumps, aDay: value } }),
  ),
  [`${label} jump size`]: processKnob(
    name,
    parts,
    ({ jumps }) => jumps.size,
    (of, value) => ({ ...of, jumps: { ...of.jumps, size: value } }),
  ),
});

const followsKnob = (name: Name): Knob =>
  processKnob(
    name,
    ['own'],
    ({ follows }) => follows,
    (of, value) => ({ ...of, follows: Math.min(1, value) }),
  );

const gapKnobs = (label: string, part: Part): Readonly<Record<string, Knob>> => ({
  [`${label} gap share`]: processKnob(
    'NSE',
    [part],
    ({ gap }) => gap.share,
    (of, value) => ({ ...of, gap: { ...of.gap, share: Math.min(0.9, value) } }),
  ),
  [`${label} gap spread`]: processKnob(
    'NSE',
    [part],
    ({ gap }) => gap.spread,
    (of, value) => ({ ...of, gap: { ...of.gap, spread: value } }),
  ),
});

const marketKnob = (
  name: Name,
  read: (market: MarketParameters) => number,
  turn: (market: MarketParameters, value: number) => MarketParameters,
): Knob => ({
  read: ({ markets }) => read(markets[name]),
  turn: (parameters, value) => withMarket(parameters, name, (market) => turn(market, value)),
});

const volumeKnobs = (label: string, name: Name): Readonly<Record<string, Knob>> => ({
  [`${label} range`]: marketKnob(
    name,
    ({ bars }) => bars.innerShare,
    (of, value) => ({ ...of, bars: { ...of.bars, innerShare: value } }),
  ),
  [`${label} bounce`]: marketKnob(
    name,
    ({ bars }) => bars.bounce,
    (of, value) => ({ ...of, bars: { ...of.bars, bounce: value } }),
  ),
  ...Object.fromEntries(
    [0, 1, 2].map((scale) => [
      `${label} volume minute level ${scale}`,
      marketKnob(
        name,
        ({ volume }) => spreadOf(volume.minuteLevels, scale),
        (of, value) => ({ ...of, volume: { ...of.volume, minuteLevels: withSpread(of.volume.minuteLevels, [scale], value) } }),
      ),
    ]),
  ),
  [`${label} volume day level`]: marketKnob(
    name,
    ({ volume }) => spreadOf(volume.dayLevels, 0),
    (of, value) => ({ ...of, volume: { ...of.volume, dayLevels: withSpread(of.volume.dayLevels, [0], value) } }),
  ),
  [`${label} volume with volatility`]: marketKnob(
    name,
    ({ volume }) => volume.volatilityWeight,
    (of, value) => ({ ...of, volume: { ...of.volume, volatilityWeight: value } }),
  ),
  [`${label} volume with move`]: marketKnob(
    name,
    ({ volume }) => volume.moveWeight,
    (of, value) => ({ ...of, volume: { ...of.volume, moveWeight: value } }),
  ),
});

const dayLevelKnob =
  (part: Part) =>
  (read: number, turned: readonly number[]): Knob =>
    processKnob(
      'CRYPTO',
      [part],
      ({ dayLevels }) => spreadOf(dayLevels, read),
      (of, value) => ({ ...of, dayLevels: withSpread(of.dayLevels, turned, value) }),
    );
const ownDayLevel = dayLevelKnob('own');
const commonDayLevel = dayLevelKnob('common');

/** One factor on a figure of several instruments, kept as the figure of the first of them. */
const scaleKnob = (symbols: readonly string[], figure: 'dailyVol' | 'correlation', most: number): Knob => {
  const read = ({ instruments }: SimulationParameters): number => instruments[symbols[0] ?? '']?.[figure] ?? Number.NaN;
  return {
    read,
    turn: (parameters, value) => {
      const times = value / read(parameters);
      const scaled = Object.entries(parameters.instruments).map(([symbol, own]) => [
        symbol,
        symbols.includes(symbol) ? { ...own, [figure]: Math.min(most, Number((own[figure] * times).toPrecision(4))) } : own,
      ]);
      return { ...parameters, instruments: Object.fromEntries(scaled) };
    },
  };
};

const STOCKS = ['RELIANCE', 'TCS', 'HDFCBANK', 'INFY', 'ITC', 'SBIN', 'BHARTIARTL', 'KOTAKBANK', 'LT', 'HCLTECH'];
const COINS = ['BTC', 'ETH', 'SOL', 'DOGE', 'ADA', 'DOT'];

export const knobs: Readonly<Record<string, Knob>> = {
  ...processKnobs('index', 'NSE', ['common']),
  ...gapKnobs('index', 'common'),
  'index volatility': scaleKnob(['NIFTY'], 'dailyVol', 1),
  ...processKnobs('stocks', 'NSE', ['own']),
  ...gapKnobs('stocks', 'own'),
  'stocks follow': followsKnob('NSE'),
  ...volumeKnobs('stocks', 'NSE'),
  'stocks volatility': scaleKnob(STOCKS, 'dailyVol', 1),
  'stocks correlation': scaleKnob(STOCKS, 'correlation', 0.99),
  'stocks closed days': marketKnob(
    'NSE',
    ({ closedDayGaps }) => closedDayGaps,
    (of, value) => ({ ...of, closedDayGaps: value }),
  ),
  ...processKnobs('crypto', 'CRYPTO', ['common', 'own']),
  'crypto day level': ownDayLevel(0, [0]),
  'crypto slow day levels': ownDayLevel(1, [1, 2]),
  'crypto common day level': commonDayLevel(0, [0]),
  'crypto common slow day levels': commonDayLevel(1, [1, 2]),
  ...volumeKnobs('crypto', 'CRYPTO'),
  'crypto volatility': scaleKnob(COINS, 'dailyVol', 1),
  'crypto correlation': scaleKnob(COINS, 'correlation', 0.99),
  'crypto weekend': marketKnob(
    'CRYPTO',
    ({ weekendVolShare }) => weekendVolShare,
    (of, value) => ({ ...of, weekendVolShare: value }),
  ),
};
