import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type CoinbaseFrame, parseCoinbaseFrame } from '../../shared/feeds/references/coinbase-frame.ts';
import { parseKrakenFrame } from '../../shared/feeds/references/kraken-frame.ts';
import { NO_RECORDED_DATA, recordedFiles } from '../support/recorded-data.ts';

const coinbaseLog = recordedFiles('coinbase/cryptofeed', /^COINBASE\.ws.*\.gz$/);
const coinbaseSingles = recordedFiles('coinbase/fixtures', /^(?:tardis_coinbase_exchange|crypto-msg-parser_coinbase_pro)\.jsonl$/);
const kraken = recordedFiles('kraken/fixtures/nautilus', /^ws_(?!futures|l3|add|amend|batch|cancel|book).*\.json$/);
const krakenV1 = recordedFiles('kraken/cryptofeed', /^KRAKEN\.ws\.49.*\.gz$/);
const isHere = coinbaseLog.length > 0 && coinbaseSingles.length > 0 && kraken.length > 0 && krakenV1.length > 0;
const title = (what: string): string => `${what}${isHere ? '' : ` (${NO_RECORDED_DATA})`}`;

/** Frames received, of a log whose lines are `<epoch seconds>: <frame>`; lines of what was sent are left out. */
function receivedIn(path: string): readonly { readonly receivedMs: number; readonly text: string }[] {
  return gunzipSync(readFileSync(path))
    .toString('utf8')
    .split('\n')
    .flatMap((line) => {
      const [, seconds, text] = /^(\d+\.\d+): (.+)$/.exec(line) ?? [];
      return seconds === undefined || text === undefined ? [] : [{ receivedMs: Number(seconds) * 1_000, text }];
    });
}

function counted(frames: readonly { readonly kind: string }[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { kind } of frames) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

describe.skipIf(!isHere)(title('recorded frames of Coinbase'), () => {
  it('of 2021-04-17 are all read: every ticker is a quote, nothing is refused', () => {
    const frames = coinbaseLog.flatMap(receivedIn).map(({ text, receivedMs }) => ({ ...parseCoinbaseFrame(text), receivedMs }));
    expect(counted(frames)).toEqual({ quote: 107, subscribed: 3, ignored: 10 + 9_719 + 10 + 97 });
    const quotes = frames.filter((frame): frame is Extract<CoinbaseFrame, { kind: 'quote' }> & { receivedMs: number } => frame.kind === 'quote');
    const newest = new Map<string, number>();
    for (const { quote, receivedMs } of quotes) {
      expect(quote.bid).toBeLessThan(quote.ask);
      expect(quote.sequence).toBeGreaterThan(newest.get(quote.pair) ?? 0);
      newest.set(quote.pair, quote.sequence);
      // The recorder's clock was 15 s behind the venue's; the first ticker of a quiet pair is of its last trade.
      expect(Math.abs(receivedMs - quote.exchangeMs)).toBeLessThan(180_000);
    }
    expect(newest.size).toBe(10);
  });

  it('of 2019 to 2022 are read, and the stamp of the year 1 is not', () => {
    const lines = coinbaseSingles.flatMap((path) => readFileSync(path, 'utf8').split('\n')).filter((line) => line !== '');
    const texts = lines.map((line) => {
      const value: { readonly raw?: unknown } = JSON.parse(line);
      return typeof value.raw === 'string' ? value.raw : line;
    });
    const tickers = texts.filter((text) => text.includes('"type":"ticker"')).map(parseCoinbaseFrame);
    expect(tickers.map((frame) => (frame.kind === 'quote' ? [frame.quote.pair, frame.quote.bid, frame.quote.ask] : frame))).toEqual(
      expect.arrayContaining([
        ['BTC-USD', 4094.99, 4095],
        ['BTC-USD', 58800, 58800.01],
        ['BTC-USD', 17165.15, 17167.76],
        ['BTC-USD', 29940.9, 29940.91],
      ]),
    );
    expect(tickers.every(({ kind }) => kind === 'quote')).toBe(true);
    const stampless = texts.find((text) => text.includes('0001-01-01'))?.replace('l2update', 'ticker') ?? '';
    expect(parseCoinbaseFrame(stampless).kind).toBe('refused');
  });
});

describe.skipIf(!isHere)(title('recorded frames of Kraken'), () => {
  it('in the shapes of WebSocket v2 are read for what they are', () => {
    const frames = new Map(kraken.map((path) => [path.replace(/^.*\//, ''), parseKrakenFrame(readFileSync(path, 'utf8'))]));
    expect(frames.get('ws_ticker_snapshot.json')).toEqual({
      kind: 'quotes',
      quotes: [{ pair: 'BTC/USD', bid: 105_944.2, ask: 105_944.3, exchangeMs: Date.UTC(2022, 11, 25, 9, 30, 59, 123), sequence: null }],
      refused: [],
    });
    expect(frames.get('ws_subscribe_response.json')).toEqual({ kind: 'acknowledged', pair: 'BTC/USD' });
    expect(['ws_pong.json', 'ws_ohlc_update.json', 'ws_trade_update.json'].map((name) => frames.get(name)?.kind)).toEqual(Array(3).fill('ignored'));
  });

  it('of WebSocket v1 are refused: nothing of another protocol becomes a price', () => {
    const frames = krakenV1.flatMap(receivedIn).map(({ text }) => parseKrakenFrame(text));
    expect(frames.length).toBeGreaterThan(50);
    expect(counted(frames)).toEqual({ refused: frames.length });
  });
});
