import { allLimits, assumedRateMove, KELLY, VALUE_AT_RISK } from '../../config/risk.ts';
import type { RiskAnswer } from '../../contracts/v8/risk.ts';
import { type Decimal, fromNumber, text, toNumber } from '../../kernel/decimal.ts';
import { iso } from '../../kernel/time.ts';
import { type Account, reserved } from '../../ledger/account.ts';
import { acceptedWithinMinute, recordOf } from '../../ledger/trading-record.ts';
import { exposuresOf } from '../../risk/exposures.ts';
import { limitsNow } from '../../risk/limits-now.ts';
import { kellySize } from '../../risk/sizing/kelly.ts';
import { tradingState } from '../../risk/trading-state.ts';
import {
  assumedIn,
  type BookOutcomes,
  bookOutcomes,
  type Exposure,
  gateValueAtRisk,
  rateFactor,
  riskShares,
  tailLosses,
  VAR_METHODS,
} from '../../risk/var/book.ts';
import { testExceptions } from '../../risk/var/exceptions.ts';
import type { TailLoss } from '../../risk/var/loss.ts';
import type { RiskModel } from '../../risk/var/risk-model.ts';
import { STRATEGY_NAMES } from '../../strategies/strategy.ts';
import type { EngineContext } from '../context.ts';
import { chainSourceOf, hasContracts } from '../contracts/chain-source.ts';
import { withContracts } from '../contracts/contracts-view.ts';
import { optionTermsIn } from '../contracts/option-terms.ts';
import { riskModelNow } from '../risk-models.ts';
import { shownSession } from './shown-session.ts';
import { type ValuedAccount, valuedAccount } from './valued-account.ts';

const LEVELS = [0.95, 0.99, 0.999] as const;
const HORIZONS_DAYS = [1, 5, 10, 20] as const;

/**
 * How a session stands against its limits, what its book could lose, how that has been right so far, and what the traders' own
 * records say of their sizes.
 * @throws EngineError `unknown_session`
 */
export async function risk(context: EngineContext, session: string | undefined): Promise<RiskAnswer> {
  const timestamp = iso(context.clock.now());
  const { account, sessionId, isActive, reason } = await shownSession(context, session);
  const shown = { sessionId, isActive, reason };
  if (account === null) {
    return {
      ...shown,
      state: null,
      because: null,
      killSwitch: null,
      equity: null,
      limits: [],
      valueAtRisk: null,
      tests: testsOf(''),
      sizing: [],
      timestamp,
    };
  }
  const valued = await valuedAccount(context, account);
  const { state, because } = tradingState(account, valued.equity);
  const { killedMs, varDays } = account.record;
  const model = await riskModelNow(context);
  const chains = hasContracts(account) ? await chainSourceOf(context) : null;
  const exposures = exposuresOf(account, valued.markOf, valued.rateOf, optionTermsIn(withContracts(valued.view, chains)));
  const book = valuedBook(model, exposures, valued.equity);
  return {
    ...shown,
    state,
    because: because?.why ?? null,
    killSwitch: { on: killedMs !== null, since: killedMs === null ? null : iso(killedMs) },
    equity: text(valued.equity),
    limits: limitsOf(valued, context.clock.now(), book),
    valueAtRisk: valueAtRiskOf(account, book),
    tests: testsOf(varDays),
    sizing: sizingOf(account),
    timestamp,
  };
}

/** The book under the model, with the value at risk that the gate goes by. */
interface ValuedBook {
  readonly model: RiskModel;
  readonly exposures: readonly Exposure[];
  readonly day: BookOutcomes;
  readonly gateUsd: number;
  /** Share of equity; null where that is gone. */
  readonly gateShare: number | null;
}

function valuedBook(model: RiskModel, exposures: readonly Exposure[], equity: Decimal): ValuedBook {
  const day = bookOutcomes(model, exposures);
  const gateUsd = gateValueAtRisk(day, VALUE_AT_RISK.level);
  return { model, exposures, day, gateUsd, gateShare: equity <= 0n ? null : gateUsd / toNumber(equity) };
}

function limitsOf({ account, equity, markOf, rateOf }: ValuedAccount, nowMs: number, { gateShare }: ValuedBook): RiskAnswer['limits'] {
  const acceptedInMinute = acceptedWithinMinute(account.record, nowMs);
  return limitsNow(account, { equity, markOf, rateOf, valueAtRiskShare: gateShare, reserved: reserved(account), acceptedInMinute });
}

function valueAtRiskOf({ limits, day: { date } }: Account, { model, exposures, day, gateUsd, gateShare }: ValuedBook): RiskAnswer['valueAtRisk'] {
  const { maxVar } = allLimits(limits);
  return {
    gate: { level: VALUE_AT_RISK.level, horizonDays: 1, amount: exact(gateUsd), share: gateShare ?? 1, threshold: maxVar },
    table: HORIZONS_DAYS.flatMap((horizonDays) => {
      const outcomes = horizonDays === 1 ? day : bookOutcomes(model, exposures, horizonDays);
      return LEVELS.map((level) => row(outcomes, level, horizonDays));
    }),
    basis: { days: model.days, asOf: model.asOf, paths: model.simulated?.count ?? 0, assumedLoss: exact(assumedIn(day)) },
    positions: sharesOf(model, exposures),
    reasons: reasonsOf(model, day, exposures, date),
  };
}

function row(outcomes: BookOutcomes, level: number, horizonDays: number): NonNullable<RiskAnswer['valueAtRisk']>['table'][number] {
  const losses = tailLosses(outcomes, level);
  const told = (loss: TailLoss | null) =>
    loss === null ? null : { valueAtRisk: exact(loss.valueAtRisk), expectedShortfall: exact(loss.expectedShortfall) };
  const [historical, normal, cornishFisher, ewma, monteCarlo] = VAR_METHODS.map((method) => told(losses[method]));
  return {
    level,
    horizonDays,
    historical: historical ?? null,
    normal: normal ?? null,
    cornishFisher: cornishFisher ?? null,
    ewma: ewma ?? null,
    monteCarlo: monteCarlo ?? null,
  };
}

function sharesOf(model: RiskModel, exposures: readonly Exposure[]): NonNullable<RiskAnswer['valueAtRisk']>['positions'] {
  const shares = riskShares(model, exposures, VALUE_AT_RISK.level);
  if (shares === null) return null;
  const byId = new Map(exposures.map((exposure) => [exposure.id, exposure]));
  return shares.map(({ id, component, marginal, incremental }) => {
    const { factor, value } = byId.get(id) as Exposure;
    return { id, underlying: factor, value: exact(value), component: exact(component), marginal, incremental: exact(incremental) };
  });
}

/** Why a figure is null, or stands on assumed moves. */
function reasonsOf(model: RiskModel, day: BookOutcomes, exposures: readonly Exposure[], date: string): string[] {
  const { historical, unknown, assumedByCurrency } = day;
  if (exposures.length === 0) return ['Nothing is held or on its way: there is nothing to lose'];
  const { NSE, CRYPTO } = VALUE_AT_RISK.assumedMove;
  const reasons = [
    ...unknown.map((factor) => `${model.whyUnknown(factor)}: it is taken to move by ${100 * CRYPTO} % (coin) or ${100 * NSE} % (NSE) a day instead`),
    ...[...assumedByCurrency.keys()].map(
      (code) => `${model.whyUnknown(rateFactor(code))}: ${code} is taken to move by ${100 * (assumedRateMove(code, date) ?? 0)} % a day instead`,
    ),
  ];
  if (historical === null) return reasons;
  const isShaped = tailLosses({ ...day, simulated: historical }, VALUE_AT_RISK.level).cornishFisher === null;
  return isShaped ? [...reasons, 'cornishFisher: the skew and the fat tails of this book are beyond what the expansion can tell'] : reasons;
}

function testsOf(varDays: string): RiskAnswer['tests'] {
  const { level } = VALUE_AT_RISK;
  const none = { level, days: varDays.length, exceptions: null, expected: null, kupiec: null, christoffersen: null, conditional: null };
  if (varDays.length === 0) return { ...none, reason: 'No day has been closed that began with positions and a value at risk' };
  const { days, exceptions, expected, coverage, independence, conditional } = testExceptions(
    [...varDays].map((day) => day === '1'),
    level,
  );
  return { level, days, exceptions, expected, kupiec: coverage, christoffersen: independence, conditional, reason: null };
}

function sizingOf(account: Account): RiskAnswer['sizing'] {
  const { maxKelly } = allLimits(account.limits);
  return STRATEGY_NAMES.filter((name) => account.strategies.includes(name)).map((name) => {
    const record = recordOf(account.record, name);
    const kelly = kellySize(record, KELLY, maxKelly);
    const isShort = record.trades < KELLY.leastTrades;
    const why = isShort ? `${record.trades} closed trades, ${KELLY.leastTrades} are needed` : 'It has not lost yet';
    return { trader: name, trades: record.trades, wins: record.wins, lossesInARow: record.lossesInARow, kelly, reason: kelly === null ? why : null };
  });
}

const exact = (value: number): string => text(fromNumber(value));
