import { describe, expect, it } from 'vitest';
import { decisionTeller } from '../../../infra/local/console.ts';
import type { Decision, ScanRecord } from '../../../shared/contracts/decisions.ts';

const AT = Date.parse('2026-10-12T08:41:03Z');
const carry = { name: 'cash-and-carry' } as Decision['structure'];

const scan = (...decisions: readonly Partial<Decision>[]): ScanRecord => ({
  id: 'scan',
  ordinal: 1,
  minuteMs: AT,
  atMs: AT,
  markets: ['CRYPTO'],
  decisions: decisions.map((decision) => ({ symbol: 'BTC', direction: null, structure: null, outcome: 'refused', ...decision }) as Decision),
  quiet: [],
  missingBars: [],
});

describe('the refusals that the console tells', () => {
  it('are a line each, by direction or by the name of a structure, and none of what was taken', () => {
    const tell = decisionTeller();
    const taken = { strategy: 'swing', outcome: 'taken', reason: 'taken' } as const;
    const short = { strategy: 'swing', direction: 'short', reason: 'long_only', why: 'no shorts' } as const;
    expect(tell(scan(taken, short, { strategy: 'fo_arbitrage', structure: carry, reason: 'maxVar', why: 'too much' }))).toEqual([
      '2026-10-12T08:41:03.000Z  refused swing short BTC: no shorts',
      '2026-10-12T08:41:03.000Z  refused fo_arbitrage cash-and-carry BTC: too much',
    ]);
  });

  it('say once that a strategy holds what it would open again, until something else was said', () => {
    const tell = decisionTeller();
    const held = { strategy: 'fo_arbitrage', structure: carry, reason: 'already_in_position', why: 'held' } as const;
    const told = [held, held, { ...held, symbol: 'ETH' }, { ...held, reason: 'maxVar' }, held].map((each) => tell(scan(each)).length);
    expect(told).toEqual([1, 0, 1, 1, 1]);
  });
});
