import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { autoStartOf, NO_AUTO_START } from '../../shared/config/auto-start.ts';
import { type Environment, readEnvironment } from '../../shared/config/environment.ts';
import { tradedMarkets } from '../../shared/config/instruments.ts';
import { OUTSIDE_MODELS_VARIABLE } from '../../shared/config/outside-models-variable.ts';
import { VERSION } from '../../shared/config/version.ts';
import type { EngineContext } from '../../shared/engine/context.ts';
import { systemClock } from '../../shared/kernel/clock-system.ts';
import { messageOf } from '../../shared/kernel/errors.ts';
import { jsonLog, type Log } from '../../shared/kernel/log.ts';
import { createDynamoClient } from '../../shared/store/dynamo-client.ts';
import { openDynamoLedger } from '../../shared/store/dynamo-ledger.ts';
import { createDynamoMarket } from '../../shared/store/dynamo-market.ts';
import { engineContext, type HostParts } from './engine-context.ts';
import { MODEL_FOLDER } from './model-folder.ts';

/** Days that packed market data is kept: the charts' longest block is read twice over. */
export const MARKET_TTL_DAYS = 400;

const BAR_WAIT_MS = 6_000;

let made: Promise<EngineContext> | undefined;

/** The context of this Lambda or task, made once: warm runs find accounts and charts where the last one left them. */
export function lambdaContext(): Promise<EngineContext> {
  made ??= Promise.resolve()
    .then(() => contextFrom(readEnvironment(process.env)))
    .catch((error: unknown) => {
      // The next run tries again: a fault of one start must not stay for the life of the process.
      made = undefined;
      throw error;
    });
  return made;
}

/**
 * What was in the folder `models` when the stack was synthesised: our models lie beside the code, those of somebody else run in a function of their own.
 * Without any nothing is loaded that reads or asks models.
 */
async function modelsOf(folder: string): Promise<Pick<HostParts, 'model' | 'outside'>> {
  const beside = join(folder, MODEL_FOLDER);
  const setting = process.env[OUTSIDE_MODELS_VARIABLE];
  if (setting === undefined && !existsSync(beside)) return {};
  const { readModels } = await import('./model-files.ts');
  if (setting === undefined) return { model: readModels([beside]) };
  const { modelsOfFunction } = await import('./outside-models.ts');
  const { files, outside } = modelsOfFunction(setting, process.env);
  return { model: readModels([beside], files), outside };
}

async function contextFrom(environment: Environment): Promise<EngineContext> {
  const log = jsonLog((line) => process.stdout.write(`${line}\n`), Date.now);
  const client = createDynamoClient(null);
  const names = { ledger: environment.ledgerTable, market: environment.marketTable };
  return engineContext({
    clock: systemClock((error, label) => log('error', 'task-failed', { label, why: messageOf(error) })),
    ledger: await openDynamoLedger(client, names),
    market: createDynamoMarket(client, names, { ttlDays: MARKET_TTL_DAYS, now: Date.now }),
    nudge: queueNudge(environment.nudgeQueueUrl, log),
    log,
    ...(await modelsOf(import.meta.dirname)),
    world: { scope: environment.world, evidence: 'live', markets: tradedMarkets() },
    settings: {
      marketMode: environment.marketMode,
      seed: '1',
      version: VERSION,
      barWaitMs: BAR_WAIT_MS,
      autoStart: autoStartOf(environment.autoStart) ?? NO_AUTO_START,
    },
    exclusive: false,
  });
}

/**
 * Tells the feed through the queue. A nudge that is lost costs a second: the feed reads the open orders anyway.
 * The client is loaded with the first nudge: most runs place no order, and a cold start need not wait for it.
 */
function queueNudge(queueUrl: string, log: Log): EngineContext['nudge'] {
  let loaded: Promise<(sessionId: string) => Promise<unknown>> | undefined;
  return async (sessionId) => {
    try {
      loaded ??= import('./nudge-sender.ts').then(({ nudgeSender }) => nudgeSender(queueUrl));
      const send = await loaded;
      await send(sessionId);
    } catch (error) {
      log('warn', 'nudge-failed', { sessionId, why: messageOf(error) });
    }
  };
}
