import { LATENCY } from '../../config/execution.ts';
import { DAY_MS } from '../../kernel/time.ts';
import { beyondSpreads, type Candidate, middle, unitOf, YEAR_MS } from './candidate.ts';
import { type Capital, capitalOf, outlayOf } from './capital.ts';
import { dearestCosts, type StructureCosts } from './costs.ts';
import { legRisk } from './leg-risk.ts';
import type { ArbitrageMarket } from './market.ts';

/** A candidate with what it costs to trade. Amounts are for one unit of the underlying, in the currency of its chain. */
export interface NetGain {
  readonly candidate: Candidate;
  /** Step of the structure's size, units of the underlying. */
  readonly unit: number;
  readonly costs: StructureCosts;
  /** Adverse move between the legs' fills. */
  readonly legRisk: number;
  /** What remains of the gain after every cost but that of the money tied up. */
  readonly net: number;
}

/** A candidate with all that it costs. */
export interface Verdict extends NetGain {
  readonly capital: Capital;
  /** `net` on the money tied up, simple, as a share a year; null where none is. */
  readonly annualised: number | null;
  readonly riskFree: number;
  /** What remains beyond the riskless gain on the same money over the same time: above nothing it is an arbitrage. */
  readonly excess: number;
  /** The same in basis points of the underlying's price. */
  readonly excessBps: number;
}

/**
 * What remains of a candidate:
 *
 *   net    = gross + funding - borrowing - spreads - fees and taxes of both ends - leg risk
 *   excess = net - riskless rate * years * (outlay + margin)
 *
 * The margin of the contracts costs what its money would earn, and so does the money laid out.
 * @throws ExecutionError or MarginError where a venue has no schedule or terms for a leg
 */
export const judge = (candidate: Candidate, market: ArbitrageMarket): Verdict => beyondRiskless(netGain(candidate, market), market);

/** The first line of `judge`. @throws ExecutionError */
export function netGain(candidate: Candidate, market: ArbitrageMarket): NetGain {
  const { legs, gross, funding, borrowing } = candidate;
  const unit = unitOf(legs);
  const costs = dearestCosts(candidate, unit, market.nowMs);
  const risk = legRisk(legs.length, priceOf(candidate), market.volatility, LATENCY.meanTailMs);
  const net = gross + funding - borrowing - costs.spread - costs.entry - costs.end - risk;
  return { candidate, unit, costs, legRisk: risk, net };
}

/** The second line of `judge`. @throws MarginError */
export function beyondRiskless(gain: NetGain, market: ArbitrageMarket): Verdict {
  const { candidate, unit, net } = gain;
  const capital = capitalOf(candidate, unit, market);
  const years = yearsOf(candidate);
  const tied = capital.outlay + capital.margin;
  const excess = net - market.riskFree * years * tied;
  return {
    ...gain,
    capital,
    annualised: tied > 0 ? net / tied / years : null,
    riskFree: market.riskFree,
    excess,
    excessBps: bpsOf(excess, candidate),
  };
}

/** The most that `beyondRiskless` can leave: what it does where no margin is asked. In basis points of the price. */
export const mostBeyond = ({ candidate, net }: NetGain, { riskFree }: ArbitrageMarket): number =>
  bpsOf(net - riskFree * yearsOf(candidate) * outlayOf(candidate), candidate);

const yearsOf = ({ holdMs }: Candidate): number => holdMs / YEAR_MS;

/** An amount in basis points of the underlying's price. */
const bpsOf = (amount: number, candidate: Candidate): number => (1e4 * amount) / priceOf(candidate);

/** Price of the underlying as the first leg has it. */
export const priceOf = ({ legs: [first] }: Candidate): number => (first === undefined ? 0 : middle(first));

/** A candidate and its figures in a sentence. */
export function inWords({ candidate, costs, legRisk: risk, capital, net, annualised, riskFree, excessBps }: Verdict): string {
  const { gross, funding, borrowing, basis, holdMs, name } = candidate;
  const extras = [
    funding === 0 ? null : `funding ${amount(funding)}`,
    borrowing === 0 ? null : `borrowing ${amount(borrowing)}`,
    `spreads ${amount(costs.spread)}`,
    `fees and taxes ${amount(costs.entry)} and ${amount(costs.end)}`,
    `leg risk ${amount(risk)}`,
  ].filter((part) => part !== null);
  const shown = basis === null ? '' : `a basis of ${percent(basis)} a year, `;
  return (
    `${candidate.structure.replaceAll('-', ' ')}, ${name}: ${shown}${amount(gross)} a unit over ${(holdMs / DAY_MS).toFixed(1)} days; ` +
    `${extras.join(', ')} leave ${amount(net)}, ${annualised === null ? 'with nothing' : `${percent(annualised)} a year on ${amount(capital.outlay + capital.margin)}`} tied up ` +
    `(margin ${amount(capital.margin)}) against ${percent(riskFree)} without risk: ${excessBps.toFixed(1)} bp beyond all costs`
  );
}

/** A candidate whose gain does not even pay its books. */
export function spreadsInWords(candidate: Candidate): string {
  const { structure, name, gross, funding } = candidate;
  const funded = funding === 0 ? '' : `, funding ${amount(funding)}`;
  return `${structure.replaceAll('-', ' ')}, ${name}: ${amount(gross)} a unit${funded}; half of each spread leaves ${amount(beyondSpreads(candidate))} before any fee`;
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
const amount = (value: number): string => (Math.abs(value) >= 1_000 ? value.toFixed(0) : value.toPrecision(3));
