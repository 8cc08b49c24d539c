import * as z from 'zod';
import { type QuietHours, QuietHoursError, quietHoursOf } from '../alerts/quiet-hours.ts';
import { type AlertKind, alertKindSchema } from '../contracts/alert.ts';
import { NightdeskError } from '../kernel/errors.ts';

/** Names the fault and never the value: most of these values are secrets. */
export class AlertSettingsError extends NightdeskError<'bad_alert_settings'> {}

/** An address to which secrets go: encrypted, unless it never leaves this machine. */
const address = z.url().refine(isSafe, 'expected an https address');

const secretsSchema = z
  .strictObject({
    /** Addresses of incoming webhooks: who knows one may write there. */
    slack: address.optional(),
    discord: address.optional(),
    telegram: z.strictObject({ token: z.string().regex(/^\d+:[\w-]+$/, 'expected a bot token'), chat: z.string().min(1) }).optional(),
    /** `secret`: whsec_ and 24 to 64 bytes in base64, as Standard Webhooks has it. */
    webhook: z.strictObject({ url: address, secret: z.string().refine(isSigningSecret, 'expected whsec_ and 24 to 64 bytes in base64') }).optional(),
  })
  .readonly();
/** Where alerts go. What is not named is not told. */
export type AlertSecrets = z.infer<typeof secretsSchema>;

type Env = Readonly<Record<string, string | undefined>>;

/** The variables of this machine that name a channel. */
const SECRET_VARIABLES = {
  slack: 'NIGHTDESK_ALERTS_SLACK_URL',
  discord: 'NIGHTDESK_ALERTS_DISCORD_URL',
  telegramToken: 'NIGHTDESK_ALERTS_TELEGRAM_TOKEN',
  telegramChat: 'NIGHTDESK_ALERTS_TELEGRAM_CHAT',
  webhookUrl: 'NIGHTDESK_ALERTS_WEBHOOK_URL',
  webhookSecret: 'NIGHTDESK_ALERTS_WEBHOOK_SECRET',
} as const;

/** Variables of both hosts. */
const WISH_VARIABLES = { quiet: 'NIGHTDESK_ALERTS_QUIET', muted: 'NIGHTDESK_ALERTS_MUTE' } as const;

/** What the function that tells is given on AWS, besides the settings of every function. Names and wishes, no secrets. */
export const ALERT_VARIABLES = { ...WISH_VARIABLES, parameter: 'NIGHTDESK_ALERTS_PARAMETER', mailBus: 'NIGHTDESK_ALERTS_MAIL_BUS' } as const;

/**
 * The channels that the environment of this machine names.
 * @throws AlertSettingsError `bad_alert_settings`
 */
export function secretsFromEnvironment(env: Env): AlertSecrets {
  const given = (name: keyof typeof SECRET_VARIABLES): string | undefined => env[SECRET_VARIABLES[name]] || undefined;
  const pair = <T>(first: string | undefined, second: string | undefined, made: T): T | undefined =>
    (first ?? second) === undefined ? undefined : made;
  return checked({
    slack: given('slack'),
    discord: given('discord'),
    telegram: pair(given('telegramToken'), given('telegramChat'), { token: given('telegramToken'), chat: given('telegramChat') }),
    webhook: pair(given('webhookUrl'), given('webhookSecret'), { url: given('webhookUrl'), secret: given('webhookSecret') }),
  });
}

/**
 * The channels of a JSON document, as the parameter on AWS has it: `{"slack": "https://...", "telegram": {"token", "chat"}}`.
 * @throws AlertSettingsError `bad_alert_settings`
 */
export function secretsFromDocument(document: string): AlertSecrets {
  let value: unknown;
  try {
    value = JSON.parse(document);
  } catch {
    // What the parser says may quote the document.
    throw new AlertSettingsError('bad_alert_settings', 'The document of the alert channels is not JSON');
  }
  return checked(value);
}

/**
 * Quiet hours and muted kinds.
 * @throws AlertSettingsError `bad_alert_settings`
 */
export function wishesFromEnvironment(env: Env): { readonly quiet: QuietHours | null; readonly muted: ReadonlySet<AlertKind> } {
  return { quiet: quiet(env[WISH_VARIABLES.quiet]), muted: muted(env[WISH_VARIABLES.muted]) };
}

function quiet(setting: string | undefined): QuietHours | null {
  try {
    return quietHoursOf(setting);
  } catch (error) {
    if (!(error instanceof QuietHoursError)) throw error;
    throw new AlertSettingsError('bad_alert_settings', `${WISH_VARIABLES.quiet}: ${error.message}`, {}, { cause: error });
  }
}

function muted(setting: string | undefined): ReadonlySet<AlertKind> {
  if (setting === undefined || setting === '' || setting === 'none') return new Set();
  const kinds = setting.split(',').map((each) => each.trim());
  const parsed = z.array(alertKindSchema).safeParse(kinds);
  if (parsed.success) return new Set(parsed.data);
  const message = `${WISH_VARIABLES.muted} takes kinds of alerts, separated by commas: ${alertKindSchema.options.join(', ')}; received ${JSON.stringify(setting)}`;
  throw new AlertSettingsError('bad_alert_settings', message);
}

function checked(value: unknown): AlertSecrets {
  const parsed = secretsSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'document'}: ${message.replace(/, received.*$/, '')}`);
  throw new AlertSettingsError('bad_alert_settings', `The alert channels are not set up well. ${faults.join('; ')}`, { faults });
}

function isSafe(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname));
}

function isSigningSecret(secret: string): boolean {
  const bytes = signingKey(secret).length;
  return /^whsec_[A-Za-z0-9+/]+={0,2}$/.test(secret) && bytes >= 24 && bytes <= 64;
}

/** The bytes that a signing secret stands for. */
export const signingKey = (secret: string): Uint8Array => Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
