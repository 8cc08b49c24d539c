import type { LedgerStore } from '../engine/ports.ts';
import { createAlerts } from './alerts.ts';
import type { Items } from './items.ts';
import { createLedger } from './ledger.ts';
import { createMemoryItems } from './memory-items.ts';

/** The ledger in memory. Given the rows of a memory market, its commits are fenced by that market's lease. */
export const createMemoryLedger = (items: Items = createMemoryItems()): LedgerStore => createLedger(items, createAlerts(items));
