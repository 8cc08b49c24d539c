import { randomUUID } from 'node:crypto';
import type { LedgerStore } from '../../shared/engine/ports.ts';
import type { Account } from '../../shared/ledger/account.ts';
import { commitOf, entryFill, entryOrder, orderPlaced, sessionStarted } from '../support/ledger-fixtures.ts';

/** A kind of position for the benches; prices in USDT. */
export interface Holding {
  readonly symbol: string;
  readonly price: string;
  readonly stop: string;
  readonly target: string;
  readonly quantity: string;
}

/** Six crypto symbols with stops and targets far from the price. */
export const FAR_HOLDINGS: readonly Holding[] = [
  { symbol: 'BTC', price: '61000', stop: '30000', target: '120000', quantity: '0.01' },
  { symbol: 'ETH', price: '2600', stop: '1300', target: '5000', quantity: '0.2' },
  { symbol: 'SOL', price: '150', stop: '75', target: '300', quantity: '3' },
  { symbol: 'DOGE', price: '0.1', stop: '0.05', target: '0.2', quantity: '5000' },
  { symbol: 'ADA', price: '0.35', stop: '0.17', target: '0.7', quantity: '1500' },
  { symbol: 'DOT', price: '5', stop: '2.5', target: '10', quantity: '100' },
];

/** Starts a session in the ledger and opens `count` positions in it, the holdings in turn. */
export async function openPositions(ledger: LedgerStore, count: number, holdings: readonly Holding[] = FAR_HOLDINGS): Promise<Account> {
  const start = commitOf(null, 'start', [sessionStarted(`S-bench-${randomUUID()}`, '1000000')]);
  await ledger.commit(start);
  let account = start.after;
  for (let index = 0; index < count; index++) {
    const { symbol, price, stop, target, quantity } = holdings[index % holdings.length] as Holding;
    const order = entryOrder({ id: `E:${index}`, symbol, quantity, stop, target, reserved: '1000' });
    const commit = commitOf(account, `open ${index}`, [orderPlaced(order), (current) => entryFill(current, order.id, { price })]);
    await ledger.commit(commit);
    account = commit.after;
  }
  return account;
}
