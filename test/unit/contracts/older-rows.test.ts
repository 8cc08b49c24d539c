import { describe, expect, it } from 'vitest';
import { tradeSchema } from '../../../shared/contracts/fill.ts';
import { journalEventSchema } from '../../../shared/contracts/journal.ts';
import { marketSnapshotSchema } from '../../../shared/contracts/market-snapshot.ts';
import { quoteExcerptSchema } from '../../../shared/contracts/quote-excerpt.ts';
import { canonicalJson, wire } from '../../../shared/kernel/canonical-json.ts';
import { commitOf, QUOTE, roundTrip, sessionStarted } from '../../support/ledger-fixtures.ts';

const opened = commitOf(null, 'start', [sessionStarted('s'), ...roundTrip()]);

describe('rows from before prices were held against those of other venues', () => {
  it('are read as a snapshot without checks', () => {
    const snapshot = { scope: 'test', atMs: 1, quotes: [{ symbol: 'BTC', ...QUOTE }], rates: [], feeds: [], cursor: null };
    expect(marketSnapshotSchema.parse(snapshot).quotes).toMatchObject([{ symbol: 'BTC', check: null }]);
  });

  it('keep every byte when they are read: their hashes stand', () => {
    for (const { event } of opened.rows) expect(canonicalJson(journalEventSchema.parse(wire(event)))).toBe(canonicalJson(event));
    for (const trade of opened.trades) expect(canonicalJson(tradeSchema.parse(wire(trade)))).toBe(canonicalJson(trade));
    expect(quoteExcerptSchema.parse(QUOTE)).not.toHaveProperty('check');
  });

  it('keep a check and a flag where there is one', () => {
    const check = { state: 'diverged', spreadBps: -101.5, against: ['kraken'] };
    expect(quoteExcerptSchema.parse({ ...QUOTE, check })).toMatchObject({ check });
    const trade = opened.trades[0];
    expect(tradeSchema.parse(wire({ ...trade, flags: ['diverged_quote'] }))).toMatchObject({ flags: ['diverged_quote'] });
  });
});
