import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { binanceSeriesOf } from '../../../../shared/feeds/history/inputs/binance-bars.ts';
import { cellsOf, dateOf, numberOf } from '../../../../shared/feeds/history/inputs/csv.ts';
import type { Parsed } from '../../../../shared/feeds/history/inputs/parsed.ts';
import { parseInput } from '../../../../shared/feeds/history/inputs/recognise.ts';
import { unpack } from '../../../../shared/feeds/history/inputs/unpack.ts';
import { seriesKey } from '../../../../shared/feeds/history/series.ts';
import { iso } from '../../../../shared/kernel/time.ts';
import { klineCsv, minutesFrom, zipOf } from '../../../support/history-fixtures.ts';

function parsed(path: string, text: string, member: string | null = null): Parsed {
  const found = parseInput({ path, member, text, klineSource: 'recorded' });
  if (found === null) throw new Error(`${path} was not recognised`);
  return found;
}

/** The only batch of a text: its series and its rows. */
function only(path: string, text: string, member: string | null = null) {
  const { batches, ...rest } = parsed(path, text, member);
  const [batch, ...more] = batches;
  if (batch === undefined || more.length > 0) throw new Error(`${path} has ${batches.length} batches`);
  return { series: seriesKey(batch.series), rows: batch.rows as unknown as readonly Readonly<Record<string, unknown>>[], ...rest };
}

const T0 = Date.UTC(2025, 0, 1);

describe("Binance's klines", () => {
  it.each([
    ['BTCUSDT-1m-2025-01.zip', 'binance/spot/BTCUSDT/1m'],
    ['BTCUSDT-1h-2025-01-15.csv', 'binance/spot/BTCUSDT/1h'],
    ['x/futures/um/monthly/klines/ETHUSDT/5m/ETHUSDT-5m-2025-01.zip', 'binance/perpetual/ETHUSDT/5m'],
    ['BTCUSDT-1m-2023.csv.gz', 'binance/spot/BTCUSDT/1m'],
    ['BTCUSDT_PERP-1m-2023.csv.gz', 'binance/perpetual/BTCUSDT/1m'],
    ['BTCUSDT_PERP-1h-futures-2023dec-2026apr.csv.gz', 'binance/perpetual/BTCUSDT/1h'],
    ['SOLUSDT_PERP-1h-mark-2025dec-2026jan.csv.gz', 'binance/mark/SOLUSDT/1h'],
    ['SOLUSDT_PERP-1h-funding_rate-2025dec-2026jan.csv.gz', 'binance/funding/SOLUSDT/8h'],
  ])('are of the series that %s names', (path, key) => {
    const series = binanceSeriesOf(path);
    expect(series === null ? null : seriesKey(series)).toBe(key);
  });

  it.each(['BTCUSDT-2m-2025-01.zip', 'data/futures/cm/BTCUSD_PERP-1m-2025-01.zip', 'notes.csv'])('are not what %s names', (path) => {
    expect(binanceSeriesOf(path)).toBeNull();
  });

  it('are the same with stamps in milliseconds and in microseconds, with a header and without one', () => {
    const candles = minutesFrom(T0, 3);
    const header = 'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n';
    const texts = [klineCsv(candles), header + klineCsv(candles), klineCsv(candles, 1000), `${header}${klineCsv(candles, 1000)}\r\n`];
    const all = texts.map((text) => only('BTCUSDT-1m-2025-01.zip', text, 'BTCUSDT-1m-2025-01.csv'));
    for (const each of all) expect(each).toEqual(all[0]);
    expect(all[0]?.rows.map(({ time }) => time)).toEqual([T0, T0 + 60_000, T0 + 120_000]);
    expect(all[0]?.rows[1]).toEqual({ time: T0 + 60_000, ...{ ...candles[1], openMs: undefined }, source: 'recorded', openMs: undefined });
  });

  it('that cannot be true are refused and counted', () => {
    const rows = [
      `${T0},1,2,0.5,1.5,3`,
      `${T0 + 1},1,2,0.5,1.5,3`,
      `${T0},1,0.9,0.5,1.5,3`,
      `${T0},0,2,0.5,1.5,3`,
      `${T0},1,2,0.5,1.5,-3`,
      `${T0},1,2`,
      `${T0},1,2,0x1,1.5,3`,
    ];
    const { rows: kept, refused } = only('BTCUSDT-1m-x.csv', `open_time,open,high,low,close,volume\n${rows.join('\n')}`);
    expect(kept.length).toBe(1);
    expect(refused).toEqual({ bad_stamp: 1, bad_range: 1, bad_price: 2, bad_quantity: 1, bad_row: 1 });
  });

  it('of funding tell the rate in the column open, negative or small, at the hour', () => {
    const text = `open_time,open,high,low,close,volume\n${T0 + 8},-6.91e-06,0.0,0.0,0.0,0.0\n${T0 + 28_800_000},0.0001,0.0,0.0,0.0,0.0\n`;
    expect(only('BTCUSDT_PERP-8h-funding_rate-2025.csv', text).rows).toEqual([
      { time: T0, rate: -6.91e-6, source: 'recorded' },
      { time: T0 + 28_800_000, rate: 0.0001, source: 'recorded' },
    ]);
  });
});

describe("NSE's bars", () => {
  it('with times in India are in order of whatever the file has, blanks and all', () => {
    const text =
      'Code,Date,Open,High,Low,Close,Volume\nTCS,2016-08-16 09:16:00, 593.5, 593.6, 589.1, 590.25, 261538\nTCS,2016-08-16 09:15:00, 590, 591, 589, 590, 5\n';
    const { series, rows } = only('TCS.csv', text);
    expect(series).toBe('nse/equity/TCS/1m');
    expect(rows.map(({ time }) => iso(Number(time)))).toEqual(['2016-08-16T03:46:00.000Z', '2016-08-16T03:45:00.000Z']);
    expect(rows[0]).toMatchObject({ open: 593.5, high: 593.6, low: 589.1, close: 590.25, volume: 261_538 });
  });

  it('of an index whose labels mark the end begin a minute before, and values outside of trading are left out', () => {
    const row = (clock: string, price = '100.5'): string => `NIFTY,20210201,${clock},${price},101,100,100.75,0,0`;
    const { series, rows, leftOut } = only(
      '2021_FEB_NIFTY.txt.gz',
      ['09:08', '09:16', '15:30', '15:31', '15:33'].map((clock) => row(clock)).join('\n'),
    );
    expect(series).toBe('nse/index/NIFTY/1m');
    expect(rows.map(({ time }) => iso(Number(time)))).toEqual(['2021-02-01T03:45:00.000Z', '2021-02-01T09:59:00.000Z']);
    expect(leftOut).toEqual({ outside_trading: 3 });
  });

  it('of an index on the day of the outage go on until 17:00, and on a Muhurat evening there is a session', () => {
    const outage = ['09:08', '10:07', '15:38', '15:46', '17:00', '17:02'].map((clock) => `NIFTY,20210224,${clock},100,101,100,100,0,0`);
    const muhurat = ['18:08', '18:16', '19:15', '19:18'].map((clock) => `NIFTY,20211104,${clock},100,101,100,100,0,0`);
    const { rows } = only('x.txt.gz', [...outage, ...muhurat].join('\n'));
    expect(rows.map(({ time }) => iso(Number(time)).slice(0, 16))).toEqual([
      '2021-02-24T04:36',
      '2021-02-24T10:15',
      '2021-02-24T11:29',
      '2021-11-04T12:45',
      '2021-11-04T13:44',
    ]);
  });

  it("in Yahoo's form with three header rows are in UTC, columns by name, prices in paise", () => {
    const text = [
      'Price,Close,High,Low,Open,Volume',
      'Ticker,TCS.NS,TCS.NS,TCS.NS,TCS.NS,TCS.NS',
      'Datetime,,,,,',
      '2026-05-20 03:45:00+00:00,2712.39990234375,2719.89990234375,2690.300048828125,2700.0,0',
      '2026-05-20 03:50:00+00:00,2697.699951171875,2711.800048828125,2692.199951171875,2711.60009765625,64484',
    ].join('\n');
    const { series, rows, notes } = only('TCS_5min.csv', text);
    expect(series).toBe('nse/equity/TCS/5m');
    expect(rows[0]).toEqual({
      time: Date.parse('2026-05-20T03:45:00Z'),
      open: 2700,
      high: 2719.9,
      low: 2690.3,
      close: 2712.4,
      volume: 0,
      source: 'yahoo',
    });
    expect(notes).toEqual(['the volume of the first bar of a day is 0 in this source']);
  });

  it("in Yahoo's form with one header row are of the file's name; an evening session is on its own grid", () => {
    const row = (time: string): string => `${time}+05:30,100,101,99,100,5,0.0,0.0`;
    const text = [
      'Datetime,Open,High,Low,Close,Volume,Dividends,Stock Splits',
      ...['2022-10-21 09:15:00', '2022-10-21 10:15:00', '2022-10-24 18:15:00', '2022-10-25 09:20:00'].map(row),
    ].join('\n');
    const { series, rows, refused } = only('yf/M&M.csv', text);
    expect(series).toBe('nse/equity/M+M/1h');
    expect(rows.length).toBe(3);
    expect(refused).toEqual({ bad_stamp: 1 });
  });

  it('of a contract are of the file’s name, and an index by its day', () => {
    const contract =
      'date,open,high,low,close,volume\n2025-12-12 09:15:00+05:30,267.95,269.45,250.2,261.65,171525\n2025-12-12 09:16:00+05:30,261,266,259.3,263.45,100575\n';
    expect(only('x/NIFTY25DEC26000CE.csv.gz', contract)).toMatchObject({
      series: 'nse/contract/NIFTY25DEC26000CE/1m',
      rows: [{ open: 267.95 }, { volume: 100_575 }],
    });
    const closes = [
      'Index Name,Index Date,Open Index Value,High Index Value,Low Index Value,Closing Index Value,Points Change,Change(%),Volume,Turnover (Rs. Cr.),P/E,P/B,Div Yield',
      'Nifty 50,01-01-2025,23637.65,23822.8,23562.8,23742.9,98.1,.41,154921938,14266.26,21.88,3.54,1.27',
      'Nifty Next 50,01-01-2025,68044.65,68325.05,67744.9,68247.95,259.6,.38,-,-,21,3,1',
      'Nifty50 TR 2x Leverage,01-01-2025,-,-,-,100,1,1,-,-,-,-,-',
    ].join('\n');
    const { batches, leftOut } = parsed('ind_close_all_01012025.csv', closes);
    expect(batches.map(({ series }) => seriesKey(series))).toEqual(['nse/index/NIFTY/1d', 'nse/index/NIFTY-NEXT-50/1d']);
    expect(batches[0]?.rows).toEqual([
      {
        time: Date.parse('2025-01-01T09:15:00+05:30'),
        open: 23_637.65,
        high: 23_822.8,
        low: 23_562.8,
        close: 23_742.9,
        volume: 154_921_938,
        source: 'nse-full',
      },
    ]);
    expect(leftOut).toEqual({ no_open: 1 });
  });
});

const UDIFF =
  'TradDt,BizDt,Sgmt,Src,FinInstrmTp,FinInstrmId,ISIN,TckrSymb,SctySrs,XpryDt,FininstrmActlXpryDt,StrkPric,OptnTp,FinInstrmNm,OpnPric,HghPric,LwPric,ClsPric,LastPric,PrvsClsgPric,UndrlygPric,SttlmPric,OpnIntrst,ChngInOpnIntrst,TtlTradgVol,TtlTrfVal,TtlNbOfTxsExctd,SsnId,NewBrdLotQty,Rmks,Rsvd1,Rsvd2,Rsvd3,Rsvd4';

describe('bhavcopies of the cash market', () => {
  it('in the form of UDiFF are read by the names of columns', () => {
    const row =
      '2025-09-10,2025-09-10,CM,NSE,STK,2885,INE002A01018,RELIANCE,EQ,,,,,RELIANCE INDUSTRIES LTD,1383.90,1388.50,1374.10,1377.00,1377.50,1376.20,,1377.00,,,7790815,10752266849.20,222655,F1,1,,,,,';
    expect(only('x.csv', `${UDIFF}\n${row}\n`)).toMatchObject({
      series: 'nse/equity-day/all/1d',
      rows: [
        {
          date: '2025-09-10',
          symbol: 'RELIANCE',
          series: 'EQ',
          isin: 'INE002A01018',
          open: 1383.9,
          high: 1388.5,
          low: 1374.1,
          close: 1377,
          last: 1377.5,
          previousClose: 1376.2,
          volume: 7_790_815,
          turnover: 10_752_266_849.2,
          trades: 222_655,
          delivered: null,
          source: 'nse-udiff',
        },
      ],
    });
  });

  it('in the older form tell the ISIN too', () => {
    const text =
      'SYMBOL,SERIES,OPEN,HIGH,LOW,CLOSE,LAST,PREVCLOSE,TOTTRDQTY,TOTTRDVAL,TIMESTAMP,TOTALTRADES,ISIN,\nTCS,EQ,3900,3950.5,3890,3904.15,3905,3934,1234,4818000.5,28-JUN-2024,99,INE467B01029,\n';
    expect(only('cm28JUN2024bhav.csv.zip', text, 'cm28JUN2024bhav.csv').rows).toEqual([
      {
        date: '2024-06-28',
        symbol: 'TCS',
        series: 'EQ',
        isin: 'INE467B01029',
        open: 3900,
        high: 3950.5,
        low: 3890,
        close: 3904.15,
        last: 3905,
        previousClose: 3934,
        volume: 1234,
        turnover: 4_818_000.5,
        trades: 99,
        delivered: null,
        source: 'nse-legacy',
      },
    ]);
  });

  const FULL =
    'SYMBOL, SERIES, DATE1, PREV_CLOSE, OPEN_PRICE, HIGH_PRICE, LOW_PRICE, LAST_PRICE, CLOSE_PRICE, AVG_PRICE, TTL_TRD_QNTY, TURNOVER_LACS, NO_OF_TRADES, DELIV_QTY, DELIV_PER';
  it('in full are of the day in their rows, whatever the name says, and keep what was delivered', () => {
    const row = '20MICRONS, EQ, 14-Jan-2026, 190.64, 190.82, 195.00, 189.82, 190.00, 190.47, 191.22, 71917, 137.52, 2694, 32157, 44.71';
    expect(only('HOLIDAY_DUPLICATE_sec_bhavdata_full_15012026.csv.gz', `${FULL}\n${row}`).rows).toEqual([
      {
        date: '2026-01-14',
        symbol: '20MICRONS',
        series: 'EQ',
        isin: null,
        open: 190.82,
        high: 195,
        low: 189.82,
        close: 190.47,
        last: 190,
        previousClose: 190.64,
        volume: 71_917,
        turnover: 13_752_000,
        trades: 2694,
        delivered: 32_157,
        source: 'nse-full',
      },
    ]);
  });

  it('of 2010 hold rupees under the name of lakhs, and zeros for what they do not know', () => {
    const row = '20MICRONS,EQ,10-JUN-2010,40.55,41.45,41.75,40.65,41.15,40.9,0,2055,84399,0,0,0';
    expect(only('x.csv', `${FULL}\n${row}`).rows).toMatchObject([{ turnover: 84_399, trades: null, delivered: null, volume: 2055 }]);
  });

  it('have rows that cannot be read, which are refused and counted', () => {
    const rows = [
      'A, EQ, 32-Jan-2026, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1',
      'B, EQ, 14-Jan-2026, 1, -, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1',
      ', EQ, 14-Jan-2026, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1',
    ];
    expect(only('x.csv', `${FULL}\n${rows.join('\n')}`).refused).toEqual({ bad_date: 1, bad_number: 1, no_symbol: 1 });
  });
});

describe('bhavcopies of derivatives', () => {
  it('in the form of UDiFF are told from the cash market by the segment', () => {
    const rows = [
      '2026-01-27,2026-01-27,FO,NSE,STO,68424,,360ONE,,2026-01-27,2026-01-27,1100.00,CE,360ONE26JAN1100CE,14.50,20.70,8.75,16.00,16.00,14.10,1113.70,1113.70,58000,-19000,57,31714075.00,52,F1,500,,,,,',
      '2026-01-27,2026-01-27,FO,NSE,IDF,1,,NIFTY,,2026-02-24,2026-02-24,,,NIFTY26FEBFUT,25000,25100.5,24900,25050,25050,24990,25010.3,25050,9750000,12,345,1e9,52,F1,65,,,,,',
    ];
    const { series, rows: read } = only('BhavCopy_NSE_FO.csv', `${UDIFF}\n${rows.join('\n')}`);
    expect(series).toBe('nse/derivative-day/all/1d');
    expect(read[0]).toEqual({
      date: '2026-01-27',
      symbol: '360ONE',
      kind: 'STO',
      expiry: '2026-01-27',
      strike: 1100,
      option: 'CE',
      open: 14.5,
      high: 20.7,
      low: 8.75,
      close: 16,
      last: 16,
      previousClose: 14.1,
      settle: 1113.7,
      underlying: 1113.7,
      openInterest: 58_000,
      openInterestChange: -19_000,
      contracts: 57,
      turnover: 31_714_075,
      trades: 52,
      lot: 500,
      source: 'nse-udiff',
    });
    expect(read[1]).toMatchObject({ symbol: 'NIFTY', kind: 'IDF', strike: null, option: null, lot: 65, expiry: '2026-02-24' });
  });

  it('in the older form are read into the same rows', () => {
    const text = [
      'INSTRUMENT,SYMBOL,EXPIRY_DT,STRIKE_PR,OPTION_TYP,OPEN,HIGH,LOW,CLOSE,SETTLE_PR,CONTRACTS,VAL_INLAKH,OPEN_INT,CHG_IN_OI,TIMESTAMP,',
      'FUTIDX,BANKNIFTY,31-Jul-2024,0,XX,52800,53000,52500.5,52700,52701,100,790.50,1500,-30,28-JUN-2024,',
      'OPTSTK,TCS,25-Jul-2024,3900,PE,50,60,40,55,55.5,10,68.5,17500,175,28-JUN-2024,',
      'OPTSTK,TCS,25-Jul-2024,0,PE,50,60,40,55,55.5,10,68.5,17500,175,28-JUN-2024,',
    ].join('\n');
    const { rows, refused } = only('fo28JUN2024bhav.csv', text);
    expect(rows).toMatchObject([
      {
        date: '2024-06-28',
        kind: 'IDF',
        symbol: 'BANKNIFTY',
        expiry: '2024-07-31',
        strike: null,
        option: null,
        settle: 52_701,
        contracts: 100,
        turnover: 79_050_000,
        underlying: null,
        lot: null,
      },
      { kind: 'STO', strike: 3900, option: 'PE', openInterest: 17_500, openInterestChange: 175 },
    ]);
    expect(refused).toEqual({ bad_option: 1 });
  });

  it('of the market activity report take the day from the name of the member, fields padded', () => {
    const text =
      'INSTRUMENT,SYMBOL    ,EXP_DATE  ,STR_PRICE  ,OPT_TYPE,OPEN_PRICE ,HI_PRICE   ,LO_PRICE   ,CLOSE_PRICE,OPEN_INT*      ,TRD_QTY          ,NO_OF_CONT       ,NO_OF_TRADE      ,NOTION_VAL        ,PR_VAL            \n' +
      'OPTIDX    ,BANKNIFTY ,25/11/2025,00046500.00,PE      ,00000003.95,00000005.20,00000003.30,00000003.50,000000000074795,            13965,              399,              135,      649427357.25,          54857.25\n';
    expect(only('fo14112025.zip', text, 'op14112025.csv').rows).toMatchObject([
      {
        date: '2025-11-14',
        symbol: 'BANKNIFTY',
        kind: 'IDO',
        expiry: '2025-11-25',
        strike: 46_500,
        option: 'PE',
        open: 3.95,
        close: 3.5,
        openInterest: 74_795,
        contracts: 399,
        trades: 135,
        turnover: 649_427_357.25,
        settle: null,
      },
    ]);
  });
});

describe('exchange rates', () => {
  it('are days of the ECB and months of the Federal Reserve', () => {
    expect(only('a.csv', 'date,eur_usd,eur_inr,usd_inr_cross\n2009-01-02,1.3866,67.125,48.409779\n')).toMatchObject({
      series: 'ecb/fx/USDINR/1d',
      rows: [{ time: Date.UTC(2009, 0, 2), rate: 48.409779, source: 'ecb' }],
    });
    expect(only('b.csv', 'Date,Country,Exchange rate\n1973-01-01,India,8.0041\n1973-01-01,Japan,301.15\n')).toMatchObject({
      series: 'fed/fx/USDINR/1mo',
      rows: [{ rate: 8.0041 }],
    });
  });
});

describe('a text of another form', () => {
  it('may have the columns of a contract and be of something else', () => {
    const text = (time: string): string => `date,open,high,low,close,volume\n${time},1,2,1,1,5\n`;
    const parse = (path: string, time: string) => parseInput({ path, member: null, text: text(time), klineSource: 'recorded' });
    expect([parse('quotes/intraday.csv', '2020-12-15 09:30:00+05:30'), parse('NIFTY25DECFUT.csv', '2020-12-15 09:30:00')]).toEqual([null, null]);
  });

  it.each(['timestamp_ns,open,high,low,close,volume\n1787024700000000000,1,2,1,1,1\n', 'a,b\n1,2\n', ''])('is not recognised: %j', (text) => {
    expect(parseInput({ path: 'x.csv', member: null, text, klineSource: 'recorded' })).toBeNull();
  });

  it('says which column is not there', () => {
    expect(() => parsed('x.csv', 'SYMBOL,SERIES,DATE1,PREV_CLOSE,OPEN\nA,EQ,1,1,1\n')).toThrow(
      'x.csv has no column OPEN_PRICE; it has SYMBOL, SERIES, DATE1, PREV_CLOSE, OPEN',
    );
  });
});

describe('cells', () => {
  it('may be quoted', () => {
    expect(cellsOf('a, "b, c" ,"say ""x""",d')).toEqual(['a', 'b, c', 'say "x"', 'd']);
  });

  it.each([
    ['2026-08-03', '2026-08-03'],
    ['03-Aug-2026', '2026-08-03'],
    ['10-JUN-2010', '2010-06-10'],
    ['25/11/2025', '2025-11-25'],
    ['01-02-2025', '2025-02-01'],
    ['2026-02-30', null],
    ['31-Foo-2026', null],
    ['', null],
  ])('hold the date %s', (text, date) => {
    expect(dateOf(text)).toBe(date);
  });

  it.each(['', '-', 'x', '0x10', '1,5', ' ', 'Infinity'])('hold no number in %j', (text) => {
    expect(numberOf(text)).toBeNaN();
  });
});

describe('an archive', () => {
  const zip = zipOf('a.csv', 'x,y\n1,2\n');

  it('gives its texts', () => {
    expect(unpack('a.zip', zip)).toEqual([{ member: 'a.csv', text: 'x,y\n1,2\n' }]);
    expect(unpack('a.csv.gz', gzipSync('x'))).toEqual([{ member: null, text: 'x' }]);
    expect(unpack('a.csv', new TextEncoder().encode('\uFEFFx'))).toEqual([{ member: null, text: 'x' }]);
  });

  it('that is cut off, or of which a byte was changed, is refused', () => {
    expect(() => unpack('a.zip', zip.slice(0, zip.length - 30))).toThrow(/Cannot unpack a\.zip/);
    const changed = Uint8Array.from(zip);
    const at = Buffer.from(zip).indexOf('x,y');
    changed[at < 0 ? 40 : at] = (changed[at < 0 ? 40 : at] ?? 0) ^ 1;
    expect(() => unpack('a.zip', changed)).toThrow(/Cannot unpack a\.zip/);
  });
});
