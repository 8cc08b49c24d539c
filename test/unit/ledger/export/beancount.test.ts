import { describe, expect, it } from 'vitest';
import type { JournalEvent, JournalRow } from '../../../../shared/contracts/journal.ts';
import { decimal } from '../../../../shared/kernel/decimal.ts';
import { DAY_MS } from '../../../../shared/kernel/time.ts';
import type { Account } from '../../../../shared/ledger/account.ts';
import { beancountLines } from '../../../../shared/ledger/export/beancount.ts';
import { beancountAccount, beancountCurrency } from '../../../../shared/ledger/export/beancount-names.ts';
import { beanProblems } from '../../../support/bean-semantics.ts';
import { dayClosed, entryFill, entryOrder, happen, orderPlaced, roundTrip, START_MS, sessionStarted } from '../../../support/ledger-fixtures.ts';
import { EVERY_ACCOUNT, startPosting } from '../../../support/planned-postings.ts';

const written = (rows: readonly JournalRow[]): string => [...beancountLines(rows)].join('\n');

/** A day with a trade and a position that is held over its close, which is closed on the next. */
function twoDays(): readonly JournalRow[] {
  const held = entryOrder({ id: 'E:2', symbol: 'ETH' });
  const exit = (account: Account): JournalEvent => {
    const trip = roundTrip({ id: 'E:2', symbol: 'ETH' })[2];
    if (typeof trip !== 'function') throw new Error('a round trip ends with an exit');
    return trip(account);
  };
  return happen(null, 'all "of" it', [
    sessionStarted('S-1'),
    ...roundTrip(),
    orderPlaced(held),
    (account) => entryFill(account, held.id, { price: '100', atMs: START_MS + 90_000 }),
    (account) => dayClosed(account, START_MS + DAY_MS, '2025-01-07'),
    exit,
  ]).rows;
}

describe('a journal as a Beancount ledger', () => {
  it('has a balanced transaction for each row that moves money, with what happened and where it stands in the journal', () => {
    const rows = twoDays();
    const lines = written(rows).split('\n');
    const begin = lines.indexOf('2025-01-06 * "filled: sell 2 BTC at 103 USDT, target"');
    expect(lines.slice(begin, begin + 13)).toEqual([
      '2025-01-06 * "filled: sell 2 BTC at 103 USDT, target"',
      '  seq: 4',
      '  at: "2025-01-06T04:01:00.000Z"',
      '  command: "all \\"of\\" it"',
      `  hash: "${rows[3]?.hash}"`,
      '  Assets:Position:P--E--1  -200 USDT',
      '  Income:Realised-Pnl  -6 USDT',
      '  Expenses:Charge:Commission  0.2 USDT',
      '  Equity:Exchange  205.8 USDT',
      '  Equity:Exchange  -205.8 USD',
      '  Assets:Cash  205.8 USD',
      '  Assets:Units:P--E--1  -2 BTC',
      '  Equity:Market  2 BTC',
    ]);
    expect(lines.filter((line) => line.includes(' * "'))).toHaveLength(5);
  });

  it('says what every asset amounts to after each day, and of what is gone only once', () => {
    expect(
      written(twoDays())
        .split('\n')
        .filter((line) => line.includes(' balance ')),
    ).toEqual([
      '2025-01-07 balance Assets:Cash  99805.4 ~ 0 USD',
      '2025-01-07 balance Assets:Position:P--E--1  0 ~ 0 USDT',
      '2025-01-07 balance Assets:Units:P--E--1  0 ~ 0 BTC',
      '2025-01-07 balance Assets:Position:P--E--2  200 ~ 0 USDT',
      '2025-01-07 balance Assets:Units:P--E--2  2 ~ 0 ETH',
      '2025-01-08 balance Assets:Cash  100011.2 ~ 0 USD',
      '2025-01-08 balance Assets:Position:P--E--2  0 ~ 0 USDT',
      '2025-01-08 balance Assets:Units:P--E--2  0 ~ 0 ETH',
    ]);
  });

  it('holds what bean-check asks for, whatever the accounts and currencies', () => {
    expect(beanProblems(written(twoDays()))).toEqual([]);
    const file = written(happen(null, 'start', [startPosting('S-2', ...EVERY_ACCOUNT)]).rows);
    expect(beanProblems(file)).toEqual([]);
    expect(file).toContain('2025-01-06 open Equity:Exchange  USD,USDT,INR\n  name: "exchange"');
    expect(file).toContain('2025-01-06 open Equity:Market  BTC,M_26_M,X__V\n');
    expect(file).toContain('2025-01-06 commodity M_26_M\n  name: "M&M"');
  });

  it('names contracts whose symbols are too long, each by a name of its own that tells the symbol', () => {
    const contracts = ['RELIANCE-2025-01-30-1300-C', 'RELIANCE-2025-01-30-1300-P'];
    const lines = contracts.flatMap((symbol, index) => [`units:P:${index} 500 ${symbol}`, `market -500 ${symbol}`]);
    const file = written(happen(null, 'start', [startPosting('S-3', ...EVERY_ACCOUNT, ...lines)]).rows);
    expect(beanProblems(file)).toEqual([]);
    for (const symbol of contracts) expect(file).toContain(`commodity ${beancountCurrency(symbol)}\n  name: "${symbol}"`);
    // Unshortened it is what bean-check refuses.
    expect(beanProblems(file.replaceAll(beancountCurrency(contracts[0] ?? ''), contracts[0] ?? ''))).not.toEqual([]);
  });

  it('of nothing is nothing', () => {
    expect(written([])).toBe('');
  });
});

describe('a name in Beancount', () => {
  it.each([
    ['cash', 'Assets:Cash'],
    ['position:2026-10-01T07:02:00.000Z:swing:BTC', 'Assets:Position:2026-2d-10-2d-01T07--02--00-2e-000Z--swing--BTC'],
    ['units:P:1', 'Assets:Units:P--1'],
    ['margin:P:1', 'Assets:Margin:P--1'],
    ['charge:stt', 'Expenses:Charge:Stt'],
    ['charge:Stt', 'Expenses:Charge:X-xStt'],
    ['charge:exchange_fee', 'Expenses:Charge:Exchange-5f-fee'],
    ['charge:', 'Expenses:Charge:X-x'],
    ['position:ask:order 1', 'Assets:Position:Ask--order-20-1'],
    ['position:_', 'Assets:Position:X-x-5f-'],
    ['market', 'Equity:Market'],
    ['suspense:x', 'Equity:Other:Suspense:X-xx'],
  ])('of the account %s is %s', (account, name) => {
    expect(beancountAccount(account)).toBe(name);
  });

  it.each([
    ['USD', 'USD'],
    ['RELIANCE', 'RELIANCE'],
    ['BTC-27DEC24-100000-C', 'BTC-27DEC24-100000-C'],
    ['M&M', 'M_26_M'],
    ['1000SATS', 'X__1000SATS'],
    ['V', 'X__V'],
    ['TRUE', 'X__TRUE'],
    ['NIFTY 50', 'NIFTY_20_50'],
    ['ends-', 'X___65__6E__64__73_-_Z'],
    ['RELIANCE-2025-01-30-1300', 'RELIANCE-2025-01-30-1300'],
    ['RELIANCE-2025-01-30-1300-C', 'RELIANCE-2__3BB3CBEF394A'],
  ])('of the currency %s is %s', (currency, name) => {
    expect(beancountCurrency(currency)).toBe(name);
  });
});

describe('the check of a Beancount ledger', () => {
  const sound = written(twoDays());
  it.each<readonly [string, string | RegExp, string, RegExp]>([
    ['an amount that is off', 'Assets:Cash  205.8 USD', 'Assets:Cash  205.9 USD', /does not balance, 0\.1 USD/],
    ['an account that is not open', '2025-01-06 open Assets:Cash  USD', '', /Assets:Cash is not open/],
    ['an account that is opened too late', '2025-01-06 open Assets:Cash', '2025-01-07 open Assets:Cash', /Assets:Cash is not open on 2025-01-06/],
    ['an account that is open for something else', 'open Assets:Cash  USD', 'open Assets:Cash  INR', /not open for USD/],
    ['an account that is opened twice', 'open Equity:Capital  USD', 'open Assets:Cash  USD', /opened twice/],
    ['an assertion that does not hold', 'balance Assets:Cash  99805.4 ', 'balance Assets:Cash  99805.3 ', /Assets:Cash has 99805\.4 USD/],
    ['a currency that is declared twice', 'commodity USDT', 'commodity USD', /declared twice/],
    ['a currency in small letters', 'commodity USDT', 'commodity usdt', /no line of Beancount/],
    ['an account with another root', 'open Equity:Capital', 'open Capital:Equity', /no line of Beancount/],
    ['a component that begins small', 'open Expenses:Charge:Commission', 'open Expenses:Charge:commission', /no line of Beancount/],
    ['a date that is none', /2025-01-07 balance/g, '2025-02-30 balance', /2025-02-30 is no date/],
    ['a string that does not end', '"filled: sell 2 BTC', '"filled: "sell 2 BTC', /no line of Beancount/],
  ])('finds %s', (_, from, to, says) => {
    expect(beanProblems(sound)).toEqual([]);
    const spoilt = sound.replace(from, to);
    expect(spoilt).not.toBe(sound);
    expect(beanProblems(spoilt).join('\n')).toMatch(says);
  });

  it('counts amounts exactly', () => {
    expect(decimal('0.00000001')).toBe(1n);
    expect(beanProblems(sound.replace('Assets:Cash  205.8 USD', 'Assets:Cash  205.80000001 USD')).join('\n')).toContain('0.00000001 USD over');
  });
});
