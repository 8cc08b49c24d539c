import { readFileSync } from 'node:fs';
import { gunzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { listedOptions } from '../../shared/feeds/deribit/deribit-answers.ts';
import { type OptionTicker, parseDeribitFrame } from '../../shared/feeds/deribit/deribit-frame.ts';
import { DAY_MS } from '../../shared/kernel/time.ts';
import { impliedVolatility } from '../../shared/market/options/implied-volatility.ts';
import { NO_RECORDED_DATA, recordedFiles } from '../support/recorded-data.ts';

const [raw] = recordedFiles('deribit/cryptofeed', /^DERIBIT\.ws\.1\.0\.txt\.gz$/);
const [rest] = recordedFiles('deribit/cryptofeed', /^DERIBIT\.0\.txt\.gz$/);
const fixtures = recordedFiles('deribit/fixtures', /\.jsonl$/);
const isAbsent = raw === undefined || rest === undefined;

const linesOf = (file: string | undefined): readonly string[] =>
  file === undefined
    ? []
    : Buffer.from(gunzipSync(readFileSync(file)))
        .toString('utf8')
        .trimEnd()
        .split('\n');
const jsonOf = (line: string): string => line.slice(line.indexOf('{'));

describe.skipIf(isAbsent)(`recorded frames of Deribit${isAbsent ? ` (${NO_RECORDED_DATA})` : ''}`, () => {
  it('are all read: tickers, answers, and nothing refused', () => {
    const frames = linesOf(raw)
      .filter((line) => line.includes(': {"jsonrpc"') && !line.includes('<-'))
      .map((line) => parseDeribitFrame(jsonOf(line)));
    const kinds = Map.groupBy(frames, ({ kind }) => kind);
    expect(kinds.get('refused') ?? []).toEqual([]);
    expect(kinds.get('ticker')?.length).toBe(89);
    expect(kinds.get('answer')?.length).toBe(1);
  });

  it('have option tickers whose mark is what their volatility says', () => {
    const tickers = linesOf(raw).flatMap((line): readonly OptionTicker[] => {
      const frame = line.includes('"ticker.') && !line.includes('<-') ? parseDeribitFrame(jsonOf(line)) : null;
      return frame?.kind === 'ticker' && /-[CP]$/.test(frame.ticker.name) ? [frame.ticker] : [];
    });
    const dearEnough = tickers.filter(({ mark }) => mark >= 0.002 && mark <= 0.3);
    expect(dearEnough.length).toBeGreaterThan(10);
    for (const { name, mark, iv, underlyingPrice, exchangeMs } of dearEnough) {
      const [, date = '', strike, letter] = name.split('-');
      const expiryMs = Date.parse(`${date.replace(/^(\d+)([A-Z]{3})(\d\d)$/, '$1 $2 20$3')} 08:00 UTC`);
      const implied = impliedVolatility({
        right: letter === 'C' ? 'call' : 'put',
        price: mark * underlyingPrice,
        forward: underlyingPrice,
        strike: Number(strike),
        years: (expiryMs - exchangeMs) / (365 * DAY_MS),
        discount: 1,
      });
      // A mark has six digits after the point; in the money few of them are time value.
      expect(Math.abs((implied.volatility ?? 0) - (iv ?? 1)), name).toBeLessThan(0.02);
    }
  });

  it('list options on BTC, each with its grid', () => {
    const answer = linesOf(rest).find((line) => line.includes('currency=BTC') && line.includes('"result"')) ?? '';
    const { options, refused } = listedOptions(
      (JSON.parse(jsonOf(answer)) as { readonly result: unknown }).result,
      'BTC',
      Date.parse('2021-07-22T22:42Z'),
    );
    expect(options.length).toBeGreaterThan(3);
    // Futures stand in the same list.
    expect(refused).toBeLessThan(options.length);
    for (const { name, instrument } of options) {
      expect(instrument.symbol).toMatch(/^BTC-20\d\d-\d\d-\d\d-\d+-[CP]$/);
      expect(instrument.venueSymbol).toBe(name);
      expect(new Date(instrument.contract.expiryMs).getUTCHours()).toBe(8);
    }
  });

  it('of other recorders and years are read or left alone, never taken for something else', () => {
    const frames = fixtures.flatMap((file) =>
      readFileSync(file, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => parseDeribitFrame(jsonOf(line))),
    );
    const kinds = new Set(frames.map(({ kind }) => kind));
    expect(frames.length).toBeGreaterThan(20);
    expect(kinds.has('ticker')).toBe(true);
    for (const frame of frames) if (frame.kind === 'ticker') expect(frame.ticker.underlyingPrice).toBeGreaterThan(0);
  });
});
