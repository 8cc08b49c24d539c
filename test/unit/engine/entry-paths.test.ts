import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { instrumentBySymbol } from '../../../shared/config/instruments.ts';
import { SCHEDULES } from '../../../shared/config/schedules.ts';
import { ROUTES } from '../../../shared/contracts/routes.ts';
import { orderBody } from '../../../shared/contracts/v8/order-request.ts';
import { decideScan, type ScanView } from '../../../shared/engine/decide-scan.ts';
import type { Draft } from '../../../shared/engine/draft.ts';
import { decidePlace } from '../../../shared/engine/orders/decide-place.ts';
import { createChart } from '../../../shared/indicators/chart.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import { NO_MODELS } from '../../../shared/ml/no-models.ts';
import type { Opportunity, StructureOpportunity } from '../../../shared/strategies/strategy.ts';
import { chainSource } from '../../support/contract-chains.ts';
import { BTC, bareQuote, opportunityOf, startedAccount, viewOfSketch } from '../../support/engine-fixtures.ts';
import { START_MS } from '../../support/ledger-fixtures.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const NOW = START_MS + 60_000;
const SPOT = 80_000;
const [SOLD, BOUGHT, PERP] = ['BTC-2025-01-31-90000-C', 'BTC-2025-01-31-95000-C', 'BTC-PERP'] as const;

/** Coin at 80,000, its perpetual, and two of its options. */
const VIEW: ScanView = {
  ...viewOfSketch({
    nowMs: NOW,
    rates: { USDT: '1', BTC: String(SPOT) },
    quotes: [bareQuote('BTC', SPOT, NOW, { bid: SPOT - 1, ask: SPOT + 1 }), bareQuote('ETH', 2_000, NOW)],
    chains: chainSource([
      { atMs: NOW, venue: 'deribit', spot: SPOT, books: { [SOLD]: [0.02, 0.0205], [BOUGHT]: [0.0095, 0.01] } },
      { atMs: NOW, books: { [PERP]: [SPOT - 1, SPOT + 1] } },
    ]),
  }),
  chart: () => createChart(BTC),
  model: NO_MODELS,
};

const SPREAD: StructureOpportunity = {
  kind: 'structure',
  structure: 'vertical-spread',
  underlying: 'BTC',
  legs: [
    { instrument: instrumentBySymbol(SOLD), side: 'sell', ratio: 1, price: 0.02 },
    { instrument: instrumentBySymbol(BOUGHT), side: 'buy', ratio: 1, price: 0.01 },
  ],
  unit: 0.1,
  maxLoss: 4_200,
  maxProfit: 800,
  riskPerUnit: 4_200,
  exits: { takeProfit: null, stopLoss: null, closeBeforeExpiryMs: null, shortDelta: null, convergedBps: null },
  maxHoldingMs: 86_400_000,
  confidence: 0.8,
  leastConfidence: 0.6,
  parts: [],
  volatility: 0.01,
  why: 'Volatility is dear',
};

/** A scan, or a person's question: both are this call. */
const scanned = (account: Account, proposal: Opportunity | StructureOpportunity): Draft =>
  decideScan(account, VIEW, {
    id: 'scan:CRYPTO:m',
    ordinal: 1,
    minuteMs: NOW,
    markets: ['CRYPTO'],
    configVersion: 'test',
    questions: [
      {
        strategy: {
          name: proposal.kind === 'structure' ? 'options' : 'swing',
          timeframes: ['15m'],
          readsDerivatives: proposal.kind === 'structure',
          evaluate: () => proposal,
        },
        instrument: BTC,
        base: null,
      },
    ],
  }).draft;

const byHand = (account: Account, body: unknown): Draft =>
  decidePlace(account, { ...VIEW, atr: () => null }, { id: 'order:1', request: orderBody.parse(body), configVersion: 'test' }).draft;

const signal = (direction: 'long' | 'short', more: Partial<Opportunity> = {}): Opportunity => {
  const sign = direction === 'long' ? 1 : -1;
  return opportunityOf({ direction, entry: SPOT, stop: SPOT * (1 - sign * 0.025), target: SPOT * (1 + sign * 0.06), ...more });
};

interface Path {
  /** The file of ours that places its orders. */
  readonly places: string;
  readonly enter: (account: Account) => Draft;
}

const SCAN = 'shared/engine/decide-scan.ts';
const BY_HAND = 'shared/engine/orders/decide-place.ts';

/** Every way by which something comes to be opened. */
const PATHS: Readonly<Record<string, Path>> = {
  'a signal of a strategy': { places: SCAN, enter: (account) => scanned(account, signal('long')) },
  'a short of coin, by its perpetual': { places: SCAN, enter: (account) => scanned(account, signal('short')) },
  'a structure of a strategy': { places: 'shared/engine/contracts/place-structure.ts', enter: (account) => scanned(account, SPREAD) },
  'an order by hand': { places: BY_HAND, enter: (account) => byHand(account, { symbol: 'BTC', side: 'buy', quantity: '0.05' }) },
  'an order by hand that rests': {
    places: BY_HAND,
    enter: (account) => byHand(account, { symbol: 'BTC', side: 'buy', quantity: '0.05', type: 'limit', limitPrice: '79000' }),
  },
  'an order by hand of several legs': {
    places: BY_HAND,
    enter: (account) =>
      byHand(account, {
        legs: [
          { symbol: 'BTC', side: 'buy', quantity: '0.02' },
          { symbol: 'ETH', side: 'buy', quantity: '1' },
        ],
      }),
  },
};

/** Entries that work: an order by hand that the gate refused is on the books as rejected, and does not. */
const entries = (draft: Draft): number => [...draft.account().orders.values()].filter(({ purpose }) => purpose === 'entry').length;

const limited = (limits: Partial<Account['limits']>): Account => {
  const account = startedAccount();
  return { ...account, limits: { ...account.limits, ...limits } };
};

/** An account in which nothing may be opened, for reasons from all over the gate. */
const BARRED: readonly (readonly [why: string, account: () => Account])[] = [
  ['the kill switch is set', () => ({ ...startedAccount(), record: { ...startedAccount().record, killedMs: NOW - 1 } })],
  ['the session is stopping', () => ({ ...startedAccount(), status: 'stopping' })],
  ['no entry a minute is allowed any more', () => limited({ maxOrdersPerMinute: 0 })],
  ['the value at risk may be nothing', () => limited({ maxVar: 1e-9 })],
  ['nothing may be exposed', () => limited({ maxTotalExposure: 1e-9 })],
];

describe.each(Object.entries(PATHS))('by %s', (_path, { enter }) => {
  it('something is opened where nothing speaks against it', () => {
    expect(entries(enter(startedAccount()))).toBeGreaterThan(0);
  });

  it.each(BARRED)('nothing is opened when %s', (_why, account) => {
    expect(entries(enter(account()))).toBe(0);
  });
});

describe('a strategy\u2019s entry', () => {
  it('is refused by its odds, whatever else speaks for it, long and by the perpetual', () => {
    const odds = { value: 0.5, members: [0.5], least: 0.55, breakEven: 0.4, modelVersion: 'v', features: [] };
    for (const direction of ['long', 'short'] as const) {
      expect(entries(scanned(startedAccount(), signal(direction, { odds })))).toBe(0);
      expect(entries(scanned(startedAccount(), signal(direction, { odds: { ...odds, least: 0.45 } })))).toBe(1);
    }
  });

  it('is made smaller by networks that do not agree, and not made by one that sees no edge', () => {
    const sizeOf = (members: readonly number[]): bigint => {
      const odds = { value: 0.6, members, least: 0.55, breakEven: 0.4, modelVersion: 'v', features: [] };
      const [order] = scanned(startedAccount(), signal('long', { odds })).account().orders.values();
      return order?.purpose === 'entry' ? order.quantity : 0n;
    };
    expect(sizeOf([0.6, 0.6])).toBeGreaterThan(sizeOf([0.7, 0.5]));
    expect(sizeOf([0.7, 0.5])).toBeGreaterThan(0n);
    expect(sizeOf([0.9, 0.3])).toBe(0n);
  });
});

/** Our own sources, by path from the root. */
function sources(): ReadonlyMap<string, string> {
  const found = ['shared', 'functions', 'infra'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => `${folder}/${path}`),
  );
  return new Map(found.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]));
}

describe('the list of the paths', () => {
  it('has every file that places orders, but for the preview, which commits nothing, and deliveries, which nobody chooses', () => {
    const all = sources();
    const placing = [...all].filter(([, text]) => /emit\(\{ type: 'order-placed'/.test(text)).map(([path]) => path);
    const preview = 'shared/engine/orders/preview-order.ts';
    // What a contract delivers at its end comes whether a gate likes it or not.
    const delivery = 'shared/engine/contracts/deliver-shares.ts';
    expect(new Set(placing)).toEqual(new Set([...Object.values(PATHS).map(({ places }) => places), preview, delivery]));
    expect(all.get(preview)).not.toMatch(/commitDecision|\.commit\(/);
    // Each asks a gate before it places.
    for (const path of placing.filter((each) => each !== preview && each !== delivery))
      expect(all.get(path)).toMatch(/= (riskGate|structureGate|judge)\(|return orderGate\(/);
  });

  it('begins at two routes and one function: whatever else is asked or scheduled opens nothing', () => {
    const changing = ROUTES.filter(({ method }) => method !== 'GET').map(({ name }) => name);
    const opening = ['execute-strategy', 'place-order'];
    const others = [
      'start-paper-trading',
      'stop-paper-trading',
      'set-risk-limits',
      'kill-switch',
      'preview-order',
      'cancel-order',
      'close-position',
      'amend-bracket',
    ];
    expect(new Set(changing)).toEqual(new Set([...opening, ...others, 'test-alert']));
    const texts = [...sources()].filter(([path]) => path.startsWith('functions/') || path.startsWith('shared/engine/'));
    const calling = (name: string): ReadonlySet<string> =>
      new Set(texts.filter(([, text]) => new RegExp(`(?<!function )\\b${name}\\(`).test(text)).map(([path]) => path));
    // The scan of the schedule is that of a backtest.
    expect(calling('decideScan')).toEqual(new Set(['shared/engine/execute-strategy.ts', 'shared/engine/scan-market.ts']));
    expect(calling('decidePlace')).toEqual(new Set(['shared/engine/orders/place-order.ts', 'shared/engine/orders/preview-order.ts']));
    expect(new Set(SCHEDULES.map(({ functionName }) => functionName))).toEqual(new Set(['scan', 'monitor', 'session', 'alerts', 'nightly']));
  });
});
