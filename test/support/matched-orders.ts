import type { Fill } from '../../shared/contracts/fill.ts';
import type { JournalRow } from '../../shared/contracts/journal.ts';
import type { EntryOrder } from '../../shared/contracts/order.ts';
import { decideMatch } from '../../shared/engine/decide-match.ts';
import { draftOn } from '../../shared/engine/draft.ts';
import { requestExit } from '../../shared/engine/request-exit.ts';
import type { Account } from '../../shared/ledger/account.ts';
import type { BookLevel } from '../../shared/market/order-book.ts';
import { bareQuote, startedAccount, viewOfSketch } from './engine-fixtures.ts';
import { entryOrder, happen, orderPlaced, START_MS } from './ledger-fixtures.ts';

/** What stands in a market of SOL when an order is looked at: depth where sides are given, else a last price and nothing more. */
export interface Standing {
  readonly last: number;
  readonly bids?: readonly BookLevel[];
  readonly asks?: readonly BookLevel[];
  readonly minuteVolume?: number | null;
}

/** An account whose orders are decided upon by the real matcher's rules, one look after the other, a minute apart. */
export interface Matched {
  readonly account: () => Account;
  readonly rows: JournalRow[];
  readonly fills: () => readonly Fill[];
  readonly look: (orderId: string, standing: Standing) => Fill | null;
  readonly closeAtMarket: (positionId: string) => void;
}

const MINUTE_MS = 60_000;

/** Places a market order to buy SOL for USDT, with a million of cash. */
export function placed(quantity: string, more: Partial<EntryOrder> = {}): Matched {
  const sketch = entryOrder({ symbol: 'SOL', quantity, reserved: '0', stop: '1', target: '100000' });
  let account = happen(startedAccount('1000000'), 'place', [orderPlaced({ ...sketch, ...more })]).after;
  const rows: JournalRow[] = [];
  let nowMs = START_MS + 1_000;
  const take = (draft: ReturnType<typeof draftOn>): void => {
    account = draft.account();
    rows.push(...draft.rows);
  };
  const asked = { tick: null, extreme: null, queueAhead: null, configVersion: 'test' };
  const fills = (): readonly Fill[] => rows.flatMap(({ event }) => (event.type === 'filled' ? [event.fill] : []));
  return {
    account: () => account,
    rows,
    fills,
    look: (orderId, standing) => {
      nowMs += MINUTE_MS;
      const before = rows.length;
      const draft = decideMatch(account, viewOf(standing, nowMs), { ...asked, orderId });
      if (draft !== null) take(draft);
      return rows.length === before ? null : (fills().at(-1) ?? null);
    },
    closeAtMarket: (positionId) => {
      const position = account.positions.get(positionId);
      if (position === undefined) throw new Error(`No open position ${positionId}`);
      const draft = draftOn(account, `close:${positionId}`);
      requestExit(draft, position, { reason: 'manual', quantity: null, nowMs });
      take(draft);
      nowMs += MINUTE_MS;
    },
  };
}

function viewOf({ last, bids, asks, minuteVolume = null }: Standing, nowMs: number) {
  const [bid, ask] = [bids?.[0], asks?.[0]];
  const top = { bid: bid?.price ?? null, ask: ask?.price ?? null, bidSize: bid?.quantity ?? null, askSize: ask?.quantity ?? null };
  const quote = bareQuote('SOL', last, nowMs, top);
  const told = { exchangeMs: nowMs, receivedMs: nowMs, source: 'test', evidence: 'simulated' as const };
  const books = bids === undefined || asks === undefined ? [] : [{ symbol: 'SOL', bids, asks, ...told }];
  return viewOfSketch({ nowMs, quotes: [quote], books, tape: { volatility: 0.0001, minuteVolume } });
}

/** The balance of every account of the books, by account and currency. */
export function balancesOf(fills: readonly Fill[]): Readonly<Record<string, bigint>> {
  const totals: Record<string, bigint> = {};
  for (const { account, currency, amount } of fills.flatMap(({ postings }) => postings)) {
    totals[`${account} ${currency}`] = (totals[`${account} ${currency}`] ?? 0n) + amount;
  }
  return totals;
}
