import { endpointOfRunning } from '../../../infra/local/embedded-dynamodb.ts';
import type { LedgerStore } from '../../../shared/engine/ports.ts';
import { verifyLedger } from '../../../shared/engine/verify-ledger.ts';
import { iso } from '../../../shared/kernel/time.ts';
import { isWorkingState } from '../../../shared/ledger/order-standing.ts';
import { createDynamoClient } from '../../../shared/store/dynamo-client.ts';
import { createDynamoLedger } from '../../../shared/store/dynamo-ledger.ts';
import { tableNames } from '../../../shared/store/tables.ts';
import type { ReadJournal } from './journal.ts';
import type { Promises } from './promises.ts';
import type { Asked } from './requests.ts';

/** Reads the ledger of the program that runs on the folder, beside it. @throws when its store does not answer */
export async function withLedgerOfRunning<T>(stateDir: string, task: (ledger: LedgerStore) => Promise<T>): Promise<T> {
  const endpoint = await endpointOfRunning(stateDir);
  if (endpoint === null) throw new Error(`The store of ${stateDir} does not answer`);
  const client = createDynamoClient(endpoint);
  try {
    return await task(createDynamoLedger(client, tableNames({})));
  } finally {
    client.destroy();
  }
}

/** What the journal says against what clients were told, and against itself, as sentences. */
export function faultsOf(journal: ReadJournal, asked: readonly Asked[], promises: Promises): readonly string[] {
  return [
    ...promises.broken(journal.standing),
    ...asked.flatMap((each) => [...faultOfRequest(journal, each), ...faultOfAnswers(journal, each)]),
    ...[...journal.clientIds()].flatMap(([id, orders]) => {
      const commands = new Set(orders.map(({ intent }) => intent.decisionId));
      return commands.size === 1 ? [] : [`Client order id ${id} stands for ${orders.length} orders of ${commands.size} commands`];
    }),
  ];
}

/** Done once when it was acknowledged, not at all when it was refused, whole or not at all while nobody knows. */
function faultOfRequest(journal: ReadJournal, { request, fate }: Asked): readonly string[] {
  const { kind, commandId, places } = request;
  if (kind === 'place') {
    const placed = journal.placedBy(commandId).length;
    const allowed = fate === 'acknowledged' ? [places] : fate === 'refused' ? [0] : [0, places];
    return allowed.includes(placed) ? [] : [`Request ${commandId} is ${fate} and asked for ${places} orders: the journal has ${placed}`];
  }
  const isOwn = kind === 'close' || kind === 'amend';
  return isOwn && fate === 'refused' && journal.hasCommand(commandId) ? [`Request ${commandId} was refused, and is in the journal`] : [];
}

/** The same request is given the same answer. One that found nothing to do (its position is being closed already) left nothing to go by. */
function faultOfAnswers(journal: ReadJournal, { request: { commandId }, lasting, contradiction }: Asked): readonly string[] {
  if (contradiction === null || !journal.hasCommand(commandId)) return [];
  return [`Request ${commandId} was answered ${lasting}, and ${contradiction} when it came again`];
}

/** A life may be too short for an order to be looked at: so many starts that saw it working are too many. */
const MOST_STARTS = 4;

/**
 * Orders that had to fill at once or not at all, and work still.
 * @param seen  at how many starts each of them was seen before, counted on here
 */
export function lingering(journal: ReadJournal, seen: Map<string, number>): readonly string[] {
  return journal.standings().flatMap(({ order, state }) => {
    const isAtOnce = order.purpose === 'entry' && (order.timeInForce === 'IOC' || order.timeInForce === 'FOK');
    if (!isAtOnce || !isWorkingState(state)) return [];
    const starts = (seen.get(order.id) ?? 0) + 1;
    seen.set(order.id, starts);
    return starts === MOST_STARTS ? [`Order ${order.id} must fill at once, from ${iso(order.activeFromMs)} on, and works still`] : [];
  });
}

/** The stored books against their journal, as sentences. */
export async function unsoundIn(ledger: LedgerStore, sessionId: string): Promise<readonly string[]> {
  const { differences } = await verifyLedger(ledger, sessionId);
  return differences.map((difference) => `The ledger is not sound: ${JSON.stringify(difference)}`);
}
