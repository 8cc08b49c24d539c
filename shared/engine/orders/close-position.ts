import * as z from 'zod';
import { instrumentBySymbol } from '../../config/instruments.ts';
import type { Position } from '../../contracts/position.ts';
import { type Decimal, subtract, text, toStep } from '../../kernel/decimal.ts';
import type { Account } from '../../ledger/account.ts';
import { exitId } from '../../ledger/resting-exit.ts';
import type { Instrument } from '../../market/instrument.ts';
import { listedAs } from '../../market/listed-rules.ts';
import type { EngineContext } from '../context.ts';
import { type Draft, draftOn } from '../draft.ts';
import { EngineError } from '../errors.ts';
import { viewOf } from '../market-view.ts';
import { requestExit } from '../request-exit.ts';
import { sessionAsked } from '../sessions.ts';
import type { MarketView } from '../view.ts';
import { once } from './once.ts';
import { assertValid, type FieldError, offLot, tooSmall } from './venue-rules.ts';

/** The position's one exit: whoever else wants it closed has the same. */
const outcomeSchema = z.object({ positionId: z.string(), orderId: z.string() });
export type CloseOutcome = z.infer<typeof outcomeSchema> & { readonly sessionId: string };

/**
 * Asks for a position, or a part of it, to be closed at market. An exit that is under way already is the answer, and a request
 * for all widens one for a part.
 * @throws EngineError `unknown_position`, `position_closed`, `position_closing` for a part while the exit is under way,
 * `invalid_order`, `no_active_session`, `idempotency_mismatch`
 */
export async function closePosition(
  context: EngineContext,
  positionId: string,
  request: { readonly quantity?: Decimal | undefined },
  key: string | null,
): Promise<CloseOutcome> {
  const account = await sessionAsked(context, key);
  const { sessionId } = account;
  const keyed = key === null ? null : `close:key:${key}`;
  const outcome = await once(context, { account, keyed, body: { positionId, ...request }, outcome: outcomeSchema }, async () => {
    const view = viewOf(await context.market.snapshot(account.scope), context.clock.now());
    return (current) => {
      const position = current.positions.get(positionId);
      if (position === undefined) return null;
      const draft = decideClose(current, view, position, request.quantity ?? null, keyed);
      return { draft, outcome: { positionId, orderId: position.exitId } };
    };
  });
  if (outcome === null) throw await absent(context, sessionId, positionId);
  return { sessionId, ...outcome };
}

/** The request to the position's exit; nothing when it is under way. @throws EngineError `invalid_order`, `position_closing` */
function decideClose(account: Account, view: MarketView, position: Position, asked: Decimal | null, keyed: string | null): Draft {
  const { symbol, quantity: held, exitId } = position;
  const exit = account.orders.get(exitId);
  const isAtMarket = exit?.purpose === 'exit' && exit.atMarket !== null;
  if (asked !== null && asked !== held) {
    if (isAtMarket) throw closing(position.id);
    assertValid(partErrors(listedAs(instrumentBySymbol(symbol, view.nowMs), view.rules(symbol)), held, asked, view.quote(symbol)?.last ?? null));
  }
  const draft = draftOn(account, keyed ?? `close:${exitId}:${exit?.version ?? 0}`);
  requestExit(draft, position, { reason: 'manual', quantity: asked === held ? null : asked, nowMs: view.nowMs });
  return draft;
}

/** What the venue would not take of a part: neither so little, nor, later, so little of a rest. Without a price nobody knows what either is worth. */
function partErrors(instrument: Instrument, held: Decimal, asked: Decimal, price: number | null): readonly FieldError[] {
  const { symbol, lotStep } = instrument;
  if (asked > held) return [{ field: 'quantity', message: `${text(asked)} is more than the ${text(held)} ${symbol} held` }];
  const left = toStep(subtract(held, asked), lotStep, 'down');
  const small = price === null ? [] : tooSmall(instrument, asked, price);
  const smallRest = price === null || left === 0n || small.length > 0 ? [] : tooSmall(instrument, left, price, 'closed later, what is left of ');
  return [...offLot(instrument, asked), ...small, ...smallRest];
}

/** The error of a change to a position whose exit is at market. */
export const closing = (positionId: string): EngineError =>
  new EngineError('position_closing', `Position ${positionId} is being closed at market already: GET orders shows its exit`, { positionId });

/** What to say of a position that is not open. */
export async function absent(context: EngineContext, sessionId: string, positionId: string): Promise<EngineError> {
  const exit = await context.ledger.order(sessionId, exitId(positionId, 1));
  if (exit === null) return new EngineError('unknown_position', `There is no position ${positionId} in session ${sessionId}`, { positionId });
  return new EngineError('position_closed', `Position ${positionId} is closed: ${exit.reason ?? exit.state}`, { positionId, reason: exit.reason });
}
