import type { LedgerStore } from '../../../shared/engine/ports.ts';
import type { Bus } from './bus.ts';

const BATCH = 10;

/** Carries what is in the outbox to the bus once, as the host's relay does. */
export async function relayOnce(ledger: LedgerStore, bus: Bus, complain: (fault: string) => void): Promise<void> {
  const events = await ledger.outbox(BATCH);
  if (events.length === 0) return;
  for (const fault of bus.put(events)) complain(fault);
  await ledger.relayed(events);
}
