import { describe, expect, it } from 'vitest';
import {
  afterAttempt,
  isSettled,
  nextMessage,
  type OpenAlert,
  type Outcome,
  type PlanInput,
  paceAfter,
} from '../../../shared/alerts/delivery-plan.ts';
import { quietHoursOf } from '../../../shared/alerts/quiet-hours.ts';
import type { Alert, Delivery } from '../../../shared/contracts/alert.ts';
import { alertOf, QUICK } from '../../support/alerts.ts';

const NIGHT_MS = Date.parse('2026-11-20T20:00:00Z');
const DAY_MS = Date.parse('2026-11-20T08:00:00Z');
const wishes = { quiet: quietHoursOf('22:30-07:00 Asia/Kolkata'), muted: new Set<Alert['kind']>(['session']) };
const input = (more: Partial<PlanInput> = {}): PlanInput => ({ channel: 'slack', pace: undefined, wishes, rules: QUICK, nowMs: DAY_MS, ...more });
const open = (id: string, more: Partial<Alert> = {}, slack?: Delivery): OpenAlert => ({
  alert: alertOf(id, more),
  deliveries: slack === undefined ? {} : { slack },
});
const idsOf = (alerts: readonly OpenAlert[], more: Partial<PlanInput> = {}): readonly string[] =>
  nextMessage(alerts, input(more)).map(({ alert }) => alert.id);
const DELIVERED: Delivery = { state: 'delivered', attempts: 1, atMs: 1, why: null };
const FAILED: Outcome = { kind: 'failed', why: 'status 500', retryAfterMs: null };

describe('the next message of a channel', () => {
  it('has what waits, oldest first, and no more than fit', () => {
    expect(idsOf([open('a'), open('b'), open('c'), open('d')])).toEqual(['a', 'b', 'c']);
  });

  it('leaves out what was told, given up, is muted, or is not due again yet', () => {
    const alerts = [
      open('told', {}, DELIVERED),
      open('dead', {}, { ...DELIVERED, state: 'dead' }),
      open('muted', { kind: 'session' }),
      open('later', {}, { state: 'waiting', attempts: 1, atMs: DAY_MS + 1, why: 'status 500' }),
      open('due', {}, { state: 'waiting', attempts: 1, atMs: DAY_MS, why: 'status 500' }),
    ];
    expect(idsOf(alerts)).toEqual(['due']);
  });

  it('is judged for each channel by itself', () => {
    expect(idsOf([open('a', {}, DELIVERED)], { channel: 'telegram' })).toEqual(['a']);
  });

  it('has in quiet hours only what is critical, and a test that somebody waits for', () => {
    const alerts = [
      open('info'),
      open('warning', { severity: 'warning' }),
      open('critical', { severity: 'critical' }),
      open('test', { kind: 'test' }),
    ];
    expect(idsOf(alerts, { nowMs: NIGHT_MS })).toEqual(['critical', 'test']);
    expect(idsOf(alerts, { nowMs: DAY_MS })).toEqual(['critical', 'test', 'info']);
  });

  it('keeps a distance to the one before', () => {
    expect(idsOf([open('a')], { pace: { sentMs: [DAY_MS - 999], blockedUntilMs: 0 } })).toEqual([]);
    expect(idsOf([open('a')], { pace: { sentMs: [DAY_MS - 1_000], blockedUntilMs: 0 } })).toEqual(['a']);
  });

  it('waits when the window is full, unless something critical waits with it', () => {
    const full = { sentMs: [50, 40, 30, 20].map((seconds) => DAY_MS - seconds * 1_000), blockedUntilMs: 0 };
    expect(idsOf([open('a')], { pace: full })).toEqual([]);
    expect(idsOf([open('a'), open('b', { severity: 'critical' })], { pace: full })).toEqual(['b', 'a']);
    expect(idsOf([open('a')], { pace: { ...full, sentMs: full.sentMs.slice(1) } })).toEqual(['a']);
  });

  it('waits as long as the other side has asked for, whatever it says', () => {
    const blocked = { sentMs: [], blockedUntilMs: DAY_MS + 1 };
    expect(idsOf([open('a', { severity: 'critical' })], { pace: blocked })).toEqual([]);
    expect(idsOf([open('a')], { pace: blocked, nowMs: DAY_MS + 1 })).toEqual(['a']);
  });
});

describe('a delivery', () => {
  it('is tried again later and later, and is given up after the last attempt with the reason', () => {
    let delivery: Delivery = { state: 'waiting', attempts: 0, atMs: 0, why: null };
    const waits: number[] = [];
    for (let attempt = 1; attempt < QUICK.attempts; attempt++) {
      delivery = afterAttempt(delivery, FAILED, QUICK, 1_000);
      waits.push(delivery.atMs - 1_000);
    }
    expect(waits).toEqual([5_000, 10_000, 15_000]);
    expect(afterAttempt(delivery, FAILED, QUICK, 2_000)).toEqual({ state: 'dead', attempts: 4, atMs: 2_000, why: 'status 500' });
  });

  it('is over at once when it is refused, and when it is delivered', () => {
    const before: Delivery = { state: 'waiting', attempts: 1, atMs: 0, why: 'status 500' };
    expect(afterAttempt(before, { kind: 'refused', why: 'status 404' }, QUICK, 9)).toEqual({
      state: 'dead',
      attempts: 2,
      atMs: 9,
      why: 'status 404',
    });
    expect(afterAttempt(before, { kind: 'delivered' }, QUICK, 9)).toEqual({ state: 'delivered', attempts: 2, atMs: 9, why: null });
  });

  it('is as patient as it was asked to be, up to a bound', () => {
    const patient = (retryAfterMs: number): number =>
      afterAttempt({ state: 'waiting', attempts: 0, atMs: 0, why: null }, { ...FAILED, retryAfterMs }, QUICK, 0).atMs;
    expect([patient(1_000), patient(30_000), patient(86_400_000)]).toEqual([5_000, 30_000, 60_000]);
    expect(paceAfter(undefined, { ...FAILED, retryAfterMs: 30_000 }, QUICK, 10)).toEqual({ sentMs: [10], blockedUntilMs: 30_010 });
  });

  it('leaves a pace that forgets what is older than its window', () => {
    expect(paceAfter({ sentMs: [0, 1], blockedUntilMs: 0 }, { kind: 'delivered' }, QUICK, 60_000)).toEqual({
      sentMs: [1, 60_000],
      blockedUntilMs: 60_000,
    });
  });
});

describe('an alert', () => {
  it('is settled when every channel is done with it, or when it is muted', () => {
    expect(isSettled(open('a', {}, DELIVERED), ['slack'], wishes)).toBe(true);
    expect(isSettled(open('a', {}, DELIVERED), ['slack', 'telegram'], wishes)).toBe(false);
    expect(isSettled(open('a', {}, { ...DELIVERED, state: 'waiting' }), ['slack'], wishes)).toBe(false);
    expect(isSettled(open('a', { kind: 'session' }), ['slack'], wishes)).toBe(true);
    expect(isSettled(open('a'), [], wishes)).toBe(true);
  });
});
