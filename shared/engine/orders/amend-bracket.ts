import * as z from 'zod';
import { instrumentBySymbol } from '../../config/instruments.ts';
import { type ExitLevels, exitLevelsSchema } from '../../contracts/journal.ts';
import type { ExitOrder } from '../../contracts/order.ts';
import type { Position } from '../../contracts/position.ts';
import type { AmendInput } from '../../contracts/v8/order-request.ts';
import { digest } from '../../kernel/digest.ts';
import { listedAs } from '../../market/listed-rules.ts';
import type { EngineContext } from '../context.ts';
import { hasContracts } from '../contracts/chain-source.ts';
import { draftOn } from '../draft.ts';
import { EngineError } from '../errors.ts';
import { sessionAsked } from '../sessions.ts';
import { absent, closing } from './close-position.ts';
import { onItsWay } from './on-its-way.ts';
import { once } from './once.ts';
import { asksForAtr, placeView } from './place-view.ts';
import { type PlaceView, resolveTrail } from './terms.ts';
import { assertValid, type FieldError, levelErrors, offTick, trailErrors } from './venue-rules.ts';

const outcomeSchema = z.object({ positionId: z.string(), orderId: z.string(), before: exitLevelsSchema, after: exitLevelsSchema });
export type AmendOutcome = z.infer<typeof outcomeSchema> & { readonly sessionId: string };

/**
 * Changes stop, target or trail of an open position: the resting exit has the new levels once the change has reached the venue,
 * as long after as an order would. What is not named stays, null takes a level away.
 * @throws EngineError `unknown_position`, `position_closed`, `position_closing` when its exit is at market already, `invalid_order`,
 * `no_price`, `no_active_session`, `idempotency_mismatch`
 */
export async function amendBracket(context: EngineContext, positionId: string, request: AmendInput, key: string | null): Promise<AmendOutcome> {
  const account = await sessionAsked(context, key);
  const { sessionId } = account;
  const keyed = key === null ? null : `amend:key:${key}`;
  const outcome = await once(context, { account, keyed, body: { positionId, ...request }, outcome: outcomeSchema }, async () => {
    const held = account.positions.get(positionId);
    if (held !== undefined) await onItsWay(context, account.seed, `amend:${held.exitId}@${held.version}`);
    const view = await placeView(context, { withCharts: asksForAtr([request.trail]), withChains: hasContracts(account) });
    return (current) => {
      const position = current.positions.get(positionId);
      if (position === undefined) return null;
      const order = current.orders.get(position.exitId);
      if (order?.purpose !== 'exit' || order.atMarket !== null) throw closing(positionId);
      const before = levelsOf(order);
      const after = amended(view, position, before, request);
      const draft = draftOn(current, keyed ?? `amend:${order.id}:${order.version}`);
      if (digest(before) !== digest(after)) draft.emit({ type: 'exit-amended', atMs: view.nowMs, orderId: order.id, before, after });
      return { draft, outcome: { positionId, orderId: order.id, before, after } };
    };
  });
  if (outcome === null) throw await absent(context, sessionId, positionId);
  return { sessionId, ...outcome };
}

const levelsOf = ({ stop, target, trail }: ExitOrder): ExitLevels => ({ stop, target, trail });

/** The levels after a request. @throws EngineError `invalid_order`, `no_price` */
function amended(view: PlaceView, { symbol, direction }: Position, before: ExitLevels, request: AmendInput): ExitLevels {
  const quote = view.quote(symbol);
  if (quote === null) throw new EngineError('no_price', `No price of ${symbol} has been received: levels cannot be held against it`, { symbol });
  const errors: FieldError[] = [];
  const { stop = before.stop, target = before.target } = request;
  const tell = (message: string): number => errors.push({ field: 'trail', message });
  const asked = request.trail;
  const kept = asked === undefined ? before.trail : null;
  const trail = asked === undefined || asked === null ? kept : resolveTrail(asked, view, symbol, tell);
  const instrument = listedAs(instrumentBySymbol(symbol, view.nowMs), view.rules(symbol));
  const changed = { stop: stop === before.stop ? null : stop, target: target === before.target ? null : target };
  assertValid([
    ...errors,
    ...offTick(instrument, 'stop', changed.stop),
    ...offTick(instrument, 'target', changed.target),
    ...levelErrors(direction, changed, quote.last, ''),
    ...trailErrors(trail, quote.last, 'trail'),
  ]);
  return { stop, target, trail };
}
