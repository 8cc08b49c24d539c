import type { OpenAlert } from '../../alerts/delivery-plan.ts';
import type { Alert } from '../../contracts/alert.ts';
import type { EngineContext } from '../context.ts';

/**
 * Raises an alert that says nothing but that alerts arrive. The same key raises it once, and is answered with how it was told.
 * @param id the client's key, or the request's own id
 */
export async function testAlert(context: EngineContext, id: string): Promise<OpenAlert> {
  const { clock, world, settings, accounts, ledger } = context;
  const account = await accounts.active();
  const alert: Alert = {
    id: `test:${id}`,
    kind: 'test',
    severity: 'info',
    atMs: clock.now(),
    scope: world.scope,
    evidence: world.evidence,
    sessionId: account?.sessionId ?? null,
    symbol: null,
    title: 'Test',
    text: `Nightdesk ${settings.version} reaches you. Somebody asked for this by POST alerts/test`,
    facts: {},
  };
  const [raised] = await ledger.alerts.raise([alert]);
  const known = raised === undefined ? await ledger.alerts.find(alert.id) : null;
  return known ?? { alert, deliveries: {} };
}
