import * as z from 'zod';
import type { OrderRequest } from '../../contracts/v8/order-request.ts';
import type { EngineContext } from '../context.ts';
import { assertOwnWorld, sessionAsked } from '../sessions.ts';
import { decidePlace } from './decide-place.ts';
import { once } from './once.ts';
import { asksForAtr, asksForChains, placeView, trailsOf } from './place-view.ts';

const outcomeSchema = z.object({
  orderIds: z.array(z.string()),
  refusal: z
    .object({
      reason: z.string(),
      why: z.string(),
      limit: z.object({ name: z.string(), value: z.number(), threshold: z.number() }).nullable(),
    })
    .nullable(),
});

/** What a request for orders came to: their ids, and why the gate rejected them, or null when they were accepted. */
export type PlaceOutcome = z.infer<typeof outcomeSchema> & { readonly sessionId: string };

/**
 * Places the orders of a request, at most once under its id. What the venue or the request's own form forbids throws and
 * changes nothing; what the risk gate refuses is recorded as rejected.
 * `id` is the client's own when `isClients`, and then may come again, also when its session has ended since; `alias` is a second
 * id of the client's that stands for the request as well.
 * @throws EngineError `no_active_session`, `evidence_mismatch`, `idempotency_mismatch`, and those of `decidePlace`
 */
export async function placeOrder(
  context: EngineContext,
  request: OrderRequest,
  { id, isClients, alias = null }: { readonly id: string; readonly isClients: boolean; readonly alias?: string | null },
): Promise<PlaceOutcome> {
  const account = await sessionAsked(context, isClients ? id : null);
  const { sessionId } = account;
  const commandId = `order:${id}`;
  const command = {
    account,
    keyed: isClients ? commandId : null,
    alias: alias === null ? null : `order:${alias}`,
    body: request,
    outcome: outcomeSchema,
  };
  const outcome = await once(context, command, async () => {
    assertOwnWorld(context, account);
    const view = await placeView(context, { withCharts: asksForAtr(trailsOf(request)), withChains: asksForChains(request) });
    const { configVersion } = context.settings;
    return (current) => {
      const { draft, orders, refusal } = decidePlace(current, view, { id: commandId, request, configVersion });
      const { reason, why, limit } = refusal ?? { reason: '', why: '', limit: null };
      return { draft, outcome: { orderIds: orders.map((order) => order.id), refusal: refusal === null ? null : { reason, why, limit } } };
    };
  });
  if (outcome === null) throw new Error(`Command ${commandId} placed nothing`);
  return { sessionId, ...outcome };
}
