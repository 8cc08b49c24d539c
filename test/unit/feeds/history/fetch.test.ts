import { describe, expect, it } from 'vitest';
import { planBulk } from '../../../../shared/feeds/history/fetch/binance-plan.ts';
import { createDownloader, inParallel } from '../../../../shared/feeds/history/fetch/download.ts';
import { planDays } from '../../../../shared/feeds/history/fetch/fetch-nse.ts';
import { DAY_MS, MINUTE_MS } from '../../../../shared/kernel/time.ts';
import { startBinanceRest } from '../../../support/binance-rest-server.ts';
import {
  type Answer,
  archiveServer,
  BTC_MINUTES,
  checksumOf,
  collect,
  history,
  klineCsv,
  minutesFrom,
  openHistory,
  standingClock,
  testFolder,
  zipOf,
} from '../../../support/history-fixtures.ts';

const JANUARY = Date.UTC(2025, 0, 1);
const FEBRUARY = Date.UTC(2025, 1, 1);
const NOW = Date.UTC(2025, 1, 3, 0, 30);

const bulkName = (span: 'monthly' | 'daily', period: string): string => `/data/spot/${span}/klines/BTCUSDT/1m/BTCUSDT-1m-${period}.zip`;

/** A file of the archive and its checksum. */
function bulk(span: 'monthly' | 'daily', period: string, fromMs: number, minutes: number): Record<string, Answer> {
  const name = bulkName(span, period);
  const zip = zipOf(`BTCUSDT-1m-${period}.csv`, klineCsv(minutesFrom(fromMs, minutes), 1000));
  return { [name]: { status: 200, body: zip }, [`${name}.CHECKSUM`]: { status: 200, body: checksumOf(zip, `BTCUSDT-1m-${period}.zip`) } };
}

async function fetchBtc(
  dir: string,
  server: { readonly url: string },
  rest: { readonly url: string } | null,
  from = '2025-01-01',
  nowMs = NOW,
  to: readonly string[] = [],
) {
  const env = { NIGHTDESK_BINANCE_BULK_URL: server.url, NIGHTDESK_BINANCE_REST_URLS: rest?.url ?? 'http://127.0.0.1:9' };
  return history(['fetch', 'binance', '--symbols', 'BTC', '--from', from, ...to, '--dir', dir], { nowMs, env });
}

async function openTimes(dir: string): Promise<readonly number[]> {
  const { store } = await openHistory(dir);
  return (await collect(store.candles(BTC_MINUTES, { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER }))).map(({ openMs }) => openMs);
}

describe('the plan of a fetch from Binance', () => {
  const periods = (from: string, to: string, now = '2025-03-10'): readonly string[] =>
    planBulk('BTCUSDT', '1m', Date.parse(from), Date.parse(to), Date.parse(now)).map(({ period }) => period);

  it('takes months that are over as a whole, and days of the month that is not', () => {
    expect(periods('2024-12-01', '2025-03-10')).toEqual([
      '2024-12',
      '2025-01',
      '2025-02',
      ...Array.from({ length: 9 }, (_, day) => `2025-03-0${day + 1}`),
    ]);
  });

  it('takes single days of a month of which only a few are wanted', () => {
    expect(periods('2025-01-30', '2025-02-03')).toEqual(['2025-01-30', '2025-01-31', '2025-02-01', '2025-02-02']);
    expect(periods('2025-01-20', '2025-02-02')).toEqual(['2025-01', '2025-02-01']);
  });

  it('asks for no day that is not over', () => {
    expect(periods('2025-03-10', '2025-03-11', '2025-03-10T23:59:00Z')).toEqual([]);
    expect(periods('2025-02-25', '2025-12-31', '2025-03-02T12:00:00Z')).toEqual([
      '2025-02-25',
      '2025-02-26',
      '2025-02-27',
      '2025-02-28',
      '2025-03-01',
    ]);
  });
});

describe('a fetch from Binance', () => {
  const january = bulk('monthly', '2025-01', JANUARY, 31 * 1440);

  it('takes a month, a day and the rest over REST, each once; a second run fetches only what is new', async () => {
    const dir = testFolder();
    const server = await archiveServer({ ...january, ...bulk('daily', '2025-02-01', FEBRUARY, 1440) });
    const rest = await startBinanceRest(() => 30_000);
    try {
      const first = await fetchBtc(dir, server, rest);
      expect(first.err.filter((line) => !/^\d+ of/.test(line))).toEqual([]);
      expect(first.code).toBe(0);
      expect(first.out).toEqual([
        expect.stringMatching(/^Fetched 2 files \(.+\), 47,550 rows; 0 were there already$/),
        'Stored 47,550 new rows and 0 better ones in 3 files',
        `not there: ${bulkName('daily', '2025-02-02')}: not published yet, taken over REST`,
      ]);
      expect(await openTimes(dir)).toEqual(Array.from({ length: 33 * 1440 + 30 }, (_, minute) => JANUARY + minute * MINUTE_MS));
      const asked = server.asked.length;
      const second = await fetchBtc(dir, server, rest, '2025-01-01', NOW + 5 * MINUTE_MS);
      expect(second.out[0]).toMatch(/^Fetched 0 files \(0 B\), 5 rows; 2 were there already$/);
      expect(server.asked.slice(asked)).toEqual([bulkName('daily', '2025-02-02')]);
      expect((await openTimes(dir)).length).toBe(33 * 1440 + 35);
    } finally {
      await rest.stop();
    }
    const { code, out } = await history(['check', '--dir', dir], { nowMs: NOW });
    expect(out.at(-1)).toBe('Clean: 1 series');
    expect(code).toBe(0);
  });

  it('takes the days of a month that is not published yet', async () => {
    const dir = testFolder();
    const server = await archiveServer({
      ...bulk('daily', '2025-01-30', JANUARY + 29 * DAY_MS, 1440),
      ...bulk('daily', '2025-01-31', JANUARY + 30 * DAY_MS, 1440),
    });
    const said = await fetchBtc(dir, server, null, '2025-01-22', NOW, ['--to', '2025-01-31']);
    expect(server.asked[0]).toBe(bulkName('monthly', '2025-01'));
    expect((await openTimes(dir)).length).toBe(2 * 1440);
    expect(said.out.filter((line) => line.includes('was it listed then?')).length).toBe(8);
    expect(said.code).toBe(0);
  });

  it('refuses a file with a wrong checksum, with none, cut off, or of another form, takes the others and fails', async () => {
    const dir = testFolder();
    const [name, cut, bare, odd] = ['2025-01-27', '2025-01-28', '2025-01-29', '2025-01-30'].map((day) => bulkName('daily', day)) as [
      string,
      string,
      string,
      string,
    ];
    const zip = zipOf('x.csv', klineCsv(minutesFrom(JANUARY, 10)));
    const half = zip.slice(0, zip.length / 2);
    const server = await archiveServer({
      [name]: { status: 200, body: zip },
      [`${name}.CHECKSUM`]: { status: 200, body: checksumOf(half, 'x') },
      [cut]: { status: 200, body: half },
      [`${cut}.CHECKSUM`]: { status: 200, body: checksumOf(half, 'x') },
      [bare]: { status: 200, body: zip },
      [odd]: { status: 200, body: zipOf('notes.md', 'no table') },
      [`${odd}.CHECKSUM`]: { status: 200, body: checksumOf(zipOf('notes.md', 'no table'), 'x') },
      ...bulk('daily', '2025-01-31', JANUARY + 30 * DAY_MS, 1440),
    });
    const { code, err } = await fetchBtc(dir, server, null, '2025-01-27', NOW, ['--to', '2025-01-31']);
    expect(code).toBe(1);
    expect(err.filter((line) => line.startsWith('failed:')).sort()).toEqual([
      expect.stringMatching(/2025-01-27\.zip has the SHA-256 .+ its checksum file tells/),
      expect.stringMatching(/2025-01-29\.zip has no checksum file beside it: it is not taken unverified/),
      expect.stringMatching(/2025-01-30\.zip should hold one CSV file/),
      expect.stringMatching(/Cannot unpack .+2025-01-28\.zip/),
    ]);
    expect(server.asked.filter((path) => path === name).length).toBe(2);
    expect((await openTimes(dir)).length).toBe(1440);
  });

  it('tries again after 503, 429 and an answer that breaks off', async () => {
    const dir = testFolder();
    const day = bulk('daily', '2025-01-31', JANUARY + 30 * DAY_MS, 1440);
    const name = bulkName('daily', '2025-01-31');
    const good = day[name] as Answer;
    const server = await archiveServer({ ...day, [name]: [{ status: 503 }, { status: 429 }, { ...good, cutAfter: 100 }, good] });
    const { code, err } = await fetchBtc(dir, server, null, '2025-01-31', NOW, ['--to', '2025-01-31']);
    expect(code).toBe(0);
    expect(err.filter((line) => line.includes('tried again'))).toEqual([
      expect.stringMatching(/HTTP 503; tried again in 1\.\d s/),
      expect.stringMatching(/HTTP 429; tried again in [23]\.\d s/),
      expect.stringMatching(/broke off.+tried again in [456]\.\d s/),
    ]);
    expect((await openTimes(dir)).length).toBe(1440);
  });

  it('says so when there is no network, and when the server refuses', async () => {
    const dir = testFolder();
    const { code, err } = await fetchBtc(dir, { url: 'http://127.0.0.1:9' }, null);
    expect(code).toBe(1);
    expect(err.at(-1)).toMatch(
      /^The network did not answer: http:\/\/127\.0\.0\.1:9\/.+after 3 tries\. What was fetched before is kept, and the same command goes on from there$/,
    );
    const server = await archiveServer({ [bulkName('monthly', '2025-01')]: { status: 403 } });
    const refused = await fetchBtc(dir, server, null, '2025-01-01', NOW, ['--to', '2025-01-31']);
    expect(refused.code).toBe(1);
    expect(refused.err.at(-1)).toMatch(/refuses this client \(HTTP 403\)$/);
  });
});

const UDIFF =
  'TradDt,Sgmt,FinInstrmTp,ISIN,TckrSymb,SctySrs,XpryDt,StrkPric,OptnTp,OpnPric,HghPric,LwPric,ClsPric,LastPric,PrvsClsgPric,UndrlygPric,SttlmPric,OpnIntrst,ChngInOpnIntrst,TtlTradgVol,TtlTrfVal,TtlNbOfTxsExctd,NewBrdLotQty';
const cashText = (date: string): string => `${UDIFF}\n${date},CM,STK,INE467B01029,TCS,EQ,,,,100,110,90,105,105,100,,,,,1000,105000,50,1\n`;
const cashUrl = (date: string): string => `/content/cm/BhavCopy_NSE_CM_0_0_0_${date.replaceAll('-', '')}_F_0000.csv.zip`;
const cashFile = (date: string, inside = date): Record<string, Answer> => ({
  [cashUrl(date)]: { status: 200, body: zipOf('BhavCopy.csv', cashText(inside)) },
});

describe('the plan of a fetch from NSE', () => {
  it('has the sessions of the calendar in the form of their day: no weekend, no holiday, a special Saturday', () => {
    expect(planDays('cash', '2024-06-28', '2024-07-09').map(({ path }) => path)).toEqual([
      '/content/historical/EQUITIES/2024/JUN/cm28JUN2024bhav.csv.zip',
      ...['01', '02', '03', '04', '05'].map((day) => `/content/historical/EQUITIES/2024/JUL/cm${day}JUL2024bhav.csv.zip`),
      '/content/cm/BhavCopy_NSE_CM_0_0_0_20240708_F_0000.csv.zip',
      '/content/cm/BhavCopy_NSE_CM_0_0_0_20240709_F_0000.csv.zip',
    ]);
    expect(planDays('derivatives', '2025-01-31', '2025-02-02').map(({ path }) => path)).toEqual(
      ['20250131', '20250201'].map((day) => `/content/fo/BhavCopy_NSE_FO_0_0_0_${day}_F_0000.csv.zip`),
    );
    expect(planDays('cash', '2026-01-26', '2026-01-26')).toEqual([]);
    expect(planDays('derivatives', '2018-06-28', '2018-07-02').map(({ date }) => date)).toEqual(['2018-06-28', '2018-06-29', '2018-07-02']);
    expect(planDays('derivatives', '2018-06-29', '2018-06-29')[0]?.path).toBe('/content/historical/DERIVATIVES/2018/JUN/fo29JUN2018bhav.csv.zip');
  });
});

describe('a fetch from NSE', () => {
  /** Friday 2025-02-14, in the evening in India. */
  const nowMs = Date.parse('2025-02-14T14:00:00Z');
  const run = (dir: string, url: string, from: string, to: string, segments = 'cash') =>
    history(['fetch', 'nse', '--segments', segments, '--from', from, '--to', to, '--dir', dir], { nowMs, env: { NIGHTDESK_NSE_ARCHIVES_URL: url } });

  it('looks like a browser, asks only for sessions, and for what is there not again', async () => {
    const dir = testFolder();
    const server = await archiveServer({
      ...cashFile('2025-02-10'),
      ...cashFile('2025-02-11'),
      ...cashFile('2025-02-12'),
      ...cashFile('2025-02-13'),
    });
    const first = await run(dir, server.url, '2025-02-08', '2025-02-14');
    expect(first.code).toBe(0);
    expect(first.out).toEqual([
      expect.stringMatching(/^Fetched 4 files .+ 4 rows; 0 were there already$/),
      expect.stringMatching(/^Stored 4 new rows and 0 better ones in \d files$/),
      `not there: ${cashUrl('2025-02-14')}: not published yet`,
    ]);
    expect(server.requests.every(({ headers }) => headers['user-agent']?.startsWith('Mozilla/5.0'))).toBe(true);
    server.asked.length = 0;
    expect((await run(dir, server.url, '2025-02-08', '2025-02-14')).out[0]).toMatch(/^Fetched 0 files .+ 4 were there already$/);
    expect(server.asked).toEqual([cashUrl('2025-02-14')]);
  });

  it('fails when a session has no file, and when a file holds another day', async () => {
    const dir = testFolder();
    const server = await archiveServer({ ...cashFile('2025-02-03'), ...cashFile('2025-02-05', '2025-02-04') });
    const { code, err } = await run(dir, server.url, '2025-02-03', '2025-02-05');
    expect(code).toBe(1);
    expect(err.filter((line) => line.startsWith('failed:')).sort()).toEqual([
      `failed: ${cashUrl('2025-02-04')}: the calendar has a session on 2025-02-04, the archive has no file`,
      `failed: ${cashUrl('2025-02-05')} should hold the rows of 2025-02-05, it holds those of 2025-02-04`,
    ]);
  });

  it('tries weekdays that the calendar does not know, and takes no file for a holiday', async () => {
    const server = await archiveServer({});
    const { code, out } = await run(testFolder(), server.url, '2018-12-25', '2018-12-25', 'derivatives');
    expect(code).toBe(0);
    expect(out.at(-1)).toBe(
      'not there: /content/historical/DERIVATIVES/2018/DEC/fo25DEC2018bhav.csv.zip: the calendar does not know this day; a holiday?',
    );
  });

  it('brings derivatives into a file a day', async () => {
    const dir = testFolder();
    const text = `${UDIFF}\n2025-02-10,FO,IDF,,NIFTY,,2025-02-27,,,23500,23600,23300,23400,23400,23550,23381.6,23400,9750000,75,100,1e9,50,75\n`;
    const server = await archiveServer({ '/content/fo/BhavCopy_NSE_FO_0_0_0_20250210_F_0000.csv.zip': { status: 200, body: zipOf('x.csv', text) } });
    expect((await run(dir, server.url, '2025-02-10', '2025-02-10', 'derivatives')).code).toBe(0);
    const { out } = await history(['list', '--dir', dir]);
    expect(out[1]).toMatch(/^nse\/derivative-day\/all\/1d +2025-02-10 00:00 +2025-02-10 00:00 +1 +1 +\S+ kB +nse-udiff$/);
  });
});

describe('a downloader', () => {
  it('keeps a distance between requests, and waits as long as the server asks', async () => {
    const waits: number[] = [];
    let nowMs = 0;
    const clock = {
      now: () => nowMs,
      at: (ms: number, _label: string, task: () => unknown) => {
        waits.push(ms - nowMs);
        nowMs = Math.max(nowMs, ms);
        queueMicrotask(() => void task());
        return () => undefined;
      },
    };
    let answers = 0;
    const fetched = async (): Promise<Response> =>
      ++answers === 2 ? new Response('', { status: 429, headers: { 'retry-after': '7' } }) : new Response('x');
    const downloader = createDownloader({ clock, fetch: fetched, spacingMs: 300 });
    await downloader.get('http://a/1');
    await downloader.get('http://a/2');
    expect(waits).toEqual([300, 7000]);
  });

  it('works at most so many at a time, and ends with the first failure', async () => {
    let [now, most] = [0, 0];
    const done: number[] = [];
    const task = async (item: number): Promise<void> => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now--;
      if (item === 5) throw new Error('five');
      done.push(item);
    };
    await expect(inParallel([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 3, task)).rejects.toThrow('five');
    expect(most).toBe(3);
    expect(done.length).toBeLessThan(8);
    await expect(inParallel([], 3, task)).resolves.toBeUndefined();
    expect(standingClock(5).now()).toBe(5);
  });
});
