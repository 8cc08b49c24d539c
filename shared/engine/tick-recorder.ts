import { type EpochMs, SECOND_MS } from '../kernel/time.ts';
import type { Tick } from '../market/price.ts';
import { roundVolume } from '../market/rollup.ts';
import type { TickSample } from '../market/tick-sample.ts';

/** Conflates ticks to one sample a symbol and second, until they are taken to be packed. */
export interface TickRecorder {
  /** Takes a trade. Points of a bar played as ticks are no trades and are not kept. */
  readonly add: (tick: Tick) => void;
  /** Removes and gives the samples of seconds before `beforeMs`, by symbol, then in order of time. */
  readonly take: (beforeMs: EpochMs) => readonly TickSample[];
  /** Trades since this was asked last, and the samples that they became: the rest was conflated. */
  readonly heard: () => { readonly trades: number; readonly samples: number };
  /** What waits to be taken, as it stands now: the samples that `take` would give, which stay. */
  readonly waiting: () => readonly TickSample[];
}

type Open = { -readonly [Field in keyof TickSample]: TickSample[Field] };

/** More than this waits only when the store has been away for long: the oldest go. Samples. */
const MOST_WAITING = 200_000;

export function createTickRecorder(): TickRecorder {
  const lines = new Map<string, Open[]>();
  let waiting = 0;
  let heard = { trades: 0, samples: 0 };

  const forgetOldest = (): void => {
    for (const [symbol, samples] of lines) lines.set(symbol, samples.slice(Math.ceil(samples.length / 2)));
    waiting = [...lines.values()].reduce((total, samples) => total + samples.length, 0);
  };

  const inOrder = (): readonly (readonly [string, Open[]])[] => [...lines].sort(([a], [b]) => (a < b ? -1 : 1));
  const rounded = (sample: Open): TickSample => ({ ...sample, quantity: roundVolume(sample.quantity) });

  return {
    add: ({ symbol, price, quantity, motion, exchangeMs, source, evidence }) => {
      if (motion !== 'print') return;
      heard.trades += 1;
      const secondMs = exchangeMs - (exchangeMs % SECOND_MS);
      const samples = lines.get(symbol) ?? [];
      if (samples.length === 0) lines.set(symbol, samples);
      const newest = samples.at(-1);
      // A late trade joins the newest second of its symbol: its price is older than that second's last.
      if (newest !== undefined && secondMs <= newest.secondMs) {
        if (secondMs === newest.secondMs) newest.price = price;
        newest.quantity += quantity;
        newest.trades += 1;
        return;
      }
      samples.push({ symbol, secondMs, price, quantity, trades: 1, source, evidence });
      waiting += 1;
      heard.samples += 1;
      if (waiting > MOST_WAITING) forgetOldest();
    },
    take: (beforeMs) => {
      const taken: TickSample[] = [];
      for (const [symbol, samples] of inOrder()) {
        const index = samples.findIndex(({ secondMs }) => secondMs >= beforeMs);
        const ended = samples.splice(0, index < 0 ? samples.length : index);
        if (samples.length === 0) lines.delete(symbol);
        for (const sample of ended) taken.push(rounded(sample));
      }
      waiting -= taken.length;
      return taken;
    },
    heard: () => {
      const since = heard;
      heard = { trades: 0, samples: 0 };
      return since;
    },
    waiting: () => inOrder().flatMap(([, samples]) => samples.map(rounded)),
  };
}
