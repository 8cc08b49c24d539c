import { randomUUID } from 'node:crypto';
import { ALERT_VARIABLES, type AlertSecrets, secretsFromDocument, wishesFromEnvironment } from '../../shared/config/alert-settings.ts';
import { ALERT_RULES } from '../../shared/config/alerts.ts';
import { type AlertChannel, type DeliveryContext, deliverAlerts } from '../../shared/engine/alerts/deliver-alerts.ts';
import type { EngineContext } from '../../shared/engine/context.ts';
import { channelsOf } from './channels/channels.ts';
import { mailChannel } from './channels/mail.ts';

const HOLDER = randomUUID();

/** Everything that a delivery needs, from a context and its channels. */
export function deliveryContext(
  { ledger, log }: Pick<EngineContext, 'ledger' | 'log'>,
  channels: readonly AlertChannel[],
  env: Readonly<Record<string, string | undefined>>,
): DeliveryContext {
  return { store: ledger.alerts, channels, wishes: wishesFromEnvironment(env), rules: ALERT_RULES.delivery, now: Date.now, holder: HOLDER, log };
}

/** Made when the first alert may have to be told: a cold start need not wait for a client of SSM. */
let secretsDocument: Promise<() => Promise<string | null>> | undefined;

async function documentOf(parameter: string): Promise<string | null> {
  secretsDocument ??= import('./ssm-parameter.ts').then(({ ssmParameter }) => ssmParameter(parameter, Date.now));
  const read = await secretsDocument;
  return read();
}

/** Tells what is due, as it is deployed: secrets come from SSM, and a new one holds within minutes. */
export async function deliverDeployed(context: EngineContext): Promise<number> {
  const { env } = process;
  const parameter = env[ALERT_VARIABLES.parameter];
  const document = parameter === undefined ? null : await documentOf(parameter);
  const secrets: AlertSecrets = document === null ? {} : secretsFromDocument(document);
  const bus = env[ALERT_VARIABLES.mailBus];
  const channels = [...channelsOf(secrets, ALERT_RULES), ...(bus === undefined || bus === 'none' ? [] : [mailChannel(bus)])];
  return deliverAlerts(deliveryContext(context, channels, env));
}
