import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { LedgerStore } from '../../shared/engine/ports.ts';
import { type Difference, type Verification, verifyLedger } from '../../shared/engine/verify-ledger.ts';
import { messageOf, NightdeskError } from '../../shared/kernel/errors.ts';
import { createDynamoClient } from '../../shared/store/dynamo-client.ts';
import { createDynamoLedger } from '../../shared/store/dynamo-ledger.ts';
import { tableNames } from '../../shared/store/tables.ts';
import { databaseFile, endpointOfRunning, startEmbedded } from './embedded-dynamodb.ts';
import { FolderLockError } from './folder-lock.ts';

class LedgerCommandError extends NightdeskError<'bad_option' | 'nothing_there' | 'not_reachable'> {}

/** Where a command writes, and the environment that it reads. */
export interface Terminal {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const EXIT = { sound: 0, unsound: 1, badOption: 2 } as const;

const HELP = `Rebuilds the books of a session from its journal and compares them with what is stored.

  npm run ledger -- verify [options]

  --session ID   the session to verify (default: the newest)
  --all          every session
  --state DIR    the folder that Nightdesk keeps its data in (default .nightdesk); it may be running
  --json         the result as JSON
  --help         this page

Exit code 0: sound. 1: a difference, or the store cannot be read. 2: a bad option, or nothing to verify.
With AWS_ENDPOINT_URL_DYNAMODB set, that DynamoDB is read instead of the folder.`;

interface LedgerOptions {
  readonly sessionId: string | null;
  readonly all: boolean;
  readonly stateDir: string;
  readonly json: boolean;
}

/** The ledger command. Nothing is written to the ledger. @returns the exit code */
export async function runLedgerCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const options = readOptions(argv);
    if (options === null) {
      terminal.out(HELP);
      return EXIT.sound;
    }
    const verifications = await withLedger(options.stateDir, terminal, (ledger) => verifyAsked(ledger, options));
    for (const line of options.json ? [jsonOf(verifications, options)] : verifications.flatMap(linesOf)) terminal.out(line);
    return verifications.every(({ isSound }) => isSound) ? EXIT.sound : EXIT.unsound;
  } catch (error) {
    terminal.err(messageOf(error));
    return error instanceof LedgerCommandError && error.code !== 'not_reachable' ? EXIT.badOption : EXIT.unsound;
  }
}

const SPEC = {
  session: { type: 'string' },
  all: { type: 'boolean', default: false },
  state: { type: 'string', default: '.nightdesk' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** Null when help was asked for. @throws LedgerCommandError `bad_option`, one clear line */
function readOptions(argv: readonly string[]): LedgerOptions | null {
  const { values, positionals } = parsed(argv);
  if (values.help) return null;
  const [command, ...more] = positionals;
  if (command !== 'verify') throw badOption(`ledger takes the command verify; received ${command === undefined ? 'none' : JSON.stringify(command)}`);
  if (more.length > 0) throw badOption(`verify takes options only; received ${JSON.stringify(more[0])}`);
  if (values.all && values.session !== undefined) throw badOption('--all and --session exclude each other');
  return { sessionId: values.session ?? null, all: values.all, stateDir: values.state, json: values.json };
}

function parsed(
  argv: readonly string[],
): ReturnType<typeof parseArgs<{ args: string[]; options: typeof SPEC; strict: true; allowPositionals: true }>> {
  try {
    return parseArgs({ args: [...argv], options: SPEC, strict: true, allowPositionals: true });
  } catch (error) {
    const [line = 'bad options'] = messageOf(error).split('\n');
    throw badOption(line.replace(/\.? To specify .*$/, ''));
  }
}

const badOption = (message: string): LedgerCommandError => new LedgerCommandError('bad_option', `${message}; see npm run ledger -- --help`);

/** Opens the ledger of a folder, or of the DynamoDB that the environment names, for as long as the task takes. */
async function withLedger<T>(stateDir: string, terminal: Terminal, task: (ledger: LedgerStore) => Promise<T>): Promise<T> {
  const store = await openStore(stateDir, terminal);
  const client = createDynamoClient(store.endpoint);
  try {
    return await task(createDynamoLedger(client, tableNames(terminal.env)));
  } finally {
    client.destroy();
    await store.close();
  }
}

interface OpenStore {
  readonly endpoint: string;
  readonly close: () => Promise<void>;
}

async function openStore(stateDir: string, { env, err }: Terminal): Promise<OpenStore> {
  const named = env.AWS_ENDPOINT_URL_DYNAMODB;
  if (named) return { endpoint: named, close: async () => undefined };
  if (!existsSync(databaseFile(stateDir))) {
    throw new LedgerCommandError(
      'nothing_there',
      `There is no ledger in ${stateDir}: name the folder that Nightdesk was started with by --state DIR`,
    );
  }
  try {
    const embedded = await startEmbedded({ dataDir: stateDir, log: (level, event) => (level === 'info' ? undefined : err(`${level}: ${event}`)) });
    return { endpoint: embedded.endpoint, close: embedded.stop };
  } catch (error) {
    if (!(error instanceof FolderLockError)) throw error;
    // Nightdesk runs on this folder: its own server is asked.
    const endpoint = await endpointOfRunning(stateDir);
    if (endpoint !== null) return { endpoint, close: async () => undefined };
    throw new LedgerCommandError('not_reachable', `${error.message}. Its database did not answer`, {}, { cause: error });
  }
}

async function verifyAsked(ledger: LedgerStore, { sessionId, all }: LedgerOptions): Promise<readonly Verification[]> {
  const known = (await ledger.sessions()).map((session) => session.sessionId);
  const [newest] = known;
  if (newest === undefined) throw new LedgerCommandError('nothing_there', 'No session has been started yet: there is nothing to verify');
  if (sessionId !== null && !known.includes(sessionId)) {
    throw new LedgerCommandError('bad_option', `There is no session ${JSON.stringify(sessionId)}; there are ${known.join(', ')}`);
  }
  const verifications: Verification[] = [];
  for (const id of all ? known : [sessionId ?? newest]) verifications.push(await verifyLedger(ledger, id));
  return verifications;
}

const jsonOf = (verifications: readonly Verification[], { all }: LedgerOptions): string =>
  JSON.stringify(all ? verifications : verifications[0], null, 2);

function linesOf({ sessionId, isSound, rows, fills, trades, cash, journalHash, differences }: Verification): readonly string[] {
  const verdict = isSound ? 'sound: what is stored is what its journal says' : `NOT SOUND: ${differences.length} differences`;
  return [
    `Session ${sessionId} is ${verdict}`,
    `  ${rows} journal rows, ${fills} fills, ${trades} trades, cash ${cash} USD`,
    `  journal hash ${journalHash}`,
    ...differences.flatMap(linesOfDifference),
  ];
}

const linesOfDifference = ({ what, stored, rebuilt }: Difference): readonly string[] => [
  `  ${what}`,
  `    stored   ${JSON.stringify(stored)}`,
  `    rebuilt  ${JSON.stringify(rebuilt)}`,
];
