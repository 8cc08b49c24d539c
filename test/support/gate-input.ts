import { decimal } from '../../shared/kernel/decimal.ts';
import type { EpochMs } from '../../shared/kernel/time.ts';
import type { GateInput } from '../../shared/risk/gate.ts';
import { BTC, bareQuote, OPEN_PHASE, opportunityOf, startedAccount } from './engine-fixtures.ts';
import { rateOf } from './ledger-fixtures.ts';

/** An entry in BTC at 100 that the gate passes. The direction is the opportunity's unless a test says another. */
export const gateInput = (nowMs: EpochMs, more: Partial<GateInput> = {}): GateInput => ({
  direction: more.opportunity?.direction ?? 'long',
  squareOffMs: null,
  nowMs,
  account: startedAccount(),
  strategy: 'scalping',
  instrument: BTC,
  rules: null,
  opportunity: opportunityOf(),
  quote: bareQuote('BTC', 100, nowMs),
  rate: rateOf('USDT'),
  phase: OPEN_PHASE,
  product: 'spot',
  markOf: () => decimal('100'),
  rateOf: () => decimal('1'),
  ...more,
});
