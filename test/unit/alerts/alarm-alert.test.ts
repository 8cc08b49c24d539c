import { describe, expect, it } from 'vitest';
import { alarmAlert } from '../../../shared/alerts/alarm-alert.ts';
import { type AlarmEvent, alarmEventSchema } from '../../../shared/contracts/alarm-event.ts';
import { alertOnAlarm } from '../../../shared/engine/alerts/alert-on-alarm.ts';
import { createVirtualClock } from '../../../shared/kernel/clock-virtual.ts';
import { contextOver, createRows } from '../../support/engine-world.ts';
import { START_MS } from '../../support/ledger-fixtures.ts';

const WORLD = { scope: 'live', evidence: 'live' } as const;
const NAME = 'NightdeskTrading-AlarmsPricesSilentA5160A7E-2bQ0XyZ';

type Value = AlarmEvent['detail']['state']['value'];

/** As EventBridge hands it over, in the form of AWS's own example. */
const changed = (value: Value, before: Value = 'OK', timestamp = '2026-11-29T04:10:12.500+0000') => ({
  version: '0',
  id: 'c4c1c1c9-6542-e61b-6ef0-8c4d36933a92',
  'detail-type': 'CloudWatch Alarm State Change',
  source: 'aws.cloudwatch',
  account: '123456789012',
  time: '2026-11-29T04:10:12Z',
  region: 'ap-south-1',
  resources: [`arn:aws:cloudwatch:ap-south-1:123456789012:alarm:${NAME}`],
  detail: {
    alarmName: NAME,
    configuration: { description: 'An open market has been without a price for two minutes', metrics: [] },
    previousState: { reason: 'before', timestamp: '2026-11-29T03:00:00.000+0000', value: before },
    state: { reason: 'Threshold Crossed: 2 datapoints', reasonData: '{}', timestamp, value },
  },
});

const detailOf = (event: unknown): AlarmEvent['detail'] => alarmEventSchema.parse(event).detail;

describe('an alarm', () => {
  it('is told as critical, with what it means, under its short name', () => {
    expect(alarmAlert(detailOf(changed('ALARM')), WORLD)).toMatchObject({
      id: `alarm:${NAME}:2026-11-29T04:10:12.500+0000`,
      kind: 'alarm',
      severity: 'critical',
      atMs: Date.parse('2026-11-29T04:10:12.500Z'),
      title: 'Alarm PricesSilent',
      text: 'An open market has been without a price for two minutes',
      evidence: 'live',
      sessionId: null,
    });
  });

  it('is told to be over when it was on, and not when it was only looked at for the first time', () => {
    expect(alarmAlert(detailOf(changed('OK', 'ALARM')), WORLD)).toMatchObject({ severity: 'info', title: 'Alarm PricesSilent is over' });
    expect(alarmAlert(detailOf(changed('OK', 'INSUFFICIENT_DATA')), WORLD)).toBeNull();
    expect(alarmAlert(detailOf(changed('INSUFFICIENT_DATA', 'ALARM')), WORLD)).toBeNull();
  });

  it('is known by its form: neither an event of ours nor a run of the clock is taken for one', () => {
    expect(alarmEventSchema.safeParse({ ...changed('ALARM'), source: 'nightdesk' }).success).toBe(false);
    expect(alarmEventSchema.safeParse({ name: 'alerts', market: null, scheduledTime: '2026-11-29T04:10:00Z', executionId: 'x' }).success).toBe(false);
  });

  it('is kept once, however often it is handed over, and again when it comes again', async () => {
    const rows = createRows();
    const context = contextOver(rows, createVirtualClock({ startMs: START_MS, speed: 1 }));
    expect((await alertOnAlarm(context, detailOf(changed('ALARM'))))?.title).toBe('Alarm PricesSilent');
    expect(await alertOnAlarm(context, detailOf(changed('ALARM')))).toBeNull();
    const later = changed('ALARM', 'OK', '2026-11-29T05:00:00.000+0000');
    expect(await alertOnAlarm(context, detailOf(later))).not.toBeNull();
    expect((await rows.ledger.alerts.page({ limit: 10, cursor: null })).items).toHaveLength(2);
  });
});
