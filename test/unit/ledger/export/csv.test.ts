import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../../shared/kernel/time.ts';
import { daysCsv, fillsCsv, postingsCsv, tradesCsv } from '../../../../shared/ledger/export/csv.ts';
import { dayClosed, happen, roundTrip, START_MS, sessionStarted } from '../../../support/ledger-fixtures.ts';
import { startPosting } from '../../../support/planned-postings.ts';

const ROWS = happen(null, 'one, "two"', [
  sessionStarted('S-1'),
  ...roundTrip({ side: 'sell', symbol: 'INFY', currency: 'INR' }, { entry: '100.5', exit: '101' }),
  (account) => dayClosed(account, START_MS + DAY_MS, '2025-01-07'),
]).rows;

describe('a journal as CSV', () => {
  it('has a line a posting', () => {
    expect([...postingsCsv(ROWS)].slice(0, 6)).toEqual([
      'seq,instant,command,event,account,currency,amount',
      '1,2025-01-06T04:00:00.000Z,"one, ""two""",session-started,cash,USD,100000',
      '1,2025-01-06T04:00:00.000Z,"one, ""two""",session-started,capital,USD,-100000',
      '3,2025-01-06T04:00:00.100Z,"one, ""two""",filled,position:P:E:1,INR,-201',
      '3,2025-01-06T04:00:00.100Z,"one, ""two""",filled,charge:commission,INR,0.2',
      '3,2025-01-06T04:00:00.100Z,"one, ""two""",filled,exchange,INR,200.8',
    ]);
  });

  it('has accounts and currencies as they come', () => {
    const { rows } = happen(null, 'start', [startPosting('S-2', 'units:P:1 15 M&M', 'market -15 M&M')]);
    expect([...postingsCsv(rows)].slice(1)).toEqual([
      '1,2025-01-06T04:00:00.000Z,start,session-started,units:P:1,M&M,15',
      '1,2025-01-06T04:00:00.000Z,start,session-started,market,M&M,-15',
    ]);
  });

  it('has a line a fill, with a result where it closes something', () => {
    const [header, entry, exit] = [...fillsCsv(ROWS)];
    expect(header).toMatch(/^seq,instant,fill,order,position,/);
    expect(entry).toBe('3,2025-01-06T04:00:00.100Z,E:1:1,E:1,P:E:1,scalping,NSE,INFY,entry,sell,2,100.5,INR,0.2,0,1,test,market,,,simulated');
    expect(exit).toBe(
      '4,2025-01-06T04:01:00.000Z,X:P:E:1:1:1,X:P:E:1:1,P:E:1,scalping,NSE,INFY,exit,buy,2,101,INR,0.2,0,1,test,target,target,-1.4,simulated',
    );
  });

  it('has a line a trade', () => {
    expect([...tradesCsv(ROWS)].slice(1)).toEqual([
      '4,P:E:1,scalping,NSE,INFY,short,2,INR,100.5,101,2025-01-06T04:00:00.100Z,2025-01-06T04:01:00.000Z,a burst with volume,target,-1,0,0.4,0,-1.4,-0.35,simulated',
    ]);
  });

  it('has a line a day, with a column for every line of charges', () => {
    expect([...daysCsv(ROWS)]).toEqual([
      'date,closed,startEquityUsd,endEquityUsd,realisedUsd,chargesUsd,fills,trades,wins,commission INR',
      '2025-01-06,yes,100000,99998.6,-1.4,0.4,2,1,0,0.4',
      '2025-01-07,no,99998.6,99998.6,0,0,0,0,0,0',
    ]);
  });

  it('of nothing is its header', () => {
    for (const table of [postingsCsv, fillsCsv, tradesCsv, daysCsv]) expect([...table([])]).toHaveLength(1);
  });
});
