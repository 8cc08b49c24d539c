import { describe, expect, it } from 'vitest';
import type { ChainSource } from '../../shared/engine/ports.ts';
import { decimal, sum, toNumber } from '../../shared/kernel/decimal.ts';
import { DAY_MS, type EpochMs, HOUR_MS } from '../../shared/kernel/time.ts';
import { cashChange } from '../../shared/ledger/postings.ts';
import { NOTHING_SETTLED } from '../../shared/market/derivative.ts';
import { playCoin } from '../support/coin-session.ts';
import { derivativesAt, VIEW_FROM, waves } from '../support/option-views.ts';

const HISTORY_DAYS = 16;
const START = VIEW_FROM + HISTORY_DAYS * DAY_MS;
/** At the end of the history the market goes nowhere. */
const BARS = waves(HISTORY_DAYS + 1, { phase: 0.25 + (30 - HISTORY_DAYS) / 3.7 });

/** A session of the options strategy alone, by the engine of the live system; implied volatility changes after the first hour. */
function play(before: number, after: number) {
  const change = { step: 3_000, strikesEachSide: 10, expiries: [new Date(START + 25 * DAY_MS).toISOString().slice(0, 10)] };
  const spotAt = (atMs: EpochMs): number => BARS.findLast(({ openMs }) => openMs < atMs)?.close ?? 0;
  const chains: ChainSource = {
    underlyings: ['BTC'],
    chains: (_, atMs) => derivativesAt(spotAt(atMs), atMs, () => (atMs < START + HOUR_MS ? before : after), change).chains,
    settled: () => NOTHING_SETTLED,
  };
  const { rows, scans, account } = playCoin({ strategy: 'options', bars: BARS, chains, startMs: START, untilMs: START + 1.25 * HOUR_MS });
  return { rows, scans, account, fills: rows.flatMap(({ event }) => (event.type === 'filled' ? [event.fill] : [])) };
}

describe('the options strategy in a session', () => {
  const dear = play(0.9, 0.6);

  it('sells dear volatility as one structure, and takes its target when volatility falls', () => {
    const { scans, fills, account } = dear;
    const [taken] = scans.flatMap(({ decisions }) => decisions).filter(({ outcome }) => outcome === 'taken');
    expect(taken).toMatchObject({ strategy: 'options', symbol: 'BTC', structure: { name: 'iron-condor', currency: 'USDT' } });
    const [entries, exits] = [fills.slice(0, 4), fills.slice(4, 8)];
    expect(entries.map(({ side, symbol }) => `${side} ${symbol.at(-1)}`)).toEqual(['sell P', 'buy P', 'sell C', 'buy C']);
    expect(exits.map(({ exitReason }) => exitReason)).toEqual(['target', 'target', 'target', 'target']);
    expect(entries.every(({ charges }) => charges.some(({ line }) => line === 'commission'))).toBe(true);
    // No more than a 25th of the account was at risk, and something was earned after every fee.
    expect(toNumber(taken?.quantity ?? decimal('0')) * (taken?.structure?.riskPerUnit ?? 0)).toBeLessThanOrEqual(4_000);
    const earned = toNumber(sum(fills.slice(0, 8).map(({ postings }) => cashChange(postings))));
    expect(earned).toBeGreaterThan(0);
    expect(toNumber(account.cash)).toBeGreaterThan(100_000);
  });

  it('buys cheap volatility, and stops when it becomes cheaper still', () => {
    const { fills, account } = play(0.16, 0.1);
    expect(fills.slice(0, 2).map(({ side, purpose }) => `${side} ${purpose}`)).toEqual(['buy entry', 'buy entry']);
    expect(fills.slice(2, 4).map(({ side, exitReason }) => `${side} ${exitReason}`)).toEqual(['sell stop', 'sell stop']);
    expect(toNumber(account.cash)).toBeLessThan(100_000);
  });

  it('gives the same journal each time', () => {
    const journal = ({ rows }: typeof dear) => JSON.stringify(rows, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
    expect(journal(play(0.9, 0.6))).toBe(journal(dear));
  });
});
