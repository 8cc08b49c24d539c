import type { ScanRecord } from '../contracts/decisions.ts';
import type { LedgerStore } from './ports.ts';

/** The newest scan of a session, read once and then remembered: it numbers the next. */
export interface LastScans {
  readonly of: (sessionId: string) => Promise<ScanRecord | null>;
  readonly keep: (sessionId: string, scan: ScanRecord) => void;
}

export function createLastScans(ledger: LedgerStore): LastScans {
  const known = new Map<string, ScanRecord>();
  return {
    of: async (sessionId) => {
      const remembered = known.get(sessionId);
      if (remembered !== undefined) return remembered;
      const stored = await ledger.lastScan(sessionId);
      if (stored !== null) known.set(sessionId, stored);
      return stored;
    },
    keep: (sessionId, scan) => {
      known.set(sessionId, scan);
    },
  };
}
