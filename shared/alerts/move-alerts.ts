import type { AlertRules } from '../config/alerts.ts';
import type { Alert, WatchState } from '../contracts/alert.ts';
import { MINUTE_MS } from '../kernel/time.ts';
import type { Market } from '../market/instrument.ts';
import { type RolledCandle, tradingDayOf } from '../market/rollup.ts';
import { signedPercent } from './amounts.ts';
import { labelled, type ToldAccount } from './told-account.ts';
import type { SymbolBars } from './volume-alerts.ts';

type MoveWatch = WatchState['moves'][string];

const STILL: MoveWatch = { told: 0, lastPrice: null };

/**
 * The price is a share away from the highest or the lowest close of the last hour. While that move lasts it is told again only
 * when the price has gone as far once more, on or back; it is over when little of it is left.
 *
 * @param before null where the symbol has not moved yet
 */
export function moveAlert(
  account: ToldAccount,
  { symbol, market, candles }: SymbolBars & { readonly market: Market },
  before: MoveWatch | null,
  rules: AlertRules['priceMove'],
): { readonly alert: Alert | null; readonly state: MoveWatch } {
  const { told, lastPrice } = before ?? STILL;
  const bar = candles.at(-1);
  const move = bar === undefined ? null : largestMove(bar, windowOf(candles, market, rules));
  if (bar === undefined || move === null) return { alert: null, state: { told, lastPrice } };
  const size = Math.abs(move.share);
  if (size < rules.share) return { alert: null, state: { told, lastPrice: size < rules.overAtShare ? null : lastPrice } };
  if (lastPrice !== null && Math.abs(bar.close / lastPrice - 1) < rules.share) return { alert: null, state: { told, lastPrice } };
  return { alert: alertOf(account, symbol, bar, move, told + 1), state: { told: told + 1, lastPrice: bar.close } };
}

interface Move {
  readonly share: number;
  readonly from: RolledCandle;
}

function alertOf(account: ToldAccount, symbol: string, bar: RolledCandle, { share, from }: Move, told: number): Alert {
  const minutes = Math.round((bar.openMs - from.openMs) / MINUTE_MS);
  return labelled(account, {
    id: `price-move:${account.sessionId}:${symbol}:${told}`,
    kind: 'price-move',
    severity: 'info',
    atMs: bar.openMs + MINUTE_MS,
    symbol,
    title: `${symbol} ${signedPercent(share)}`,
    text: `From ${from.close} to ${bar.close} within ${minutes} minutes`,
    facts: { share, from: from.close, to: bar.close, minutes },
  });
}

/** The larger of the ways from the window's extremes to the last close, as shares of where it began. */
function largestMove(bar: RolledCandle, window: readonly RolledCandle[]): Move | null {
  const [first] = window;
  if (first === undefined) return null;
  const low = window.reduce((least, each) => (each.close < least.close ? each : least), first);
  const high = window.reduce((most, each) => (each.close > most.close ? each : most), first);
  const up: Move = { share: bar.close / low.close - 1, from: low };
  const down: Move = { share: bar.close / high.close - 1, from: high };
  return up.share >= -down.share ? up : down;
}

/** The bars of the window; in a session's first hour also the last close before it, so that a gap over night is a move. */
function windowOf(candles: readonly RolledCandle[], market: Market, { windowMinutes }: AlertRules['priceMove']): readonly RolledCandle[] {
  const lastMs = candles.at(-1)?.openMs ?? 0;
  const first = candles.findIndex(({ openMs }) => openMs >= lastMs - windowMinutes * MINUTE_MS);
  const [opening, previous] = [candles[first], candles[first - 1]];
  const isGap = opening !== undefined && previous !== undefined && tradingDayOf(market, opening.openMs) !== tradingDayOf(market, previous.openMs);
  return candles.slice(isGap ? first - 1 : first);
}
