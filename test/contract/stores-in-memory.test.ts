import { createMemoryItems } from '../../shared/store/memory-items.ts';
import { createMemoryLedger } from '../../shared/store/memory-ledger.ts';
import { createMemoryMarket } from '../../shared/store/memory-market.ts';
import { alertStoreContract } from './alert-store.contract.ts';
import { ledgerRebuildContract } from './ledger-rebuild.contract.ts';
import { ledgerStoreContract } from './ledger-store.contract.ts';
import { type MarketHarness, marketStoreContract } from './market-store.contract.ts';

async function open(): Promise<MarketHarness> {
  const items = createMemoryItems();
  let nowMs = Date.now();
  const market = createMemoryMarket({ ttlDays: 30, now: () => nowMs }, items);
  const advance = (ms: number): void => {
    nowMs += ms;
  };
  return { ledger: createMemoryLedger(items), market, items, advance, close: async () => undefined };
}

ledgerStoreContract('in memory', open);
ledgerRebuildContract('in memory', open);
marketStoreContract('in memory', open);
alertStoreContract('in memory', open);
