import type { ScanRecord } from '../contracts/decisions.ts';
import type { LedgerStore } from './ports.ts';

/**
 * The newest scan of a session: it numbers the next. Remembered when every scan is made in this process (`exclusive`),
 * else read each time.
 */
export interface LastScans {
  readonly of: (sessionId: string) => Promise<ScanRecord | null>;
  readonly keep: (sessionId: string, scan: ScanRecord) => void;
  /** Before a scan is kept: until it is known that it was, the store is asked. */
  readonly forget: (sessionId: string) => void;
}

export function createLastScans(ledger: LedgerStore, { exclusive }: { readonly exclusive: boolean }): LastScans {
  const known = new Map<string, ScanRecord>();
  return {
    of: async (sessionId) => {
      const remembered = known.get(sessionId);
      if (remembered !== undefined) return remembered;
      const stored = await ledger.lastScan(sessionId);
      if (exclusive && stored !== null) known.set(sessionId, stored);
      return stored;
    },
    keep: (sessionId, scan) => {
      if (exclusive) known.set(sessionId, scan);
    },
    forget: (sessionId) => {
      known.delete(sessionId);
    },
  };
}
