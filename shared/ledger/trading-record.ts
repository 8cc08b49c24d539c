import type { DayReport, TraderRecord, TradingRecord } from '../contracts/journal.ts';
import type { Position } from '../contracts/position.ts';
import { add, type Decimal, fromNumber, max, multiply, subtract, toNumber, ZERO } from '../kernel/decimal.ts';
import { type EpochMs, MINUTE_MS } from '../kernel/time.ts';

/** What the risk gate counts of an account, before anything has happened. */
export const NO_RECORD: TradingRecord = { traders: {}, acceptedMs: [], killedMs: null, varDays: '' };

const NO_TRADES: TraderRecord = { trades: 0, wins: 0, winReturns: 0, lossReturns: 0, lossesInARow: 0, lastLossMs: null };

/** What a trader's closed trades came to; nothing before the first one. */
export const recordOf = (record: TradingRecord, trader: Position['strategy']): TraderRecord => record.traders[trader] ?? NO_TRADES;

/** Entries that were accepted within the minute before an instant. */
export const acceptedWithinMinute = ({ acceptedMs }: TradingRecord, nowMs: EpochMs): number =>
  acceptedMs.filter((atMs) => atMs > nowMs - MINUTE_MS).length;

/** The record after an entry was accepted. */
export function withAccepted(record: TradingRecord, atMs: EpochMs): TradingRecord {
  return { ...record, acceptedMs: [...record.acceptedMs.filter((earlierMs) => earlierMs > atMs - MINUTE_MS), atMs] };
}

/**
 * The record after a position was closed for good. Legs of a structure are one trade, when the last of them is closed: one leg loses
 * by design where another wins. Its return is net over what it could lose, of a pair that was sized otherwise over its largest leg.
 * @param net        result of all of it, base currency
 * @param isLastLeg  whether nothing of its structure is open or coming any more
 */
export function withClosed(record: TradingRecord, position: Position, net: Decimal, atMs: EpochMs, isLastLeg: boolean): TradingRecord {
  const { strategy, structure } = position;
  if (structure === undefined) return withTrade(record, strategy, { net, worth: entryWorth(position) }, atMs);
  const { [structure.id]: before, ...others } = record.structures ?? {};
  const sofar = { net: add(before?.net ?? ZERO, net), largest: max(before?.largest ?? ZERO, entryWorth(position)) };
  if (!isLastLeg) return { ...record, structures: { ...others, [structure.id]: sofar } };
  const worth = isSizedByRisk(strategy) ? multiply(structure.risk, fromNumber(structure.legs)) : sofar.largest;
  const { structures: _, ...rest } = withTrade(record, strategy, { net: sofar.net, worth }, atMs);
  return Object.keys(others).length === 0 ? rest : { ...rest, structures: others };
}

/** Options are sized by what they can lose, pairs by what they tie up: as the gate sizes them. */
const isSizedByRisk = (strategy: Position['strategy']): boolean => strategy === 'options';

function withTrade(
  record: TradingRecord,
  trader: Position['strategy'],
  { net, worth }: { readonly net: Decimal; readonly worth: Decimal },
  atMs: EpochMs,
): TradingRecord {
  const before = recordOf(record, trader);
  const share = worth === 0n ? 0 : toNumber(net) / toNumber(worth);
  const isWin = net > 0n;
  const isLoss = net < 0n;
  const after: TraderRecord = {
    trades: before.trades + 1,
    wins: before.wins + (isWin ? 1 : 0),
    winReturns: before.winReturns + (isWin ? share : 0),
    lossReturns: before.lossReturns - (isLoss ? share : 0),
    lossesInARow: isLoss ? before.lossesInARow + 1 : 0,
    lastLossMs: isLoss ? atMs : before.lastLossMs,
  };
  return { ...record, traders: { ...record.traders, [trader]: after } };
}

/** Two years of trading days. */
const MOST_VAR_DAYS = 504;

/** The record after a day: whether it lost more than the value at risk that it began with. */
export function withDay(record: TradingRecord, { valueAtRisk, startEquity, endEquity }: DayReport): TradingRecord {
  if (valueAtRisk === undefined) return record;
  const passed = subtract(startEquity, endEquity) > valueAtRisk ? '1' : '0';
  return { ...record, varDays: `${record.varDays}${passed}`.slice(-MOST_VAR_DAYS) };
}

/** What all units of the position were worth when they were opened, base currency. */
function entryWorth({ quantity, closed, entryPrice, entryRate }: Position): Decimal {
  return multiply(multiply(add(quantity, closed?.quantity ?? ZERO), entryPrice), entryRate);
}
