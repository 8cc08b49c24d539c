import type { FoArbitrageConfig } from '../../config/strategies.ts';
import { absent, type Confidence, type Reading, weigh } from '../confidence.ts';
import type { Verdict } from './verdict.ts';

/**
 * How good an arbitrage is, in four parts. The rule has decided that it is one; these say how much is in it, how much of it can be
 * had, how much of the gain the books' spreads eat, and how much hangs on the legs being filled together.
 */
export function confidenceOf(verdict: Verdict, config: FoArbitrageConfig): Confidence {
  return weigh(config.weights, {
    spread: spread(verdict, config),
    liquidity: liquidity(verdict, config),
    execution: execution(verdict),
    risk: risk(verdict),
  });
}

const clipped = (score: number): number => Math.min(1, Math.max(0, score));

function spread({ excessBps }: Verdict, { fullExcessBps }: FoArbitrageConfig): Reading {
  return { score: clipped(excessBps / fullExcessBps), why: `${excessBps.toFixed(1)} bp beyond all costs` };
}

function liquidity({ candidate: { legs }, unit }: Verdict, { fullDepthUnits }: FoArbitrageConfig): Reading {
  const sizes = legs.map(({ size }) => size);
  if (sizes.some((size) => size === null)) return absent('sizes at the touch are not told');
  const units = Math.min(...sizes.map((size) => (size ?? 0) / unit));
  return { score: clipped(units / fullDepthUnits), why: `${units.toFixed(0)} times the least size stand at the touch` };
}

/** Share of what the legs bring that is not lost in crossing books. */
function execution({ candidate: { gross, funding }, costs }: Verdict): Reading {
  const brought = gross + Math.max(0, funding);
  const kept = brought > 0 ? 1 - costs.spread / brought : 0;
  return { score: clipped(kept), why: `spreads take ${(100 * (1 - kept)).toFixed(0)} % of the gain` };
}

function risk({ excess, legRisk, candidate: { isLocked } }: Verdict): Reading {
  const safe = excess > 0 ? excess / (excess + legRisk) : 0;
  // What converges by habit alone may also widen.
  return { score: isLocked ? safe : safe / 2, why: isLocked ? 'both legs end at one price' : 'nothing forces the legs together' };
}
