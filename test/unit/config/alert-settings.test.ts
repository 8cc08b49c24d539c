import { describe, expect, it } from 'vitest';
import { AlertSettingsError, secretsFromDocument, secretsFromEnvironment, wishesFromEnvironment } from '../../../shared/config/alert-settings.ts';
import { ALERT_RULES, parseAlertRules } from '../../../shared/config/alerts.ts';
import { messageOf } from '../../../shared/kernel/errors.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

describe('the channels of alerts', () => {
  it('are those that the environment names', () => {
    expect(secretsFromEnvironment({})).toEqual({});
    expect(secretsFromEnvironment({ NIGHTDESK_ALERTS_SLACK_URL: '' })).toEqual({});
    expect(
      secretsFromEnvironment({
        NIGHTDESK_ALERTS_SLACK_URL: 'https://hooks.slack.com/services/T/B/x',
        NIGHTDESK_ALERTS_DISCORD_URL: 'https://discord.com/api/webhooks/1/x',
        NIGHTDESK_ALERTS_TELEGRAM_TOKEN: '123:abc-DEF_1',
        NIGHTDESK_ALERTS_TELEGRAM_CHAT: '-100200',
        NIGHTDESK_ALERTS_WEBHOOK_URL: 'http://127.0.0.1:9000/hook',
        NIGHTDESK_ALERTS_WEBHOOK_SECRET: SECRET,
      }),
    ).toEqual({
      slack: 'https://hooks.slack.com/services/T/B/x',
      discord: 'https://discord.com/api/webhooks/1/x',
      telegram: { token: '123:abc-DEF_1', chat: '-100200' },
      webhook: { url: 'http://127.0.0.1:9000/hook', secret: SECRET },
    });
  });

  it('are the same in the document that AWS keeps', () => {
    const document = { slack: 'https://hooks.slack.com/services/T/B/x', webhook: { url: 'https://example.com/hook', secret: SECRET } };
    expect(secretsFromDocument(JSON.stringify(document))).toEqual(document);
  });

  it.each([
    [{ NIGHTDESK_ALERTS_SLACK_URL: 'http://hooks.slack.com/services/T/B/x' }, /slack: expected an https address/],
    [{ NIGHTDESK_ALERTS_SLACK_URL: 'http://127.0.0.1.example.com/x' }, /slack: expected an https address/],
    [{ NIGHTDESK_ALERTS_WEBHOOK_URL: 'ftp://example.com', NIGHTDESK_ALERTS_WEBHOOK_SECRET: SECRET }, /webhook\.url: expected an https address/],
    [{ NIGHTDESK_ALERTS_WEBHOOK_URL: 'https://example.com/hook' }, /webhook\.secret/],
    [
      { NIGHTDESK_ALERTS_WEBHOOK_URL: 'https://example.com/hook', NIGHTDESK_ALERTS_WEBHOOK_SECRET: 'whsec_c2hvcnQ=' },
      /webhook\.secret: expected whsec_/,
    ],
    [{ NIGHTDESK_ALERTS_TELEGRAM_TOKEN: '123:abc' }, /telegram\.chat/],
    [{ NIGHTDESK_ALERTS_TELEGRAM_TOKEN: 'abc', NIGHTDESK_ALERTS_TELEGRAM_CHAT: '1' }, /telegram\.token: expected a bot token/],
  ])('are refused when they are not whole or not safe: %#', (env, fault) => {
    expect(() => secretsFromEnvironment(env as Record<string, string>)).toThrow(AlertSettingsError);
    expect(() => secretsFromEnvironment(env as Record<string, string>)).toThrow(fault);
  });

  it.each(['{"slack": "http://hooks.example.com/very-secret"}', '{"slack": very-secret}', '{"very-secret": 1', '"very-secret"'])(
    'never appear in the message of a fault: %s',
    (document) => {
      let message = '';
      try {
        secretsFromDocument(document);
      } catch (error) {
        message = messageOf(error);
      }
      expect(message).not.toBe('');
      expect(message).not.toContain('very-secret');
    },
  );
});

describe('the wishes', () => {
  it('are quiet hours and muted kinds', () => {
    expect(wishesFromEnvironment({})).toEqual({ quiet: null, muted: new Set() });
    const { quiet, muted } = wishesFromEnvironment({ NIGHTDESK_ALERTS_QUIET: '22:00-07:00 UTC', NIGHTDESK_ALERTS_MUTE: 'fill, unusual-volume' });
    expect(quiet).toEqual({ fromMinute: 1_320, toMinute: 420, timeZone: 'UTC' });
    expect([...muted]).toEqual(['fill', 'unusual-volume']);
  });

  it.each([{ NIGHTDESK_ALERTS_QUIET: 'always' }, { NIGHTDESK_ALERTS_MUTE: 'fills' }])('are refused by the name of their variable: %o', (env) => {
    const [name = ''] = Object.keys(env);
    expect(() => wishesFromEnvironment(env as Record<string, string>)).toThrow(AlertSettingsError);
    expect(() => wishesFromEnvironment(env as Record<string, string>)).toThrow(name);
  });
});

describe('the rules', () => {
  it('are the thresholds that were given', () => {
    expect(ALERT_RULES).toMatchObject({ dayResult: { profit: 0.05, loss: 0.03 }, unusualVolume: { times: 2 }, priceMove: { share: 0.02 } });
  });

  it('are refused when a move would be over before it began, or a field is not known', () => {
    expect(() => parseAlertRules({ ...ALERT_RULES, priceMove: { ...ALERT_RULES.priceMove, overAtShare: 0.02 } })).toThrow(/begins at more/);
    expect(() => parseAlertRules({ ...ALERT_RULES, volume: 2 })).toThrow(/volume/);
  });

  it('do not ask for more bars than a chart keeps', () => {
    // A chart keeps 64 closed bars of a timeframe; one more is compared, and one before it.
    expect(ALERT_RULES.unusualVolume.usualBars + 2).toBeLessThanOrEqual(64);
    expect(ALERT_RULES.priceMove.windowMinutes + 1).toBeLessThanOrEqual(64);
  });
});
