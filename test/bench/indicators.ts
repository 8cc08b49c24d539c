import { ADX, ATR, BollingerBands, EMA, MACD, OBV, RSI, SMA, StochasticOscillator, SuperTrend, VWAP } from 'trading-signals';
import { DirectionalIndex } from '../../shared/indicators/adx.ts';
import { Atr } from '../../shared/indicators/atr.ts';
import { BollingerBands as OwnBollingerBands } from '../../shared/indicators/bollinger.ts';
import { Ema } from '../../shared/indicators/ema.ts';
import { MovingAverageConvergence } from '../../shared/indicators/macd.ts';
import { OnBalanceVolume } from '../../shared/indicators/obv.ts';
import { Rsi } from '../../shared/indicators/rsi.ts';
import { Sma } from '../../shared/indicators/sma.ts';
import { StochasticOscillator as OwnStochasticOscillator } from '../../shared/indicators/stochastic.ts';
import { SuperTrend as OwnSuperTrend } from '../../shared/indicators/supertrend.ts';
import { Vwap } from '../../shared/indicators/vwap.ts';
import type { Candle } from '../../shared/market/price.ts';
import { walk } from '../support/series.ts';
import { againstTarget, cpuMs, msLine, percentiles } from './figures.ts';

/** Feeds bars to an indicator and sums up a figure of each answer, so that none is left out. */
type Feed = (bars: readonly Candle[]) => number;

/** Each makes a new indicator and gives what feeds it. */
interface Pair {
  readonly name: string;
  readonly ours: () => Feed;
  readonly theirs: () => Feed;
}

/** Loops are written out, so that each calls what the compiler knows there, as a program's own code does. */
const PAIRS: readonly Pair[] = [
  {
    name: 'SMA 20',
    ours: () => {
      const own = new Sma(20);
      return (bars) => {
        let sum = 0;
        for (const { close } of bars) {
          own.add(close);
          sum += own.value() ?? 0;
        }
        return sum;
      };
    },
    theirs: () => {
      const peer = new SMA(20);
      return (bars) => {
        let sum = 0;
        for (const { close } of bars) sum += peer.add(close) ?? 0;
        return sum;
      };
    },
  },
  {
    name: 'EMA 20',
    ours: () => {
      const own = new Ema(20);
      return (bars) => {
        let sum = 0;
        for (const { close } of bars) {
          own.add(close);
          sum += own.value() ?? 0;
        }
        return sum;
      };
    },
    theirs: () => {
      const peer = new EMA(20);
      return (bars) => {
        let sum = 0;
        for (const { close } of bars) sum += peer.add(close) ?? 0;
        return sum;
      };
    },
  },
  {
    name: 'RSI 14',
    ours: () => {
      const own = new Rsi(14);
      return (bars) => {
        let sum = 0;
        for (const { close } of bars) {
          own.add(close);
          sum += own.value() ?? 0;
        }
        return sum;
      };
    },
    theirs: () => {
      const peer = new RSI(14);
      return (bars) => {
        let sum = 0;
        for (const { close } of bars) sum += peer.add(close) ?? 0;
        return sum;
      };
    },
  },
  {
    name: 'MACD 12 26 9',
    ours: () => {
      const own = new MovingAverageConvergence(12, 26, 9);
      return (bars) => {
        let sum = 0;
        for (const { close } of bars) {
          own.add(close);
          sum += own.value()?.histogram ?? 0;
        }
        return sum;
      };
    },
    theirs: () => {
      const peer = new MACD(new EMA(12), new EMA(26), new EMA(9));
      return (bars) => {
        let sum = 0;
        for (const { close } of bars) sum += peer.add(close)?.histogram ?? 0;
        return sum;
      };
    },
  },
  {
    name: 'Bollinger 20',
    ours: () => {
      const own = new OwnBollingerBands(20, 2);
      return (bars) => {
        let sum = 0;
        for (const { close } of bars) {
          own.add(close);
          sum += own.value()?.upper ?? 0;
        }
        return sum;
      };
    },
    theirs: () => {
      const peer = new BollingerBands(20, 2);
      return (bars) => {
        let sum = 0;
        for (const { close } of bars) sum += peer.add(close)?.upper ?? 0;
        return sum;
      };
    },
  },
  {
    name: 'ATR 14',
    ours: () => {
      const own = new Atr(14);
      return (bars) => {
        let sum = 0;
        for (const bar of bars) {
          own.add(bar);
          sum += own.value() ?? 0;
        }
        return sum;
      };
    },
    theirs: () => {
      const peer = new ATR(14);
      return (bars) => {
        let sum = 0;
        for (const bar of bars) sum += peer.add(bar) ?? 0;
        return sum;
      };
    },
  },
  {
    name: 'ADX 14',
    ours: () => {
      const own = new DirectionalIndex(14);
      return (bars) => {
        let sum = 0;
        for (const bar of bars) {
          own.add(bar);
          sum += own.value()?.adx ?? 0;
        }
        return sum;
      };
    },
    theirs: () => {
      const peer = new ADX(14);
      return (bars) => {
        let sum = 0;
        for (const bar of bars) sum += peer.add(bar) ?? 0;
        return sum;
      };
    },
  },
  {
    name: 'Stochastic 14',
    ours: () => {
      const own = new OwnStochasticOscillator(14, 3, 3);
      return (bars) => {
        let sum = 0;
        for (const bar of bars) {
          own.add(bar);
          sum += own.value()?.d ?? 0;
        }
        return sum;
      };
    },
    theirs: () => {
      const peer = new StochasticOscillator({ kPeriod: 14, kSlowingPeriod: 3, dPeriod: 3 });
      return (bars) => {
        let sum = 0;
        for (const bar of bars) sum += peer.add(bar)?.stochD ?? 0;
        return sum;
      };
    },
  },
  {
    name: 'VWAP',
    ours: () => {
      const own = new Vwap(Number.POSITIVE_INFINITY, 0);
      return (bars) => {
        let sum = 0;
        for (const bar of bars) {
          own.add(bar);
          sum += own.value() ?? 0;
        }
        return sum;
      };
    },
    theirs: () => {
      const peer = new VWAP();
      return (bars) => {
        let sum = 0;
        for (const bar of bars) sum += peer.add(bar) ?? 0;
        return sum;
      };
    },
  },
  {
    name: 'SuperTrend 10',
    ours: () => {
      const own = new OwnSuperTrend(10, 3);
      return (bars) => {
        let sum = 0;
        for (const bar of bars) {
          own.add(bar);
          sum += own.value()?.line ?? 0;
        }
        return sum;
      };
    },
    theirs: () => {
      const peer = new SuperTrend({ interval: 10, multiplier: 3 });
      return (bars) => {
        let sum = 0;
        for (const bar of bars) sum += peer.add(bar)?.supertrend ?? 0;
        return sum;
      };
    },
  },
  {
    name: 'OBV',
    ours: () => {
      const own = new OnBalanceVolume();
      return (bars) => {
        let sum = 0;
        for (const bar of bars) {
          own.add(bar);
          sum += own.value() ?? 0;
        }
        return sum;
      };
    },
    theirs: () => {
      const peer = new OBV(2);
      return (bars) => {
        let sum = 0;
        for (const bar of bars) sum += peer.add(bar) ?? 0;
        return sum;
      };
    },
  },
];

/** So few that they stay in the processor's cache: what is measured is the indicator, not the reading of bars. */
const BARS = 4_000;
const LAPS = 25;
const ROUNDS = 100;
const WARM_MS = 500;
const SERIES = 2_500;
const WARM_BARS = 40;

/** Our indicators beside those of trading-signals, in one run and turn by turn; then a minute's step of many series. */
export async function benchIndicators(): Promise<readonly string[]> {
  const bars = walk('bench-indicators', BARS, { price: 30_000 });
  const lines = PAIRS.map((pair) => ({ name: pair.name, ...measured(pair, bars) }));
  const sum = (of: 'ours' | 'theirs'): number => lines.reduce((total, line) => total + line[of], 0);
  const slowest = Math.max(...lines.map(({ ours, theirs }) => ours / theirs));
  return [
    `ns a bar, least of ${ROUNDS} turns of ${LAPS * BARS} bars      ours  trading-signals  ratio`,
    ...lines.map(({ name, ours, theirs }) => row(name, ours, theirs)),
    row('sum', sum('ours'), sum('theirs')),
    againstTarget('sum, times as fast', sum('theirs') / sum('ours'), '>=', 3),
    againstTarget('ours over theirs, of the worst', slowest, '<', 1.1),
    ...stepOfMany(bars),
  ];
}

const row = (name: string, ours: number, theirs: number): string =>
  `  ${name.padEnd(40)} ${ours.toFixed(1).padStart(8)} ${theirs.toFixed(1).padStart(16)} ${(theirs / ours).toFixed(1).padStart(6)}`;

function measured({ name, ours, theirs }: Pair, bars: readonly Candle[]): { readonly ours: number; readonly theirs: number } {
  // The compiler works beside, and on a busy machine it takes its time.
  const warmedMs = performance.now() + WARM_MS;
  while (performance.now() < warmedMs) {
    nsABar(name, ours, bars);
    nsABar(name, theirs, bars);
  }
  const turns = Array.from({ length: ROUNDS }, () => [nsABar(name, ours, bars), nsABar(name, theirs, bars)] as const);
  // The least: what it takes when nothing else is in the way.
  return { ours: Math.min(...turns.map(([mine]) => mine)), theirs: Math.min(...turns.map(([, other]) => other)) };
}

function nsABar(name: string, create: () => Feed, bars: readonly Candle[]): number {
  const began = process.cpuUsage();
  let sum = 0;
  for (let lap = 0; lap < LAPS; lap++) sum += create()(bars);
  const takenMs = cpuMs(began);
  if (sum === 0) throw new Error(`${name} said nothing`);
  return (takenMs * 1e6) / (LAPS * bars.length);
}

/** One bar more for each of 2,500 series of eleven indicators, all of them warm. */
function stepOfMany(bars: readonly Candle[]): readonly string[] {
  const taken = (of: 'ours' | 'theirs', turns: number): number[] => {
    const series = Array.from({ length: SERIES }, () => PAIRS.map((pair) => pair[of]()));
    const stepAll = (bar: Candle): void => {
      const one = [bar];
      for (const feeds of series) for (const feed of feeds) feed(one);
    };
    for (const bar of bars.slice(0, WARM_BARS)) stepAll(bar);
    return bars.slice(WARM_BARS, WARM_BARS + turns).map((bar) => {
      const began = process.cpuUsage();
      stepAll(bar);
      return cpuMs(began);
    });
  };
  const [ours, theirs] = [percentiles(taken('ours', 60)), percentiles(taken('theirs', 20))];
  return [
    `${SERIES} series x ${PAIRS.length}, one step   ours ${msLine(ours)}`,
    `                           theirs ${msLine(theirs)}`,
    againstTarget('p50 of ours (ms)', ours.p50, '<', 10),
  ];
}
