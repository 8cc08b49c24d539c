import { type Decimal, decimal, divide, multiply, toNumber } from '../kernel/decimal.ts';
import { NightdeskError } from '../kernel/errors.ts';
import type { EpochMs } from '../kernel/time.ts';
import { dayOfDate, istMidnight } from './ist.ts';
import type { Candle } from './price.ts';

class CorporateActionError extends NightdeskError<'bad_facts'> {}

interface Common {
  /** The symbol as it stands before the action. */
  readonly symbol: string;
  /** The first date on which the exchange trades without the benefit, `YYYY-MM-DD` in India: the action holds from its midnight. */
  readonly exDate: string;
  readonly source: string;
}

interface IsinChange {
  readonly from: string;
  readonly to: string;
}

/** What a company did to its shares: `becomes` shares stand where `held` stood. */
export type CorporateActionFacts =
  | (Common & { readonly kind: 'split' | 'bonus'; readonly held: number; readonly becomes: number; readonly isin?: IsinChange | undefined })
  | (Common & { readonly kind: 'merger'; readonly into: string; readonly held: number; readonly becomes: number })
  | (Common & {
      readonly kind: 'demerger';
      /** The company that was spun off: `receives` of its shares for `held`. */
      readonly spunOff: string;
      readonly held: number;
      readonly receives: number;
      /** The last price with it, and the first without as found by the exchange's special session: their ratio is the price factor. */
      readonly cumPrice: string;
      readonly exPrice: string;
    })
  | (Common & { readonly kind: 'symbol-change'; readonly to: string })
  | (Common & { readonly kind: 'isin-change'; readonly isin: IsinChange });

export type CorporateAction = CorporateActionFacts & {
  readonly id: string;
  /** The instant from which it holds: midnight in India. */
  readonly exMs: EpochMs;
};

/** Corporate actions in the order in which they happened. */
export interface CorporateActions {
  readonly all: readonly CorporateAction[];
  /** Every symbol that an action ends or begins with: most symbols have none, and are done with one look. */
  readonly symbols: ReadonlySet<string>;
}

/**
 * Makes facts ready for look-ups, and checks that they can be true.
 * @throws CorporateActionError `bad_facts` for a ratio that is not of whole positive numbers, a price that is not positive, or an action that stands twice
 * @throws IstError `bad_date`; DecimalError `not_a_decimal`
 */
export function createCorporateActions(facts: readonly CorporateActionFacts[]): CorporateActions {
  const all = facts
    .map((fact): CorporateAction => ({ ...fact, id: `${fact.symbol}:${fact.exDate}:${fact.kind}`, exMs: istMidnight(dayOfDate(fact.exDate)) }))
    .sort((a, b) => a.exMs - b.exMs);
  for (const action of all) {
    const { price, quantity } = ratiosOf(action);
    if ([...price, ...quantity].some((part) => part <= 0n)) throw bad(action, 'ratios and prices must be positive');
    if ('held' in action && ![action.held, 'becomes' in action ? action.becomes : action.receives].every(Number.isSafeInteger)) {
      throw bad(action, 'a ratio is of whole shares');
    }
    if (all.filter(({ id }) => id === action.id).length > 1) throw bad(action, 'it stands twice');
    if (symbolAfter(action) === action.symbol && (action.kind === 'merger' || action.kind === 'symbol-change'))
      throw bad(action, 'it leads to itself');
  }
  return { all, symbols: new Set(all.flatMap((action) => [action.symbol, symbolAfter(action)])) };
}

const bad = ({ id, source }: CorporateAction, why: string): CorporateActionError =>
  new CorporateActionError('bad_facts', `Corporate action ${id} cannot be true: ${why}`, { id, source });

const whole = (shares: number): Decimal => decimal(String(shares));
const ONE_TO_ONE = [whole(1), whole(1)] as const;

/** A ratio as numerator and denominator, so that it is applied exactly. */
export type Ratio = readonly [Decimal, Decimal];

/** New price for an old one, and new quantity for an old one. What a demerger takes from the price is paid otherwise: the quantity stays. */
export function ratiosOf(action: CorporateActionFacts): { readonly price: Ratio; readonly quantity: Ratio } {
  switch (action.kind) {
    case 'split':
    case 'bonus':
    case 'merger':
      return { price: [whole(action.held), whole(action.becomes)], quantity: [whole(action.becomes), whole(action.held)] };
    case 'demerger':
      return { price: [decimal(action.exPrice), decimal(action.cumPrice)], quantity: ONE_TO_ONE };
    case 'symbol-change':
    case 'isin-change':
      return { price: ONE_TO_ONE, quantity: ONE_TO_ONE };
  }
}

/** The value by the ratio, rounded once to 8 places for whole-share ratios. */
export const scaled = (value: Decimal, [numerator, denominator]: Ratio): Decimal => divide(multiply(value, numerator), denominator);

const factorOf = ([numerator, denominator]: Ratio): number => toNumber(numerator) / toNumber(denominator);

/** New price for an old one, as a float. */
export const priceFactorOf = (action: CorporateActionFacts): number => factorOf(ratiosOf(action).price);

/** What a holder of the symbol holds afterwards. */
export function symbolAfter(action: CorporateActionFacts): string {
  switch (action.kind) {
    case 'merger':
      return action.into;
    case 'symbol-change':
      return action.to;
    case 'split':
    case 'bonus':
    case 'demerger':
    case 'isin-change':
      return action.symbol;
  }
}

/** The action in a sentence for a person. */
export function describeAction(action: CorporateActionFacts): string {
  const { symbol, exDate } = action;
  switch (action.kind) {
    case 'split':
      return `${symbol}: split, ${action.becomes} for ${action.held}, ex ${exDate}`;
    case 'bonus':
      return `${symbol}: bonus ${action.becomes - action.held}:${action.held}, ex ${exDate}`;
    case 'merger':
      return `${symbol} merged into ${action.into}, ${action.becomes} for ${action.held}, ex ${exDate}`;
    case 'demerger':
      return `${symbol}: ${action.spunOff} spun off, ${action.receives} for ${action.held}, ex ${exDate}`;
    case 'symbol-change':
      return `${symbol} became ${action.to} on ${exDate}`;
    case 'isin-change':
      return `${symbol}: ISIN ${action.isin.from} became ${action.isin.to} on ${exDate}`;
  }
}

/**
 * What happened to a holding of `symbol`, named as on `fromDate`, after that date up to and with `toDate`, in order: a new
 * name is followed into its own actions. Those in `done` (ids) are left out; `symbol` is then the name after them.
 */
export function actionsOf(
  actions: CorporateActions,
  symbol: string,
  fromDate: string,
  toDate: string,
  done: ReadonlySet<string> = new Set(),
): readonly CorporateAction[] {
  if (!actions.symbols.has(symbol)) return [];
  const found: CorporateAction[] = [];
  let name = symbol;
  for (const action of actions.all) {
    if (action.symbol !== name || action.exDate <= fromDate || action.exDate > toDate || done.has(action.id)) continue;
    found.push(action);
    name = symbolAfter(action);
  }
  return found;
}

/** The name that a symbol of one date has on another, earlier or later; a merger is the end of a name, not another one. */
export function symbolOn(actions: CorporateActions, symbol: string, knownOn: string, date: string): string {
  if (!actions.symbols.has(symbol)) return symbol;
  const changes = actions.all.filter((action) => action.kind === 'symbol-change');
  let name = symbol;
  if (date >= knownOn) {
    for (const change of changes) if (change.symbol === name && change.exDate > knownOn && change.exDate <= date) name = change.to;
    return name;
  }
  for (const change of changes.toReversed()) if (change.to === name && change.exDate <= knownOn && change.exDate > date) name = change.symbol;
  return name;
}

/** What a price and a volume from before an instant are multiplied by, all later actions included. */
export interface Adjustment {
  readonly beforeMs: EpochMs;
  readonly price: number;
  readonly volume: number;
}

/**
 * How history of the instrument that is called `symbol` at `asOfMs` is read from there, newest action first. A company that
 * merged into it leaves its history alone; what it was called before does not matter.
 */
export function adjustmentsOf(actions: CorporateActions, symbol: string, asOfMs: EpochMs): readonly Adjustment[] {
  return adjustmentsFor(actions, symbol, asOfMs, ['split', 'bonus', 'demerger']);
}

function adjustmentsFor(
  actions: CorporateActions,
  symbol: string,
  asOfMs: EpochMs,
  kinds: readonly CorporateAction['kind'][],
): readonly Adjustment[] {
  if (!actions.symbols.has(symbol)) return [];
  const found: Adjustment[] = [];
  let [name, price, volume] = [symbol, 1, 1];
  for (const action of actions.all.toReversed()) {
    if (action.exMs > asOfMs || action.kind === 'merger' || symbolAfter(action) !== name) continue;
    name = action.symbol;
    if (!kinds.includes(action.kind)) continue;
    const ratios = ratiosOf(action);
    price *= factorOf(ratios.price);
    volume *= factorOf(ratios.quantity);
    found.push({ beforeMs: action.exMs, price, volume });
  }
  return found;
}

const UNADJUSTED = { price: 1, volume: 1 };

/** The factors for something of `atMs`; `adjustments` newest first. */
function adjustmentAt(adjustments: readonly Adjustment[], atMs: EpochMs): Pick<Adjustment, 'price' | 'volume'> {
  return adjustments.findLast(({ beforeMs }) => atMs < beforeMs) ?? UNADJUSTED;
}

/** What a price of `atMs` is multiplied by to be compared with prices of `asOfMs`, of the instrument called `symbol` then. */
export function priceFactor(actions: CorporateActions, symbol: string, atMs: EpochMs, asOfMs: EpochMs): number {
  return adjustmentAt(adjustmentsOf(actions, symbol, asOfMs), atMs).price;
}

/** A candle as read across the actions that came after it; the same object where there were none. Other fields stay. */
export function adjustCandle<C extends Candle>(candle: C, adjustments: readonly Adjustment[]): C {
  const { price, volume } = adjustmentAt(adjustments, candle.openMs);
  if (price === 1 && volume === 1) return candle;
  const { open, high, low, close } = candle;
  return { ...candle, open: open * price, high: high * price, low: low * price, close: close * price, volume: candle.volume * volume };
}

/** Raw candles of the instrument called `symbol` at `asOfMs`, as read from there: what indicators and charts are made of. */
export function adjustCandles<C extends Candle>(actions: CorporateActions, symbol: string, asOfMs: EpochMs, candles: readonly C[]): readonly C[] {
  const adjustments = adjustmentsOf(actions, symbol, asOfMs);
  return adjustments.length === 0 ? candles : candles.map((candle) => adjustCandle(candle, adjustments));
}

/**
 * Candles as they were traded, from a source that had adjusted them for splits and bonuses when it told them at `toldMs`:
 * what is stored is raw, whoever tells it.
 */
export function rawCandles<C extends Candle>(actions: CorporateActions, symbol: string, toldMs: EpochMs, candles: readonly C[]): readonly C[] {
  const undone = adjustmentsFor(actions, symbol, toldMs, ['split', 'bonus']).map(
    ({ beforeMs, price, volume }): Adjustment => ({ beforeMs, price: 1 / price, volume: 1 / volume }),
  );
  return undone.length === 0 ? candles : candles.map((candle) => adjustCandle(candle, undone));
}
